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

static void weights_worker(const product_job *j, team *t) {
    real *scratch = j->scratch + t->id * j->scratch_size;
    const range rows = share(j->m, PANEL, t);
    const int64_t strip = strip_width(j->k);
    for (int64_t c = 0; c < j->n; c += strip)
        for (int64_t f = rows.from; f < rows.to; f += PANEL) {
            const range i = {f, least(f + PANEL, rows.to)}, cols = {c, least(c + strip, j->n)};
            gemm_weights(j->k, &j->weights, i, cols, scratch);
            const panels block = {scratch, (i.to - i.from) * PANEL};
            for (int64_t r = i.from; r < i.to; ++r)
                for (int64_t q = cols.from; q < cols.to; ++q)
                    j->c[r * j->n + q] = *panel_at(&block, r - f, q - c);
        }
}

static void product_worker(team *t, void *arg) {
    const product_job *j = arg;
    if (j->kind == 0)
        gemm_forward(j->k, &j->forward, (range){0, j->m}, share(j->n, strip_width(j->k), t), NULL, NULL,
                     NULL);
    else if (j->kind == 1)
        gemm_inputs(j->k, &j->inputs, share(j->n, PANEL, t), NULL, NULL, NULL);
    else
        weights_worker(j, t);
}

/* rows x cols, contiguous, into panels at *room, which moves on behind them. */
static panels as_panels(int64_t rows, int64_t cols, const real *from, real **room) {
    const panels p = {*room, (rows | 1) * PANEL};
    for (int64_t r = 0; from && r < rows; ++r)
        for (int64_t c = 0; c < cols; ++c) *panel_at(&p, r, c) = from[r * cols + c];
    *room += ceil16(cols) / PANEL * p.stride;
    return p;
}

/* work, all zero, holds the operands and the result in panels: for each of the three matrices columns rounded
 * up to 16 times rows + 16; and per thread 16 x 32 x CHUNK_LEVELS. */
static void test_product(const void *table, int kind, int64_t m, int64_t n, int64_t k, const void *a,
                         const void *b, const void *bias, void *c, void *work, int threads) {
    real *room = work, *w = room;
    product_job j = {.k = table, .kind = kind, .m = m, .n = n, .c = c};
    panels result = {0};
    if (kind == 0) {
        pack_weights(k, n, b, w);
        real *packed_bias = w + ceil16(n) / PANEL * weight_stride(k);
        pack_bias(n, bias, packed_bias);
        room = packed_bias + ceil16(n);
        const panels x = as_panels(m, k, a, &room);
        result = as_panels(m, n, NULL, &room);
        j.forward = (forward_product){k, n, x, w, packed_bias, result.at, PANEL, result.stride};
    } else if (kind == 1) { /* inputs n, outputs k, batch m */
        pack_weights(n, k, b, w);
        room = w + ceil16(k) / PANEL * weight_stride(n);
        const panels d = as_panels(m, k, a, &room), dt = as_panels(k, m, NULL, &room);
        transpose_panels(table, &d, &dt, (range){0, m}, (range){0, k});
        result = as_panels(n, m, NULL, &room);
        j.inputs = (input_product){n, k, m, w, dt, result};
    } else { /* inputs m, outputs n, batch k */
        const panels x = as_panels(k, m, a, &room), d = as_panels(k, n, b, &room);
        j.weights = (weight_product){.batch = k, .a = x, .d = d};
        j.scratch = room;
        j.scratch_size = 2 * PANEL * PANEL * CHUNK_LEVELS;
    }
    parallel_run(threads, product_worker, &j);
    for (int64_t r = 0; kind < 2 && r < m; ++r)
        for (int64_t q = 0; q < n; ++q)
            ((real *)c)[r * n + q] = kind ? *panel_at(&result, q, r) : *panel_at(&result, r, q);
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
