/* See kinds.h: the table, and the one kind that is too small for a file of its own. */
#include "kinds.h"

#include "dense.h"
#include "norm.h"
#include "tail.h"

#include <string.h>

/* ---- an activation alone: z = x ---- */
static void activation_parameters(pynn_layer *layer) { layer->n_tensors = 0; }

static void activation_forward(const step_context *s, int l) {
    const pynn_net *net = s->net;
    const pynn_layer *layer = &net->layers[l];
    const range mine = share(s->batch, 1, s->team);
    const panels x = layer_input(s, l), z = panels_at(net, layer->z);
    strip_of arg = {s, l};
    for (int64_t c = 0; c < layer->out && mine.from < mine.to; c += PANEL) {
        const int64_t n = mine.to - mine.from;
        if (!is_last(net, l))
            memcpy(panel_at(&z, mine.from, c), panel_at(&x, mine.from, c),
                   (size_t)(n * PANEL) * sizeof(real));
        for (int64_t r = mine.from; is_last(net, l) && r < mine.to; ++r)
            memcpy(z.at + r * layer->ld + c, panel_at(&x, r, c), PANEL * sizeof(real));
        tail_forward_strip(&arg, mine, (range){c, least(c + PANEL, layer->out)});
    }
}

static void activation_backward_inputs(const step_context *s, int l) {
    const pynn_layer *layer = &s->net->layers[l];
    const range mine = share(s->batch, 1, s->team);
    const panels d = panels_at(s->net, layer->d), dx = panels_at(s->net, (layer - 1)->d);
    for (int64_t c = 0; c < layer->out && mine.from < mine.to; c += PANEL) {
        const size_t n = (size_t)((mine.to - mine.from) * PANEL);
        memcpy(panel_at(&dx, mine.from, c), panel_at(&d, mine.from, c), n * sizeof(real));
        tail_backward_strip(s, l - 1, mine, (range){c, least(c + PANEL, layer->out)});
    }
}

static const layer_kind kinds[PYNN_KINDS] = {
    [PYNN_DENSE] = {dense_parameters, NULL, dense_forward, dense_backward_inputs, dense_backward_parameters,
                    NULL},
    [PYNN_ACTIVATION] = {activation_parameters, NULL, activation_forward, activation_backward_inputs, NULL,
                         NULL},
    [PYNN_BATCH_NORM] = {batch_norm_parameters, norm_stats, batch_norm_forward, batch_norm_backward_inputs,
                         batch_norm_backward_parameters, batch_norm_finish},
    [PYNN_LAYER_NORM] = {layer_norm_parameters, norm_stats, layer_norm_forward, layer_norm_backward_inputs,
                         layer_norm_backward_parameters, NULL},
};

static const layer_kind *kind_of(const pynn_net *net, int l) { return &kinds[net->layers[l].kind]; }
