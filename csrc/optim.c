/* See optim.h. Powers of beta are running products in double; every scalar is rounded to the storage
 * type once. pynn/engine/update_formulas.py has the same in Python. */
#include "optim.h"

#include <math.h>

static real at_least_normal(double x) { return (real)x < REAL_MIN ? REAL_MIN : (real)x; }

enum { BETA1, BETA2, FADING }; /* places in beta_power; the first is the product of Nadam's momenta for it */

/* Nadam's momentum in a step: it rises from beta1 / 2 to beta1 while fading, 0.96^t, falls to 0. */
static double nadam_momentum(const pynn_net *net, double fading) { return net->beta1 * (1 - 0.5 * fading); }

static void move_powers(const pynn_net *net, double power[PYNN_POWERS]) {
    const int kind = net->optimizer;
    if (kind != OPT_ADAM && kind != OPT_ADAMAX && kind != OPT_NADAM) return;
    if (kind == OPT_NADAM) power[FADING] *= 0.96;
    power[BETA1] *= kind == OPT_NADAM ? nadam_momentum(net, power[FADING]) : net->beta1;
    power[BETA2] *= net->beta2;
}

/* What corrects slots for their beginning with 0, in the rule's scalars. */
static void correct(const pynn_net *net, double rate, const double power[PYNN_POWERS], update_rule *u) {
    if (u->kind == OPT_ADAM) u->rate = (real)(rate * sqrt(1 - power[BETA2]) / (1 - power[BETA1]));
    if (u->kind == OPT_ADAMAX) u->rate = (real)(rate / (1 - power[BETA1]));
    if (u->kind == OPT_NADAM) {
        const double now = nadam_momentum(net, power[FADING]),
                     next = nadam_momentum(net, power[FADING] * 0.96);
        u->rate_m = (real)(rate * next / (1 - power[BETA1] * next));
        u->rate_g = (real)(rate * (1 - now) / (1 - power[BETA1]));
        u->root = (real)(1 / sqrt(1 - power[BETA2]));
    }
}

static update_rule rule_for_step(const pynn_net *net, double rate, double beta_power[PYNN_POWERS]) {
    update_rule u = {
        .kind = (enum optimizer)net->optimizer,
        .nesterov = net->nesterov,
        .centered = net->centered,
        .amsgrad = net->amsgrad,
        .rate = (real)rate,
        .momentum = (real)net->momentum,
        .rho = (real)net->rho,
        .beta1 = (real)net->beta1,
        .beta2 = (real)net->beta2,
        .epsilon = at_least_normal(net->epsilon),
        .decay = (real)(rate * net->weight_decay),
        .one_minus_rho = (real)(1 - net->rho),
        .one_minus_beta1 = (real)(1 - net->beta1),
        .one_minus_beta2 = (real)(1 - net->beta2),
        .l1 = 0,
        .l2 = 0,
        .scale = 1,
        .clip = (real)net->clipvalue,
    };
    move_powers(net, beta_power);
    correct(net, rate, beta_power, &u);
    return u;
}

static int clips_norms(const pynn_net *net) { return net->clipnorm > 0 || net->global_clipnorm > 0; }

/* What brings a gradient of this sum of squares back to the bound. */
static real norm_scale(double square, double bound) {
    const double norm = sqrt(square);
    return norm > bound ? (real)(bound / norm) : 1;
}

/* Runs begin and end on cache lines, so that no two threads write into one. */
static int apply_run(const step_context *s, const update_rule *rule, real scale, int64_t at, int64_t n) {
    const pynn_net *net = s->net;
    const range mine = share(n, PANEL, s->team);
    real *slot[3] = {NULL, NULL, NULL};
    for (int i = 0; i < net->n_slots; ++i) slot[i] = (real *)net->slots[i] + at + mine.from;
    update_rule scaled = *rule;
    scaled.scale = scale;
    return s->k->update(&scaled, mine.to - mine.from, PANEL, (real *)net->params + at + mine.from,
                        (const real *)net->grads + at + mine.from, slot);
}

static int apply_stored(const step_context *s, const update_rule *rule) {
    const pynn_net *net = s->net;
    double all = 0;
    for (int l = 0; net->global_clipnorm > 0 && l < net->n_layers; ++l) {
        const pynn_layer *layer = &net->layers[l];
        double of_layer = layer->n_tensors > 0 ? tensor_norm(net, &layer->tensor[0]) : 0;
        for (int i = 1; i < layer->n_tensors; ++i) of_layer += tensor_norm(net, &layer->tensor[i]);
        all += of_layer;
    }
    int bad = 0;
    for (int l = 0; l < net->n_layers; ++l)
        for (int i = 0; i < net->layers[l].n_tensors; ++i) {
            const pynn_tensor *t = &net->layers[l].tensor[i];
            if (!t->learned) continue;
            real scale = 1;
            if (net->global_clipnorm > 0)
                scale = norm_scale(all, net->global_clipnorm);
            else if (net->clipnorm > 0)
                scale = norm_scale(tensor_norm(net, t), net->clipnorm);
            bad |= apply_run(s, rule, scale, t->at, tensor_size(t));
        }
    return bad;
}
