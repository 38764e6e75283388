/* Checks the elementary functions of a kernel table: the largest error of each, in units in the
 * last place (ulp), against its bound, and one hash of all results, to compare instruction sets and
 * compilers by. float: all 2^32 arguments, or every N-th, against libm in double. double: samples
 * against libquadmath, where built with -DHAVE_QUADMATH (gcc, -lquadmath); else hashes alone.
 *
 *     vmath_check [--stride N] [--samples N] [--table NAME] [--bits 32|64] [--function NAME]
 *
 * Prints a line per function: table, bits, name, ulp, its argument, hash. The exit status is 1 if a
 * bound is exceeded. Build: this file, csrc/dispatch.c, csrc/cpu.c, csrc/kernels/isa_*.c, -lm. */
#include "../../csrc/dispatch.h"
#include "../../csrc/pynn.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_QUADMATH
#include <quadmath.h>
typedef __float128 quad;
#else
typedef double quad;
#endif

enum { BLOCK = 4096 };

typedef struct function {
    const char *name;
    double bound; /* in ulp, below or equal */
} function;
static const function functions[FN_COUNT] = {
    [FN_EXP] = {"exp", 1},           [FN_EXPM1] = {"expm1", 2}, [FN_LOG] = {"log", 1},
    [FN_LOG1P] = {"log1p", 2},       [FN_TANH] = {"tanh", 2},   [FN_SIGMOID] = {"sigmoid", 2},
    [FN_SOFTPLUS] = {"softplus", 4}, [FN_ERF] = {"erf", 4},     [FN_ERFC] = {"erfc", 4},
    [FN_NORMCDF] = {"normcdf", 4},
};

static double reference_f32(enum unary f, double x) {
    switch (f) {
    case FN_EXP: return exp(x);
    case FN_EXPM1: return expm1(x);
    case FN_LOG: return log(x);
    case FN_LOG1P: return log1p(x);
    case FN_TANH: return tanh(x);
    case FN_SIGMOID: return 1 / (1 + exp(-x));
    case FN_SOFTPLUS: return (x < 0 ? 0 : x) + log1p(exp(-fabs(x)));
    case FN_ERF: return erf(x);
    case FN_ERFC: return erfc(x);
    default: return erfc(-x * 0.70710678118654752440) / 2;
    }
}

/* Distance in units of the last place that a result of this size has: one half is the least that
 * rounding allows. Beyond the largest number, the unit is the last one's, and infinity is the next step. */
static double ulp_f32(float y, double exact) {
    if (isnan(exact)) return isnan(y) ? 0 : INFINITY;
    if (isnan(y) || (exact == 0 && y != 0)) return INFINITY;
    if ((double)y == exact) return 0;
    if (isinf(y) && fabs(exact) > (double)FLT_MAX && signbit(y) == signbit(exact)) return 0;
    if (isinf(exact) || (double)y * exact < 0) return INFINITY;
    const double size = isinf(y) ? 0x1p128 : (double)y;
    uint64_t bits;
    memcpy(&bits, &exact, sizeof bits);
    int64_t e = (int64_t)(bits >> 52 & 2047) - 1023;
    e = e > 127 ? 127 : e < -126 ? -126 : e;
    bits = (uint64_t)(23 - e + 1023) << 52; /* 2^(23 - e): ldexp would take most of the time */
    double per_unit;
    memcpy(&per_unit, &bits, sizeof per_unit);
    return fabs(size - exact) * per_unit;
}

#ifdef HAVE_QUADMATH
static quad reference_f64(enum unary f, quad x) {
    switch (f) {
    case FN_EXP: return expq(x);
    case FN_EXPM1: return expm1q(x);
    case FN_LOG: return logq(x);
    case FN_LOG1P: return log1pq(x);
    case FN_TANH: return tanhq(x);
    case FN_SIGMOID: return 1 / (1 + expq(-x));
    case FN_SOFTPLUS: return (x < 0 ? 0 : x) + log1pq(expq(-fabsq(x)));
    case FN_ERF: return erfq(x);
    case FN_ERFC: return erfcq(x);
    default: return erfcq(-x * M_SQRT1_2q) / 2;
    }
}
static double ulp_f64(double y, quad exact) {
    if (isnanq(exact)) return isnan(y) ? 0 : INFINITY;
    if (isnan(y) || (exact == 0 && y != 0)) return INFINITY;
    if ((quad)y == exact) return 0;
    if (isinf(y) && fabsq(exact) > (quad)DBL_MAX && signbit(y) == signbitq(exact)) return 0;
    if (isinfq(exact) || (quad)y * exact < 0) return INFINITY;
    const quad size = isinf(y) ? ldexpq(1, 1024) : (quad)y;
    int e;
    frexpq(exact, &e);
    e = e > 1024 ? 1024 : e < -1021 ? -1021 : e;
    return (double)ldexpq(fabsq(size - exact), 53 - e);
}
#endif

/* FNV-1a, a whole result at a time; every NaN counts as the same. */
static uint64_t hash_add(uint64_t h, uint64_t word) {
    h = (h ^ word) * UINT64_C(0x100000001b3);
    return h ^ (h >> 29);
}

typedef struct outcome {
    uint64_t hash;
    double worst, worst_at;
    int wrong_sign; /* of a zero, where the function is odd, or its limit is +0 */
} outcome;

static void note(outcome *o, double ulp, double x) {
    if (ulp > o->worst) o->worst = ulp, o->worst_at = x;
}

/* Odd functions keep the sign of a zero; the others have no -0. */
static int zero_is_wrong(enum unary f, double x, double y) {
    const int odd = f == FN_EXPM1 || f == FN_LOG1P || f == FN_TANH || f == FN_ERF;
    if (y != 0 || isnan(x)) return 0;
    return odd ? x != 0 || (signbit(x) != 0) != (signbit(y) != 0) : f == FN_LOG ? x != 1 : signbit(y) != 0;
}

static outcome check_f32(const kernels *k, enum unary f, uint64_t stride) {
    outcome o = {UINT64_C(0xcbf29ce484222325), 0, 0, 0};
    float x[BLOCK], y[BLOCK];
    for (uint64_t next = 0; next < UINT64_C(1) << 32;) {
        int n = 0;
        for (; n < BLOCK && next < UINT64_C(1) << 32; ++n, next += stride) {
            const uint32_t bits = (uint32_t)next;
            memcpy(&x[n], &bits, sizeof bits);
        }
        k->unary(f, n, (const void *)x, (void *)y);
        for (int i = 0; i < n; ++i) {
            uint32_t bits = UINT32_C(0x7fc00000);
            if (!isnan(y[i])) memcpy(&bits, &y[i], sizeof bits);
            o.hash = hash_add(o.hash, bits);
            o.wrong_sign |= zero_is_wrong(f, (double)x[i], (double)y[i]);
            note(&o, ulp_f32(y[i], reference_f32(f, (double)x[i])), (double)x[i]);
        }
    }
    return o;
}

/* A reproducible stream of 64 bits (splitmix64). */
static uint64_t random_bits(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
/* Any bit pattern; all sizes from 2^-60 to 2^12; near 1; near a multiple of ln 2 / 2, up to where exp ends.
 */
static double sample_f64(int64_t i, uint64_t *state) {
    static const double special[] = {0.0,
                                     -0.0,
                                     INFINITY,
                                     -INFINITY,
                                     NAN,
                                     1.0,
                                     -1.0,
                                     DBL_MIN,
                                     -DBL_MIN,
                                     DBL_MAX,
                                     -DBL_MAX,
                                     0x1p-1074,
                                     709.782712893384,
                                     709.7827128933841,
                                     -745.1332191019412,
                                     -745.1332191019411,
                                     -708.4,
                                     -38.48,
                                     27.226,
                                     26.5,
                                     0x1p-54,
                                     -0x1p-53};
    const int64_t specials = (int64_t)(sizeof special / sizeof *special);
    const uint64_t bits = random_bits(state);
    const double unit = (double)(bits >> 11) * 0x1p-53, sign = bits & 1 ? -1 : 1;
    double any;
    memcpy(&any, &bits, sizeof any);
    if (i < specials) return special[i];
    switch (i % 5) {
    case 0: return any;
    case 1: return sign * ldexp(1 + unit, (int)(random_bits(state) % 72) - 60);
    case 2: return sign * (0.5 + unit);
    case 3: return sign * unit * 40;
    default:
        return 0.34657359027997264 * (double)((int64_t)(random_bits(state) % 4302) - 2151) +
               (unit - 0.5) * 0x1p-8;
    }
}

static outcome check_f64(const kernels *k, enum unary f, int64_t count) {
    outcome o = {UINT64_C(0xcbf29ce484222325), 0, 0, 0};
    double x[BLOCK], y[BLOCK];
    uint64_t state = 1;
    for (int64_t next = 0; next < count;) {
        int n = 0;
        for (; n < BLOCK && next < count; ++n, ++next) x[n] = sample_f64(next, &state);
        k->unary(f, n, (const void *)x, (void *)y);
        for (int i = 0; i < n; ++i) {
            uint64_t bits = UINT64_C(0x7ff8000000000000);
            if (!isnan(y[i])) memcpy(&bits, &y[i], sizeof bits);
            o.hash = hash_add(o.hash, bits);
            o.wrong_sign |= zero_is_wrong(f, x[i], y[i]);
#ifdef HAVE_QUADMATH
            note(&o, ulp_f64(y[i], reference_f64(f, (quad)x[i])), x[i]);
#else
            o.worst = NAN; /* not measured */
#endif
        }
    }
    return o;
}

static int check_table(const kernels *k, uint64_t stride, int64_t samples, const char *only) {
    int failed = 0;
    for (enum unary f = 0; f < FN_COUNT; ++f) {
        if (only && strcmp(only, functions[f].name) != 0) continue;
        const outcome o = k->real_bits == 64 ? check_f64(k, f, samples) : check_f32(k, f, stride);
        const int bad = o.worst > functions[f].bound || o.wrong_sign;
        printf("%s %d %s %.4f %a %016" PRIx64 "%s%s\n", k->name, k->real_bits, functions[f].name, o.worst,
               o.worst_at, o.hash, o.worst > functions[f].bound ? " EXCEEDED" : "",
               o.wrong_sign ? " ZERO" : "");
        fflush(stdout);
        failed |= bad;
    }
    return failed;
}

int main(int argc, char **argv) {
    const char *table = NULL, *only = NULL;
    uint64_t stride = 1;
    int64_t samples = 200000;
    int bits = 0, failed = 0, checked = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--stride") == 0) stride = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--samples") == 0) samples = strtoll(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--table") == 0) table = argv[i + 1];
        if (strcmp(argv[i], "--bits") == 0) bits = atoi(argv[i + 1]);
        if (strcmp(argv[i], "--function") == 0) only = argv[i + 1];
    }
    for (int i = 0; i < pynn_kernel_count() && stride > 0; ++i) {
        const kernels *k = dispatch_table(i);
        if (table && strcmp(table, k->name) != 0) continue;
        if ((bits && bits != k->real_bits) || !pynn_kernel_runs_here(k)) continue;
        failed |= check_table(k, stride, samples, only);
        ++checked;
    }
    if (!checked) fprintf(stderr, "no such table runs here\n");
    return failed || !checked;
}
