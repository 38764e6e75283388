/* See dense.h. X is what the layer reads: the gathered inputs, or `a` of the layer before. */
#include "dense.h"

#include "rng.h"

#include <string.h>

static inline const real *layer_input(const step_context *s, int l) {
    if (l == 0) return work_at(s->net, s->net->x);
    const pynn_layer *before = &s->net->layers[l - 1];
    return work_at(s->net, s->training ? before->a : before->y);
}
static inline ptrdiff_t layer_input_stride(const step_context *s, int l) {
    return l ? s->net->layers[l - 1].ld : s->net->ld_x;
}

static range share(int64_t n, int64_t unit, const team *t) {
    const int64_t units = ceil_div(n, unit);
    return (range){least(n, units * t->id / t->size * unit), least(n, units * (t->id + 1) / t->size * unit)};
}

/* Split columns, unless splitting rows is better balanced. Columns keep a thread's weights in its own
 * cache from step to step. Returns nonzero for rows. */
static int split_rows(int64_t rows, int64_t row_unit, int64_t cols, int64_t col_unit, int size) {
    const int64_t r = ceil_div(rows, row_unit), c = ceil_div(cols, col_unit);
    return ceil_div(r, size) * c < ceil_div(c, size) * r; /* largest share of rows is the smaller one */
}

/* ---- forward: z = bias + x W, y = act(z) ---- */
typedef struct strip_of {
    const step_context *s;
    int l;
} strip_of;

static void activate_strip(void *arg, range rows, range cols) {
    const strip_of *a = arg;
    const pynn_layer *layer = &a->s->net->layers[a->l];
    if (layer->activation == ACT_SOFTMAX) return; /* needs whole rows */
    const int64_t at = rows.from * layer->ld + cols.from;
    a->s->k->act_forward((enum activation)layer->activation, (real)layer->alpha, rows.to - rows.from,
                         ceil16(cols.to - cols.from), work_at(a->s->net, layer->z) + at, layer->ld,
                         work_at(a->s->net, layer->y) + at, layer->ld);
}

static void dense_forward(const step_context *s, int l) {
    const pynn_layer *layer = &s->net->layers[l];
    const real *params = s->net->params;
    const forward_product p = {
        .in = layer->in,
        .out = layer->out,
        .x = layer_input(s, l),
        .ldx = layer_input_stride(s, l),
        .w = params + layer->w,
        .bias = params + layer->b,
        .z = work_at(s->net, layer->z),
        .ldz = layer->ld,
    };
    range rows = {0, s->batch}, cols = {0, layer->out};
    if (split_rows(s->batch, s->k->mr, layer->out, strip_width(s->k), s->team->size))
        rows = share(s->batch, 1, s->team);
    else
        cols = share(layer->out, strip_width(s->k), s->team);
    strip_of arg = {s, l};
    gemm_forward(s->k, &p, rows, cols, s->pulse, activate_strip, &arg);
}

/* ---- whole rows: softmax, dropout ---- */
static int needs_row_pass(const step_context *s, int l) {
    const pynn_layer *layer = &s->net->layers[l];
    return layer->activation == ACT_SOFTMAX || (s->training && layer->dropout > 0);
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

static void dropout_row(uint64_t seed, uint64_t epoch, int q, int64_t p, double rate, int64_t n,
                        const real *y, real *a, real *m) {
    real piece[PHILOX_GROUP];
    for (int64_t c = 0; c < n; c += PHILOX_GROUP) {
        const int64_t width = least(PHILOX_GROUP, n - c);
        real *m_c = m ? m + c : piece;
        dropout_piece(seed, epoch, q, p, rate, c, width, m_c);
        for (int64_t i = 0; i < width; ++i) a[c + i] = y[c + i] * m_c[i];
    }
}

static void dense_forward_rows(const step_context *s, int l, uint64_t epoch, int64_t first) {
    const pynn_layer *layer = &s->net->layers[l];
    const range rows = share(s->batch, 1, s->team);
    for (int64_t r = rows.from; r < rows.to; ++r) {
        const int64_t at = r * layer->ld;
        if (r % ROWS_PER_BEAT == 0 && stopped(s)) return;
        real *y = work_at(s->net, layer->y) + at;
        if (layer->activation == ACT_SOFTMAX)
            s->k->softmax_forward(1, layer->out, work_at(s->net, layer->z) + at, layer->ld, y, layer->ld);
        if (s->training && layer->dropout > 0)
            dropout_row(s->net->seed, epoch, l + 1, first + r, layer->dropout, layer->out, y,
                        work_at(s->net, layer->a) + at, work_at(s->net, layer->m) + at);
    }
}

/* ---- backward by the inputs: d(l-1) = (d W^T) * m * act'(z), kept as rows and transposed ---- */
static void turn_strip(void *arg, range batch, range inputs) {
    const step_context *s = ((const strip_of *)arg)->s;
    const int l = ((const strip_of *)arg)->l;
    const pynn_layer *before = &s->net->layers[l - 1];
    const int64_t n = inputs.to - inputs.from, rows = batch.to - batch.from;
    real *dt = work_at(s->net, before->dt) + inputs.from * s->net->ld_t;
    real *d = work_at(s->net, before->d) + inputs.from;
    s->k->transpose(n, rows, dt, s->net->ld_t, d, before->ld);
    if (s->training && before->dropout > 0) {
        const real *m = work_at(s->net, before->m) + inputs.from;
        for (int64_t r = 0; r < rows; ++r)
            for (int64_t c = 0; c < n; ++c) d[r * before->ld + c] *= m[r * before->ld + c];
    }
    if (before->activation == ACT_SOFTMAX) return; /* needs whole rows */
    s->k->act_backward((enum activation)before->activation, (real)before->alpha, rows, ceil16(n),
                       work_at(s->net, before->z) + inputs.from, work_at(s->net, before->y) + inputs.from,
                       before->ld, d, before->ld);
    /* Beyond `out` the slope of what an infinity left there may be NaN: no gradient belongs there. */
    for (int64_t r = 0; n % PANEL && r < rows; ++r)
        for (int64_t c = n; c < ceil16(n); ++c) d[r * before->ld + c] = 0;
    if (l > 1) s->k->transpose(rows, n, d, before->ld, dt, s->net->ld_t);
}

static void dense_backward_inputs(const step_context *s, int l) {
    const pynn_layer *layer = &s->net->layers[l], *before = layer - 1;
    const input_product p = {
        .in = layer->in,
        .out = layer->out,
        .batch = s->batch,
        .w = (const real *)s->net->params + layer->w,
        .dt = work_at(s->net, layer->dt),
        .dxt = work_at(s->net, before->dt),
        .ld_t = s->net->ld_t,
    };
    strip_of arg = {s, l};
    gemm_inputs(s->k, &p, share(layer->in, PANEL, s->team), s->pulse, turn_strip, &arg);
    if (before->activation != ACT_SOFTMAX) return;
    team_barrier(s->team);
    const range rows = share(s->batch, 1, s->team);
    real *d = work_at(s->net, before->d) + rows.from * before->ld;
    s->k->softmax_backward(rows.to - rows.from, before->out,
                           work_at(s->net, before->y) + rows.from * before->ld, before->ld, d, before->ld);
    if (l > 1)
        s->k->transpose(rows.to - rows.from, before->out, d, before->ld,
                        work_at(s->net, before->dt) + rows.from, s->net->ld_t);
}

/* ---- backward by the weights, with the update fused ---- */

/* n reals of gradient g belong at offset `at` of the packed parameters. */
static int take_gradient(const step_context *s, const update_rule *rule, real l2, int64_t at, int64_t n,
                         real *g) {
    const pynn_net *net = s->net;
    real *w = (real *)net->params + at;
    if (!rule) {
        if (l2 > 0) s->k->axpy(n, l2, w, g);
        memcpy((real *)net->grads + at, g, (size_t)n * sizeof(real));
        return 0;
    }
    real *slot[3] = {NULL, NULL, NULL};
    for (int i = 0; i < net->n_slots; ++i) slot[i] = (real *)net->slots[i] + at;
    update_rule with_l2 = *rule;
    with_l2.l2 = l2;
    return s->k->update(&with_l2, n, w, g, slot);
}

/* Ask for the lines that the update of a tile will touch, while the tile is being computed. */
static void prefetch_update(const pynn_net *net, const update_rule *rule, int64_t at, int64_t n) {
    if (!rule) return;
    for (int64_t i = 0; i < n; i += 64 / (int64_t)sizeof(real)) {
        __builtin_prefetch((real *)net->params + at + i, 1);
        for (int slot = 0; slot < net->n_slots; ++slot)
            __builtin_prefetch((real *)net->slots[slot] + at + i, 1);
    }
}

static int dense_backward_weights(const step_context *s, int l, const update_rule *rule) {
    const pynn_layer *layer = &s->net->layers[l];
    const weight_product p = {
        .batch = s->batch,
        .a = layer_input(s, l),
        .lda = layer_input_stride(s, l),
        .d = work_at(s->net, layer->d),
        .ldd = layer->ld,
    };
    const int64_t strip = strip_width(s->k);
    range inputs = {0, layer->in}, cols = {0, layer->out};
    if (split_rows(layer->in, s->k->mr, layer->out, strip, s->team->size))
        inputs = share(layer->in, 1, s->team);
    else
        cols = share(layer->out, strip, s->team);

    const int64_t tiles = ceil_div(inputs.to - inputs.from, s->k->mr);
    const real l2 = (real)(2 * layer->l2);
    int bad = 0;
    for (int64_t c = cols.from; c < cols.to; c += strip) {
        if (stopped(s)) return 0;
        const int64_t end = least(c + strip, cols.to);
        for (int64_t t = 0; t < tiles; ++t) {
            const range i = balanced(inputs, t, tiles);
            const int64_t n = (i.to - i.from) * PANEL;
            for (int64_t q = c; q < end; q += PANEL)
                prefetch_update(s->net, rule, layer->w + packed_at(layer->in, i.from, q), n);
            gemm_weights(s->k, &p, i, (range){c, end}, s->scratch);
            for (int64_t q = c; q < end; q += PANEL)
                bad |= take_gradient(s, rule, l2, layer->w + packed_at(layer->in, i.from, q), n,
                                     s->scratch + (q - c) / PANEL * n);
        }
        if (inputs.from > 0 || inputs.to == 0 || !layer->use_bias) continue; /* rows split: who has row 0 */
        for (int64_t q = c; q < end; q += PANEL) {
            gemm_bias(s->k, &p, q, s->scratch);
            bad |= take_gradient(s, rule, 0, layer->b + q, PANEL, s->scratch);
        }
    }
    return bad;
}
