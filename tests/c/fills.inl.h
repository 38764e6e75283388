/* Operands for the checks: random matrices in guarded memory, whose gaps between rows stay NaN
 * (what is read by mistake shows in the result, what is written by mistake shows in the gap). */

#if REAL_BITS == 64
typedef long double wide; /* for bounds: more precise than real */
#define FMA_REAL(a, b, c) fma(a, b, c)
#define SQRT_REAL(x) sqrt(x)
#define RECORD(r, p, n) record_f64(r, p, n)
#define ROUNDOFF (DBL_EPSILON / 2)
#define WIDE_ROUNDOFF (LDBL_EPSILON / 2)
#define SWALLOW 0x1p70 /* so large that adding hundreds of ones does not change it */
#else
typedef double wide;
#define FMA_REAL(a, b, c) fmaf(a, b, c)
#define SQRT_REAL(x) sqrtf(x)
#define RECORD(r, p, n) record_f32(r, p, n)
#define ROUNDOFF (FLT_EPSILON / 2)
#define WIDE_ROUNDOFF (DBL_EPSILON / 2)
#define SWALLOW 0x1p40f
#endif

enum fill { FILL_PLAIN, FILL_INTEGER, FILL_POSITIVE, FILL_PROBABILITY, FILL_WIDE, FILL_TINY, FILL_WILD };

static real special_real(rng *r) {
    static const double small[] = {0, -0.0, 1, -1, 0.5, 1e-3, -1e-3, 20, -20, 100, -100};
    switch (rng_below(r, 8)) {
    case 0: return (real)INFINITY;
    case 1: return -(real)INFINITY;
    case 2: return (real)NAN;
    case 3: return REAL_MIN * (real)(rng_unit(r) - 0.5); /* below the smallest normal */
    case 4: return rng_below(r, 2) ? REAL_MAX : -REAL_MAX;
    default: return (real)small[rng_below(r, 11)];
    }
}

static real random_real(rng *r, enum fill fill) {
    const double u = rng_unit(r);
    switch (fill) {
    case FILL_INTEGER: return (real)(rng_below(r, 17) - 8);
    case FILL_POSITIVE: return (real)(u * 3);
    case FILL_PROBABILITY: return rng_below(r, 16) ? (real)u : (real)rng_below(r, 2);
    case FILL_TINY:
        return rng_below(r, 4) ? (real)(u * 3) : (real)(u * 2) * REAL_MIN; /* some below the normal */
    case FILL_WIDE: return (real)ldexp(2 * u - 1, (int)rng_below(r, 24) - 16);
    case FILL_WILD: return rng_below(r, 8) ? (real)((2 * u - 1) * 30) : special_real(r);
    default: return (real)((2 * u - 1) * 4);
    }
}

static real *matrix(rng *r, enum place where, int64_t rows, int64_t cols, ptrdiff_t ld, enum fill fill) {
    const int64_t extent = rows > 0 && cols > 0 ? (rows - 1) * ld + cols : 0;
    real *p = guarded((size_t)extent * sizeof(real), where);
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < cols; ++j) p[i * ld + j] = random_real(r, fill);
    return p;
}

static int is_canary(const real *p) {
    const unsigned char *byte = (const unsigned char *)p;
    for (size_t i = 0; i < sizeof(real); ++i)
        if (byte[i] != 0xFF) return 0;
    return 1;
}

static int gaps_intact(const real *p, int64_t rows, int64_t cols, ptrdiff_t ld) {
    for (int64_t i = 0; i + 1 < rows; ++i)
        for (int64_t j = cols; j < ld; ++j)
            if (!is_canary(p + i * ld + j)) return 0;
    return 1;
}

static int is_stored(real x) { /* what the contract calls stored: no denormal, no -0 */
    return x != x || (x == 0 ? !signbit(x) : x >= REAL_MIN || x <= -REAL_MIN);
}

static real stored(real x) { return x > -REAL_MIN && x < REAL_MIN ? 0 : x; }

static int same_bits(real a, real b) { /* all NaN are one */
    return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0;
}

static real sign_of_real(real x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
