/* Cases of the normalizations' entries: strips of 16 columns with one mean for each column or each row, and
 * whole rows in panels. Every result is compared, to the bit, with the contract's formula written out in
 * scalars. What an entry may not look at is a null pointer, or NaN: pointers that its formula has no use for,
 * columns beyond a row's end, the gaps between panels. Run by entry_checks.inl.h, like the cases of
 * entry_cases.inl.h. */

/* rows x 16 reals; with a pad, one more stands before them, so that none is aligned where a page begins. */
static real *strip_rows(const job *j, int64_t rows, enum fill fill) {
    const int64_t before = j->e->pad > 0, n = before + rows * PANEL;
    return matrix(j->r, j->where, 1, n, n, fill) + before;
}

/* code: by_row. Mean and inverse have one number for each column, or each row; inverses are positive. */
static norm_strip drawn_strip(const job *j) {
    const int64_t rows = j->e->rows, n = j->e->code ? rows : PANEL;
    norm_strip s = {.by_row = j->e->code};
    s.x = strip_rows(j, rows, j->e->fill);
    s.mean = matrix(j->r, j->where, 1, n, n, j->e->fill);
    s.inverse = matrix(j->r, j->where, 1, n, n, FILL_POSITIVE);
    return s;
}

static real xhat_of(const norm_strip *s, int64_t r, int64_t c) {
    const int64_t i = s->by_row ? r : c;
    return (s->x[r * PANEL + c] - s->mean[i]) * s->inverse[i];
}

static void norm_forward_case(const job *j) {
    const int64_t rows = j->e->rows, ld = PANEL + j->e->pad;
    norm_strip s = drawn_strip(j);
    s.gamma = strip_rows(j, 1, j->e->fill);
    s.beta = strip_rows(j, 1, j->e->fill);
    real *z = matrix(j->r, j->where, rows, PANEL, ld, FILL_PLAIN), expected[PANEL];
    j->k->norm_forward(rows, &s, z, ld);
    for (int64_t r = 0; r < rows; ++r) {
        for (int c = 0; c < PANEL; ++c) expected[c] = FMA_REAL(s.gamma[c], xhat_of(&s, r, c), s.beta[c]);
        check_formula(z + r * ld, expected, PANEL, "normalized");
    }
    record_matrix(j, z, rows, PANEL, ld, 0);
}

static void norm_backward_case(const job *j) {
    const int64_t rows = j->e->rows, n = j->e->code ? rows : PANEL;
    norm_strip s = drawn_strip(j);
    s.gamma = strip_rows(j, 1, j->e->fill);
    s.d = strip_rows(j, rows, j->e->fill);
    s.mean_g = matrix(j->r, j->where, 1, n, n, j->e->fill);
    s.mean_gx = matrix(j->r, j->where, 1, n, n, j->e->fill);
    real *dx = strip_rows(j, rows, FILL_PLAIN), expected[PANEL];
    j->k->norm_backward(rows, &s, dx);
    for (int64_t r = 0; r < rows; ++r) {
        for (int c = 0; c < PANEL; ++c) {
            const int64_t i = s.by_row ? r : c;
            const real d = s.d[r * PANEL + c], g = s.by_row ? d * s.gamma[c] : d;
            const real k = s.by_row ? s.inverse[i] : s.gamma[c] * s.inverse[i];
            expected[c] = k * FMA_REAL(-xhat_of(&s, r, c), s.mean_gx[i], g - s.mean_g[i]);
        }
        check_formula(dx + r * PANEL, expected, PANEL, "gradient by inputs");
    }
    record_matrix(j, dx, rows, PANEL, PANEL, 0);
}

static void norm_sums_case(const job *j) {
    const int64_t rows = j->e->rows;
    norm_strip s = drawn_strip(j);
    s.d = strip_rows(j, rows, j->e->fill);
    real *out = matrix(j->r, j->where, 1, 2 * PANEL, 2 * PANEL, FILL_PLAIN), expected[2 * PANEL] = {0};
    j->k->norm_sums(rows, &s, out);
    for (int64_t r = 0; r < rows; ++r)
        for (int c = 0; c < PANEL; ++c) {
            const real d = s.d[r * PANEL + c];
            expected[c] += d;
            expected[PANEL + c] = FMA_REAL(d, xhat_of(&s, r, c), expected[PANEL + c]);
        }
    check_formula(out, expected, PANEL, "sums of d");
    check_formula(out + PANEL, expected + PANEL, PANEL, "sums of d xhat");
    record_matrix(j, out, 1, 2 * PANEL, 2 * PANEL, 0);
}

static void deviation_squares_case(const job *j) {
    const int64_t rows = j->e->rows;
    const real *x = strip_rows(j, rows, j->e->fill), *mean = strip_rows(j, 1, j->e->fill);
    real *out = strip_rows(j, 1, FILL_PLAIN), expected[PANEL] = {0};
    j->k->deviation_squares(rows, x, mean, out);
    for (int64_t r = 0; r < rows; ++r)
        for (int c = 0; c < PANEL; ++c) {
            const real e = x[r * PANEL + c] - mean[c];
            expected[c] = FMA_REAL(e, e, expected[c]);
        }
    check_formula(out, expected, PANEL, "squares");
    record_matrix(j, out, 1, PANEL, PANEL, 0);
}

/* A row of cols reals in whole panels, `stride` reals apart; what does not belong to it stays NaN. */
static real *row_in_panels(const job *j, int64_t stride) {
    const int64_t cols = j->e->cols, panels = (cols + PANEL - 1) / PANEL;
    real *x = guarded((size_t)((panels - 1) * stride + PANEL) * sizeof(real), j->where);
    for (int64_t c = 0; c < cols; ++c) x[c / PANEL * stride + c % PANEL] = random_real(j->r, j->e->fill);
    return x;
}

static void row_moments_case(const job *j) {
    const int64_t cols = j->e->cols, stride = PANEL + j->e->pad;
    const real *x = row_in_panels(j, stride), epsilon = j->e->alpha;
    real *mean = matrix(j->r, j->where, 1, 1, 1, FILL_PLAIN);
    real *inverse = matrix(j->r, j->where, 1, 1, 1, FILL_PLAIN);
    j->k->row_moments(cols, x, stride, epsilon, mean, inverse);
    real sum[PANEL] = {0}, squares[PANEL] = {0};
    for (int64_t c = 0; c < cols; ++c) sum[c % PANEL] += x[c / PANEL * stride + c % PANEL];
    const real middle = lane_tree(sum) / (real)cols;
    for (int64_t c = 0; c < cols; ++c) {
        const real e = x[c / PANEL * stride + c % PANEL] - middle;
        squares[c % PANEL] = FMA_REAL(e, e, squares[c % PANEL]);
    }
    const real root = (real)1 / SQRT_REAL(lane_tree(squares) / (real)cols + epsilon);
    check_formula(mean, &middle, 1, "mean");
    check_formula(inverse, &root, 1, "inverse");
    record_matrix(j, mean, 1, 1, 1, 0);
    record_matrix(j, inverse, 1, 1, 1, 0);
}

/* gamma lies in panels that are neighbours, whole ones. What columns beyond the end come to may not show even
 * where the mean is infinite. */
static void row_slopes_case(const job *j) {
    const int64_t cols = j->e->cols, x_stride = PANEL + j->e->pad, d_stride = PANEL + 2 * j->e->pad;
    const real *x = row_in_panels(j, x_stride), *d = row_in_panels(j, d_stride);
    const real *gamma = row_in_panels(j, PANEL);
    const real drawn = random_real(j->r, FILL_PLAIN), inverse = random_real(j->r, FILL_POSITIVE);
    real *mean_g = matrix(j->r, j->where, 1, 1, 1, FILL_PLAIN);
    real *mean_gx = matrix(j->r, j->where, 1, 1, 1, FILL_PLAIN);
    for (int finite = 0; finite < 2; ++finite) {
        const real mean = finite ? drawn : (real)INFINITY;
        j->k->row_slopes(cols, x, x_stride, d, d_stride, gamma, mean, inverse, mean_g, mean_gx);
        real sum[PANEL] = {0}, product[PANEL] = {0};
        for (int64_t c = 0; c < cols; ++c) {
            const real g = d[c / PANEL * d_stride + c % PANEL] * gamma[c];
            const real xhat = (x[c / PANEL * x_stride + c % PANEL] - mean) * inverse;
            sum[c % PANEL] += g;
            product[c % PANEL] = FMA_REAL(g, xhat, product[c % PANEL]);
        }
        const real of_g = lane_tree(sum) / (real)cols, of_gx = lane_tree(product) / (real)cols;
        check_formula(mean_g, &of_g, 1, "mean of g");
        check_formula(mean_gx, &of_gx, 1, "mean of g xhat");
    }
    record_matrix(j, mean_g, 1, 1, 1, 0);
    record_matrix(j, mean_gx, 1, 1, 1, 0);
}
