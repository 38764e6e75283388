/* One case per entry of the table: guarded operands of exactly the contract's extents, one call, all
 * results into a record. Where a formula is simple enough to write again in scalars, the result is
 * also compared with it. entry_checks.inl.h runs the cases and compares records of tables. */

typedef struct entry_case { /* each entry reads what it needs */
    int code, second;       /* activation, loss, optimizer, function; the loss's activation */
    int64_t rows, cols, depth;
    int64_t pad; /* ld = cols + pad */
    enum fill fill;
    int in_place, labels, value_only, nulls;
    real alpha, smoothing;
    update_rule rule;
} entry_case;

typedef struct job {
    const kernels *k;
    const entry_case *e;
    enum place where;
    rng *r;
    record *out;
} job;

static void record_matrix(const job *j, const real *p, int64_t rows, int64_t cols, ptrdiff_t ld,
                          int must_be_stored) {
    int64_t zeros = 0, unstored = 0;
    for (int64_t i = 0; i < rows; ++i) {
        RECORD(j->out, p + i * ld, cols);
        for (int64_t c = 0; c < cols; ++c) zeros += p[i * ld + c] == 0, unstored += !is_stored(p[i * ld + c]);
    }
    count_values(rows * cols, zeros);
    check(gaps_intact(p, rows, cols, ld), "wrote between rows: %lld x %lld, ld %lld", (long long)rows,
          (long long)cols, (long long)ld);
    if (must_be_stored) check(!unstored, "%lld values below the smallest normal, or -0", (long long)unstored);
}

static void check_formula(const real *result, const real *expected, int64_t n, const char *what) {
    for (int64_t i = 0; i < n; ++i) {
        if (same_bits(result[i], expected[i])) continue;
        check(0, "%s: element %lld is %.17g, the formula says %.17g", what, (long long)i, (double)result[i],
              (double)expected[i]);
        return;
    }
    check(1, "%s", what);
}

/* ---- activations and softmax ---- */
static int simple_activation(int code, real alpha, real z, real *y, real *slope) {
    switch (code) { /* NaN goes through; slopes go by the stored y, but relu's by z where it has one at 0 */
    case ACT_LINEAR: *y = z, *slope = 1; return 1;
    case ACT_STEP: *y = z < 0 ? 0 : z >= 0 ? 1 : z, *slope = 0; return 1;
    case ACT_SIGN: *y = z < 0 ? -1 : z >= 0 ? 1 : z, *slope = 0; return 1;
    case ACT_HARD_SIGMOID: {
        const real line = FMA_REAL(alpha, z, (real)0.5);
        *y = stored(line < 0 ? 0 : line > 1 ? 1 : line), *slope = *y > 0 && *y < 1 ? alpha : 0;
        return 1;
    }
    case ACT_RELU:
        *y = stored(z <= 0 ? 0 : z), *slope = *y > 0;
        if (alpha != 0) *slope = z > 0 ? 1 : z == 0 ? alpha : 0;
        return 1;
    case ACT_SOFTSIGN: {
        *y = stored(z / (1 + (z < 0 ? -z : z)));
        const real rest = 1 - (*y < 0 ? -*y : *y);
        *slope = rest * rest;
        return 1;
    }
    case ACT_RELU6: *y = stored(z > 6 ? 6 : z <= 0 ? 0 : z), *slope = *y > 0 && *y < 6 ? 1 : 0; return 1;
    case ACT_LEAKY_RELU: *y = stored(z > 0 ? z : alpha * z), *slope = *y > 0 ? 1 : alpha; return 1;
    default: return 0;
    }
}

static void act_forward_case(const job *j) {
    const entry_case *e = j->e;
    const ptrdiff_t ld = e->cols + e->pad, ldy = e->in_place ? ld : e->cols + 2 * e->pad;
    real *z = matrix(j->r, j->where, e->rows, e->cols, ld, e->fill), expected[64], slope;
    real *y = e->in_place ? z : matrix(j->r, j->where, e->rows, e->cols, ldy, FILL_PLAIN);
    int known = 0;
    for (int64_t c = 0; c < e->cols; ++c) {
        known = simple_activation(e->code, e->alpha, z[c], &expected[c], &slope);
        expected[c] = stored(expected[c]);
    }
    j->k->act_forward((enum activation)e->code, e->alpha, e->rows, e->cols, z, ld, y, ldy);
    if (known) check_formula(y, expected, e->cols, "activation");
    record_matrix(j, y, e->rows, e->cols, ldy, 1);
}

static void act_backward_case(const job *j) {
    const entry_case *e = j->e;
    const int from_z = slope_reads_z((enum activation)e->code, e->alpha);
    const ptrdiff_t ldy = e->cols + e->pad, ldd = e->cols + 2 * e->pad;
    real *z = matrix(j->r, j->where, e->rows, e->cols, ldy, e->fill);
    real *y = matrix(j->r, j->where, e->rows, e->cols, ldy, e->fill);
    real *d = matrix(j->r, j->where, e->rows, e->cols, ldd, e->fill), expected[64];
    int known = 0;
    for (int64_t r = 0; r < e->rows; ++r)
        j->k->act_forward((enum activation)e->code, e->alpha, 1, e->cols, z + r * ldy, ldy, y + r * ldy, ldy);
    for (int64_t c = 0; c < e->cols; ++c) {
        real value, slope = 0;
        known = simple_activation(e->code, e->alpha, z[c], &value, &slope);
        expected[c] = e->code == ACT_LINEAR ? stored(d[c]) : stored(d[c] * slope);
    }
    j->k->act_backward((enum activation)e->code, e->alpha, e->rows, e->cols, from_z ? z : NULL, y, ldy, d,
                       ldd);
    if (known) check_formula(d, expected, e->cols, "derivative");
    record_matrix(j, d, e->rows, e->cols, ldd, 1);
}

static real lane_tree(real lane[PANEL]) {
    for (int half = PANEL / 2; half > 0; half /= 2)
        for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
    return lane[0];
}

static void softmax_forward_case(const job *j) {
    const entry_case *e = j->e;
    const ptrdiff_t ld = e->cols + e->pad, ldy = e->in_place ? ld : e->cols + 2 * e->pad;
    real *z = matrix(j->r, j->where, e->rows, e->cols, ld, e->fill);
    real *y = e->in_place ? z : matrix(j->r, j->where, e->rows, e->cols, ldy, FILL_PLAIN);
    j->k->softmax_forward(e->rows, e->cols, z, ld, y, ldy);
    if (e->fill != FILL_WILD) {
        double sum = 0; /* each y: one rounding of the sum's tree per level, of the exp, of the division */
        for (int64_t c = 0; c < e->cols; ++c) sum += (double)y[c];
        const double bound = (double)ROUNDOFF * (double)(e->cols / PANEL + 8);
        check(fabs(sum - 1) <= bound, "a row sums to 1 + %.3g, bound %.3g", sum - 1, bound);
    }
    record_matrix(j, y, e->rows, e->cols, ldy, 1);
}

static void softmax_backward_case(const job *j) {
    const entry_case *e = j->e;
    const ptrdiff_t ldy = e->cols + e->pad, ldd = e->cols + 2 * e->pad;
    const real *y = matrix(j->r, j->where, e->rows, e->cols, ldy, e->fill);
    real *d = matrix(j->r, j->where, e->rows, e->cols, ldd, e->fill), expected[256], lane[PANEL] = {0};
    for (int64_t c = 0; c < e->cols; ++c) lane[c % PANEL] = FMA_REAL(d[c], y[c], lane[c % PANEL]);
    const real dot = lane_tree(lane);
    for (int64_t c = 0; c < e->cols; ++c) expected[c] = stored(y[c] * (d[c] - dot));
    j->k->softmax_backward(e->rows, e->cols, y, ldy, d, ldd);
    check_formula(d, expected, e->cols, "softmax backward");
    record_matrix(j, d, e->rows, e->cols, ldd, 1);
}

/* ---- loss ---- */
static void loss_case(const job *j) {
    const entry_case *e = j->e;
    const ptrdiff_t ld = e->cols + e->pad;
    const enum activation act = (enum activation)e->second;
    real *z = matrix(j->r, j->where, e->rows, e->cols, ld, e->fill);
    real *y = matrix(j->r, j->where, e->rows, e->cols, ld, FILL_PROBABILITY);
    const real *t = e->labels ? NULL : matrix(j->r, j->where, e->rows, e->cols, ld, FILL_PROBABILITY);
    int32_t *label = e->labels ? guarded((size_t)e->rows * sizeof *label, j->where) : NULL;
    double *scale = guarded((size_t)e->rows * sizeof *scale, j->where);
    double *value = guarded((size_t)e->rows * sizeof *value, j->where);
    real *delta = guarded((size_t)e->cols * sizeof *delta, j->where);
    for (int64_t c = 0; c < e->cols; ++c)
        delta[c] = e->nulls ? (real)0.4 : (real)((double)(c + 1) / (double)(e->cols + 1));
    real *d = e->value_only ? NULL : matrix(j->r, j->where, e->rows, e->cols, ld, FILL_PLAIN);
    for (int64_t r = 0; r < e->rows; ++r) {
        if (label) label[r] = (int32_t)rng_below(j->r, e->cols);
        scale[r] = rng_unit(j->r) / (double)e->rows;
        if (act == ACT_SOFTMAX) { /* y as it follows from z, where one vector of the table could not show */
            dispatch_portable(REAL_BITS)->softmax_forward(1, e->cols, z + r * ld, ld, y + r * ld, ld);
        } else if (act == ACT_SIGMOID || act == ACT_EXP) {
            for (int64_t c = 0; c < e->cols; ++c)
                dispatch_portable(REAL_BITS)->unary(act == ACT_EXP ? FN_EXP : FN_SIGMOID, 1, z + r * ld + c,
                                                    y + r * ld + c);
        }
    }
    const loss_rows l = {.kind = (enum loss)e->code,
                         .activation = act,
                         .alpha = e->alpha,
                         .delta = delta,
                         .smoothing = e->smoothing,
                         .rows = e->rows,
                         .cols = e->cols,
                         .outputs = (double)e->cols,
                         .z = z,
                         .y = y,
                         .ld = ld,
                         .t = t,
                         .label = label,
                         .scale = scale,
                         .d = d,
                         .value = value};
    j->k->loss(&l);
    record_f64(j->out, value, e->rows);
    if (d) record_matrix(j, d, e->rows, e->cols, ld, 1);
}

/* Softmax that the loss computes on the way, against the two entries one after the other: the same y, d and
 * value. Columns beyond cols exist in z and t, and are NaN; in y and d they are left alone. */
static void loss_softmax_case(const job *j) {
    const entry_case *e = j->e;
    const ptrdiff_t ld = e->cols + e->pad;
    const int64_t n = e->rows * ld;
    real *whole[5]; /* z, t; y, d of the two entries, then y and d of the one */
    for (int i = 0; i < 5; ++i) {
        whole[i] = guarded((size_t)n * sizeof(real), j->where);
        const enum fill fill = i == 0 ? e->fill : FILL_PROBABILITY;
        for (int64_t k = 0; k < n && i < 2; ++k)
            if (k % ld < e->cols) whole[i][k] = random_real(j->r, fill);
    }
    real *d = guarded((size_t)n * sizeof(real), j->where);
    int32_t *label = guarded((size_t)e->rows * sizeof *label, j->where);
    double *scale = guarded((size_t)e->rows * sizeof *scale, j->where);
    double *value = guarded((size_t)e->rows * sizeof *value, j->where);
    double *two = guarded((size_t)e->rows * sizeof *two, j->where);
    for (int64_t r = 0; r < e->rows; ++r) {
        label[r] = (int32_t)rng_below(j->r, e->cols);
        scale[r] = rng_unit(j->r) / (double)e->rows;
    }
    loss_rows l = {.kind = LOSS_CATEGORICAL_CROSSENTROPY,
                   .activation = ACT_SOFTMAX,
                   .smoothing = e->smoothing,
                   .rows = e->rows,
                   .cols = e->cols,
                   .outputs = (double)e->cols,
                   .z = whole[0],
                   .y = whole[2],
                   .ld = ld,
                   .t = e->labels ? NULL : whole[1],
                   .label = e->labels ? label : NULL,
                   .scale = scale,
                   .d = whole[3],
                   .value = two};
    j->k->softmax_forward(e->rows, e->cols, whole[0], ld, whole[2], ld);
    j->k->loss(&l);
    l.y = l.softmax = whole[4], l.d = e->value_only ? NULL : d, l.value = value;
    j->k->loss(&l);
    check(memcmp(whole[4], whole[2], (size_t)n * sizeof(real)) == 0 || e->fill == FILL_WILD, "y");
    for (int64_t r = 0; r < e->rows; ++r) {
        check_formula(whole[4] + r * ld, whole[2] + r * ld, e->cols, "softmax");
        if (l.d) check_formula(d + r * ld, whole[3] + r * ld, e->cols, "gradient");
    }
    record_f64(j->out, two, e->rows);
    record_f64(j->out, value, e->rows);
    const uint64_t *first = j->out->word + j->out->n - 2 * e->rows;
    check(memcmp(first, first + e->rows, (size_t)e->rows * sizeof *first) == 0, "value");
    record_matrix(j, whole[4], e->rows, e->cols, ld, 1);
    if (l.d) record_matrix(j, d, e->rows, e->cols, ld, 1);
}

/* ---- runs, columns, copies, functions ---- */
static void affine_case(const job *j) {
    const int64_t n = j->e->cols;
    real *x = matrix(j->r, j->where, 1, n, n, j->e->fill), expected[256];
    const real *scale = j->e->nulls ? NULL : matrix(j->r, j->where, 1, n, n, FILL_PLAIN);
    const real *offset = j->e->nulls ? NULL : matrix(j->r, j->where, 1, n, n, FILL_PLAIN);
    for (int64_t i = 0; i < n; ++i) expected[i] = stored(scale ? FMA_REAL(x[i], scale[i], offset[i]) : x[i]);
    j->k->affine(n, x, scale, offset);
    check_formula(x, expected, n, "affine");
    record_matrix(j, x, 1, n, n, 1);
}

static void col_sum_case(const job *j) {
    const int64_t rows = j->e->rows, cols = j->e->cols, ld = cols + j->e->pad;
    const real *d = matrix(j->r, j->where, rows, cols, ld, j->e->fill);
    real *out = matrix(j->r, j->where, 1, cols, cols, FILL_PLAIN), expected[64];
    for (int64_t c = 0; c < cols; ++c) {
        expected[c] = 0;
        for (int64_t r = 0; r < rows; ++r) expected[c] += d[r * ld + c];
    }
    j->k->col_sum(rows, cols, d, ld, out);
    check_formula(out, expected, cols, "col_sum");
    record_matrix(j, out, 1, cols, cols, 0);
}

/* rows: inputs, cols: outputs. W lies in panels right beside each other (pad 0) or apart. */
static void inputs_row_case(const job *j) {
    const int64_t inputs = j->e->rows, out = j->e->cols, panels = (out + PANEL - 1) / PANEL;
    const int64_t tall = inputs + j->e->pad;
    const real *w = matrix(j->r, j->where, panels * tall - j->e->pad, PANEL, PANEL, j->e->fill);
    const real *dt = matrix(j->r, j->where, out, 1, PANEL, j->e->fill);
    real *dxt = matrix(j->r, j->where, inputs, 1, PANEL, FILL_PLAIN), expected[128], found[128];
    for (int64_t i = 0; i < inputs; ++i) {
        expected[i] = 0;
        for (int64_t o = 0; o < out; ++o)
            expected[i] = FMA_REAL(w[(o / PANEL * tall + i) * PANEL + o % PANEL], dt[o * PANEL], expected[i]);
    }
    j->k->inputs_row(inputs, out, w, tall * PANEL, dt, dxt);
    for (int64_t i = 0; i < inputs; ++i) found[i] = dxt[i * PANEL];
    check_formula(found, expected, inputs, "inputs_row");
    record_matrix(j, dxt, inputs, 1, PANEL, 0);
}

static void axpy_add_case(const job *j) {
    const int64_t n = j->e->cols;
    const real *x = matrix(j->r, j->where, 1, n, n, j->e->fill), alpha = j->e->alpha;
    real *y = matrix(j->r, j->where, 1, n, n, j->e->fill), expected[256];
    for (int64_t i = 0; i < n; ++i) expected[i] = j->e->code ? FMA_REAL(alpha, x[i], y[i]) : y[i] + x[i];
    if (j->e->code)
        j->k->axpy(n, alpha, x, y);
    else
        j->k->add(n, y, x);
    check_formula(y, expected, n, j->e->code ? "axpy" : "add");
    record_matrix(j, y, 1, n, n, 0);
}

static void add_signs_case(const job *j) {
    const int64_t n = j->e->cols;
    const real *x = matrix(j->r, j->where, 1, n, n, j->e->fill), alpha = j->e->alpha;
    real *y = matrix(j->r, j->where, 1, n, n, j->e->fill), expected[256];
    for (int64_t i = 0; i < n; ++i) expected[i] = FMA_REAL(alpha, sign_of_real(x[i]), y[i]);
    j->k->add_signs(n, alpha, x, y);
    check_formula(y, expected, n, "signs");
    record_matrix(j, y, 1, n, n, 0);
}

/* code: of magnitudes, or of squares. */
static void sum_lanes_case(const job *j) {
    const int64_t n = j->e->cols;
    const real *x = matrix(j->r, j->where, 1, n, n, j->e->fill);
    real lane[PANEL] = {0};
    for (int64_t i = 0; i < n; ++i)
        lane[i % PANEL] = j->e->code ? lane[i % PANEL] + (x[i] < 0 ? -x[i] : x[i])
                                     : FMA_REAL(x[i], x[i], lane[i % PANEL]);
    const real result = j->e->code ? j->k->sum_sizes(n, x) : j->k->sum_squares(n, x);
    const real expected = lane_tree(lane);
    check_formula(&result, &expected, 1, j->e->code ? "sum of magnitudes" : "sum of squares");
    RECORD(j->out, &result, 1);
    count_values(1, result == 0);
}

static void transpose_case(const job *j) {
    const int64_t rows = j->e->rows, cols = j->e->cols, lds = cols + j->e->pad, ldd = rows + 2 * j->e->pad;
    const real *src = matrix(j->r, j->where, rows, cols, lds, j->e->fill);
    real *dst = matrix(j->r, j->where, cols, rows, ldd, FILL_PLAIN);
    j->k->transpose(rows, cols, src, lds, dst, ldd);
    int64_t wrong = 0;
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < cols; ++c) wrong += !same_bits(dst[c * ldd + r], src[r * lds + c]);
    check(!wrong, "%lld elements of %lld x %lld", (long long)wrong, (long long)rows, (long long)cols);
    record_matrix(j, dst, cols, rows, ldd, 0);
}

static void unary_case(const job *j) {
    const int64_t n = j->e->cols;
    real *x = matrix(j->r, j->where, 1, n, n, j->e->fill);
    real *y = j->e->in_place ? x : matrix(j->r, j->where, 1, n, n, FILL_PLAIN);
    j->k->unary((enum unary)j->e->code, n, x, y);
    record_matrix(j, y, 1, n, n, 0);
}

/* A whole product cut into this table's tiles and k blocks: the same bits for any tile. */
static void product_case(const job *j) {
    const entry_case *e = j->e;
    const int64_t m = e->rows, n = e->cols, depth = e->depth, panels = (n + PANEL - 1) / PANEL;
    const real *a = matrix(j->r, j->where, m, depth, depth, e->fill);
    const real *b = matrix(j->r, j->where, panels * depth, PANEL, PANEL, e->fill);
    const real *bias = matrix(j->r, j->where, 1, panels * PANEL, panels * PANEL, FILL_PLAIN);
    real *c = matrix(j->r, j->where, panels * m, PANEL, PANEL, FILL_PLAIN);
    const int64_t block = j->k->kc < 64 ? j->k->kc : 64 + 16 * (j->k->mr % 3);
    for (int64_t k0 = 0; k0 < depth; k0 += block)
        for (int64_t c0 = 0; c0 < n; c0 += j->k->nr)
            for (int64_t r0 = 0; r0 < m; r0 += j->k->mr) {
                const tile_operands o = {.a = a + r0 * depth + k0,
                                         .a_row = depth,
                                         .a_k = 1,
                                         .seg = depth,
                                         .b = b + c0 / PANEL * PANEL * depth + k0 * PANEL + c0 % PANEL,
                                         .b_k = PANEL,
                                         .b_panel = PANEL * depth,
                                         .bias = bias + c0,
                                         .c = c + c0 / PANEL * PANEL * m + r0 * PANEL + c0 % PANEL,
                                         .c_row = PANEL,
                                         .c_panel = PANEL * m,
                                         .start = k0 ? START_RESUME : START_BIAS};
                const int64_t rows = m - r0 < j->k->mr ? m - r0 : j->k->mr,
                              cols = n - c0 < j->k->nr ? n - c0 : j->k->nr;
                j->k->tile((int)rows, (int)cols, depth - k0 < block ? depth - k0 : block, &o);
            }
    for (int64_t p = 0; p < panels; ++p)
        for (int64_t r = 0; r < m; ++r)
            RECORD(j->out, c + (p * m + r) * PANEL, n - p * PANEL < PANEL ? n - p * PANEL : PANEL);
    count_values(1, 0);
}
