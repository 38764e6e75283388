/* One Dense layer, forward and backward, as seen by one thread of the team. Forward ends with the
 * layer's tail on a strip that is still in cache; backward by the inputs ends with the tail of the layer
 * before; backward by the parameters ends with the optimizer's update, or stores. */
#ifndef PYNN_DENSE_H
#define PYNN_DENSE_H

#include "step_context.h"

static void dense_parameters(pynn_layer *layer);
static void dense_forward(const step_context *s, int l); /* y, z of layer l from a of l-1; no barrier */
static void dense_backward_inputs(const step_context *s,
                                  int l); /* d of l-1 from that of l, and dt if wanted */
/* dW and db of layer l: updated in place by the rule (returns nonzero: not finite), or, rule NULL, stored. */
static int dense_backward_parameters(const step_context *s, int l, const update_rule *rule);

#endif
