/* What every layer ends with, whatever its kind: the activation, y = act(z), and dropout, a = y * m. Forward
 * on a strip of columns of z, backward on a strip of d, which is turned from dL/da into dL/dz; and what needs
 * whole rows. Not here: how z comes about (dense.c, norm.c), and the last layer's d (loss.c). */
#ifndef PYNN_TAIL_H
#define PYNN_TAIL_H

#include "step_context.h"

/* A layer, as the argument of a callback. */
typedef struct strip_of {
    const step_context *s;
    int l;
} strip_of;

static void tail_forward_strip(void *strip_of_layer, range rows, range cols);
/* Whether rows must be gone through after a barrier: for softmax, unless the loss does it, and for dropout;
 * at positions first.. of this epoch's order. */
static int tail_needs_rows(const step_context *s, int l);
static void tail_forward_rows(const step_context *s, int l, uint64_t epoch, int64_t first);

/* d of layer l, columns cols (whole panels, or up to the end), was dL/da; dt comes with it if it is wanted.
 */
static void tail_backward_strip(const step_context *s, int l, range batch, range cols);
static int tail_needs_rows_backward(const step_context *s, int l);
static void tail_backward_rows(const step_context *s, int l);

/* y = y * m for one row of n units, m being 0 or 1/(1 - rate): dropout layer q, the row at position p of the
 * epoch's order. m keeps the multipliers unless it is NULL. */
static void dropout_row(uint64_t seed, uint64_t epoch, int q, int64_t p, double rate, int64_t n, real *y,
                        real *m);
/* Row r of a matrix in panels, n columns, to and from neighbours in memory. */
static void row_out(const panels *p, int64_t r, int64_t n, real *row);
static void row_in(const real *row, int64_t n, const panels *p, int64_t r);

#endif
