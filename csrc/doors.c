/* Doors for the tests and benchmarks: the three products through the real packing and blocking, the
 * elementary functions, and the speed limit. Not used in production. */
#include "model.h"

typedef struct product_job {
    const kernels *k;
    int kind;
    forward_product forward;
    input_product inputs;
    weight_product weights;
    int64_t m, n;
    real *scratch, *c;
    int64_t scratch_size;
} product_job;

static void product_worker(team *t, void *arg) {
    const product_job *j = arg;
    if (j->kind == 0) {
        gemm_forward(j->k, &j->forward, (range){0, j->m}, share(j->n, strip_width(j->k), t), NULL, NULL,
                     NULL);
    } else if (j->kind == 1) {
        gemm_inputs(j->k, &j->inputs, share(j->n, PANEL, t), NULL, NULL, NULL);
    } else {
        real *scratch = j->scratch + t->id * j->scratch_size;
        const range rows = share(j->m, 1, t);
        const int64_t strip = strip_width(j->k), tiles = ceil_div(rows.to - rows.from, j->k->mr);
        for (int64_t c = 0; c < j->n; c += strip)
            for (int64_t b = 0; b < tiles; ++b) {
                const range i = balanced(rows, b, tiles), cols = {c, least(c + strip, j->n)};
                gemm_weights(j->k, &j->weights, i, cols, scratch);
                for (int64_t q = cols.from; q < cols.to; ++q)
                    for (int64_t r = i.from; r < i.to; ++r)
                        j->c[r * j->n + q] =
                            scratch[((q - c) / PANEL * (i.to - i.from) + r - i.from) * PANEL +
                                    (q - c) % PANEL];
            }
    }
}

/* work, all zero, holds: m x ceil16(n) + k x ceil16(n) + (m + 16) x ceil16(k) + n x ceil16(m + 16) + 64 x
 * ceil16(n) reals, + threads x (mr x 32 x CHUNK_LEVELS). */
static void test_product(const void *table, int kind, int64_t m, int64_t n, int64_t k, const void *a,
                         const void *b, const void *bias, void *c, void *work, int threads) {
    const kernels *t = table;
    real *room = work, *first = room, *second, *third;
    const int64_t ld_n = ceil16(n), ld_t = ceil16(m) + PANEL;
    product_job j = {.k = t, .kind = kind, .m = m, .n = n, .c = c};
    if (kind == 0) {
        second = first + k * ld_n, third = second + ld_n;
        pack_weights(k, n, b, first);
        pack_bias(n, bias, second);
        j.forward = (forward_product){
            .in = k, .out = n, .x = a, .w = first, .bias = second, .ldx = k, .ldz = ld_n, .z = third};
    } else if (kind == 1) { /* inputs n, outputs k, batch m */
        second = first + n * ceil16(k), third = second + ceil16(k) * ld_t;
        pack_weights(n, k, b, first);
        t->transpose(m, k, a, k, second, ld_t);
        j.inputs = (input_product){
            .in = n, .out = k, .batch = m, .w = first, .dt = second, .ld_t = ld_t, .dxt = third};
    } else { /* inputs m, outputs n, batch k */
        for (int64_t r = 0; r < k; ++r)
            memcpy(first + r * ld_n, (const real *)b + r * n, (size_t)n * sizeof(real));
        j.weights = (weight_product){.batch = k, .a = a, .d = first, .lda = m, .ldd = ld_n};
        j.scratch = first + k * ld_n;
        j.scratch_size = t->mr * 2 * PANEL * CHUNK_LEVELS;
        third = NULL;
    }
    parallel_run(threads, product_worker, &j);
    if (kind == 0)
        for (int64_t r = 0; r < m; ++r) memcpy((real *)c + r * n, third + r * ld_n, (size_t)n * sizeof(real));
    if (kind == 1) t->transpose(n, m, third, ld_t, c, n);
}

static void test_unary(const void *table, int fn, int64_t n, const void *x, void *y) {
    ((const kernels *)table)->unary((enum unary)fn, n, x, y);
}

/* Runs n steps of the chains and returns how many FLOP that was. */
static double fma_flop(const void *table, int64_t n) {
    const kernels *k = table;
    volatile real kept = k->fma_chains(n);
    (void)kept;
    return 2.0 * (double)n * FMA_CHAINS * k->width;
}
