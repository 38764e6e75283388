/* See model.h. Backward is forward read upwards: what reads W (the inputs' gradient) comes before a
 * barrier, what changes W comes after it, and runs beside the
 * inputs' gradient of the layer below. */
#include "model.h"

#include "data.h"
#include "kinds.h"
#include "skip_zeros.h"

#define ROWS_AHEAD 4
/* Rows in a drawn order lie anywhere in memory: they are asked for in time. */
static void ask_row(const pynn_source *x, int64_t row) {
    for (int64_t at = 0; at < least(x->row_stride, 4096); at += 64)
        __builtin_prefetch(x->base + row * x->row_stride + at);
}

static void model_gather(const step_context *s, const pynn_data *data, const int64_t *order, int64_t first,
                         uint64_t epoch, int targets) {
    const pynn_net *net = s->net;
    const range rows = share(s->batch, 1, s->team);
    const panels to = panels_at(net, net->x);
    const int drops_inputs = s->drops && net->input_dropout > 0;
    const int one_panel = net->inputs <= PANEL;                  /* rows are made where they belong */
    const int plain = one_panel && !net->scale && !drops_inputs; /* and flushed together */
    for (int64_t r = rows.from; r < rows.to; ++r) {
        const int64_t row = order ? order[first + r] : first + r;
        if (r % ROWS_PER_CANCEL_CHECK == 0 && stopped(s)) return;
        if (order && r + ROWS_AHEAD < rows.to) ask_row(&data->x, order[first + r + ROWS_AHEAD]);
        real *x = one_panel ? panel_at(&to, r, 0) : s->scratch;
        gather_row(&data->x, row, x);
        if (!plain) /* whole vectors, where that can be */
            s->k->affine(net->scale ? net->inputs : ceil16(net->inputs), x, net->scale, net->offset);
        if (drops_inputs)
            dropout_row(net->seed, epoch, 0, first + r, net->input_dropout, net->inputs, x, NULL);
        if (sparse_possible(s)) sparse_list_row(s, r, x);
        if (!one_panel) row_in(x, net->inputs, &to, r);
        if (targets) loss_gather_targets(s, data, r, row);
    }
    if (plain) s->k->affine((rows.to - rows.from) * PANEL, panel_at(&to, rows.from, 0), NULL, NULL);
}

static void model_forward(const step_context *s, uint64_t epoch, int64_t first) {
    for (int l = 0; l < s->net->n_layers; ++l) {
        kind_of(s->net, l)->forward(s, l);
        team_barrier(s->team);
        if (!tail_needs_rows(s, l)) continue;
        tail_forward_rows(s, l, epoch, first);
        if (l + 1 < s->net->n_layers) team_barrier(s->team);
    }
}

static int model_backward(const step_context *s, const update_rule *rule) {
    int bad = 0;
    for (int l = s->net->n_layers - 1; l >= 0; --l) {
        const layer_kind *kind = kind_of(s->net, l);
        if (l > 0) {
            kind->backward_inputs(s, l);
            team_barrier(s->team);
            if (tail_needs_rows_backward(s, l - 1)) {
                tail_backward_rows(s, l - 1);
                team_barrier(s->team);
            }
        }
        if (kind->backward_parameters) bad |= kind->backward_parameters(s, l, rule);
        if (rule && kind->finish) bad |= kind->finish(s, l);
    }
    return bad;
}

static int model_finish(const step_context *s) {
    int bad = 0;
    for (int l = 0; l < s->net->n_layers; ++l)
        if (kind_of(s->net, l)->finish) bad |= kind_of(s->net, l)->finish(s, l);
    return bad;
}
