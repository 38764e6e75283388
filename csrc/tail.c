/* See tail.h. Element-wise activations work on a strip that the layer has just computed and that is still in
 * cache; softmax and dropout want whole rows, and come after a barrier. */
#include "tail.h"

#include "rng.h"

#include <string.h>

/* ---- a strip: y = act(z) ---- */

static inline int64_t ceil_vector(const kernels *k, int64_t n) {
    return (n + k->width - 1) / k->width * k->width;
}

/* n rows of a panel are one run; but where most of its columns lie beyond the layer, these are left out. */
typedef struct run {
    int64_t rows, cols;
} run;
static inline run panel_run(const kernels *k, int64_t n, int64_t columns) {
    if (columns > PANEL - k->width) return (run){1, n * PANEL};
    return (run){n, ceil_vector(k, columns)};
}

/* y and z of the last layer lie as rows, so that the loss and the caller have them whole; all others in
 * panels, where the rows of a panel are one run. */
static void tail_forward_strip(void *arg, range rows, range cols) {
    const strip_of *a = arg;
    const pynn_net *net = a->s->net;
    const pynn_layer *layer = &net->layers[a->l];
    const enum activation act = (enum activation)layer->activation;
    if (act == ACT_SOFTMAX) return; /* needs whole rows */
    const kernels *k = a->s->k;
    const int64_t n = rows.to - rows.from;
    if (is_last(net, a->l)) {
        const int64_t at = rows.from * layer->ld + cols.from;
        k->act_forward(act, (real)layer->alpha, n, ceil_vector(k, cols.to - cols.from),
                       work_at(net, layer->z) + at, layer->ld, work_at(net, layer->y) + at, layer->ld);
        return;
    }
    const panels z = panels_at(net, layer->z), y = panels_at(net, layer->y);
    for (int64_t c = cols.from; c < cols.to; c += PANEL) {
        const run r = panel_run(k, n, layer->out - c);
        k->act_forward(act, (real)layer->alpha, r.rows, r.cols, panel_at(&z, rows.from, c), PANEL,
                       panel_at(&y, rows.from, c), PANEL);
    }
}

/* ---- whole rows: softmax, dropout ---- */
static int drops_after(const step_context *s, int l) { /* nothing reads what would follow the last layer */
    return s->drops && s->net->layers[l].dropout > 0 && !is_last(s->net, l);
}
static int tail_needs_rows(const step_context *s, int l) {
    const int softmax = s->net->layers[l].activation == ACT_SOFTMAX;
    return (softmax && !(s->loss_follows && is_last(s->net, l))) || drops_after(s, l);
}

/* Row r of a matrix in panels, n columns, to and from neighbours in memory. */
static void row_out(const panels *p, int64_t r, int64_t n, real *row) {
    for (int64_t c = 0; c < n; c += PANEL) memcpy(row + c, panel_at(p, r, c), PANEL * sizeof(real));
}
static void row_in(const real *row, int64_t n, const panels *p, int64_t r) {
    for (int64_t c = 0; c < n; c += PANEL) memcpy(panel_at(p, r, c), row + c, PANEL * sizeof(real));
}

/* Multipliers of units c..c+n-1, one Philox group: 0 or 1/(1 - rate). */
static void dropout_piece(uint64_t seed, uint64_t epoch, int q, int64_t p, double rate, int64_t c, int64_t n,
                          real *m) {
    const uint32_t threshold = rng_dropout_threshold(rate);
    const real kept = (real)(1 / (1 - rate));
    uint32_t words[PHILOX_GROUP];
    rng_dropout_words(seed, epoch, (uint32_t)q, (uint64_t)p, c / PHILOX_GROUP, words);
    for (int64_t i = 0; i < n; ++i) m[i] = words[i] >= threshold ? kept : 0;
}

static void dropout_row(uint64_t seed, uint64_t epoch, int q, int64_t p, double rate, int64_t n, real *y,
                        real *m) {
    real piece[PHILOX_GROUP];
    for (int64_t c = 0; c < n; c += PHILOX_GROUP) {
        const int64_t width = least(PHILOX_GROUP, n - c);
        dropout_piece(seed, epoch, q, p, rate, c, width, piece);
        for (int64_t i = 0; i < width; ++i) y[c + i] *= piece[i];
        if (m) memcpy(m + c, piece, (size_t)width * sizeof(real));
    }
}

static void softmax_row(const step_context *s, int l, int64_t r) {
    const pynn_layer *layer = &s->net->layers[l];
    if (is_last(s->net, l)) {
        s->k->softmax_forward(1, layer->out, work_at(s->net, layer->z) + r * layer->ld, layer->ld,
                              work_at(s->net, layer->y) + r * layer->ld, layer->ld);
        return;
    }
    const panels z = panels_at(s->net, layer->z), y = panels_at(s->net, layer->y);
    row_out(&z, r, layer->out, s->scratch);
    s->k->softmax_forward(1, layer->out, s->scratch, layer->ld, s->scratch, layer->ld);
    row_in(s->scratch, layer->out, &y, r);
}

static void tail_forward_rows(const step_context *s, int l, uint64_t epoch, int64_t first) {
    const pynn_layer *layer = &s->net->layers[l];
    const panels y = panels_at(s->net, layer->y), a = panels_at(s->net, layer->a),
                 m = panels_at(s->net, layer->m);
    const range rows = share(s->batch, 1, s->team);
    real *row = s->scratch, *multipliers = row + ceil16(layer->out);
    for (int64_t r = rows.from; r < rows.to; ++r) {
        if (r % ROWS_PER_CANCEL_CHECK == 0 && stopped(s)) return;
        if (layer->activation == ACT_SOFTMAX) softmax_row(s, l, r);
        if (!drops_after(s, l)) continue;
        row_out(&y, r, layer->out, row);
        dropout_row(s->net->seed, epoch, l + 1, first + r, layer->dropout, ceil16(layer->out), row,
                    multipliers);
        row_in(row, layer->out, &a, r);
        row_in(multipliers, layer->out, &m, r);
    }
}

/* ---- backward: d = dL/da becomes dL/dz ---- */
static void slope_strip(const step_context *s, int l, range rows, int64_t c) {
    const pynn_net *net = s->net;
    const pynn_layer *layer = &net->layers[l];
    const panels z = panels_at(net, layer->z), y = panels_at(net, layer->y), d = panels_at(net, layer->d);
    const int64_t n = rows.to - rows.from;
    real *d_c = panel_at(&d, rows.from, c);
    if (drops_after(s, l)) {
        const panels m = panels_at(net, layer->m);
        const real *m_c = panel_at(&m, rows.from, c);
        for (int64_t i = 0; i < n * PANEL; ++i) d_c[i] *= m_c[i];
    }
    if (layer->activation != ACT_SOFTMAX) { /* which needs whole rows */
        const run r = panel_run(s->k, n, layer->out - c);
        s->k->act_backward((enum activation)layer->activation, (real)layer->alpha, r.rows, r.cols,
                           panel_at(&z, rows.from, c), panel_at(&y, rows.from, c), PANEL, d_c, PANEL);
    }
    /* No gradient belongs beyond `out`, whatever was there to be multiplied. */
    for (int64_t i = 0; layer->out - c < PANEL && i < n; ++i)
        for (int64_t j = layer->out - c; j < ceil_vector(s->k, layer->out - c); ++j) d_c[i * PANEL + j] = 0;
}

static void tail_backward_strip(const step_context *s, int l, range batch, range cols) {
    for (int64_t c = cols.from; c < cols.to; c += PANEL) slope_strip(s, l, batch, c);
    if (!wants_transposed(s, l) || s->net->layers[l].activation == ACT_SOFTMAX) return;
    const panels d = panels_at(s->net, s->net->layers[l].d), dt = transposed(s->net, l);
    transpose_panels(s->k, &d, &dt, batch, cols);
}

static int tail_needs_rows_backward(const step_context *s, int l) {
    return s->net->layers[l].activation == ACT_SOFTMAX;
}

static void tail_backward_rows(const step_context *s, int l) {
    const pynn_layer *layer = &s->net->layers[l];
    const range rows = share(s->batch, 1, s->team);
    const panels y = panels_at(s->net, layer->y), d = panels_at(s->net, layer->d), dt = transposed(s->net, l);
    real *row = s->scratch, *slope = row + ceil16(layer->out);
    for (int64_t r = rows.from; r < rows.to; ++r) {
        row_out(&y, r, layer->out, row);
        row_out(&d, r, layer->out, slope);
        s->k->softmax_backward(1, layer->out, row, layer->ld, slope, layer->ld);
        row_in(slope, layer->out, &d, r);
    }
    if (wants_transposed(s, l)) transpose_panels(s->k, &d, &dt, rows, (range){0, layer->out});
}
