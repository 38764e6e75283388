/* See dense.h. X is what the layer reads: the gathered inputs, or `a` of the layer before. */
#include "dense.h"

#include "gradient.h"
#include "skip_zeros.h"
#include "tail.h"

#include <string.h>

/* Split columns, unless splitting rows is better balanced. Columns keep a thread's weights in its own
 * cache from step to step. Returns nonzero for rows. */
static int split_rows(int64_t rows, int64_t row_unit, int64_t cols, int64_t col_unit, int size) {
    if (size == 1) return 0;
    const int64_t r = ceil_div(rows, row_unit), c = ceil_div(cols, col_unit);
    return ceil_div(r, size) * c < ceil_div(c, size) * r; /* largest share of rows is the smaller one */
}

static void dense_parameters(pynn_layer *layer) {
    layer->takes_transposed = 1;
    layer->n_tensors = 2;
    layer->tensor[KERNEL] = (pynn_tensor){.rows = layer->in, .cols = layer->out, .given = 1, .learned = 1};
    layer->tensor[BIAS] = (pynn_tensor){
        .rows = 1, .cols = layer->out, .vector = 1, .given = layer->use_bias, .learned = layer->use_bias};
}

/* ---- forward: z = bias + x W, y = act(z) ---- */
static void dense_forward(const step_context *s, int l) {
    const pynn_net *net = s->net;
    const pynn_layer *layer = &net->layers[l];
    const forward_product p = {
        .in = layer->in,
        .out = layer->out,
        .x = layer_input(s, l),
        .w = tensor_at(net, l, KERNEL),
        .bias = tensor_at(net, l, BIAS),
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
        sparse_forward_row(s, &p, cols, tail_forward_strip, &arg);
    else if (l == 0 && s->skip_zeros)
        sparse_forward(s, &p, rows, cols, s->cancel, tail_forward_strip, &arg);
    else
        gemm_forward(s->k, &p, rows, cols, s->cancel, tail_forward_strip, &arg);
}

/* ---- backward by the inputs: d(l-1) = (d W^T) * m * act'(z), from W transposed or from d transposed ---- */
static void transpose_strip(void *arg, range batch, range inputs) {
    const step_context *s = ((const strip_of *)arg)->s;
    const int l = ((const strip_of *)arg)->l - 1;
    const panels d = panels_at(s->net, s->net->layers[l].d), dt = transposed(s->net, l);
    transpose_panels(s->k, &dt, &d, inputs, batch);
    tail_backward_strip(s, l, batch, inputs);
}

/* The product with W turned: forward's with the parts changed, a strip of inputs at a time. */
typedef struct transposed_strip {
    const step_context *s;
    int l;
    int64_t from; /* the strip's first input */
} transposed_strip;
static void slope_transposed(void *arg, range batch, range strip) {
    const transposed_strip *a = arg;
    tail_backward_strip(a->s, a->l - 1, batch, (range){a->from + strip.from, a->from + strip.to});
}

static void inputs_by_transposed(const step_context *s, int l, range inputs) {
    static const real no_bias[STRIP_MOST];
    const pynn_layer *layer = &s->net->layers[l];
    const panels d = panels_at(s->net, layer->d), dx = panels_at(s->net, (layer - 1)->d);
    const real *w = tensor_at(s->net, l, KERNEL);
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

static void dense_backward_inputs(const step_context *s, int l) {
    const pynn_layer *layer = &s->net->layers[l];
    const input_product p = {
        .in = layer->in,
        .out = layer->out,
        .batch = s->batch,
        .w = tensor_at(s->net, l, KERNEL),
        .dt = transposed(s->net, l),
        .dxt = transposed(s->net, l - 1),
    };
    strip_of arg = {s, l};
    const range mine = share(layer->in, PANEL, s->team);
    if (transposes_weights(s, l))
        inputs_by_transposed(s, l, mine);
    else
        gemm_inputs(s->k, &p, mine, s->cancel, transpose_strip, &arg);
}

/* ---- backward by the weights, with the update fused ---- */

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

static int dense_backward_parameters(const step_context *s, int l, const update_rule *rule) {
    const pynn_layer *layer = &s->net->layers[l];
    const weight_product p = {.batch = s->batch, .a = layer_input(s, l), .d = panels_at(s->net, layer->d)};
    const int skip = l == 0 && s->skip_zeros, far = rule && layer->in * layer->out >= NEAR_WEIGHTS;
    const int64_t strip = skip ? sparse_strip(s, layer->out) : strip_width(s->k);
    range inputs = {0, layer->in}, cols = {0, layer->out};
    if (split_rows(layer->in, PANEL, layer->out, strip, s->team->size))
        inputs = share(layer->in, PANEL, s->team);
    else
        cols = share(layer->out, strip, s->team);

    const penalties p_w = {(real)l1_of(s, l), (real)(2 * l2_of(s, l))}, none = {0, 0};
    const int64_t w_at = layer->tensor[KERNEL].at, b_at = layer->tensor[BIAS].at;
    update_rule penalized;
    const update_rule *of_weights = rule;
    if (rule && (p_w.l1 > 0 || p_w.l2 > 0))
        penalized = *rule, penalized.l1 = p_w.l1, penalized.l2 = p_w.l2, of_weights = &penalized;
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
                prefetch_update(s->net, w_at + packed_at(layer->in, f, q), n);
            if (finite) /* or else a zero that is skipped might have met an infinity: not a zero, but NaN */
                sparse_weights(s, &p, i, (range){c, end}, s->scratch);
            else
                gemm_weights(s->k, &p, i, (range){c, end}, s->scratch);
            for (int64_t q = c; q < end; q += PANEL)
                bad |= take_gradient(s, of_weights, p_w, w_at + packed_at(layer->in, f, q), n, layer->out - q,
                                     s->scratch + (q - c) / PANEL * n);
        }
        /* Where the rows of W are split over the team, the owner of row 0 takes the bias as well. */
        if (inputs.from > 0 || inputs.to == 0 || !layer->use_bias) continue;
        for (int64_t q = c; q < end; q += PANEL) {
            if (!skip) gemm_bias(s->k, &p, q, s->scratch);
            bad |= take_gradient(s, rule, none, b_at + q, PANEL, layer->out - q,
                                 skip ? sum + q - c : s->scratch);
        }
    }
    return bad;
}
