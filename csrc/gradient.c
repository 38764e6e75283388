/* See gradient.h. */
#include "gradient.h"

#include <string.h>

static int take_gradient(const step_context *s, const update_rule *rule, penalties p, int64_t at, int64_t n,
                         int64_t columns, real *g) {
    const pynn_net *net = s->net;
    real *w = (real *)net->params + at;
    if (!rule) {
        if (p.l2 > 0) s->k->axpy(n, p.l2, w, g);
        if (p.l1 > 0) s->k->add_signs(n, p.l1, w, g);
        memcpy((real *)net->grads + at, g, (size_t)n * sizeof(real));
        for (real *row = (real *)net->grads + at; columns < PANEL && n > 0; row += PANEL, n -= PANEL)
            memset(row + columns, 0, (size_t)(PANEL - columns) * sizeof(real));
        return 0;
    }
    real *slot[3] = {NULL, NULL, NULL};
    for (int i = 0; i < net->n_slots; ++i) slot[i] = (real *)net->slots[i] + at;
    return s->k->update(rule, n, least(PANEL, columns), w, g, slot);
}
