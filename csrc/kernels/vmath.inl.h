/* Elementary functions over the vector vocabulary: exp, log and their like from +, -, x, /, FMA,
 * comparisons and integer operations alone, without a branch or a table, so that every
 * instruction set computes the same bits. Unlike libm: one rounding mode, no exception flags, no errno.
 * NaN in, NaN out (which NaN is not promised). Bounds, in units in the last place, tested in
 * tests/c/vmath_check.c: exp and log 1; expm1, log1p, tanh and sigmoid 2; the others 4. Subnormal
 * arguments and results are right. The coefficients come from tools/minimax.py. */
#include "vmath_coefficients.inl.h"

/* Layout of a real: sign, exponent with BIAS, FRACTION bits. Beyond the E_ bounds exp and its relatives have
 * their limit values. */
#if REAL_BITS == 64
#define FRACTION 52
#define BIAS 1023
#define I_ABS 0x7fffffffffffffff
#define I_FRACTION 0x000fffffffffffff
#define I_ONE 0x3ff0000000000000
#define I_INF 0x7ff0000000000000
#define I_NAN 0x7ff8000000000000
#define I_SQRT_HALF 0x3fe6a09e667f3bcd
#define E_HIGH 710.0   /* exp(x) is infinite */
#define E_LOW (-746.0) /* exp(x) is 0 */
#define E_ONE 40.0     /* exp(-x) is below half a unit in the last place of 1 */
#define TINY 0x1p-54   /* f(x) = x for functions of slope 1 */
#define TAIL_END 40.0  /* exp(-x*x/2) is 0 */
#else
#define FRACTION 23
#define BIAS 127
#define I_ABS 0x7fffffff
#define I_FRACTION 0x007fffff
#define I_ONE 0x3f800000
#define I_INF 0x7f800000
#define I_NAN 0x7fc00000
#define I_SQRT_HALF 0x3f3504f3
#define E_HIGH 89.0f
#define E_LOW (-104.0f)
#define E_ONE 20.0f
#define TINY 0x1p-25f
#define TAIL_END 15.0f
#endif
#define TWO_TO(n) v_from_bits(i_shl(i_set1(BIAS + (n)), FRACTION))
/* Adding it rounds a small number to an integer, which then stands in the lowest bits. */
#define MAGIC ((real)3 * (real)((int64_t)1 << (FRACTION - 1)))

static inline vec v_abs(vec x) { return v_from_bits(i_and(v_bits(x), i_set1(I_ABS))); }
static inline vec v_neg(vec x) { return v_from_bits(i_xor(v_bits(x), v_bits(v_set1((real)-0.0)))); }
/* x, with the sign of s; x >= 0. */
static inline vec v_with_sign(vec x, vec s) {
    return v_from_bits(i_or(v_bits(x), i_and(v_bits(s), v_bits(v_set1((real)-0.0)))));
}
/* The smaller (larger) of x and bound; NaN stays. */
static inline vec v_at_most(vec x, real bound) { return v_select(v_lt(v_set1(bound), x), v_set1(bound), x); }
static inline vec v_at_least(vec x, real bound) { return v_select(v_lt(x, v_set1(bound)), v_set1(bound), x); }
/* What "stored" means: magnitudes below REAL_MIN, and -0, become +0; NaN stays. */
static inline vec v_flush(vec x) { return v_zero_if(v_lt(v_abs(x), v_set1(REAL_MIN)), x); }

/* c[0] + c[1] x + ... + c[n-1] x^(n-1), by Horner's rule. */
static inline vec v_polynomial(vec x, int n, const real *c) {
    vec y = v_set1(c[n - 1]);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 24
#endif
    for (int i = n - 2; i >= 0; --i) y = v_fma(y, x, v_set1(c[i]));
    return y;
}
#define POLYNOMIAL(x, c) v_polynomial(x, (int)(sizeof(c) / sizeof *(c)), c)

/* ---- exp and what is made of it ------------------------------------------------------------- */

/* x = n ln 2 + r + rest, |r| at most about ln 2 / 2. `high` is exact before LN2_LOW is taken off. */
typedef struct exp_parts {
    vec n, high, r;
    ivec k; /* n + offset, in the low bits */
} exp_parts;

static inline exp_parts exp_reduce(vec x, int offset) {
    exp_parts e;
    vec magic = v_set1(MAGIC + (real)offset);
    vec shifted = v_fma(x, v_set1(LOG2_E), magic);
    e.k = v_bits(shifted);
    e.n = v_sub(shifted, magic);
    e.high = v_fnma(e.n, v_set1(LN2_HIGH), x);
    e.r = v_fnma(e.n, v_set1(LN2_LOW), e.high);
    return e;
}
/* The rounding error of r: what r + exp_rest(e) has more than r. */
static inline vec exp_rest(exp_parts e) { return v_fnma(e.n, v_set1(LN2_LOW), v_sub(e.high, e.r)); }
/* (exp(r) - 1) / r */
static inline vec exp_slope(vec r) { return v_fma(r, POLYNOMIAL(r, EXP), v_set1(1)); }

/* 2^n, for parts with offset BIAS (or 2^(n - j), with offset BIAS - j), 0 < n + offset < 2 BIAS + 1. */
static inline vec exp_power(exp_parts e) { return v_from_bits(i_shl(e.k, FRACTION)); }

/* p 2^n, rounded once, for parts with offset 2 BIAS: two factors, since 2^n itself may not be a number. */
static inline vec exp_scale(vec p, exp_parts e) {
    ivec half = i_shr(e.k, 1);
    ivec other = i_sub(e.k, half);
    p = v_mul(p, v_from_bits(i_shl(half, FRACTION)));
    return v_mul(p, v_from_bits(i_shl(other, FRACTION)));
}

/* exp(x) for x <= 0; NaN stays. */
static inline vec v_exp_falling(vec x) {
    exp_parts e = exp_reduce(v_at_least(x, E_LOW), 2 * BIAS);
    return exp_scale(v_fma(e.r, exp_slope(e.r), v_set1(1)), e);
}
static inline vec v_exp(vec x) { return v_exp_falling(v_at_most(x, E_HIGH)); }

/* power * exp(r + rest) - unit, where power = 2^n unit: small where x is, without cancellation. */
static inline vec exp_minus(exp_parts e, vec unit) {
    vec power = exp_power(e);
    vec curve = v_fma(v_mul(e.r, e.r), POLYNOMIAL(e.r, EXP), exp_rest(e));
    return v_fma(power, curve, v_fma(power, e.r, v_sub(power, unit)));
}

/* Half of expm1(x) is computed and doubled, since 2^128 (in double 2^1024), which would be needed for the
 * largest results, is infinite. For tiny x that would cost the last bit: there the result is x itself. */
static inline vec v_expm1(vec x) {
    exp_parts e = exp_reduce(v_at_least(v_at_most(x, E_HIGH), -E_ONE), BIAS - 1);
    vec half = exp_minus(e, v_set1((real)0.5));
    return v_select(v_lt(v_abs(x), v_set1(TINY)), x, v_add(half, half));
}

/* tanh |x| = m / (m + 2), m = exp(2 |x|) - 1. For m < 2 the rounding errors of the sum and of the quotient
 * are corrected: the error divided by m + 2, which is 2 / (1 - tanh |x|). */
static inline vec v_tanh(vec x) {
    vec a = v_abs(x), two = v_set1(2);
    exp_parts e = exp_reduce(v_at_most(v_add(a, a), E_ONE), BIAS);
    vec m = exp_minus(e, v_set1(1));
    vec sum = v_add(m, two);
    vec y = v_div(m, sum);
    vec lost = v_sub(m, v_sub(sum, two));
    vec error = v_fnma(y, lost, v_fnma(y, sum, m));
    vec half = v_fnma(v_set1((real)0.5), y, v_set1((real)0.5));
    y = v_fma(error, v_select(v_lt(m, two), half, v_set1(0)), y);
    return v_with_sign(y, x);
}

/* With e = exp(-|x|) and g = e / (1 + e): 1 - g for x >= 0, and g = e - e g for x < 0. The form e - e g is
 * used because the rounding error of the quotient is then small compared with e. Nothing overflows. */
static inline vec v_sigmoid(vec x) {
    vec e = v_exp_falling(v_neg(v_abs(x)));
    vec g = v_div(e, v_add(e, v_set1(1)));
    vec whole = v_select(v_lt(x, v_set1(0)), e, v_set1(1));
    return v_fnma(whole, g, whole);
}

/* ---- log ------------------------------------------------------------------------------------- */

/* u = 2^k m with m from sqrt(1/2) to sqrt(2); biased: k + BIAS, u a normal number. */
typedef struct log_parts {
    ivec fraction, biased;
} log_parts;

static inline log_parts log_split(vec u) {
    ivec shifted = i_add(v_bits(u), i_set1(I_ONE - I_SQRT_HALF));
    log_parts l;
    l.fraction = i_and(shifted, i_set1(I_FRACTION));
    l.biased = i_shr(shifted, FRACTION);
    return l;
}
/* An integer below 2^FRACTION, less BIAS, as a real. */
static inline vec log_exponent(ivec biased) {
    const real magic = (real)((int64_t)1 << FRACTION);
    return v_sub(v_from_bits(i_or(biased, v_bits(v_set1(magic)))), v_set1(magic + BIAS));
}

/* log(1 + f) - f, for sqrt(1/2) <= 1 + f <= sqrt(2). */
static inline vec log_curve(vec f) {
#if REAL_BITS == 64
    /* s = f / (2 + f): log(1 + f) = 2 atanh(s), and 2 s = f - s f, s f = f^2/2 - s f^2/2. */
    vec s = v_div(f, v_add(f, v_set1(2)));
    vec half = v_mul(v_mul(f, f), v_set1(0.5));
    vec z = v_mul(s, s);
    return v_fma(s, v_fma(z, POLYNOMIAL(z, LOG), half), v_neg(half));
#else
    return v_mul(v_mul(f, f), POLYNOMIAL(f, LOG));
#endif
}

/* k ln 2 + log(1 + f). The large terms are added as a sum and its rounding error. */
static inline vec log_join(vec k, vec f) {
    vec large = v_mul(k, v_set1(LN2_SHORT)); /* exact */
    vec sum = v_add(large, f);
    vec lost = v_sub(f, v_sub(sum, large));
    vec small = v_fma(k, v_set1(LN2_REST), log_curve(f));
    return v_add(sum, v_add(lost, small));
}

/* y is log u for 0 < u < infinity. Adds the other cases: -infinity for u = 0 or -0, NaN for u < 0, and u
 * itself for infinity and NaN. */
static inline vec log_complete(vec u, vec y) {
    vec minus_infinity = v_neg(v_from_bits(i_set1(I_INF)));
    vec nan = v_from_bits(i_set1(I_NAN));
    vec beside = v_select(v_eq(u, v_set1(0)), minus_infinity, nan);
    y = v_select(v_lt(v_set1(0), u), y, beside);
    return v_select(v_lt(u, v_from_bits(i_set1(I_INF))), y, u);
}

static inline vec v_log(vec x) {
    mask subnormal = v_lt(x, v_set1(REAL_MIN));
    vec shift = v_select(subnormal, v_set1(FRACTION + 1), v_set1(0));
    vec u = v_select(subnormal, v_mul(x, TWO_TO(FRACTION + 1)), x);
    log_parts l = log_split(u);
    vec m = v_from_bits(i_add(l.fraction, i_set1(I_SQRT_HALF)));
    vec y = log_join(v_sub(log_exponent(l.biased), shift), v_sub(m, v_set1(1)));
    return log_complete(x, y);
}

/* log(1 + x) for -1 < x < infinity. k is computed from the rounded 1 + x, but f = 2^-k (1 + x) - 1 from x
 * itself, so no digits are lost where x is small. 4 * 2^-k is used, since 2^-k may be subnormal. */
static inline vec log1p_inside(vec x) {
    log_parts l = log_split(v_add(x, v_set1(1)));
    vec four = v_from_bits(i_shl(i_sub(i_set1(2 * BIAS + 2), l.biased), FRACTION));
    vec quarter = v_set1((real)0.25);
    vec f = v_fma(v_mul(x, quarter), four, v_fma(four, quarter, v_set1(-1)));
    vec y = log_join(log_exponent(l.biased), f);
    return v_select(v_lt(v_abs(x), v_set1(TINY)), x, y);
}
static inline vec v_log1p(vec x) { return log_complete(v_add(x, v_set1(1)), log1p_inside(x)); }

/* log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)) */
static inline vec v_softplus(vec x) {
    vec y = log1p_inside(v_exp_falling(v_neg(v_abs(x))));
    return v_add(v_select(v_lt(x, v_set1(0)), v_set1(0), x), y);
}

/* ---- the normal distribution and the error function --------------------------------------------- */

/* T(a + more) for a >= 0 and a tiny `more`, where T(a) = Phi(-a) exp(a^2/2). The rounded v is exact for
 * another argument a' near a, with error = v (a' - a); the step from a' to a + more follows the derivative T'
 * = a T - DENSITY_0. */
static inline vec gauss_ratio(vec a, vec more) {
    vec k = v_set1(TAIL_K), sum = v_add(a, k);
    vec v = v_div(k, sum);
    vec t = v_mul(v, POLYNOMIAL(v_sub(v, v_set1(TAIL_CENTRE)), TAIL));
    vec lost = v_sub(a, v_sub(sum, k)); /* k is a power of two: exact */
    vec error = v_fnma(v, lost, v_fnma(v, sum, k));
    vec back = v_fma(v_mul(error, sum), v_set1(1 / TAIL_K), v_neg(more)); /* 1 / v = sum / k */
    return v_fnma(v_fma(a, t, v_set1(-DENSITY_0)), back, t);
}

/* t exp(-b c), rounded once even where it is subnormal. b c is computed with twice the digits of its factors,
 * since its relative rounding error, times b c, is the relative error of exp. */
static inline vec gauss_tail(vec t, vec b, vec c) {
    vec minus_b = v_neg(b);
    vec h = v_mul(minus_b, c);
    vec lost = v_fnma(minus_b, c, h); /* h + b c */
    exp_parts e = exp_reduce(h, 2 * BIAS);
    vec r = v_sub(e.high, v_fma(e.n, v_set1(LN2_LOW), lost));
    return exp_scale(v_fma(v_mul(t, r), exp_slope(r), t), e);
}

/* erfc |x| = 2 Phi(-sqrt(2) |x|) */
static inline vec erfc_abs(vec x) {
    vec z = v_at_most(v_abs(x), TAIL_END * (real)0.75), root = v_set1(SQRT_2_HIGH);
    vec a = v_mul(z, root);
    vec more = v_fma(z, v_set1(SQRT_2_LOW), v_fma(z, root, v_neg(a)));
    vec t = gauss_ratio(a, more);
    return gauss_tail(v_add(t, t), z, z);
}
static inline vec v_erfc(vec x) {
    vec y = erfc_abs(x);
    return v_select(v_lt(x, v_set1(0)), v_sub(v_set1(2), y), y);
}
static inline vec v_erf(vec x) {
    vec small = v_fma(x, POLYNOMIAL(v_mul(x, x), ERF), x);
    vec large = v_with_sign(v_sub(v_set1(1), erfc_abs(x)), x);
    return v_select(v_lt(v_abs(x), v_set1(1)), small, large);
}
/* Phi(x) = erfc(-x / sqrt(2)) / 2, with small relative error for x < 0, too. */
static inline vec v_normcdf(vec x) {
    vec a = v_at_most(v_abs(x), TAIL_END);
    vec y = gauss_tail(gauss_ratio(a, v_set1(0)), v_mul(a, v_set1((real)0.5)), a);
    return v_select(v_lt(v_set1(0), x), v_sub(v_set1(1), y), y);
}
