/* See norm.h. Where a layer's statistics lie, from layer->stats on: for batch normalization five vectors of
 * ceil16(out) reals, for layer normalization four of one real per row. */
#include "norm.h"

#include "gradient.h"
#include "tail.h"

#include <math.h>
#include <string.h>

enum { MEAN, INVERSE, SUM_D, SUM_DX, VARIANCE, BATCH_STATS }; /* of each column */
enum { ROW_MEAN, ROW_INVERSE, ROW_MEAN_G, ROW_MEAN_GX, ROW_STATS };

static int64_t norm_stats(const pynn_layer *layer, int64_t rows) {
    if (layer->kind == PYNN_BATCH_NORM) return BATCH_STATS * ceil16(layer->out);
    return layer->kind == PYNN_LAYER_NORM ? ROW_STATS * rows : 0;
}

static inline real root(real x) {
    return sizeof(real) == sizeof(double) ? (real)sqrt((double)x) : (real)sqrtf((float)x);
}

static real *column_stat(const step_context *s, int l, int which, int64_t c) {
    const pynn_layer *layer = &s->net->layers[l];
    return work_at(s->net, layer->stats) + which * ceil16(layer->out) + c;
}
static real *row_stat(const step_context *s, int l, int which, int64_t r) {
    return work_at(s->net, s->net->layers[l].stats) + which * s->net->rows + r;
}

/* Columns c..c+15 of z of layer l, from row r on, and the reals from row to row. */
static real *z_strip(const step_context *s, int l, int64_t r, int64_t c, ptrdiff_t *row) {
    const pynn_layer *layer = &s->net->layers[l];
    const panels z = panels_at(s->net, layer->z);
    *row = is_last(s->net, l) ? layer->ld : PANEL;
    return is_last(s->net, l) ? z.at + r * layer->ld + c : panel_at(&z, r, c);
}

_Static_assert(MOVING_VARIANCE < PYNN_TENSORS, "a layer has room for all of them");
/* A vector that is not given is there all the same, at the value that leaves things as they are. */
static void norm_vectors(pynn_layer *layer, int moving) {
    const int learns = layer->trainable || !moving;
    const pynn_tensor vector = {.rows = 1, .cols = layer->out, .vector = 1};
    layer->n_tensors = moving ? 4 : 2;
    for (int i = 0; i < layer->n_tensors; ++i) layer->tensor[i] = vector;
    layer->tensor[GAMMA].given = layer->scale, layer->tensor[GAMMA].fill = 1;
    layer->tensor[BETA].given = layer->center;
    layer->tensor[GAMMA].learned = learns && layer->scale,
    layer->tensor[BETA].learned = learns && layer->center;
    for (int i = MOVING_MEAN; i < layer->n_tensors; ++i) layer->tensor[i].given = 1;
}
static void batch_norm_parameters(pynn_layer *layer) { norm_vectors(layer, 1); }
static void layer_norm_parameters(pynn_layer *layer) { norm_vectors(layer, 0); }

/* ---- sums over the batch, of one panel ---- */
typedef void (*chunk_sum)(const step_context *s, const norm_strip *strip, int64_t rows, real *out);

/* n sums of each chunk of 256 rows, joined by the tree; the result is at the beginning of the scratch. */
static const real *sum_chunks(const step_context *s, const norm_strip *strip, int64_t n, chunk_sum sum) {
    norm_strip of_chunk = *strip;
    int open = 0;
    for (int64_t chunk = 0; chunk * CHUNK < s->batch; ++chunk) {
        const int64_t r = chunk * CHUNK;
        of_chunk.x = strip->x + r * PANEL;
        if (strip->d) of_chunk.d = strip->d + r * PANEL;
        if (strip->by_row) of_chunk.mean = strip->mean + r, of_chunk.inverse = strip->inverse + r;
        sum(s, &of_chunk, least(CHUNK, s->batch - r), s->scratch + open * n);
        open = tree_join(s->k, s->scratch, open + 1, chunk, n);
    }
    tree_close(s->k, s->scratch, open, n);
    return s->scratch;
}
static int64_t norm_scratch(int64_t rows) { /* the nodes of sum_chunks */
    int64_t levels = 2;
    for (int64_t chunks = ceil_div(rows, CHUNK); chunks; chunks /= 2) ++levels;
    return 2 * PANEL * levels;
}

static void sum_x(const step_context *s, const norm_strip *strip, int64_t rows, real *out) {
    s->k->col_sum(rows, PANEL, strip->x, PANEL, out);
}
static void sum_squares_of_x(const step_context *s, const norm_strip *strip, int64_t rows, real *out) {
    s->k->deviation_squares(rows, strip->x, strip->mean, out);
}
static void sum_of_d(const step_context *s, const norm_strip *strip, int64_t rows, real *out) {
    s->k->norm_sums(rows, strip, out);
}

/* ---- batch normalization: everything of a panel by the thread that owns it ---- */
static int by_batch(const step_context *s, int l) { return s->learns && s->net->layers[l].trainable; }

static norm_strip column_strip(const step_context *s, int l, int64_t c) {
    const panels x = layer_input(s, l);
    return (norm_strip){
        .x = panel_at(&x, 0, c),
        .mean = column_stat(s, l, MEAN, c),
        .inverse = column_stat(s, l, INVERSE, c),
        .gamma = tensor_at(s->net, l, GAMMA) + c,
        .beta = tensor_at(s->net, l, BETA) + c,
    };
}

static void column_moments(const step_context *s, int l, int64_t c) {
    const pynn_layer *layer = &s->net->layers[l];
    real *mean = column_stat(s, l, MEAN, c), *variance = column_stat(s, l, VARIANCE, c);
    real *inverse = column_stat(s, l, INVERSE, c);
    if (by_batch(s, l)) {
        const norm_strip strip = column_strip(s, l, c);
        const real rows = (real)s->batch, *sum = sum_chunks(s, &strip, PANEL, sum_x);
        for (int i = 0; i < PANEL; ++i) mean[i] = sum[i] / rows;
        sum = sum_chunks(s, &strip, PANEL, sum_squares_of_x);
        for (int i = 0; i < PANEL; ++i) variance[i] = sum[i] / rows;
    } else {
        memcpy(mean, tensor_at(s->net, l, MOVING_MEAN) + c, PANEL * sizeof(real));
        memcpy(variance, tensor_at(s->net, l, MOVING_VARIANCE) + c, PANEL * sizeof(real));
    }
    for (int i = 0; i < PANEL; ++i) inverse[i] = 1 / root(variance[i] + (real)layer->epsilon);
}

static void batch_norm_forward(const step_context *s, int l) {
    const range mine = share(s->net->layers[l].out, PANEL, s->team);
    strip_of arg = {s, l};
    for (int64_t c = mine.from; c < mine.to && !stopped(s); c += PANEL) {
        column_moments(s, l, c);
        const norm_strip strip = column_strip(s, l, c);
        ptrdiff_t row;
        real *z = z_strip(s, l, 0, c, &row);
        s->k->norm_forward(s->batch, &strip, z, row);
        tail_forward_strip(&arg, (range){0, s->batch}, (range){c, least(c + PANEL, mine.to)});
    }
}

static void sum_columns(const step_context *s, int l, norm_strip *strip, int64_t c) {
    const panels d = panels_at(s->net, s->net->layers[l].d);
    strip->d = panel_at(&d, 0, c);
    const real *sums = sum_chunks(s, strip, 2 * PANEL, sum_of_d);
    memcpy(column_stat(s, l, SUM_D, c), sums, PANEL * sizeof(real));
    memcpy(column_stat(s, l, SUM_DX, c), sums + PANEL, PANEL * sizeof(real));
}

static void batch_norm_backward_inputs(const step_context *s, int l) {
    const range mine = share(s->net->layers[l].out, PANEL, s->team);
    const panels d = panels_at(s->net, s->net->layers[l].d), dx = panels_at(s->net, s->net->layers[l - 1].d);
    for (int64_t c = mine.from; c < mine.to && !stopped(s); c += PANEL) {
        real mean_g[PANEL] = {0}, mean_gx[PANEL] = {0};
        norm_strip strip = column_strip(s, l, c);
        strip.d = panel_at(&d, 0, c), strip.mean_g = mean_g, strip.mean_gx = mean_gx;
        if (by_batch(s, l)) {
            sum_columns(s, l, &strip, c);
            for (int i = 0; i < PANEL; ++i) {
                mean_g[i] = column_stat(s, l, SUM_D, c)[i] / (real)s->batch;
                mean_gx[i] = column_stat(s, l, SUM_DX, c)[i] / (real)s->batch;
            }
        }
        s->k->norm_backward(s->batch, &strip, panel_at(&dx, 0, c));
        tail_backward_strip(s, l - 1, (range){0, s->batch}, (range){c, least(c + PANEL, mine.to)});
    }
}

/* d gamma and d beta of the columns of a panel. */
static int take_sums(const step_context *s, int l, const update_rule *rule, int64_t c, real *d_beta,
                     real *d_gamma) {
    const pynn_layer *layer = &s->net->layers[l];
    const penalties none = {0, 0};
    int bad = 0;
    if (layer->tensor[GAMMA].learned)
        bad |= take_gradient(s, rule, none, layer->tensor[GAMMA].at + c, PANEL, layer->out - c, d_gamma);
    if (layer->tensor[BETA].learned)
        bad |= take_gradient(s, rule, none, layer->tensor[BETA].at + c, PANEL, layer->out - c, d_beta);
    return bad;
}

static int batch_norm_backward_parameters(const step_context *s, int l, const update_rule *rule) {
    const range mine = share(s->net->layers[l].out, PANEL, s->team);
    int bad = 0;
    for (int64_t c = mine.from; by_batch(s, l) && c < mine.to && !stopped(s); c += PANEL) {
        norm_strip strip = column_strip(s, l, c);
        if (l == 0) sum_columns(s, l, &strip, c); /* nobody has asked for the inputs' gradient */
        bad |= take_sums(s, l, rule, c, column_stat(s, l, SUM_D, c), column_stat(s, l, SUM_DX, c));
    }
    return bad;
}

/* moving = momentum * moving + (1 - momentum) * the batch's; what would not be finite stays as it was. */
static int batch_norm_finish(const step_context *s, int l) {
    const pynn_layer *layer = &s->net->layers[l];
    const range mine = share(layer->out, PANEL, s->team);
    const real kept = (real)layer->momentum, rest = (real)(1 - layer->momentum);
    real *mean = tensor_at(s->net, l, MOVING_MEAN), *variance = tensor_at(s->net, l, MOVING_VARIANCE);
    int bad = 0;
    for (int64_t c = mine.from; by_batch(s, l) && c < mine.to; ++c) {
        const int64_t panel = c / PANEL * PANEL;
        const real m = kept * mean[c] + rest * column_stat(s, l, MEAN, panel)[c - panel];
        const real v = kept * variance[c] + rest * column_stat(s, l, VARIANCE, panel)[c - panel];
        if (fabs((double)m) <= REAL_MAX && fabs((double)v) <= REAL_MAX)
            mean[c] = stored(m), variance[c] = stored(v);
        else
            bad = 1;
    }
    return bad;
}

/* ---- layer normalization: forward and dx by rows, the parameters' gradient by columns ---- */
static norm_strip row_strip(const step_context *s, int l, int64_t r, int64_t c) {
    const panels x = layer_input(s, l);
    return (norm_strip){
        .by_row = 1,
        .x = panel_at(&x, r, c),
        .mean = row_stat(s, l, ROW_MEAN, r),
        .inverse = row_stat(s, l, ROW_INVERSE, r),
        .gamma = tensor_at(s->net, l, GAMMA) + c,
        .beta = tensor_at(s->net, l, BETA) + c,
    };
}

static void layer_norm_forward(const step_context *s, int l) {
    const pynn_layer *layer = &s->net->layers[l];
    const range mine = share(s->batch, 1, s->team);
    const panels x = layer_input(s, l);
    strip_of arg = {s, l};
    for (int64_t r = mine.from; r < mine.to && !(r % ROWS_PER_CANCEL_CHECK == 0 && stopped(s)); ++r)
        s->k->row_moments(layer->out, panel_at(&x, r, 0), x.stride, (real)layer->epsilon,
                          row_stat(s, l, ROW_MEAN, r), row_stat(s, l, ROW_INVERSE, r));
    for (int64_t c = 0; c < layer->out && mine.from < mine.to; c += PANEL) {
        const norm_strip strip = row_strip(s, l, mine.from, c);
        ptrdiff_t row;
        real *z = z_strip(s, l, mine.from, c, &row);
        s->k->norm_forward(mine.to - mine.from, &strip, z, row);
        tail_forward_strip(&arg, mine, (range){c, least(c + PANEL, layer->out)});
    }
}

static void layer_norm_backward_inputs(const step_context *s, int l) {
    const pynn_layer *layer = &s->net->layers[l];
    const range mine = share(s->batch, 1, s->team);
    const panels x = layer_input(s, l), d = panels_at(s->net, layer->d),
                 dx = panels_at(s->net, (layer - 1)->d);
    for (int64_t r = mine.from; r < mine.to && !(r % ROWS_PER_CANCEL_CHECK == 0 && stopped(s)); ++r)
        s->k->row_slopes(layer->out, panel_at(&x, r, 0), x.stride, panel_at(&d, r, 0), d.stride,
                         tensor_at(s->net, l, GAMMA), *row_stat(s, l, ROW_MEAN, r),
                         *row_stat(s, l, ROW_INVERSE, r), row_stat(s, l, ROW_MEAN_G, r),
                         row_stat(s, l, ROW_MEAN_GX, r));
    for (int64_t c = 0; c < layer->out && mine.from < mine.to; c += PANEL) {
        norm_strip strip = row_strip(s, l, mine.from, c);
        strip.d = panel_at(&d, mine.from, c);
        strip.mean_g = row_stat(s, l, ROW_MEAN_G, mine.from),
        strip.mean_gx = row_stat(s, l, ROW_MEAN_GX, mine.from);
        s->k->norm_backward(mine.to - mine.from, &strip, panel_at(&dx, mine.from, c));
        tail_backward_strip(s, l - 1, mine, (range){c, least(c + PANEL, layer->out)});
    }
}

static int layer_norm_backward_parameters(const step_context *s, int l, const update_rule *rule) {
    const range mine = share(s->net->layers[l].out, PANEL, s->team);
    const panels d = panels_at(s->net, s->net->layers[l].d);
    int bad = 0;
    for (int64_t c = mine.from; c < mine.to && !stopped(s); c += PANEL) {
        real sums[2 * PANEL];
        norm_strip strip = row_strip(s, l, 0, c);
        strip.d = panel_at(&d, 0, c);
        memcpy(sums, sum_chunks(s, &strip, 2 * PANEL, sum_of_d), sizeof sums);
        bad |= take_sums(s, l, rule, c, sums, sums + PANEL);
    }
    return bad;
}
