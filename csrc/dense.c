/* See dense.h. X is what the layer reads: the gathered inputs, or `a` of the layer before. */
#include "dense.h"

#include "skip_zeros.h"
#include "rng.h"

#include <string.h>

/* Split columns, unless splitting rows is better balanced. Columns keep a thread's weights in its own
 * cache from step to step. Returns nonzero for rows. */
static int split_rows(int64_t rows, int64_t row_unit, int64_t cols, int64_t col_unit, int size) {
    if (size == 1) return 0;
    const int64_t r = ceil_div(rows, row_unit), c = ceil_div(cols, col_unit);
    return ceil_div(r, size) * c < ceil_div(c, size) * r; /* largest share of rows is the smaller one */
}

/* ---- forward: z = bias + x W, y = act(z) ---- */
typedef struct strip_of {
    const step_context *s;
    int l;
} strip_of;

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
static void activate_strip(void *arg, range rows, range cols) {
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

static void dense_forward(const step_context *s, int l) {
    const pynn_net *net = s->net;
    const pynn_layer *layer = &net->layers[l];
    const real *params = net->params;
    const forward_product p = {
        .in = layer->in,
        .out = layer->out,
        .x = layer_input(s, l),
        .w = params + layer->w,
        .bias = params + layer->b,
        .z = work_at(net, layer->z),
        .z_row = is_last(net, l) ? layer->ld : PANEL,
        .z_panel = is_last(net, l) ? PANEL : net->ld * PANEL,
    };
    range rows = {0, s->batch}, cols = {0, layer->out};
    if (split_rows(s->batch, s->k->mr, layer->out, strip_width(s->k), s->team->size))
        rows = share(s->batch, 1, s->team);
    else
        cols = share(layer->out, strip_width(s->k), s->team);
    strip_of arg = {s, l};
    if (s->batch == 1)
        sparse_forward_row(s, &p, cols, activate_strip, &arg);
    else if (l == 0 && s->skip_zeros)
        sparse_forward(s, &p, rows, cols, s->cancel, activate_strip, &arg);
    else
        gemm_forward(s->k, &p, rows, cols, s->cancel, activate_strip, &arg);
}

/* ---- whole rows: softmax, dropout ---- */
static int drops(const step_context *s, int l) { /* nothing reads what would follow the last layer */
    return s->training && s->net->layers[l].dropout > 0 && !is_last(s->net, l);
}
static int needs_row_pass(const step_context *s, int l) {
    const int softmax = s->net->layers[l].activation == ACT_SOFTMAX;
    return (softmax && !(s->loss_follows && is_last(s->net, l))) || drops(s, l);
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

static void dense_forward_rows(const step_context *s, int l, uint64_t epoch, int64_t first) {
    const pynn_layer *layer = &s->net->layers[l];
    const panels y = panels_at(s->net, layer->y), a = panels_at(s->net, layer->a),
                 m = panels_at(s->net, layer->m);
    const range rows = share(s->batch, 1, s->team);
    real *row = s->scratch, *multipliers = row + ceil16(layer->out);
    for (int64_t r = rows.from; r < rows.to; ++r) {
        if (r % ROWS_PER_CANCEL_CHECK == 0 && stopped(s)) return;
        if (layer->activation == ACT_SOFTMAX) softmax_row(s, l, r);
        if (!drops(s, l)) continue;
        row_out(&y, r, layer->out, row);
        dropout_row(s->net->seed, epoch, l + 1, first + r, layer->dropout, ceil16(layer->out), row,
                    multipliers);
        row_in(row, layer->out, &a, r);
        row_in(multipliers, layer->out, &m, r);
    }
}

/* ---- backward by the inputs: d(l-1) = (d W^T) * m * act'(z), from W transposed or from d transposed ---- */
static void slope_strip(const step_context *s, int l, range rows, int64_t c) {
    const pynn_net *net = s->net;
    const pynn_layer *layer = &net->layers[l];
    const panels z = panels_at(net, layer->z), y = panels_at(net, layer->y), d = panels_at(net, layer->d);
    const int64_t n = rows.to - rows.from;
    real *d_c = panel_at(&d, rows.from, c);
    if (drops(s, l)) {
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

static void transpose_strip(void *arg, range batch, range inputs) {
    const step_context *s = ((const strip_of *)arg)->s;
    const int l = ((const strip_of *)arg)->l - 1;
    const panels d = panels_at(s->net, s->net->layers[l].d), dt = transposed(s->net, l);
    transpose_panels(s->k, &dt, &d, inputs, batch);
    for (int64_t c = inputs.from; c < inputs.to; c += PANEL) slope_strip(s, l, batch, c);
    if (wants_transposed(s, l) && s->net->layers[l].activation != ACT_SOFTMAX)
        transpose_panels(s->k, &d, &dt, batch, inputs);
}

/* The product with W turned: forward's with the parts changed, a strip of inputs at a time. */
typedef struct transposed_strip {
    const step_context *s;
    int l;
    int64_t from; /* the strip's first input */
} transposed_strip;
static void slope_transposed(void *arg, range batch, range strip) {
    const transposed_strip *a = arg;
    const step_context *s = a->s;
    const int l = a->l - 1;
    for (int64_t c = strip.from; c < strip.to; c += PANEL) slope_strip(s, l, batch, a->from + c);
    if (!wants_transposed(s, l) || s->net->layers[l].activation == ACT_SOFTMAX) return;
    const panels d = panels_at(s->net, s->net->layers[l].d), dt = transposed(s->net, l);
    transpose_panels(s->k, &d, &dt, batch, (range){a->from + strip.from, a->from + strip.to});
}

static void inputs_by_transposed(const step_context *s, int l, range inputs) {
    static const real no_bias[STRIP_MOST];
    const pynn_layer *layer = &s->net->layers[l];
    const panels d = panels_at(s->net, layer->d), dx = panels_at(s->net, (layer - 1)->d);
    const real *w = (const real *)s->net->params + layer->w;
    const int64_t width = strip_width(s->k);
    for (int64_t i = inputs.from; i < inputs.to; i += width) {
        const int64_t n = least(width, inputs.to - i);
        for (int64_t q = 0; q < n; q += PANEL)
            for (int64_t c = 0; c < layer->out; c += PANEL)
                s->k->transpose(least(PANEL, n - q), least(PANEL, layer->out - c),
                                w + packed_at(layer->in, i + q, c), PANEL,
                                s->scratch + packed_at(layer->out, c, q), PANEL);
        const forward_product p = {
            .in = layer->out,
            .out = n,
            .x = d,
            .w = s->scratch,
            .bias = no_bias,
            .z = panel_at(&dx, 0, i),
            .z_row = PANEL,
            .z_panel = dx.stride,
        };
        transposed_strip arg = {s, l, i};
        gemm_forward(s->k, &p, (range){0, s->batch}, (range){0, n}, s->cancel, slope_transposed, &arg);
    }
}

static void softmax_backward_rows(const step_context *s, int l) {
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

static void dense_backward_inputs(const step_context *s, int l) {
    const pynn_layer *layer = &s->net->layers[l];
    const input_product p = {
        .in = layer->in,
        .out = layer->out,
        .batch = s->batch,
        .w = (const real *)s->net->params + layer->w,
        .dt = transposed(s->net, l),
        .dxt = transposed(s->net, l - 1),
    };
    strip_of arg = {s, l};
    const range mine = share(layer->in, PANEL, s->team);
    if (transposes_weights(s, l))
        inputs_by_transposed(s, l, mine);
    else
        gemm_inputs(s->k, &p, mine, s->cancel, transpose_strip, &arg);
    if ((layer - 1)->activation != ACT_SOFTMAX) return;
    team_barrier(s->team);
    softmax_backward_rows(s, l - 1);
}

/* ---- backward by the weights, with the update fused ---- */

/* n reals of gradient g, of whose panel `columns` are the layer's, belong at offset `at` of the packed
 * parameters. Beyond them is +0, or NaN where an infinity met the zeros of d: stored gradients have +0. */
static int take_gradient(const step_context *s, const update_rule *rule, real l2, int64_t at, int64_t n,
                         int64_t columns, real *g) {
    const pynn_net *net = s->net;
    real *w = (real *)net->params + at;
    if (!rule) {
        if (l2 > 0) s->k->axpy(n, l2, w, g);
        memcpy((real *)net->grads + at, g, (size_t)n * sizeof(real));
        for (real *row = (real *)net->grads + at; columns < PANEL && n > 0; row += PANEL, n -= PANEL)
            memset(row + columns, 0, (size_t)(PANEL - columns) * sizeof(real));
        return 0;
    }
    real *slot[3] = {NULL, NULL, NULL};
    for (int i = 0; i < net->n_slots; ++i) slot[i] = (real *)net->slots[i] + at;
    return s->k->update(rule, n, least(PANEL, columns), w, g, slot);
}

/* Ask for the lines that the update of a block will touch, while the block is being computed. */
static void prefetch_update(const pynn_net *net, int64_t at, int64_t n) {
    for (int64_t i = 0; i < n; i += LINE) {
        __builtin_prefetch((real *)net->params + at + i, 1);
        for (int slot = 0; slot < net->n_slots; ++slot)
            __builtin_prefetch((real *)net->slots[slot] + at + i, 1);
    }
}
#define NEAR_WEIGHTS 4096 /* a layer with fewer stays in the first-level cache from step to step */

/* Column sums of d, c.from..c.to in whole panels. Returns nonzero if they are finite; then all of d is. */
static int delta_sums(const step_context *s, const weight_product *p, range c, real *sum) {
    int finite = 1;
    for (int64_t q = c.from; q < c.to; q += PANEL) {
        gemm_bias(s->k, p, q, s->scratch);
        memcpy(sum + q - c.from, s->scratch, PANEL * sizeof(real));
        for (int64_t i = 0; i < PANEL; ++i) finite &= s->scratch[i] >= -REAL_MAX && s->scratch[i] <= REAL_MAX;
    }
    return finite;
}

static int dense_backward_weights(const step_context *s, int l, const update_rule *rule) {
    const pynn_layer *layer = &s->net->layers[l];
    const weight_product p = {.batch = s->batch, .a = layer_input(s, l), .d = panels_at(s->net, layer->d)};
    const int skip = l == 0 && s->skip_zeros, far = rule && layer->in * layer->out >= NEAR_WEIGHTS;
    const int64_t strip = skip ? sparse_strip(s, layer->out) : strip_width(s->k);
    range inputs = {0, layer->in}, cols = {0, layer->out};
    if (split_rows(layer->in, PANEL, layer->out, strip, s->team->size))
        inputs = share(layer->in, PANEL, s->team);
    else
        cols = share(layer->out, strip, s->team);

    const real l2 = (real)(2 * l2_of(s, l));
    update_rule penalized;
    const update_rule *of_weights = rule;
    if (rule && l2 > 0) penalized = *rule, penalized.l2 = l2, of_weights = &penalized;
    real sum[SPARSE_MOST * PANEL];
    int bad = 0;
    for (int64_t c = cols.from; c < cols.to; c += strip) {
        if (stopped(s)) return 0;
        const int64_t end = least(c + strip, cols.to);
        const int finite = skip && delta_sums(s, &p, (range){c, end}, sum);
        for (int64_t f = inputs.from; f < inputs.to; f += PANEL) {
            const range i = {f, least(f + PANEL, inputs.to)};
            const int64_t n = (i.to - i.from) * PANEL;
            for (int64_t q = c; far && q < end; q += PANEL)
                prefetch_update(s->net, layer->w + packed_at(layer->in, f, q), n);
            if (finite) /* or else a zero that is skipped might have met an infinity: not a zero, but NaN */
                sparse_weights(s, &p, i, (range){c, end}, s->scratch);
            else
                gemm_weights(s->k, &p, i, (range){c, end}, s->scratch);
            for (int64_t q = c; q < end; q += PANEL)
                bad |= take_gradient(s, of_weights, l2, layer->w + packed_at(layer->in, f, q), n,
                                     layer->out - q, s->scratch + (q - c) / PANEL * n);
        }
        if (inputs.from > 0 || inputs.to == 0 || !layer->use_bias) continue; /* rows split: who has row 0 */
        for (int64_t q = c; q < end; q += PANEL) {
            if (!skip) gemm_bias(s->k, &p, q, s->scratch);
            bad |= take_gradient(s, rule, 0, layer->b + q, PANEL, layer->out - q,
                                 skip ? sum + q - c : s->scratch);
        }
    }
    return bad;
}
