/* The loss of narrow rows (at most 16 outputs), W rows at a time: lanes are rows and vectors are columns, so
 * a sum over a row is a sum of vectors, in the same order as in loss_rows.inl.h, with the same bits. In
 * loss_rows.inl.h a row of three or ten outputs would leave most lanes of a vector unused, and most of the
 * time would go into sums across lanes. */

/* Columns 0..n-1 of m rows as vectors; lanes beyond m are +0. */
static inline void load_columns(const real *rows, ptrdiff_t ld, int m, int n, real col[PANEL * W]) {
    for (int c = 0; c < n; c += W) {
        if (m == W && c + W <= n)
            v_transpose(rows + c, ld, col + c * W, W);
        else
            transpose_part(m, inside(c, n), rows + c, ld, col + c * W);
    }
}
/* The reverse: stores n vectors as the columns of m rows. */
static inline void store_columns(real col[PANEL * W], int m, int n, real *rows, ptrdiff_t ld) {
    real transposed[W * W];
    for (int c = 0; c < n; c += W) {
        const int k = inside(c, n);
        for (int i = k; i < W; ++i) v_store(col + (c + i) * W, v_set1(0));
        v_transpose(col + c * W, W, transposed, W);
        for (int r = 0; r < m; ++r) v_store_part(rows + r * ld + c, v_load(transposed + r * W), k);
    }
}
/* The tree 8+8, 4+4, 2+2, 1+1 over n of 16 lanes: missing lanes count as +0, which changes nothing. */
static inline vec columns_sum(const vec *x, int n) {
    vec sum[PANEL];
    for (int c = 0; c < n; ++c) sum[c] = v_add(v_set1(0), x[c]);
    for (int half = PANEL / 2; half > 0; half /= 2)
        for (int c = 0; c < half && c + half < n; ++c) sum[c] = v_add(sum[c], sum[c + half]);
    return sum[0];
}

/* Rows r.. of the batch, m of them. */
typedef struct narrow {
    const loss_rows *l;
    int64_t r;
    int m, n;
    vec scale; /* of the gradient */
    real t[PANEL * W], d[PANEL * W];
    vec value[PANEL];
} narrow;

static inline void narrow_targets(narrow *w) {
    const loss_rows *l = w->l;
    real label[W] = {0};
    if (l->t)
        load_columns(l->t + w->r * l->ld, l->ld, w->m, w->n, w->t);
    else
        for (int i = 0; i < w->m; ++i) label[i] = (real)l->label[w->r + i];
    if (l->t && !(l->smoothing > 0)) return;
    const real ways = l->kind == LOSS_BINARY_CROSSENTROPY ? 2 : (real)w->n;
    for (int c = 0; c < w->n; ++c) {
        const mask hit = v_eq(v_load(label), v_set1((real)c));
        vec t = l->t ? v_load(w->t + c * W) : v_select(hit, v_set1(1), v_set1(0));
        if (l->smoothing > 0) t = v_fma(t, v_set1(1 - l->smoothing), v_set1(l->smoothing / ways));
        v_store(w->t + c * W, t);
    }
}

static inline void narrow_softmax_categorical(narrow *w) {
    const loss_rows *l = w->l;
    const int n = w->n;
    const vec zero = v_set1(0);
    real z[PANEL * W], y[PANEL * W];
    vec e[PANEL], t[PANEL], top = v_set1(-REAL_MAX);
    load_columns(l->z + w->r * l->ld, l->ld, w->m, n, z);
    for (int c = 0; c < n; ++c) top = v_greater(top, v_load(z + c * W));
    for (int c = 0; c < n; ++c) {
        const vec below = v_sub(v_load(z + c * W), top);
        v_store(z + c * W, below);
        e[c] = v_exp_falling(below);
        t[c] = v_load(w->t + c * W);
    }
    const vec exp_sum = columns_sum(e, n), log_sum = v_log(exp_sum), all = columns_sum(t, n);
    if (l->d && !l->softmax) load_columns(l->y + w->r * l->ld, l->ld, w->m, n, y);
    for (int c = 0; c < n; ++c) {
        w->value[c] = v_select(v_eq(t[c], zero), zero, v_mul(t[c], v_sub(log_sum, v_load(z + c * W))));
        if (l->softmax) v_store(y + c * W, v_flush(v_div(e[c], exp_sum)));
        if (!l->d) continue;
        const vec d = v_mul(v_fma(v_load(y + c * W), all, v_sub(zero, t[c])), w->scale);
        v_store(w->d + c * W, v_flush(d));
    }
    if (l->softmax) store_columns(y, w->m, n, l->softmax + w->r * l->ld, l->ld);
}

static inline void narrow_fused(narrow *w) {
    const loss_rows *l = w->l;
    real z[PANEL * W], y[PANEL * W];
    load_columns(l->z + w->r * l->ld, l->ld, w->m, w->n, z);
    load_columns(l->y + w->r * l->ld, l->ld, w->m, w->n, y);
    for (int c = 0; c < w->n; ++c) {
        const vec y_c = v_load(y + c * W), t = v_load(w->t + c * W);
        w->value[c] = fused_value(l, v_load(z + c * W), y_c, t);
        if (l->d) v_store(w->d + c * W, v_flush(v_mul(v_sub(y_c, t), w->scale)));
    }
}

static inline void narrow_general(narrow *w) {
    const loss_rows *l = w->l;
    const int from_z = slope_reads_z(l->activation, l->alpha), parameter = has_delta(l);
    real z[PANEL * W], y[PANEL * W];
    load_columns(l->y + w->r * l->ld, l->ld, w->m, w->n, y);
    if (l->d && from_z) load_columns(l->z + w->r * l->ld, l->ld, w->m, w->n, z);
    for (int c = 0; c < w->n; ++c) {
        const vec y_c = v_load(y + c * W), delta = parameter ? v_set1(l->delta[c]) : v_set1(0);
        const value_slope f = element_loss(l, delta, y_c, v_load(w->t + c * W));
        w->value[c] = f.value;
        if (!l->d) continue;
        const vec z_c = from_z ? v_load(z + c * W) : y_c;
        v_store(w->d + c * W, v_flush(element_gradient(l, from_z, z_c, y_c, v_mul(f.slope, w->scale))));
    }
}

/* Whether the narrow form can be used: not for softmax with a loss other than categorical cross-entropy or
 * the perceptron's rule, because then dL/dz of one column depends on the others. */
static inline int is_narrow(const loss_rows *l) {
    return l->rows > 1 && l->cols <= PANEL &&
           (l->activation != ACT_SOFTMAX || l->kind == LOSS_CATEGORICAL_CROSSENTROPY ||
            l->kind == LOSS_PERCEPTRON);
}

static void narrow_loss(const loss_rows *l, int64_t r) {
    narrow w; /* not initialised as a whole: clearing its large arrays would take time */
    w.l = l, w.r = r, w.m = inside(r, l->rows), w.n = (int)l->cols;
    real scale[W] = {0}, sum[W];
    for (int i = 0; i < w.m; ++i) scale[i] = gradient_scale(l, r + i);
    w.scale = v_load(scale);
    narrow_targets(&w);
    switch (form_of(l)) {
    case SOFTMAX_CATEGORICAL: narrow_softmax_categorical(&w); break;
    case SIGMOID_BINARY:
    case EXP_POISSON: narrow_fused(&w); break;
    default: narrow_general(&w);
    }
    v_store(sum, columns_sum(w.value, w.n));
    for (int i = 0; i < w.m; ++i) l->value[r + i] = (double)sum[i] / value_divisor(l);
    if (l->d) store_columns(w.d, w.m, w.n, l->d + r * l->ld, l->ld);
}

static void loss(const loss_rows *l) {
    if (is_narrow(l)) {
        for (int64_t r = 0; r < l->rows; r += W) narrow_loss(l, r);
        return;
    }
    const enum loss_form form = form_of(l);
    for (int64_t r = 0; r < l->rows; ++r) switch (form) {
        case SOFTMAX_CATEGORICAL: softmax_categorical(l, r); break;
        case SIGMOID_BINARY:
        case EXP_POISSON: fused_loss(l, r); break;
        default: general_loss(l, r);
        }
}
