/* See loss.h. Row values are computed in the storage type and summed in double. */
#include "loss.h"

#include "data.h"

#include <math.h>
#include <string.h>

/* Target, label and gradient scale of data row `row`, which is row r of the batch. */
static void loss_gather_targets(const step_context *s, const pynn_data *data, int64_t r, int64_t row) {
    const pynn_net *net = s->net;
    const pynn_layer *last = &net->layers[net->n_layers - 1];
    const double weight = data->weight ? data->weight[row] : 1.0;
    doubles_at(net, net->row_scale)[r] = weight;
    if (data->label) ((int32_t *)(void *)work_at(net, net->label))[r] = data->label[row];
    if (!data->y.base) return;
    real *t = work_at(net, net->t) + r * last->ld;
    gather_row(&data->y, row, t);
    s->k->affine(ceil16(last->out), t, NULL, NULL); /* whole vectors: the row has room */
}

/* ---- metrics of one row, in double: accuracy, mean absolute error, mean squared error ---- */
static int64_t arg_max(const real *y, int64_t n) {
    int64_t best = 0;
    for (int64_t c = 1; c < n; ++c)
        if (y[best] < y[c]) best = c;
    return best;
}

static double lane_tree(double lane[PANEL]) {
    for (int half = PANEL / 2; half > 0; half /= 2)
        for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
    return lane[0];
}

static void metrics_of_row(const real *y, const real *t, int64_t label, int64_t n, int kind,
                           double out[PYNN_METRICS]) {
    double hits[PANEL] = {0}, size[PANEL] = {0}, square[PANEL] = {0};
    for (int64_t c = 0; c < n; ++c) {
        const double t_c = t ? (double)t[c] : (double)(c == label), e = (double)y[c] - t_c;
        hits[c % PANEL] += (y[c] > (real)0.5) == (t_c > 0.5);
        size[c % PANEL] += fabs(e);
        square[c % PANEL] += e * e;
    }
    const double outputs = (double)n;
    if (kind == PYNN_ACCURACY_ARGMAX)
        out[0] = arg_max(y, n) == (t ? arg_max(t, n) : label);
    else
        out[0] = lane_tree(hits) / outputs;
    out[1] = lane_tree(size) / outputs;
    out[2] = lane_tree(square) / outputs;
}

/* Loss, metrics and, if asked, d and dt of the output layer, for some rows of the batch. */
static void loss_of_rows(const step_context *s, range rows, int dense_targets, int with_gradient,
                         int metrics) {
    const pynn_net *net = s->net;
    const pynn_layer *last = &net->layers[net->n_layers - 1];
    const int64_t at = rows.from * last->ld, n = rows.to - rows.from;
    const real *y = work_at(net, last->y), *t = dense_targets ? work_at(net, net->t) : NULL;
    const int32_t *label = (const int32_t *)(void *)work_at(net, net->label);
    double *scale = doubles_at(net, net->row_scale);
    if (with_gradient)
        for (int64_t r = rows.from; r < rows.to; ++r) scale[r] /= s->mass;
    const loss_rows l = {
        .kind = (enum loss)net->loss,
        .activation = (enum activation)last->activation,
        .alpha = (real)last->alpha,
        .delta = net->delta,
        .smoothing = (real)net->smoothing,
        .rows = n,
        .cols = last->out,
        .outputs = net->sum_outputs ? 1 : (double)last->out,
        .z = work_at(net, last->z) + at,
        .y = y + at,
        .softmax = s->loss_follows ? work_at(net, last->y) + at : NULL,
        .ld = last->ld,
        .t = t ? t + at : NULL,
        .label = label + rows.from,
        .scale = scale + rows.from,
        .d = with_gradient ? work_at(net, net->slope) + at : NULL,
        .value = doubles_at(net, net->row_value) + rows.from,
    };
    s->k->loss(&l);
    if (with_gradient) {
        const panels d = panels_at(net, last->d), dt = transposed(net, net->n_layers - 1);
        for (int64_t r = rows.from; net->slope != last->d && r < rows.to; ++r)
            row_in(work_at(net, net->slope) + r * last->ld, last->out, &d, r);
        if (wants_transposed(s, net->n_layers - 1))
            transpose_panels(s->k, &d, &dt, rows, (range){0, last->out});
    }
    double *metric = doubles_at(net, net->row_metric);
    for (int64_t r = rows.from; metrics && r < rows.to; ++r)
        metrics_of_row(y + r * last->ld, t ? t + r * last->ld : NULL, label[r], last->out, metrics,
                       metric + r * PYNN_METRICS);
}

static void loss_of_batch(const step_context *s, int dense_targets, int with_gradient, int metrics) {
    const range mine = share(s->batch, 1, s->team);
    for (int64_t r = mine.from; r < mine.to && !stopped(s); r += ROWS_PER_CANCEL_CHECK)
        loss_of_rows(s, (range){r, least(r + ROWS_PER_CANCEL_CHECK, mine.to)}, dense_targets, with_gradient,
                     metrics);
}

/* ---- sums over rows ---- */
_Static_assert(1 + SUM_COUNT * (1 + CHUNK_LEVELS) <= PYNN_TREE, "rows, the open chunk, a node of each level");
static void sum_begin(double *tree) { memset(tree, 0, (1 + SUM_COUNT) * sizeof *tree); }

/* The open chunk is full: it joins the nodes. */
static void sum_close(double *open, double *nodes, int64_t chunk) {
    int level = 0; /* as many nodes are open as (chunks before) has one bits */
    for (int64_t bits = chunk; bits; bits &= bits - 1) ++level;
    for (; chunk & 1; chunk >>= 1) {
        --level;
        for (int i = 0; i < SUM_COUNT; ++i) open[i] = nodes[level * SUM_COUNT + i] + open[i];
    }
    for (int i = 0; i < SUM_COUNT; ++i) {
        nodes[level * SUM_COUNT + i] = open[i];
        open[i] = 0;
    }
}

static void sum_rows(double *tree, int64_t n, const double *scale, const double *value,
                     const double *metric) {
    double *open = tree + 1;
    int64_t rows = (int64_t)tree[0];
    for (int64_t r = 0, end; r < n; r = end) {
        end = least(n, r + CHUNK - rows % CHUNK);
        double sum = open[SUM_LOSS];
        for (int64_t i = r; i < end; ++i) sum += value ? scale[i] * value[i] : scale[i];
        open[SUM_LOSS] = sum;
        for (int64_t i = r; metric && i < end; ++i)
            for (int m = 0; m < PYNN_METRICS; ++m) open[SUM_METRIC + m] += metric[i * PYNN_METRICS + m];
        rows += end - r;
        if (rows % CHUNK == 0) sum_close(open, open + SUM_COUNT, rows / CHUNK - 1);
    }
    tree[0] = (double)rows;
}

static void sum_batch(const step_context *s, int metrics, double *tree) {
    const pynn_net *net = s->net;
    sum_rows(tree, s->batch, doubles_at(net, net->row_scale), doubles_at(net, net->row_value),
             metrics ? doubles_at(net, net->row_metric) : NULL);
}

static void sum_total(const double *tree, double total[SUM_COUNT]) {
    const double *open = tree + 1, *nodes = open + SUM_COUNT;
    const int64_t rows = (int64_t)tree[0];
    int level = 0;
    for (int64_t bits = rows / CHUNK; bits; bits &= bits - 1) ++level;
    int begun = rows % CHUNK != 0;
    for (int i = 0; i < SUM_COUNT; ++i) total[i] = begun ? open[i] : 0;
    while (level-- > 0) {
        for (int i = 0; i < SUM_COUNT; ++i)
            total[i] = begun ? nodes[level * SUM_COUNT + i] + total[i] : nodes[level * SUM_COUNT + i];
        begun = 1;
    }
}

/* ---- sums of squares of weights or gradients, by panel ---- */
/* `sum` over the panels of one tensor, this thread's share; a vector is one run, the first thread's. */
static void sum_tensor(const step_context *s, const pynn_tensor *t, const real *of,
                       real (*sum)(int64_t, const real *), double *out) {
    if (t->vector) {
        if (s->team->id == 0) out[t->norm] = (double)sum(ceil16(t->cols), of + t->at);
        return;
    }
    const range mine = share(norm_places(t), 1, s->team);
    for (int64_t p = mine.from; p < mine.to; ++p)
        out[t->norm + p] = (double)sum(t->rows * PANEL, of + t->at + p * weight_stride(t->rows));
}

static void norms_collect(const step_context *s) {
    const pynn_net *net = s->net;
    for (int l = 0; l < net->n_layers; ++l)
        for (int i = 0; i < net->layers[l].n_tensors; ++i)
            if (net->layers[l].tensor[i].learned)
                sum_tensor(s, &net->layers[l].tensor[i], net->grads, s->k->sum_squares,
                           doubles_at(net, net->norms));
}

/* The tree (0+1)+(2+3).., the odd one promoted, over n values; n small, recursion shallow. */
static double tree_sum(const double *x, int64_t n) {
    if (n <= 1) return n ? x[0] : 0;
    int64_t left = 1;
    while (2 * left < n) left *= 2;
    return tree_sum(x, left) + tree_sum(x + left, n - left);
}

static double tensor_norm(const pynn_net *net, const pynn_tensor *t) {
    return t->learned ? tree_sum(doubles_at(net, net->norms) + t->norm, norm_places(t)) : 0;
}

/* ---- penalties: of the matrices of dense layers ---- */
static int has_penalty(const pynn_net *net) {
    for (int l = 0; l < net->n_layers; ++l)
        if (net->layers[l].l1 > 0 || net->layers[l].l2 > 0) return 1;
    return 0;
}

static void penalty_collect(const step_context *s) {
    const pynn_net *net = s->net;
    for (int l = 0; l < net->n_layers; ++l) {
        const pynn_tensor *w = &net->layers[l].tensor[KERNEL];
        if (net->layers[l].l2 > 0)
            sum_tensor(s, w, net->params, s->k->sum_squares, doubles_at(net, net->norms));
        if (net->layers[l].l1 > 0)
            sum_tensor(s, w, net->params, s->k->sum_sizes, doubles_at(net, net->sizes));
    }
}

static double penalty(const step_context *s) {
    const pynn_net *net = s->net;
    double sum = 0;
    for (int l = 0; l < net->n_layers; ++l) {
        const pynn_tensor *w = &net->layers[l].tensor[KERNEL];
        if (net->layers[l].l2 > 0)
            sum += l2_of(s, l) * tree_sum(doubles_at(net, net->norms) + w->norm, norm_places(w));
        if (net->layers[l].l1 > 0)
            sum += l1_of(s, l) * tree_sum(doubles_at(net, net->sizes) + w->norm, norm_places(w));
    }
    return sum;
}
