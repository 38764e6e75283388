/* Where a gradient that has just been computed goes: into the optimizer's update of the parameters that it
 * belongs to, or, in the mode that stores gradients, to net->grads. The same bits either way. */
#ifndef PYNN_GRADIENT_H
#define PYNN_GRADIENT_H

#include "step_context.h"

/* What a penalty adds to the gradient: l1 * sign(w) + l2 * w, l2 already doubled. A rule that is given has
 * them, too. */
typedef struct penalties {
    real l1, l2;
} penalties;

/* n reals of gradient g belong at offset `at` of the packed parameters, in panels of which `columns` are the
 * layer's. Beyond these is +0, or NaN where an infinity met the zeros of d: stored gradients have +0. rule
 * NULL: store. Returns nonzero if an updated parameter was not finite. g may be changed. */
static int take_gradient(const step_context *s, const update_rule *rule, penalties p, int64_t at, int64_t n,
                         int64_t columns, real *g);

#endif
