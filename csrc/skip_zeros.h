/* The inputs of a batch that are not zero, listed by row (for the forward product) and by input (for the
 * weights' gradient), and the first layer's products over these lists. Images of digits are four fifths
 * zeros: what is not there need not be multiplied, and the bits are the same. Whether it is worth it is
 * measured, batch by batch; nothing but the time depends on it. */
#ifndef PYNN_LIVE_H
#define PYNN_LIVE_H

#include "step_context.h"

static int sparse_worth_listing(const pynn_net *net); /* for layout.c: shall there be lists? */
static inline int64_t sparse_blocks(const pynn_net *net);
static int sparse_possible(const step_context *s); /* are there lists at all? */
/* While rows are gathered: list row r, x[inputs]. A row that is too dense ends its list early. */
static void sparse_list_row(const step_context *s, int64_t r, const real *x);
/* After a barrier: is the batch worth it? The same answer in all threads. */
static int sparse_decide(const step_context *s);
/* This thread's share of the lists by input; to be used after a barrier. */
static void sparse_transpose(const step_context *s);

/* Like gemm_forward and gemm_weights, for the first layer; up to k->sparse_panels panels at a time. */
static void sparse_forward(const step_context *s, const forward_product *p, range rows, range cols,
                           const cancel_check *cancel, strip_done done, void *arg);
static int64_t sparse_strip(const step_context *s, int64_t out); /* columns that sparse_weights should get */
/* One row of any layer: what the layer before has left at zero is skipped, whatever its share. */
static void sparse_forward_row(const step_context *s, const forward_product *p, range cols, strip_done done,
                               void *arg);
static void sparse_weights(const step_context *s, const weight_product *p, range i, range c, real *scratch);

#endif
