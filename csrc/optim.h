/* From an optimizer's settings to the scalars of one step, and the sweep that applies stored
 * gradients. The rule itself is the kernel table's `update`; the fused path calls it from dense.c. */
#ifndef PYNN_OPTIM_H
#define PYNN_OPTIM_H

#include "loss.h"

/* The rule for a step with this learning rate; beta_power (see pynn_steps) moves on to t of this step. */
static update_rule rule_for_step(const pynn_net *net, double rate, double beta_power[PYNN_POWERS]);
static int clips_norms(const pynn_net *net);
/* This thread's part of: parameters take a step along net->grads. Norms of grads must be collected
 * where norms are clipped. Nonzero: something was not finite. */
static int apply_stored(const step_context *s, const update_rule *rule);

#endif
