/* NEON table, for every 64-bit Arm: 32 registers of 128 bits, tiles of 6 rows by four vectors.
 * Only the vocabulary is here. NEON is part of the architecture, so no target region is needed.
 * See vocabulary.md for what each word means. */
#include "kernels.h"

#if defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>
#include <string.h>

#define MR 6
#define KC 512
#define SPARSE (REAL_BITS == 64 ? 3 : 6)

#if REAL_BITS == 64
#define W 2
#define NR 8
typedef float64x2_t vec;
typedef uint64x2_t ivec;
typedef uint64x2_t mask;
#define v_load(p) vld1q_f64(p)
#define v_store(p, a) vst1q_f64(p, a)
#define v_set1(x) vdupq_n_f64(x)
#define v_add(a, b) vaddq_f64(a, b)
#define v_sub(a, b) vsubq_f64(a, b)
#define v_mul(a, b) vmulq_f64(a, b)
#define v_div(a, b) vdivq_f64(a, b)
#define v_sqrt(a) vsqrtq_f64(a)
#define v_fma(a, b, c) vfmaq_f64(c, a, b)
#define v_fnma(a, b, c) vfmsq_f64(c, a, b)
#define v_lt(a, b) vcltq_f64(a, b)
#define v_le(a, b) vcleq_f64(a, b)
#define v_eq(a, b) vceqq_f64(a, b)
#define m_and(a, b) vandq_u64(a, b)
#define m_not(a) vreinterpretq_u64_u32(vmvnq_u32(vreinterpretq_u32_u64(a)))
#define m_any(a) (vmaxvq_u32(vreinterpretq_u32_u64(a)) != 0)
#define m_bits(a) ((unsigned)(vgetq_lane_u64(a, 0) & 1) | (unsigned)(vgetq_lane_u64(a, 1) & 2))
#define v_select(m, a, b) vbslq_f64(m, a, b)
#define v_zero_if(m, a) vreinterpretq_f64_u64(vbicq_u64(vreinterpretq_u64_f64(a), m))
#define v_bits(a) vreinterpretq_u64_f64(a)
#define v_from_bits(a) vreinterpretq_f64_u64(a)
#define i_set1(x) vdupq_n_u64((uint64_t)(x))
#define i_add(a, b) vaddq_u64(a, b)
#define i_sub(a, b) vsubq_u64(a, b)
#define i_and(a, b) vandq_u64(a, b)
#define i_or(a, b) vorrq_u64(a, b)
#define i_xor(a, b) veorq_u64(a, b)
#define i_shl(a, n) vshlq_n_u64(a, n)
#define i_shr(a, n) vshrq_n_u64(a, n)
#else
#define W 4
#define NR 16
typedef float32x4_t vec;
typedef uint32x4_t ivec;
typedef uint32x4_t mask;
#define v_load(p) vld1q_f32(p)
#define v_store(p, a) vst1q_f32(p, a)
#define v_set1(x) vdupq_n_f32(x)
#define v_add(a, b) vaddq_f32(a, b)
#define v_sub(a, b) vsubq_f32(a, b)
#define v_mul(a, b) vmulq_f32(a, b)
#define v_div(a, b) vdivq_f32(a, b)
#define v_sqrt(a) vsqrtq_f32(a)
#define v_fma(a, b, c) vfmaq_f32(c, a, b)
#define v_fnma(a, b, c) vfmsq_f32(c, a, b)
#define v_lt(a, b) vcltq_f32(a, b)
#define v_le(a, b) vcleq_f32(a, b)
#define v_eq(a, b) vceqq_f32(a, b)
#define m_and(a, b) vandq_u32(a, b)
#define m_not(a) vmvnq_u32(a)
#define m_any(a) (vmaxvq_u32(a) != 0)
#define m_bits(a) vaddvq_u32(vandq_u32(a, ((uint32x4_t){1, 2, 4, 8})))
#define v_select(m, a, b) vbslq_f32(m, a, b)
#define v_zero_if(m, a) vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(a), m))
#define v_bits(a) vreinterpretq_u32_f32(a)
#define v_from_bits(a) vreinterpretq_f32_u32(a)
#define i_set1(x) vdupq_n_u32((uint32_t)(x))
#define i_add(a, b) vaddq_u32(a, b)
#define i_sub(a, b) vsubq_u32(a, b)
#define i_and(a, b) vandq_u32(a, b)
#define i_or(a, b) vorrq_u32(a, b)
#define i_xor(a, b) veorq_u32(a, b)
#define i_shl(a, n) vshlq_n_u32(a, n)
#define i_shr(a, n) vshrq_n_u32(a, n)
#endif

static inline vec v_load_part(const real *p, int n) {
    real lane[W] = {0};
    memcpy(lane, p, (size_t)n * sizeof(real));
    return v_load(lane);
}
static inline void v_store_part(real *p, vec a, int n) {
    real lane[W];
    v_store(lane, a);
    memcpy(p, lane, (size_t)n * sizeof(real));
}

#include "bodies.inl.h"

const kernels TYPED(kernels_neon) = KERNELS("neon", CPU_NEON);

#else
typedef int not_this_architecture; /* ISO C forbids an empty file */
#endif
