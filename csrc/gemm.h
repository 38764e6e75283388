/* The three products of a dense layer, as blocks of tiles. No arithmetic of their own: the tile is
 * the kernel table's, and gemm.c only says which operand stands where. Row ranges and column
 * ranges are what one thread has been given; bits depend on neither. */
#ifndef PYNN_GEMM_H
#define PYNN_GEMM_H

#include "kernels/kernels.h"

typedef struct range {
    int64_t from, to;
} range;

/* Called between blocks; nonzero means: leave the rest undone. */
typedef struct pulse {
    int (*beat)(void *);
    void *arg;
} pulse;

/* Where the packed weights of inputs i and column c begin: W is [ceil(out/16)][in][16]. */
static inline int64_t packed_at(int64_t in, int64_t i, int64_t c) {
    return (c / PANEL * in + i) * PANEL + c % PANEL;
}

/* Z[rows, cols] = bias + X W. cols.from is a multiple of 16. done(strip) is called when all rows of a
 * strip of columns are complete and still in cache. */
typedef struct forward_product {
    int64_t in, out;
    const real *x, *w, *bias;
    ptrdiff_t ldx, ldz;
    real *z;
} forward_product;
typedef void (*strip_done)(void *arg, range rows, range cols);
static void gemm_forward(const kernels *k, const forward_product *p, range rows, range cols,
                         const pulse *pulse, strip_done done, void *arg);

/* dX^T[i, batch] = sum over o of W[i, o] dT[o, batch], raw, for the inputs i given, whose ends are
 * multiples of 16 or the end. W stands as the broadcast operand, the batch as lanes: one copy of
 * W serves forward and backward. done(i, batch) as above. */
typedef struct input_product {
    int64_t in, out, batch;
    const real *w, *dt;
    ptrdiff_t ld_t;
    real *dxt; /* stride ld_t */
} input_product;
static void gemm_inputs(const kernels *k, const input_product *p, range inputs, const pulse *pulse,
                        strip_done done, void *arg);

/* One block of dW = A^T d: rows i.from..i.to (at most mr), the panels of one strip c, over the whole
 * batch: chunks of 256 rows joined by the tree. The result is scratch[(c/16)*m*16 + r*16 + c%16] with
 * m = rows of the block: one run for each panel. scratch holds (levels + 1) blocks. */
typedef struct weight_product {
    int64_t batch;
    const real *a, *d;
    ptrdiff_t lda, ldd;
} weight_product;
static void gemm_weights(const kernels *k, const weight_product *p, range i, range c, real *scratch);

/* Column sums of d over the batch for one panel: the same chunks, the same tree. */
static void gemm_bias(const kernels *k, const weight_product *p, int64_t c, real *scratch);

/* Parameters between the canonical order and panels; packing stores (tiny values and -0 become +0). */
static void pack_weights(int64_t in, int64_t out, const real *w, real *packed);
static void unpack_weights(int64_t in, int64_t out, const real *packed, real *w);
static void pack_bias(int64_t out, const real *b, real *packed);

#endif
