/* One Dense layer, forward and backward, as seen by one thread of the team. Forward ends with the
 * activation on a strip that is still in cache; backward by the inputs ends with the previous
 * activation's slope; backward by the weights ends with the optimizer's update, or stores. */
#ifndef PYNN_DENSE_H
#define PYNN_DENSE_H

#include "step_context.h"

static void dense_forward(const step_context *s, int l); /* a, y, z of layer l from a of l-1; no barrier */
static int needs_row_pass(const step_context *s, int l);
/* What works on whole rows, after a barrier: softmax; dropout, for positions first.. of this epoch's order.
 */
static void dense_forward_rows(const step_context *s, int l, uint64_t epoch, int64_t first);
/* y = y * m for one row of n units, m being 0 or 1/(1 - rate): dropout layer q, the row at position p of the
 * epoch's order. m keeps the multipliers unless it is NULL. */
static void dropout_row(uint64_t seed, uint64_t epoch, int q, int64_t p, double rate, int64_t n, real *y,
                        real *m);
static void dense_backward_inputs(const step_context *s,
                                  int l); /* d of l-1 from that of l, and dt if wanted */
/* dW and db of layer l: updated in place by the rule (returns nonzero: not finite), or, rule NULL, stored. */
static int dense_backward_weights(const step_context *s, int l, const update_rule *rule);

#endif
