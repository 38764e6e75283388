/* Batch and layer normalization: strips of 16 columns, and whole rows in panels. xhat is recomputed from x
 * where it is needed: x is in memory anyway, and storing xhat would mean one more matrix to write and read.
 * Read norm.c for which rows and columns a mean is taken over, kernels.h for the contract. */

/* Mean and inverse: one number for the row, or those of the columns c.. */
ALWAYS_INLINE vec of_strip(const int by_row, const real *p, int64_t r, int c) {
    return by_row ? v_set1(p[r]) : v_load(p + c);
}
ALWAYS_INLINE vec xhat_at(const norm_strip *s, const int by_row, int64_t r, int c) {
    const vec centred = v_sub(v_load(s->x + r * PANEL + c), of_strip(by_row, s->mean, r, c));
    return v_mul(centred, of_strip(by_row, s->inverse, r, c));
}

ALWAYS_INLINE void forward_strip(int64_t rows, const norm_strip *s, const int by_row, real *z,
                                 ptrdiff_t z_row) {
    for (int64_t r = 0; r < rows; ++r)
        for (int c = 0; c < PANEL; c += W)
            v_store(z + r * z_row + c,
                    v_fma(v_load(s->gamma + c), xhat_at(s, by_row, r, c), v_load(s->beta + c)));
}
static void norm_forward(int64_t rows, const norm_strip *s, real *z, ptrdiff_t z_row) {
    if (s->by_row)
        forward_strip(rows, s, 1, z, z_row);
    else
        forward_strip(rows, s, 0, z, z_row);
}

ALWAYS_INLINE void backward_strip(int64_t rows, const norm_strip *s, const int by_row, real *dx) {
    for (int64_t r = 0; r < rows; ++r)
        for (int c = 0; c < PANEL; c += W) {
            const vec gamma = v_load(s->gamma + c), inverse = of_strip(by_row, s->inverse, r, c);
            const vec d = v_load(s->d + r * PANEL + c), g = by_row ? v_mul(d, gamma) : d;
            const vec centred = v_sub(g, of_strip(by_row, s->mean_g, r, c));
            const vec rest = v_fnma(xhat_at(s, by_row, r, c), of_strip(by_row, s->mean_gx, r, c), centred);
            v_store(dx + r * PANEL + c, v_mul(by_row ? inverse : v_mul(gamma, inverse), rest));
        }
}
static void norm_backward(int64_t rows, const norm_strip *s, real *dx) {
    if (s->by_row)
        backward_strip(rows, s, 1, dx);
    else
        backward_strip(rows, s, 0, dx);
}

static void norm_sums(int64_t rows, const norm_strip *s, real *out) {
    lanes of_d = lanes_set1(0), of_dx = lanes_set1(0);
    for (int64_t r = 0; r < rows; ++r) UNROLLED for (int g = 0; g < GROUPS; ++g) {
            const vec d = v_load(s->d + r * PANEL + g * W);
            of_d.part[g] = v_add(of_d.part[g], d);
            of_dx.part[g] = v_fma(d, xhat_at(s, s->by_row, r, g * W), of_dx.part[g]);
        }
    lanes_store(out, &of_d);
    lanes_store(out + PANEL, &of_dx);
}

static void deviation_squares(int64_t rows, const real *x, const real *mean, real *out) {
    lanes sum = lanes_set1(0);
    for (int64_t r = 0; r < rows; ++r) UNROLLED for (int g = 0; g < GROUPS; ++g) {
            const vec e = v_sub(v_load(x + r * PANEL + g * W), v_load(mean + g * W));
            sum.part[g] = v_fma(e, e, sum.part[g]);
        }
    lanes_store(out, &sum);
}

/* Loads W columns of a row; columns beyond its end may hold any values, and are replaced by +0. */
static inline vec of_row(const real *x, ptrdiff_t panel, int64_t c, int64_t cols) {
    const vec all = v_load(x + c / PANEL * panel + c % PANEL);
    return cols - c < W ? v_select(inside_mask((int)(cols - c)), all, v_set1(0)) : all;
}

static void row_moments(int64_t cols, const real *x, ptrdiff_t x_panel, real epsilon, real *mean,
                        real *inverse) {
    lanes sum = lanes_set1(0), squares = lanes_set1(0);
    for (int64_t c = 0; c < cols; c += W) {
        const int g = group_of(c);
        sum.part[g] = v_add(sum.part[g], of_row(x, x_panel, c, cols));
    }
    const real middle = lanes_sum(&sum) / (real)cols;
    for (int64_t c = 0; c < cols; c += W) {
        const int g = group_of(c);
        const vec e = v_select(inside_mask(inside(c, cols)),
                               v_sub(of_row(x, x_panel, c, cols), v_set1(middle)), v_set1(0));
        squares.part[g] = v_fma(e, e, squares.part[g]);
    }
    real lane[W];
    const vec root = v_sqrt(v_set1(lanes_sum(&squares) / (real)cols + epsilon));
    v_store(lane, v_div(v_set1(1), root));
    *mean = middle;
    *inverse = lane[0];
}

static void row_slopes(int64_t cols, const real *x, ptrdiff_t x_panel, const real *d, ptrdiff_t d_panel,
                       const real *gamma, real mean, real inverse, real *mean_g, real *mean_gx) {
    lanes sum = lanes_set1(0), product = lanes_set1(0);
    for (int64_t c = 0; c < cols; c += W) {
        const int group = group_of(c);
        const mask in = inside_mask(inside(c, cols));
        const vec g = v_select(in, v_mul(of_row(d, d_panel, c, cols), v_load(gamma + c)), v_set1(0));
        const vec xhat = v_mul(v_sub(of_row(x, x_panel, c, cols), v_set1(mean)), v_set1(inverse));
        sum.part[group] = v_add(sum.part[group], g);
        product.part[group] = v_fma(g, v_select(in, xhat, v_set1(0)), product.part[group]);
    }
    *mean_g = lanes_sum(&sum) / (real)cols;
    *mean_gx = lanes_sum(&product) / (real)cols;
}
