/* Random numbers as a function of (seed, purpose, stream, counter): uniform, normal, permutation. There
 * is no state, no libm and no fused multiply-add: only integers, + - * /, and sqrt, so that every CPU and
 * compiler gives the bits of the same functions in NumPy, pynn/engine/philox.py. Not for cryptography.
 * The generator and the layout of a counter are in rng.h; what each purpose is for is in pynn.h
 * (enum pynn_purpose). */
#include "rng.h"
#include <math.h>
#include <string.h>
#include "float_mode.h"

#define PAIRS PHILOX_LANES /* a block gives two 64-bit words */
#define TRY_STEP ((uint64_t)1 << 48)

void pynn_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]) {
    for (int i = 0; i < 4; ++i) out[i] = counter[i];
    philox(key, 1, out, out + 1, out + 2, out + 3);
}

/* n blocks, at most PAIRS, from `first` on, as words 1:0 and 3:2 of each (the first of a pair is the low
 * half). */
static void draw_pairs(uint64_t seed, uint32_t purpose, uint64_t stream, uint64_t first, int n,
                       uint64_t *words) {
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t c[4][PHILOX_LANES];
    for (uint32_t l = 0; l < (uint32_t)n; ++l) {
        c[0][l] = (uint32_t)(first + l);
        c[1][l] = (uint32_t)((first + l) >> 32);
        c[2][l] = (uint32_t)stream;
        c[3][l] = (purpose << 28) | ((uint32_t)(stream >> 32) & 0x0FFFFFFFu);
    }
    if (n == PAIRS)
        philox_16(key, c[0], c[1], c[2], c[3]);
    else
        philox(key, n, c[0], c[1], c[2], c[3]);
    for (int l = 0; l < n; ++l) {
        words[2 * l] = ((uint64_t)c[1][l] << 32) | c[0][l];
        words[2 * l + 1] = ((uint64_t)c[3][l] << 32) | c[2][l];
    }
}

/* Blocks that give the next n words, as many as fit. */
static int blocks_for(int64_t n) { return n < 2 * PAIRS ? (int)(n + 1) / 2 : PAIRS; }

static int64_t at_most(int64_t n, int64_t most) { return n < most ? n : most; }

void pynn_uniform(uint64_t seed, uint32_t purpose, uint64_t stream, int64_t n, double *out) {
    uint64_t word[2 * PAIRS];
    for (int64_t i = 0; i < n; i += 2 * PAIRS) {
        draw_pairs(seed, purpose, stream, (uint64_t)i / 2, blocks_for(n - i), word);
        for (int64_t j = 0; j < at_most(n - i, 2 * PAIRS); ++j)
            out[i + j] = (double)(int64_t)(word[j] >> 11) * 0x1p-53; /* exact */
    }
}

/* Natural logarithm of a normal positive number; error below 1 ulp.
 * x = 2^k m, m in [sqrt(1/2), sqrt(2)); f = m - 1, z = f / (2 + f), so that
 * log m = 2 artanh z = 2z + z R,  R = 2 (z^2/3 + z^4/5 + ...), and, as 2z = f - z f,
 * log m = f - z (f - R): f is exact, and the rounding of z touches the small second term only.
 * |z| < 0.172: what follows z^20/21 is below 2^-60 of the sum. */
static double plain_log(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    double k = (double)((int64_t)(bits >> 52) - 1022), m;
    bits = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FE0000000000000u; /* m in [1/2, 1) */
    memcpy(&m, &bits, sizeof m);
    if (m < 0x1.6a09e667f3bcdp-1) {
        m = 2.0 * m;
        k -= 1.0;
    }
    const double f = m - 1.0, z = f / (2.0 + f), q = z * z;
    static const double term[] = {2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13, 2.0 / 11,
                                  2.0 / 9,  2.0 / 7,  2.0 / 5,  2.0 / 3};
    double r = 2.0 / 21;
    for (size_t i = 0; i < sizeof term / sizeof *term; ++i) r = r * q + term[i];
    const double second = z * (f - r * q);
    /* ln 2 in two parts; the first has 33 bits, so its product with k is exact */
    return k * 0x1.62e42fee00000p-1 - ((second - k * 0x1.a39ef35793c76p-33) - f);
}

/* A multiple of 2^-52 in [-1, 1), exactly. */
static double signed_unit(uint64_t word) {
    return (double)((int64_t)(word >> 11) - ((int64_t)1 << 52)) * 0x1p-52;
}

/* Marsaglia's polar method: a point of the square, taken if it lies inside the unit circle. */
static int polar(const uint64_t word[2], double out[2]) {
    const double u = signed_unit(word[0]), v = signed_unit(word[1]);
    const double s = u * u + v * v;
    if (!(s < 1.0 && s > 0.0)) return 0;
    const double factor = sqrt(-2.0 * plain_log(s) / s);
    out[0] = u * factor;
    out[1] = v * factor;
    return 1;
}

/* The polar method rejects some points and tries again. Try t of pair i uses block i + 2^48 t, so that a pair
 * does not depend on how many tries other pairs took. */
void pynn_normal(uint64_t seed, uint32_t purpose, uint64_t stream, int64_t n, double *out) {
    const uint64_t mode = float_mode_set();
    uint64_t word[2 * PAIRS], again[2];
    for (int64_t i = 0; i < n; i += 2) {
        const int64_t l = i % (2 * PAIRS);
        const uint64_t block = (uint64_t)i / 2;
        if (l == 0) draw_pairs(seed, purpose, stream, block, blocks_for(n - i), word);
        double pair[2];
        int taken = polar(word + l, pair);
        for (uint64_t t = TRY_STEP; !taken; t += TRY_STEP) {
            draw_pairs(seed, purpose, stream, block + t, 1, again);
            taken = polar(again, pair);
        }
        memcpy(out + i, pair, (size_t)at_most(n - i, 2) * sizeof *pair);
    }
    float_mode_restore(mode);
}

/* The upper 64 bits of a * b, from four products of halves. */
static uint64_t high_product(uint64_t a, uint64_t b) {
    const uint64_t mask = 0xFFFFFFFFu, a0 = a & mask, a1 = a >> 32, b0 = b & mask, b1 = b >> 32;
    const uint64_t middle = a1 * b0 + ((a0 * b0) >> 32);
    const uint64_t carry = a0 * b1 + (middle & mask);
    return a1 * b1 + (middle >> 32) + (carry >> 32);
}

/* The Fisher-Yates shuffle, from the end. Element i is swapped with element floor(word_i * (i + 1) / 2^64);
 * the probabilities of these elements differ by at most one part in 2^64 / (i + 1). */
void pynn_permutation(uint64_t seed, uint32_t purpose, uint64_t stream, int64_t n, int64_t *out) {
    for (int64_t i = 0; i < n; ++i) out[i] = i;
    uint64_t word[2 * PAIRS];
    int64_t drawn = n; /* `word` holds the random words of elements drawn .. drawn + 31 */
    for (int64_t i = n - 1; i > 0; --i) {
        if (i < drawn) {
            drawn = i - i % (2 * PAIRS);
            draw_pairs(seed, purpose, stream, (uint64_t)drawn / 2, blocks_for(i + 1 - drawn), word);
        }
        const int64_t j = (int64_t)high_product(word[i - drawn], (uint64_t)i + 1);
        const int64_t kept = out[i];
        out[i] = out[j];
        out[j] = kept;
    }
}
