/* Portable table: plain C, for any CPU and compiler. A vector is an array of 16 lanes. It is not
 * tuned for speed; tests compare the other tables with it. `fma` is libm's, which rounds once with or
 * without the CPU's instruction. See vocabulary.md in this folder for what each word means. */
#include "kernels.h"
#include <math.h>
#include <string.h>

#define W 16
#define MR 4
#define NR 16
#define KC 256
#define SPARSE 1

#if REAL_BITS == 64
typedef int64_t lane_int;
typedef uint64_t lane_uint;
#define FMA_LANE(a, b, c) fma(a, b, c)
#define SQRT_LANE(a) sqrt(a)
#else
typedef int32_t lane_int;
typedef uint32_t lane_uint;
#define FMA_LANE(a, b, c) fmaf(a, b, c)
#define SQRT_LANE(a) sqrtf(a)
#endif
typedef struct {
    real lane[W];
} vec;
typedef struct {
    lane_uint lane[W];
} ivec;
typedef struct {
    unsigned char lane[W];
} mask;

#define LANES(T, expr)                                   \
    do {                                                 \
        T r_;                                            \
        for (int l = 0; l < W; ++l) r_.lane[l] = (expr); \
        return r_;                                       \
    } while (0)

static inline vec v_load(const real *p) { LANES(vec, p[l]); }
static inline void v_store(real *p, vec a) {
    for (int l = 0; l < W; ++l) p[l] = a.lane[l];
}
static inline vec v_load_part(const real *p, int n) { LANES(vec, l < n ? p[l] : 0); }
static inline void v_store_part(real *p, vec a, int n) {
    for (int l = 0; l < n; ++l) p[l] = a.lane[l];
}
static inline vec v_set1(real x) { LANES(vec, x); }
static inline vec v_add(vec a, vec b) { LANES(vec, a.lane[l] + b.lane[l]); }
static inline vec v_sub(vec a, vec b) { LANES(vec, a.lane[l] - b.lane[l]); }
static inline vec v_mul(vec a, vec b) { LANES(vec, a.lane[l] * b.lane[l]); }
static inline vec v_div(vec a, vec b) { LANES(vec, a.lane[l] / b.lane[l]); }
static inline vec v_sqrt(vec a) { LANES(vec, SQRT_LANE(a.lane[l])); }
static inline vec v_fma(vec a, vec b, vec c) { LANES(vec, FMA_LANE(a.lane[l], b.lane[l], c.lane[l])); }
static inline vec v_fnma(vec a, vec b, vec c) { LANES(vec, FMA_LANE(-a.lane[l], b.lane[l], c.lane[l])); }
static inline mask v_lt(vec a, vec b) { LANES(mask, a.lane[l] < b.lane[l]); }
static inline mask v_le(vec a, vec b) { LANES(mask, a.lane[l] <= b.lane[l]); }
static inline mask v_eq(vec a, vec b) { LANES(mask, a.lane[l] == b.lane[l]); }
static inline mask m_and(mask a, mask b) { LANES(mask, a.lane[l] & b.lane[l]); }
static inline mask m_not(mask a) { LANES(mask, !a.lane[l]); }
static inline int m_any(mask a) {
    int any = 0;
    for (int l = 0; l < W; ++l) any |= a.lane[l];
    return any;
}
static inline unsigned m_bits(mask a) {
    unsigned bits = 0;
    for (int l = 0; l < W; ++l) bits |= (unsigned)(a.lane[l] != 0) << l;
    return bits;
}
static inline vec v_select(mask m, vec a, vec b) { LANES(vec, m.lane[l] ? a.lane[l] : b.lane[l]); }
static inline vec v_zero_if(mask m, vec a) { LANES(vec, m.lane[l] ? 0 : a.lane[l]); }
/* Lane by lane: of a copy of the whole vector, gcc 12 makes wrong code for aarch64 (Adamax' |g|, lanes 4 to
 * 7). */
static inline lane_uint bits_of(real x) {
    lane_uint bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static inline real from_bits(lane_uint bits) {
    real x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static inline ivec v_bits(vec a) { LANES(ivec, bits_of(a.lane[l])); }
static inline vec v_from_bits(ivec a) { LANES(vec, from_bits(a.lane[l])); }
static inline ivec i_set1(lane_int x) { LANES(ivec, (lane_uint)x); }
static inline ivec i_add(ivec a, ivec b) { LANES(ivec, a.lane[l] + b.lane[l]); }
static inline ivec i_sub(ivec a, ivec b) { LANES(ivec, a.lane[l] - b.lane[l]); }
static inline ivec i_and(ivec a, ivec b) { LANES(ivec, a.lane[l] & b.lane[l]); }
static inline ivec i_or(ivec a, ivec b) { LANES(ivec, a.lane[l] | b.lane[l]); }
static inline ivec i_xor(ivec a, ivec b) { LANES(ivec, a.lane[l] ^ b.lane[l]); }
static inline ivec i_shl(ivec a, int n) { LANES(ivec, a.lane[l] << n); }
static inline ivec i_shr(ivec a, int n) { LANES(ivec, a.lane[l] >> n); }

#include "bodies.inl.h"

const kernels TYPED(kernels_portable) = KERNELS("portable", 0);
