/* Element by element and row by row: activations and their derivatives, softmax, small sums and
 * copies. All of it is cheap compared with the tiles; what matters is that each sum has one fixed order.
 * Elementary functions come from vmath.inl.h, the contract from kernels.h. */

/* ---- the 16 virtual lanes of a sum: element i belongs to lane i mod 16, then 8+8, 4+4, 2+2, 1+1 ---- */
#define GROUPS (PANEL / W) /* vectors that make up the 16 lanes */

typedef struct lanes {
    vec part[GROUPS];
} lanes;

static inline lanes lanes_set1(real x) {
    lanes s;
    UNROLLED for (int g = 0; g < GROUPS; ++g) s.part[g] = v_set1(x);
    return s;
}
static inline void lanes_store(real lane[PANEL], const lanes *s) {
    UNROLLED for (int g = 0; g < GROUPS; ++g) v_store(lane + g * W, s->part[g]);
}
static inline vec v_greater(vec a, vec b) { return v_select(v_lt(a, b), b, a); }

/* The upper half is folded onto the lower one until one lane is left: first whole vectors, then inside. */
static inline real lanes_sum(const lanes *s) {
    lanes sum = *s;
    UNROLLED for (int half = GROUPS / 2; half > 0; half /= 2) UNROLLED for (int g = 0; g < half; ++g)
        sum.part[g] = v_add(sum.part[g], sum.part[g + half]);
    return v_sum(sum.part[0]);
}
static inline real lanes_max(const lanes *s) {
    lanes top = *s;
    UNROLLED for (int half = GROUPS / 2; half > 0; half /= 2) UNROLLED for (int g = 0; g < half; ++g)
        top.part[g] = v_greater(top.part[g], top.part[g + half]);
    return v_max(top.part[0]);
}

static const real lane_number[PANEL] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* How many of the W columns from c on are inside a row of cols, and which lanes they are. */
static inline int inside(int64_t c, int64_t cols) { return cols - c < W ? (int)(cols - c) : W; }
static inline mask inside_mask(int n) { return v_lt(v_load(lane_number), v_set1((real)n)); }
/* The group of virtual lanes that column c, a multiple of W, starts. */
static inline int group_of(int64_t c) { return (int)(c / W % GROUPS); }

/* ---- activations: value and derivative of each are one pair of rows ---- */
static const real selu_scale = (real)1.0507009873554804934193349852946,
                  selu_alpha = (real)1.6732632423543772848170429916717;

static inline vec positive(vec z, vec yes, vec no) { return v_select(v_lt(v_set1(0), z), yes, no); }
/* low for z < 0, at for z = 0, 1 above, and NaN for NaN. */
static inline vec jump(vec z, real low, vec at) {
    const vec zero = v_set1(0);
    const vec up = v_select(v_lt(zero, z), v_set1(1), v_select(v_eq(z, zero), at, z));
    return v_select(v_lt(z, zero), v_set1(low), up);
}

ALWAYS_INLINE vec act_value(const enum activation a, vec alpha, vec z) {
    const vec zero = v_set1(0), one = v_set1(1);
    switch (a) {
    case ACT_STEP: return jump(z, 0, alpha);
    case ACT_SIGN: return jump(z, -1, alpha);
    case ACT_SIGMOID: return v_sigmoid(z);
    case ACT_HARD_SIGMOID: {
        const vec line = v_fma(alpha, z, v_set1((real)0.5));
        return v_select(v_lt(line, zero), zero, v_select(v_lt(one, line), one, line));
    }
    case ACT_TANH: return v_tanh(z);
    case ACT_RELU: return v_select(v_le(z, zero), zero, z);
    case ACT_LEAKY_RELU: return positive(z, z, v_mul(alpha, z));
    case ACT_ELU: return positive(z, z, v_mul(alpha, v_expm1(z)));
    case ACT_SELU: return v_mul(v_set1(selu_scale), positive(z, z, v_mul(v_set1(selu_alpha), v_expm1(z))));
    case ACT_GELU: return v_mul(z, v_normcdf(z));
    case ACT_SILU: return v_mul(z, v_sigmoid(z));
    case ACT_SOFTPLUS: return v_softplus(z);
    case ACT_EXP: return v_exp(z);
    case ACT_MISH: return v_mul(z, v_tanh(v_softplus(z)));
    case ACT_SOFTSIGN: return v_div(z, v_add(one, v_abs(z)));
    case ACT_RELU6: {
        const vec y = v_select(v_le(z, zero), zero, z), six = v_set1(6);
        return v_select(v_lt(six, y), six, y);
    }
    default: return z;
    }
}

/* from_z: the value of slope_reads_z; z is read only if it is set. */
ALWAYS_INLINE vec act_slope(const enum activation a, const int from_z, vec alpha, vec z, vec y) {
    const vec zero = v_set1(0), one = v_set1(1);
    switch (a) {
    case ACT_STEP:
    case ACT_SIGN: return zero;
    case ACT_SIGMOID: return v_mul(y, v_sub(one, y));
    case ACT_HARD_SIGMOID: return v_select(m_and(v_lt(zero, y), v_lt(y, one)), alpha, zero);
    case ACT_TANH: return v_fnma(y, y, one);
    case ACT_RELU:
        return from_z ? positive(z, one, v_select(v_eq(z, zero), alpha, zero)) : positive(y, one, zero);
    case ACT_LEAKY_RELU: return positive(y, one, alpha);
    case ACT_ELU: return positive(y, one, v_add(y, alpha));
    case ACT_SELU: return positive(y, v_set1(selu_scale), v_add(y, v_set1(selu_scale * selu_alpha)));
    case ACT_GELU: { /* normcdf(z) + z * density(z) */
        const vec half_square = v_mul(v_mul(z, z), v_set1((real)-0.5));
        const vec density = v_mul(v_exp(half_square), v_set1((real)0.39894228040143267793994605993438));
        return v_fma(z, density, v_normcdf(z));
    }
    case ACT_SILU: {
        const vec s = v_sigmoid(z);
        return v_fma(v_mul(z, s), v_sub(one, s), s);
    }
    case ACT_SOFTPLUS: return v_sigmoid(z);
    case ACT_EXP: return y;
    case ACT_MISH: { /* t + z (1 - t^2) sigmoid(z) */
        const vec t = v_tanh(v_softplus(z));
        return v_fma(v_mul(z, v_fnma(t, t, one)), v_sigmoid(z), t);
    }
    case ACT_SOFTSIGN: {
        const vec rest = v_sub(one, v_abs(y)); /* 1 / (1 + |z|) */
        return v_mul(rest, rest);
    }
    case ACT_RELU6: return v_select(m_and(v_lt(zero, y), v_lt(y, v_set1(6))), one, zero);
    default: return one;
    }
}

ALWAYS_INLINE void act_rows(const enum activation a, real alpha, int64_t rows, int64_t cols, const real *z,
                            ptrdiff_t ldz, real *y, ptrdiff_t ldy) {
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < cols; c += W)
            v_store(y + r * ldy + c, v_flush(act_value(a, v_set1(alpha), v_load(z + r * ldz + c))));
}

ALWAYS_INLINE void slope_loop(const enum activation a, const int from_z, real alpha, int64_t rows,
                              int64_t cols, const real *z, const real *y, ptrdiff_t ldy, real *d,
                              ptrdiff_t ldd) {
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < cols; c += W) {
            const vec y_rc = v_load(y + r * ldy + c);
            const vec z_rc = from_z ? v_load(z + r * ldy + c) : y_rc;
            const vec d_rc = v_load(d + r * ldd + c);
            const vec slope = act_slope(a, from_z, v_set1(alpha), z_rc, y_rc);
            v_store(d + r * ldd + c, v_flush(a == ACT_LINEAR ? d_rc : v_mul(d_rc, slope)));
        }
}
ALWAYS_INLINE void slope_rows(const enum activation a, real alpha, int64_t rows, int64_t cols, const real *z,
                              const real *y, ptrdiff_t ldy, real *d, ptrdiff_t ldd) {
    if (slope_reads_z(a, alpha))
        slope_loop(a, 1, alpha, rows, cols, z, y, ldy, d, ldd);
    else
        slope_loop(a, 0, alpha, rows, cols, z, y, ldy, d, ldd);
}

/* The switch turns the activation's code into a compile-time constant, so each activation gets its own loop.
 */
#define EACH_ACTIVATION(do_it)                             \
    switch (a) {                                           \
    case ACT_STEP: do_it(ACT_STEP); break;                 \
    case ACT_SIGN: do_it(ACT_SIGN); break;                 \
    case ACT_SIGMOID: do_it(ACT_SIGMOID); break;           \
    case ACT_HARD_SIGMOID: do_it(ACT_HARD_SIGMOID); break; \
    case ACT_TANH: do_it(ACT_TANH); break;                 \
    case ACT_RELU: do_it(ACT_RELU); break;                 \
    case ACT_LEAKY_RELU: do_it(ACT_LEAKY_RELU); break;     \
    case ACT_ELU: do_it(ACT_ELU); break;                   \
    case ACT_SELU: do_it(ACT_SELU); break;                 \
    case ACT_GELU: do_it(ACT_GELU); break;                 \
    case ACT_SILU: do_it(ACT_SILU); break;                 \
    case ACT_SOFTPLUS: do_it(ACT_SOFTPLUS); break;         \
    case ACT_EXP: do_it(ACT_EXP); break;                   \
    case ACT_MISH: do_it(ACT_MISH); break;                 \
    case ACT_SOFTSIGN: do_it(ACT_SOFTSIGN); break;         \
    case ACT_RELU6: do_it(ACT_RELU6); break;               \
    default: do_it(ACT_LINEAR); break;                     \
    }

static void act_forward(enum activation a, real alpha, int64_t rows, int64_t cols, const real *z,
                        ptrdiff_t ldz, real *y, ptrdiff_t ldy) {
#define FORWARD(code) act_rows(code, alpha, rows, cols, z, ldz, y, ldy)
    EACH_ACTIVATION(FORWARD)
#undef FORWARD
}

static void act_backward(enum activation a, real alpha, int64_t rows, int64_t cols, const real *z,
                         const real *y, ptrdiff_t ldy, real *d, ptrdiff_t ldd) {
#define BACKWARD(code) slope_rows(code, alpha, rows, cols, z, y, ldy, d, ldd)
    EACH_ACTIVATION(BACKWARD)
#undef BACKWARD
}

/* ---- softmax: shifted by the row's largest value, so that nothing overflows ---- */
static real row_max(int64_t cols, const real *z) {
    lanes top = lanes_set1(-REAL_MAX);
    for (int64_t c = 0; c < cols; c += W) {
        const int n = inside(c, cols), g = group_of(c);
        const vec z_c = v_select(inside_mask(n), v_load_part(z + c, n), v_set1(-REAL_MAX));
        top.part[g] = v_greater(top.part[g], z_c);
    }
    return lanes_max(&top);
}

/* sum of exp(z - top); the terms go to y unless it is NULL. */
static real row_exp_sum(int64_t cols, const real *z, real top, real *y) {
    lanes sum = lanes_set1(0);
    for (int64_t c = 0; c < cols; c += W) {
        const int n = inside(c, cols), g = group_of(c);
        const vec e = v_exp_falling(v_sub(v_load_part(z + c, n), v_set1(top)));
        if (y) v_store_part(y + c, e, n);
        sum.part[g] = v_add(sum.part[g], v_select(inside_mask(n), e, v_set1(0)));
    }
    return lanes_sum(&sum);
}

static void row_divide(int64_t cols, real *y, vec sum) {
    for (int64_t c = 0; c < cols; c += W) {
        const int n = inside(c, cols);
        v_store_part(y + c, v_flush(v_div(v_load_part(y + c, n), sum)), n);
    }
}

static void softmax_forward(int64_t rows, int64_t cols, const real *z, ptrdiff_t ldz, real *y,
                            ptrdiff_t ldy) {
    for (int64_t r = 0; r < rows; ++r) {
        const real top = row_max(cols, z + r * ldz);
        const vec sum = v_set1(row_exp_sum(cols, z + r * ldz, top, y + r * ldy));
        row_divide(cols, y + r * ldy, sum);
    }
}

static void softmax_backward(int64_t rows, int64_t cols, const real *y, ptrdiff_t ldy, real *d,
                             ptrdiff_t ldd) {
    for (int64_t r = 0; r < rows; ++r) {
        const real *y_r = y + r * ldy;
        real *d_r = d + r * ldd;
        lanes dot = lanes_set1(0);
        for (int64_t c = 0; c < cols; c += W) {
            const int n = inside(c, cols), g = group_of(c);
            dot.part[g] = v_fma(v_load_part(d_r + c, n), v_load_part(y_r + c, n), dot.part[g]);
        }
        const vec shift = v_set1(lanes_sum(&dot));
        for (int64_t c = 0; c < cols; c += W) {
            const int n = inside(c, cols);
            const vec d_c = v_mul(v_load_part(y_r + c, n), v_sub(v_load_part(d_r + c, n), shift));
            v_store_part(d_r + c, v_flush(d_c), n);
        }
    }
}

/* ---- runs, columns, copies ---- */
static void affine(int64_t n, real *x, const real *scale, const real *offset) {
    for (int64_t i = 0; i < n; i += W) {
        const int k = inside(i, n);
        vec x_i = v_load_part(x + i, k);
        if (scale) x_i = v_fma(x_i, v_load_part(scale + i, k), v_load_part(offset + i, k));
        v_store_part(x + i, v_flush(x_i), k);
    }
}

static void col_sum(int64_t rows, int64_t cols, const real *d, ptrdiff_t ld, real *out) {
    for (int64_t c = 0; c < cols; c += PANEL) {
        lanes sum = lanes_set1(0);
        for (int64_t r = 0; r < rows; ++r)
            UNROLLED for (int g = 0; g < GROUPS; ++g)
                sum.part[g] = v_add(sum.part[g], v_load(d + r * ld + c + g * W));
        lanes_store(out + c, &sum);
    }
}

static inline vec sign_of(vec e) { /* -1, 0 or 1; NaN stays */
    const vec zero = v_set1(0);
    return v_select(v_lt(e, zero), v_set1(-1), v_select(v_lt(zero, e), v_set1(1), e));
}

static void axpy(int64_t n, real alpha, const real *x, real *y) {
    for (int64_t i = 0; i < n; i += W) v_store(y + i, v_fma(v_set1(alpha), v_load(x + i), v_load(y + i)));
}

static void add_signs(int64_t n, real alpha, const real *x, real *y) {
    for (int64_t i = 0; i < n; i += W)
        v_store(y + i, v_fma(v_set1(alpha), sign_of(v_load(x + i)), v_load(y + i)));
}

static void add(int64_t n, real *a, const real *b) {
    for (int64_t i = 0; i < n; i += W) v_store(a + i, v_add(v_load(a + i), v_load(b + i)));
}

static real sum_squares(int64_t n, const real *x) {
    lanes sum = lanes_set1(0);
    for (int64_t i = 0; i < n; i += PANEL) UNROLLED for (int g = 0; g < GROUPS; ++g) {
            const vec x_i = v_load(x + i + g * W);
            sum.part[g] = v_fma(x_i, x_i, sum.part[g]);
        }
    return lanes_sum(&sum);
}

static real sum_sizes(int64_t n, const real *x) {
    lanes sum = lanes_set1(0);
    for (int64_t i = 0; i < n; i += PANEL)
        UNROLLED for (int g = 0; g < GROUPS; ++g)
            sum.part[g] = v_add(sum.part[g], v_abs(v_load(x + i + g * W)));
    return lanes_sum(&sum);
}

#ifndef HAS_TRANSPOSE /* a block of W x W: to(c,r) = from(r,c) */
static inline void v_transpose(const real *from, ptrdiff_t ld_from, real *to, ptrdiff_t ld_to) {
    for (int c = 0; c < W; ++c)
        for (int r = 0; r < W; ++r) to[c * ld_to + r] = from[r * ld_from + c];
}
#endif

/* Transposes a part of a block, rows and cols <= W: the rest of the block is filled with +0 ... */
static inline void transpose_part(int rows, int cols, const real *src, ptrdiff_t lds,
                                  real transposed[W * W]) {
    real block[W * W];
    for (int r = 0; r < rows; ++r) v_store(block + r * W, v_load_part(src + r * lds, cols));
    for (int r = rows; r < W; ++r) v_store(block + r * W, v_set1(0));
    v_transpose(block, W, transposed, W);
}
/* ... and not written to dst. */
static inline void transpose_inside(int rows, int cols, const real *src, ptrdiff_t lds, real *dst,
                                    ptrdiff_t ldd) {
    real transposed[W * W];
    transpose_part(rows, cols, src, lds, transposed);
    for (int c = 0; c < cols; ++c) v_store_part(dst + c * ldd, v_load(transposed + c * W), rows);
}

static void transpose(int64_t rows, int64_t cols, const real *src, ptrdiff_t lds, real *dst, ptrdiff_t ldd) {
    for (int64_t r = 0; r < rows; r += W)
        for (int64_t c = 0; c < cols; c += W) {
            const int m = inside(r, rows), n = inside(c, cols);
            if (m == W && n == W)
                v_transpose(src + r * lds + c, lds, dst + c * ldd + r, ldd);
            else
                transpose_inside(m, n, src + r * lds + c, lds, dst + c * ldd + r, ldd);
        }
}

static void unary(enum unary f, int64_t n, const real *x, real *y) {
    for (int64_t i = 0; i < n; i += W) {
        const int k = inside(i, n);
        vec v = v_load_part(x + i, k);
        switch (f) {
        case FN_EXP: v = v_exp(v); break;
        case FN_EXPM1: v = v_expm1(v); break;
        case FN_LOG: v = v_log(v); break;
        case FN_LOG1P: v = v_log1p(v); break;
        case FN_TANH: v = v_tanh(v); break;
        case FN_SIGMOID: v = v_sigmoid(v); break;
        case FN_SOFTPLUS: v = v_softplus(v); break;
        case FN_ERF: v = v_erf(v); break;
        case FN_ERFC: v = v_erfc(v); break;
        default: v = v_normcdf(v); break;
        }
        v_store_part(y + i, v, k);
    }
}
