/* Blocking and packing order. See gemm.h for what each product is. A tile broadcasts elements of A and loads
 * vectors of B; blocks are sized so that a block of B stays in the first-level cache while it is multiplied
 * with many tiles of A. A later block of k continues the sums that the earlier one stored, in the same order,
 * so the bits do not depend on the blocking. */
#include "gemm.h"

#include <string.h>

/* 128 rows by KC (256 to 2048) columns are 128 KiB to 1 MiB of floats: KC belongs to an instruction set, and
 * the second-level caches of its CPUs have 256 KiB to 2 MiB. */
#define ROW_BLOCK 128  /* rows of A whose block of k stays in the second-level cache */
#define STRIPS 4       /* strips of columns that are computed with one such block */
#define INPUT_BLOCK 96 /* the same as ROW_BLOCK for the product in which W is A: rows of W */

_Static_assert(INPUT_BLOCK % PANEL == 0, "a block of inputs is whole panels");

/* Memory to prefetch: `runs` runs of `lines` cache lines, `stride` reals apart. A few lines are prefetched
 * between one tile and the next, so that the second-level cache loads them while the tiles compute. */
typedef struct ahead {
    const real *at;
    ptrdiff_t stride;
    int64_t lines, runs, line;
} ahead;
static inline void ask(ahead *a, int64_t n) {
    for (; n > 0 && a->runs > 0; --n) {
        __builtin_prefetch(a->at + a->line * LINE, 0, 2);
        if (++a->line < a->lines) continue;
        a->line = 0;
        a->at += a->stride;
        --a->runs;
    }
}

/* Multiplies one block of W (some k by the panels of a strip) with all rows of a row block. From the second
 * block of k on, sums continue from what is in z. */
static void forward_tiles(const kernels *k, const forward_product *p, const parts *rows, int64_t c, int width,
                          range steps, ahead *next) {
    const int64_t lines = ceil_div(next->lines * next->runs, rows->count);
    for (int64_t t = 0; t < rows->count; ++t) {
        const range r = part(rows, t);
        const tile_operands o = {
            .a = panel_at(&p->x, r.from, steps.from),
            .a_row = PANEL,
            .a_k = 1,
            .a_seg = p->x.stride,
            .seg = PANEL,
            .b = p->w + packed_at(p->in, steps.from, c),
            .b_k = PANEL,
            .b_panel = weight_stride(p->in),
            .bias = p->bias + c,
            .c = p->z + r.from * p->z_row + c / PANEL * p->z_panel + c % PANEL,
            .c_row = p->z_row,
            .c_panel = p->z_panel,
            .start = steps.from ? START_RESUME : START_BIAS,
        };
        ask(next, lines);
        k->tile((int)(r.to - r.from), width, steps.to - steps.from, &o);
    }
}

/* The columns of a group, k block by k block. */
static void forward_group(const kernels *k, const forward_product *p, const parts *rows, range cols) {
    const int64_t end = least(cols.to, p->out), strip = strip_width(k);
    for (int64_t k0 = 0; k0 < p->in; k0 += k->kc) {
        const range steps = {k0, least(k0 + k->kc, p->in)};
        for (int64_t c = cols.from; c < end; c += k->nr) {
            int64_t k1 = k0, c1 = c + strip; /* the block to prefetch: the next one in this order */
            if (c1 >= end) k1 = k0 + k->kc < p->in ? k0 + k->kc : 0, c1 = k1 ? cols.from : cols.to;
            ahead next = {p->w + packed_at(p->in, k1, c1), weight_stride(p->in),
                          least(k->kc, p->in - k1) * PANEL / LINE, ceil_div(least(strip, p->out - c1), PANEL),
                          0};
            if (c1 >= p->out) next.runs = 0;
            forward_tiles(k, p, rows, c, (int)least(k->nr, end - c), steps, &next);
        }
    }
}

static void gemm_forward(const kernels *k, const forward_product *p, range rows, range cols,
                         const cancel_check *cancel, strip_done done, void *arg) {
    const int64_t wide = STRIPS * strip_width(k);
    const parts blocks = in_parts(rows, ROW_BLOCK);
    for (int64_t b = 0; b < blocks.count; ++b) {
        const range block = part(&blocks, b);
        const parts tiles = in_parts(block, k->mr);
        for (int64_t c = cols.from; c < cols.to; c += wide) {
            const range group = {c, least(c + wide, cols.to)};
            if (cancel && cancel->requested(cancel->arg)) return;
            forward_group(k, p, &tiles, group);
            if (done) done(arg, block, group);
        }
    }
}

/* One block of W, some inputs by some k steps, for the whole batch. */
static void input_tiles(const kernels *k, const input_product *p, const parts *inputs, range steps,
                        ahead *next) {
    const int64_t lines = ceil_div(next->lines * next->runs, inputs->count * ceil_div(p->batch, k->nr));
    for (int64_t b = 0; b < p->batch; b += k->nr)
        for (int64_t t = 0; t < inputs->count; ++t) {
            const range i = part(inputs, t);
            const tile_operands o = {
                .a = p->w + packed_at(p->in, i.from, steps.from),
                .a_row = PANEL,
                .a_k = 1,
                .a_seg = weight_stride(p->in),
                .seg = PANEL,
                .b = panel_at(&p->dt, steps.from, b),
                .b_k = PANEL,
                .b_panel = p->dt.stride,
                .c = panel_at(&p->dxt, i.from, b),
                .c_row = PANEL,
                .c_panel = p->dxt.stride,
                .start = steps.from ? START_RESUME : START_ZERO,
            };
            ask(next, lines);
            k->tile((int)(i.to - i.from), (int)least(k->nr, p->batch - b), steps.to - steps.from, &o);
        }
}

static void gemm_inputs(const kernels *k, const input_product *p, range inputs, const cancel_check *cancel,
                        strip_done done, void *arg) {
    for (int64_t i = inputs.from; i < inputs.to; i += INPUT_BLOCK) {
        const range block = {i, least(i + INPUT_BLOCK, inputs.to)};
        const parts tiles = in_parts(block, k->mr);
        if (cancel && cancel->requested(cancel->arg)) return;
        if (p->batch == 1)
            k->inputs_row(block.to - i, p->out, p->w + packed_at(p->in, i, 0), weight_stride(p->in),
                          panel_at(&p->dt, 0, 0), panel_at(&p->dxt, i, 0));
        for (int64_t k0 = 0; p->batch > 1 && k0 < p->out; k0 += k->kc) {
            const int64_t k1 = k0 + k->kc < p->out ? k0 + k->kc : 0, i1 = k1 ? i : i + INPUT_BLOCK;
            ahead next = {p->w + packed_at(p->in, i1, k1), weight_stride(p->in),
                          (least(i1 + INPUT_BLOCK, inputs.to) - i1) * PANEL / LINE,
                          ceil_div(least(k->kc, p->out - k1), PANEL), 0};
            if (i1 >= inputs.to) next.runs = 0;
            input_tiles(k, p, &tiles, (range){k0, least(k0 + k->kc, p->out)}, &next);
        }
        if (done) done(arg, (range){0, p->batch}, block);
    }
}

static int tree_join(const kernels *k, real *nodes, int open, int64_t c, int64_t n) {
    for (; c & 1; c >>= 1, --open) k->add(n, nodes + (open - 2) * n, nodes + (open - 1) * n);
    return open;
}
static void tree_close(const kernels *k, real *nodes, int open, int64_t n) {
    for (; open > 1; --open) k->add(n, nodes + (open - 2) * n, nodes + (open - 1) * n);
}

/* A vector may reach beyond the last output: d is 0 in those columns, so their gradient is +0. */
static void weights_block(const kernels *k, const weight_product *p, range i, range c, real *scratch) {
    const int64_t m = i.to - i.from, needed = c.to - c.from, n = m * ceil16(needed); /* reals of one node */
    const parts tiles = in_parts((range){0, m}, k->mr);
    int open = 0;
    for (int64_t chunk = 0; chunk * CHUNK < p->batch; ++chunk) {
        const int64_t r = chunk * CHUNK, rows = least(CHUNK, p->batch - r);
        for (int64_t q = 0; q < needed; q += k->nr)
            for (int64_t t = 0; t < tiles.count; ++t) {
                const range f = part(&tiles, t);
                const tile_operands o = {
                    .a = panel_at(&p->a, r, i.from + f.from),
                    .a_row = 1,
                    .a_k = PANEL,
                    .seg = rows,
                    .b = panel_at(&p->d, r, c.from + q),
                    .b_k = PANEL,
                    .b_panel = p->d.stride,
                    .c = scratch + open * n + (q / PANEL * m + f.from) * PANEL + q % PANEL,
                    .c_row = PANEL,
                    .c_panel = m * PANEL,
                    .start = START_ZERO,
                };
                k->tile((int)(f.to - f.from), (int)least(k->nr, needed - q), rows, &o);
            }
        open = tree_join(k, scratch, open + 1, chunk, n);
    }
    tree_close(k, scratch, open, n);
}

/* How many vector multiply-adds must be saved before transposing a block of dW pays: the time of a transpose
 * of 16 x 16, with a margin. */
#define WORTH_TRANSPOSING 512

/* A layer of few outputs would use few of the 16 lanes of a panel. For it the transpose of the block is
 * computed, d^T A, with inputs as lanes, and then transposed. */
static void gemm_weights(const kernels *k, const weight_product *p, range i, range c, real *scratch) {
    const int64_t m = i.to - i.from, out = c.to - c.from;
    if ((m - out) * p->batch <= WORTH_TRANSPOSING) {
        weights_block(k, p, i, c, scratch);
        return;
    }
    const weight_product transposed = {.batch = p->batch, .a = p->d, .d = p->a};
    _Static_assert(WORTH_TRANSPOSING >= 0, "out < m, so the transpose is of one panel");
    real *block = scratch + PANEL * PANEL;
    weights_block(k, &transposed, c, i, block);
    memset(scratch, 0, (size_t)(m * PANEL) * sizeof(real));
    k->transpose(out, m, block, PANEL, scratch, PANEL);
}

static void gemm_bias(const kernels *k, const weight_product *p, int64_t c, real *scratch) {
    int open = 0;
    for (int64_t chunk = 0; chunk * CHUNK < p->batch; ++chunk) {
        const int64_t r = chunk * CHUNK;
        k->col_sum(least(CHUNK, p->batch - r), PANEL, panel_at(&p->d, r, c), PANEL, scratch + open * PANEL);
        open = tree_join(k, scratch, open + 1, chunk, PANEL);
    }
    tree_close(k, scratch, open, PANEL);
}

static void transpose_panels(const kernels *k, const panels *from, const panels *to, range rows, range cols) {
    for (int64_t c = cols.from; c < cols.to; c = (c / PANEL + 1) * PANEL) {
        const int64_t width = least(PANEL - c % PANEL, cols.to - c);
        for (int64_t r = rows.from; r < rows.to; r = (r / PANEL + 1) * PANEL)
            k->transpose(least(PANEL - r % PANEL, rows.to - r), width, panel_at(from, r, c), PANEL,
                         panel_at(to, c, r), PANEL);
    }
}

static void pack_bias(int64_t out, const real *b, real *packed) {
    for (int64_t c = 0; c < ceil16(out); ++c) packed[c] = c < out && b ? stored(b[c]) : 0;
}

static void pack_weights(int64_t in, int64_t out, const real *w, real *packed) {
    for (int64_t c = 0; c < out; c += PANEL)
        for (int64_t i = 0; i < in; ++i)
            pack_bias(least(PANEL, out - c), w + i * out + c, packed + packed_at(in, i, c));
}

static void unpack_weights(int64_t in, int64_t out, const real *packed, real *w) {
    for (int64_t c = 0; c < out; c += PANEL)
        for (int64_t i = 0; i < in; ++i)
            memcpy(w + i * out + c, packed + packed_at(in, i, c),
                   (size_t)least(PANEL, out - c) * sizeof(real));
}
