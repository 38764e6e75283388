/* The three matrix products of a dense layer, as blocks of tiles. The arithmetic is in the kernel table's
 * `tile`; gemm.c computes the addresses of its operands and the order of the blocks. Row and column ranges
 * are the share of one thread; the bits of the result do not depend on them. Read kernels/kernels.h for the
 * tile. */
#ifndef PYNN_GEMM_H
#define PYNN_GEMM_H

#include "kernels/kernels.h"

typedef struct range {
    int64_t from, to;
} range;

#define LINE (64 / (int64_t)sizeof(real)) /* reals of a cache line */

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static inline int64_t ceil16(int64_t n) { return (n + PANEL - 1) / PANEL * PANEL; }

/* A range in as few parts as possible of at most `height` elements. Sizes differ by at most one, so that the
 * last part is not much shorter than the others. */
typedef struct parts {
    int64_t from, count, size, larger; /* the first `larger` ones have one more */
} parts;
static inline parts in_parts(range all, int64_t height) {
    const int64_t n = all.to - all.from;
    if (n <= height) return (parts){all.from, n > 0, n, 0}; /* without a division: there are tiny networks */
    const int64_t count = ceil_div(n, height), size = n / count;
    return (parts){all.from, count, size, n - size * count};
}
static inline range part(const parts *p, int64_t i) {
    const int64_t from = p->from + i * p->size + least(i, p->larger);
    return (range){from, from + p->size + (i < p->larger)};
}

/* Columns of a strip: what one tile spans, but whole panels; at most STRIP_MOST. */
static inline int64_t strip_width(const kernels *k) { return k->nr > PANEL ? k->nr : PANEL; }

/* Cancellation, asked between blocks: if `requested` returns nonzero, the product returns unfinished. */
typedef struct cancel_check {
    int (*requested)(void *);
    void *arg;
} cancel_check;

/* A matrix in panels of 16 columns: element (r, c) stands at at[c/16 * stride + r*16 + c%16]. Weights,
 * activations and gradients all lie so; products then read nothing but neighbours, and a transpose is one of
 * 16 x 16 blocks. The stride is an odd number of cache lines where many panels are read side by side: a power
 * of two would put them all into the same few cache sets. */
typedef struct panels {
    real *at;
    ptrdiff_t stride;
} panels;
static inline real *panel_at(const panels *p, int64_t r, int64_t c) {
    return p->at + c / PANEL * p->stride + r * PANEL + c % PANEL;
}

/* Reals from one panel of a weight matrix to the next, and where inputs i of column c begin. */
static inline int64_t weight_stride(int64_t in) { return (in | 1) * PANEL; }
static inline int64_t packed_at(int64_t in, int64_t i, int64_t c) {
    return c / PANEL * weight_stride(in) + i * PANEL + c % PANEL;
}

/* Z[rows, cols] = bias + X W. cols.from is a multiple of 16. done(strip) is called when all rows of a
 * strip of columns are complete and still in cache. z lies in panels (z_row 16), or as rows (z_panel 16). */
typedef struct forward_product {
    int64_t in, out;
    panels x;
    const real *w, *bias;
    real *z;
    ptrdiff_t z_row, z_panel;
} forward_product;
typedef void (*strip_done)(void *arg, range rows, range cols);
static void gemm_forward(const kernels *k, const forward_product *p, range rows, range cols,
                         const cancel_check *cancel, strip_done done, void *arg);

/* dX^T[i, batch] = sum over o of W[i, o] dT[o, batch], raw, for the inputs i given, whose ends are
 * multiples of 16 or the end. W stands as the broadcast operand, the batch as lanes: one copy of
 * W serves forward and backward. done(batch, i) as above. */
typedef struct input_product {
    int64_t in, out, batch;
    const real *w;
    panels dt, dxt;
} input_product;
static void gemm_inputs(const kernels *k, const input_product *p, range inputs, const cancel_check *cancel,
                        strip_done done, void *arg);

/* One block of dW = A^T d: a panel of inputs i.from..i.to (at most 16), the panels of one strip c, over the
 * whole batch: chunks of 256 rows joined by the tree. The result is scratch[(c/16)*m*16 + r*16 + c%16] with
 * m = inputs of the block: one run for each panel of c. scratch holds (levels + 1) blocks. */
typedef struct weight_product {
    int64_t batch;
    panels a, d;
} weight_product;
static void gemm_weights(const kernels *k, const weight_product *p, range i, range c, real *scratch);

/* Adds up chunk results of n reals in the order of the tree (0+1)+(2+3)..: `nodes` is the stack of partial
 * sums that wait for their partner, newest last; chunk number c completes as many of them as c has trailing
 * one bits. Returns how many are left. */
static int tree_join(const kernels *k, real *nodes, int open, int64_t c, int64_t n);
static void tree_close(const kernels *k, real *nodes, int open, int64_t n);

/* Column sums of d over the batch for one panel: the same chunks, the same tree. */
static void gemm_bias(const kernels *k, const weight_product *p, int64_t c, real *scratch);

/* to(c, r) = from(r, c), raw. */
static void transpose_panels(const kernels *k, const panels *from, const panels *to, range rows, range cols);

/* Reals of a matrix of parameters, or of a vector (in 1). */
static inline int64_t packed_size(int64_t in, int64_t out) {
    return ceil_div(out, PANEL) * weight_stride(in);
}

/* Parameters between the canonical order and panels; packing stores (tiny values and -0 become +0). */
static void pack_weights(int64_t in, int64_t out, const real *w, real *packed);
static void unpack_weights(int64_t in, int64_t out, const real *packed, real *w);
/* What memory keeps; see kernels.h. */
static inline real stored(real x) { return x < REAL_MIN && x > -REAL_MIN ? 0 : x; }
static void pack_bias(int64_t out, const real *b, real *packed);

#endif
