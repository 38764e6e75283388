/* The loss of some rows and its gradient with respect to the output layer's z. Three fused forms are computed
 * from z (sigmoid with binary, softmax with categorical cross-entropy, exp with the Poisson losses), because
 * there the derivative of the activation cancels; all others compute the derivative with respect to y and
 * multiply by the activation's derivative. Sums over a row use the 16 virtual lanes; sums over rows are in
 * loss.c. One row at a time; loss_narrow.inl.h has the same for narrow rows, many at a time. */

/* Targets of columns c..: dense, or one-hot from the class number; with label smoothing if it is set. */
static inline vec target_at(const loss_rows *l, int64_t r, int64_t c, int n) {
    vec t;
    if (l->t) {
        t = v_load_part(l->t + r * l->ld + c, n);
    } else {
        const vec hit = v_set1((real)(l->label[r] - c));
        t = v_select(v_eq(v_load(lane_number), hit), v_set1(1), v_set1(0));
    }
    if (l->smoothing > 0) {
        const int ways = l->kind == LOSS_BINARY_CROSSENTROPY ? 2 : (int)l->cols;
        t = v_fma(t, v_set1(1 - l->smoothing), v_set1(l->smoothing / (real)ways));
        t = v_select(inside_mask(n), t, v_set1(0));
    }
    return t;
}

static inline enum loss_form form_of(const loss_rows *l) { return loss_form_of(l->kind, l->activation); }

/* Most losses are a mean over outputs, so value and gradient are divided by their number. Categorical
 * cross-entropy is a sum over outputs, and the gradient of the perceptron's rule is not divided, either.
 * scale = sample weight / rows: the division is in double, the quotient is rounded once. */
static inline double value_divisor(const loss_rows *l) {
    return l->kind == LOSS_CATEGORICAL_CROSSENTROPY ? 1 : l->outputs;
}
static inline real gradient_scale(const loss_rows *l, int64_t r) {
    const int mean = l->kind != LOSS_CATEGORICAL_CROSSENTROPY && l->kind != LOSS_PERCEPTRON;
    return (real)(mean ? l->scale[r] / l->outputs : l->scale[r]);
}

/* Sigmoid and binary cross-entropy: max(z,0) - z t + log(1 + exp(-|z|)); d = (y - t) / outputs. */
static inline vec sigmoid_binary_value(vec z, vec t) {
    const vec above = v_fnma(z, t, v_select(v_lt(z, v_set1(0)), v_set1(0), z));
    return v_add(above, v_softplus(v_sub(v_set1(0), v_abs(z))));
}
/* Exp and the Poisson losses: y - t z, to which the deviance adds t log t - t; d = (y - t) / outputs. */
static inline vec exp_poisson_value(const enum loss kind, vec z, vec y, vec t) {
    if (kind == LOSS_POISSON) return v_fnma(t, z, y);
    const vec none = v_set1(0), surprise = v_mul(t, v_sub(v_log(t), z));
    return v_add(v_select(v_eq(t, none), none, surprise), v_sub(y, t));
}

/* The fused forms whose value of an output depends on that output alone. */
static inline vec fused_value(const loss_rows *l, vec z, vec y, vec t) {
    return l->activation == ACT_EXP ? exp_poisson_value(l->kind, z, y, t) : sigmoid_binary_value(z, t);
}
static void fused_loss(const loss_rows *l, int64_t r) {
    const real *z = l->z + r * l->ld, *y = l->y + r * l->ld;
    const vec k = v_set1(gradient_scale(l, r));
    lanes sum = lanes_set1(0);
    for (int64_t c = 0; c < l->cols; c += W) {
        const int n = inside(c, l->cols), g = group_of(c);
        const vec z_c = v_load_part(z + c, n), y_c = v_load_part(y + c, n), t_c = target_at(l, r, c, n);
        const vec value = fused_value(l, z_c, y_c, t_c);
        sum.part[g] = v_add(sum.part[g], v_select(inside_mask(n), value, v_set1(0)));
        if (l->d) v_store_part(l->d + r * l->ld + c, v_flush(v_mul(v_sub(y_c, t_c), k)), n);
    }
    l->value[r] = (double)lanes_sum(&sum) / value_divisor(l);
}

/* Softmax and categorical cross-entropy: sum of t (log(sum exp) - z); d = y sum(t) - t. */
static void softmax_categorical(const loss_rows *l, int64_t r) {
    const real *z = l->z + r * l->ld, *y = l->y + r * l->ld;
    real *softmax = l->softmax ? l->softmax + r * l->ld : NULL;
    const real top = row_max(l->cols, z);
    const vec exp_sum = v_set1(row_exp_sum(l->cols, z, top, softmax)), log_sum = v_log(exp_sum);
    if (softmax) row_divide(l->cols, softmax, exp_sum);
    lanes sum = lanes_set1(0), targets = lanes_set1(0);
    for (int64_t c = 0; c < l->cols; c += W) {
        const int n = inside(c, l->cols), g = group_of(c);
        const vec t_c = target_at(l, r, c, n);
        const vec surprise = v_sub(log_sum, v_sub(v_load_part(z + c, n), v_set1(top)));
        const vec none = v_set1(0);
        sum.part[g] = v_add(sum.part[g], v_select(v_eq(t_c, none), none, v_mul(t_c, surprise)));
        targets.part[g] = v_add(targets.part[g], t_c);
    }
    l->value[r] = (double)lanes_sum(&sum);
    if (!l->d) return;
    const vec k = v_set1((real)l->scale[r]), all = v_set1(lanes_sum(&targets));
    for (int64_t c = 0; c < l->cols; c += W) {
        const int n = inside(c, l->cols);
        const vec d_c = v_mul(v_fma(v_load_part(y + c, n), all, v_sub(v_set1(0), target_at(l, r, c, n))), k);
        v_store_part(l->d + r * l->ld + c, v_flush(d_c), n);
    }
}

/* Value and derivative by y of one element, before the division by the number of outputs. */
typedef struct value_slope {
    vec value, slope;
} value_slope;

static inline int has_delta(const loss_rows *l) { return l->kind == LOSS_HUBER || l->kind == LOSS_QUANTILE; }

static value_slope element_loss(const loss_rows *l, vec delta, vec y, vec t) {
    const vec zero = v_set1(0), one = v_set1(1), half = v_set1((real)0.5), e = v_sub(y, t), size = v_abs(e);
    const vec least = v_set1((real)1e-7), most = v_set1((real)(1 - 1e-7));
    const vec p = v_select(v_lt(y, least), least, v_select(v_lt(most, y), most, y)); /* NaN stays */
    const mask clipped = m_not(v_eq(p, y));
    switch (l->kind) {
    case LOSS_MSE: return (value_slope){v_mul(e, e), v_add(e, e)};
    case LOSS_HALF_MSE: return (value_slope){v_mul(v_mul(e, e), half), e};
    case LOSS_HUBER: {
        const mask near = v_le(size, delta);
        const vec far_value = v_mul(delta, v_fnma(half, delta, size));
        return (value_slope){v_select(near, v_mul(v_mul(e, e), half), far_value),
                             v_select(near, e, v_mul(delta, sign_of(e)))};
    }
    case LOSS_POISSON: {
        const vec shifted = v_add(y, least);
        return (value_slope){v_fnma(t, v_log(shifted), y), v_sub(one, v_div(t, shifted))};
    }
    case LOSS_HALF_POISSON_DEVIANCE: {
        const vec shifted = v_add(y, least), logs = v_sub(v_log(v_add(t, least)), v_log(shifted));
        return (value_slope){v_fma(t, logs, e), v_sub(one, v_div(t, shifted))};
    }
    case LOSS_QUANTILE: { /* -q below the target, 1 - q above it, 0 on it; NaN stays */
        const vec above = v_select(v_lt(zero, e), v_sub(one, delta), e);
        const vec slope = v_select(v_lt(e, zero), v_sub(zero, delta), above);
        return (value_slope){v_mul(slope, e), slope};
    }
    case LOSS_BINARY_CROSSENTROPY: {
        const vec q = v_sub(one, p), hit = v_mul(t, v_log(p)), miss = v_mul(v_sub(one, t), v_log(q));
        const vec slope = v_div(v_sub(p, t), v_mul(p, q));
        return (value_slope){v_sub(zero, v_add(hit, miss)), v_select(clipped, zero, slope)};
    }
    case LOSS_CATEGORICAL_CROSSENTROPY:
        return (value_slope){v_sub(zero, v_mul(t, v_log(p))),
                             v_select(clipped, zero, v_sub(zero, v_div(t, p)))};
    case LOSS_PERCEPTRON: return (value_slope){size, e};
    default: return (value_slope){size, sign_of(e)}; /* mae */
    }
}

/* dL/dz from d = dL/dy, where units are not coupled; the perceptron's rule has no derivative. */
static inline vec element_gradient(const loss_rows *l, const int from_z, vec z, vec y, vec d) {
    if (l->kind == LOSS_PERCEPTRON || l->activation == ACT_LINEAR || l->activation == ACT_SOFTMAX) return d;
    return v_mul(d, act_slope(l->activation, from_z, v_set1(l->alpha), z, y));
}

static void general_loss(const loss_rows *l, int64_t r) {
    const real *z = l->z + r * l->ld, *y = l->y + r * l->ld;
    real *d = l->d ? l->d + r * l->ld : NULL;
    const int from_z = slope_reads_z(l->activation, l->alpha), parameter = has_delta(l);
    const vec k = v_set1(gradient_scale(l, r));
    lanes sum = lanes_set1(0);
    for (int64_t c = 0; c < l->cols; c += W) {
        const int n = inside(c, l->cols), g = group_of(c);
        const vec y_c = v_load_part(y + c, n), delta = parameter ? v_load_part(l->delta + c, n) : v_set1(0);
        const value_slope f = element_loss(l, delta, y_c, target_at(l, r, c, n));
        sum.part[g] = v_add(sum.part[g], v_select(inside_mask(n), f.value, v_set1(0)));
        if (!d) continue;
        const vec z_c = from_z ? v_load_part(z + c, n) : y_c;
        v_store_part(d + c, v_flush(element_gradient(l, from_z, z_c, y_c, v_mul(f.slope, k))), n);
    }
    if (d && l->kind != LOSS_PERCEPTRON && l->activation == ACT_SOFTMAX)
        softmax_backward(1, l->cols, y, l->ld, d, l->ld);
    l->value[r] = (double)lanes_sum(&sum) / value_divisor(l);
}
