/* AVX2 + FMA table: 16 registers, tiles of 6 rows by two vectors. Only the vocabulary is here;
 * the target region below gives its functions, and the bodies included into it, the instructions,
 * so no compiler flag is needed. See vocabulary.md for what each word means. */
#include "kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#include <string.h>

#define TARGET "avx2,fma"
#include "target_begin.h"

#define MR 6
#define KC 256
#define SPARSE (REAL_BITS == 64 ? 3 : 7)

#if REAL_BITS == 64
#define W 4
#define NR 8
typedef __m256d vec;
typedef __m256i ivec;
typedef __m256d mask;
#define v_load(p) _mm256_loadu_pd(p)
#define v_store(p, a) _mm256_storeu_pd(p, a)
#define v_set1(x) _mm256_set1_pd(x)
#define v_add(a, b) _mm256_add_pd(a, b)
#define v_sub(a, b) _mm256_sub_pd(a, b)
#define v_mul(a, b) _mm256_mul_pd(a, b)
#define v_div(a, b) _mm256_div_pd(a, b)
#define v_sqrt(a) _mm256_sqrt_pd(a)
#define v_fma(a, b, c) _mm256_fmadd_pd(a, b, c)
#define v_fnma(a, b, c) _mm256_fnmadd_pd(a, b, c)
#define v_lt(a, b) _mm256_cmp_pd(a, b, _CMP_LT_OQ)
#define v_le(a, b) _mm256_cmp_pd(a, b, _CMP_LE_OQ)
#define v_eq(a, b) _mm256_cmp_pd(a, b, _CMP_EQ_OQ)
#define m_and(a, b) _mm256_and_pd(a, b)
#define m_not(a) _mm256_xor_pd(a, _mm256_castsi256_pd(_mm256_set1_epi64x(-1)))
#define m_any(a) (_mm256_movemask_pd(a) != 0)
#define m_bits(a) ((unsigned)_mm256_movemask_pd(a))
#define v_select(m, a, b) _mm256_blendv_pd(b, a, m)
#define v_zero_if(m, a) _mm256_andnot_pd(m, a)
#define v_bits(a) _mm256_castpd_si256(a)
#define v_from_bits(a) _mm256_castsi256_pd(a)
#define i_set1(x) _mm256_set1_epi64x(x)
#define i_add(a, b) _mm256_add_epi64(a, b)
#define i_sub(a, b) _mm256_sub_epi64(a, b)
#define i_shl(a, n) _mm256_slli_epi64(a, n)
#define i_shr(a, n) _mm256_srli_epi64(a, n)
#else
#define W 8
#define NR 16
typedef __m256 vec;
typedef __m256i ivec;
typedef __m256 mask;
#define v_load(p) _mm256_loadu_ps(p)
#define v_store(p, a) _mm256_storeu_ps(p, a)
#define v_set1(x) _mm256_set1_ps(x)
#define v_add(a, b) _mm256_add_ps(a, b)
#define v_sub(a, b) _mm256_sub_ps(a, b)
#define v_mul(a, b) _mm256_mul_ps(a, b)
#define v_div(a, b) _mm256_div_ps(a, b)
#define v_sqrt(a) _mm256_sqrt_ps(a)
#define v_fma(a, b, c) _mm256_fmadd_ps(a, b, c)
#define v_fnma(a, b, c) _mm256_fnmadd_ps(a, b, c)
#define v_lt(a, b) _mm256_cmp_ps(a, b, _CMP_LT_OQ)
#define v_le(a, b) _mm256_cmp_ps(a, b, _CMP_LE_OQ)
#define v_eq(a, b) _mm256_cmp_ps(a, b, _CMP_EQ_OQ)
#define m_and(a, b) _mm256_and_ps(a, b)
#define m_not(a) _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(-1)))
#define m_any(a) (_mm256_movemask_ps(a) != 0)
#define m_bits(a) ((unsigned)_mm256_movemask_ps(a))
#define v_select(m, a, b) _mm256_blendv_ps(b, a, m)
#define v_zero_if(m, a) _mm256_andnot_ps(m, a)
#define v_bits(a) _mm256_castps_si256(a)
#define v_from_bits(a) _mm256_castsi256_ps(a)
#define i_set1(x) _mm256_set1_epi32(x)
#define i_add(a, b) _mm256_add_epi32(a, b)
#define i_sub(a, b) _mm256_sub_epi32(a, b)
#define i_shl(a, n) _mm256_slli_epi32(a, n)
#define i_shr(a, n) _mm256_srli_epi32(a, n)
#endif
#define i_and(a, b) _mm256_and_si256(a, b)
#define i_or(a, b) _mm256_or_si256(a, b)
#define i_xor(a, b) _mm256_xor_si256(a, b)

/* A masked load does not access the memory of lanes whose mask is 0, so these cannot fault. The mask of the
 * first n lanes starts n elements before the middle of the array. */
#if REAL_BITS == 64
static const int64_t lane_masks[2 * W] = {-1, -1, -1, -1, 0, 0, 0, 0};
#define MASKED_LOAD(p, m) _mm256_maskload_pd(p, m)
#else
static const int32_t lane_masks[2 * W] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
#define MASKED_LOAD(p, m) _mm256_maskload_ps(p, m)
#endif
static inline ivec first_lanes(int n) {
    return _mm256_loadu_si256((const __m256i *)(const void *)(lane_masks + W - n));
}
static inline vec v_load_part(const real *p, int n) {
    return n == W ? v_load(p) : MASKED_LOAD(p, first_lanes(n));
}
/* The masked store is not used here: it takes a dozen cycles on some CPUs. */
static inline void v_store_part(real *p, vec a, int n) {
    if (n == W) {
        v_store(p, a);
        return;
    }
#if REAL_BITS == 64
    __m128d x = _mm256_castpd256_pd128(a);
    if (n & 2) {
        _mm_storeu_pd(p, x);
        x = _mm256_extractf128_pd(a, 1);
        p += 2;
    }
    if (n & 1) _mm_store_sd(p, x);
#else
    __m128 x = _mm256_castps256_ps128(a);
    if (n & 4) {
        _mm_storeu_ps(p, x);
        x = _mm256_extractf128_ps(a, 1);
        p += 4;
    }
    if (n & 2) {
        _mm_storel_pi((__m64 *)(void *)p, x);
        x = _mm_movehl_ps(x, x);
        p += 2;
    }
    if (n & 1) _mm_store_ss(p, x);
#endif
}

/* max(b, a) is b > a ? b : a, which is a for NaN and for equal numbers, as in v_greater. */
#if REAL_BITS == 64
#define ACROSS(op2, op1)                                                              \
    const __m128d half = op2(_mm256_extractf128_pd(a, 1), _mm256_castpd256_pd128(a)); \
    return _mm_cvtsd_f64(op1(_mm_unpackhi_pd(half, half), half))
static inline real v_sum(vec a) { ACROSS(_mm_add_pd, _mm_add_sd); }
static inline real v_max(vec a) { ACROSS(_mm_max_pd, _mm_max_sd); }
#else
#define ACROSS(op4, op1)                                                             \
    const __m128 half = op4(_mm256_extractf128_ps(a, 1), _mm256_castps256_ps128(a)); \
    const __m128 quarter = op4(_mm_movehl_ps(half, half), half);                     \
    return _mm_cvtss_f32(op1(_mm_movehdup_ps(quarter), quarter))
static inline real v_sum(vec a) { ACROSS(_mm_add_ps, _mm_add_ss); }
static inline real v_max(vec a) { ACROSS(_mm_max_ps, _mm_max_ss); }
#endif
#define HAS_ACROSS

/* The transpose of a block of 8 x 8 floats, or 4 x 4 doubles. */
#if REAL_BITS == 64
static inline void v_transpose(const real *from, ptrdiff_t ld_from, real *to, ptrdiff_t ld_to) {
    const vec r0 = v_load(from), r1 = v_load(from + ld_from);
    const vec r2 = v_load(from + 2 * ld_from), r3 = v_load(from + 3 * ld_from);
    const vec a = _mm256_unpacklo_pd(r0, r1), b = _mm256_unpackhi_pd(r0, r1);
    const vec c = _mm256_unpacklo_pd(r2, r3), d = _mm256_unpackhi_pd(r2, r3);
    v_store(to, _mm256_permute2f128_pd(a, c, 0x20));
    v_store(to + ld_to, _mm256_permute2f128_pd(b, d, 0x20));
    v_store(to + 2 * ld_to, _mm256_permute2f128_pd(a, c, 0x31));
    v_store(to + 3 * ld_to, _mm256_permute2f128_pd(b, d, 0x31));
}
#else
/* Four columns from c on: pairs of rows are interleaved by elements, then pairs of pairs, then the halves. */
static inline void transpose_four(const real *from, ptrdiff_t ld_from, real *to, ptrdiff_t ld_to) {
    __m256 r[4], t[4];
    for (int i = 0; i < 4; ++i)
        r[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from + i * ld_from)),
                                    _mm_loadu_ps(from + (i + 4) * ld_from), 1);
    t[0] = _mm256_unpacklo_ps(r[0], r[1]), t[1] = _mm256_unpackhi_ps(r[0], r[1]);
    t[2] = _mm256_unpacklo_ps(r[2], r[3]), t[3] = _mm256_unpackhi_ps(r[2], r[3]);
    v_store(to, _mm256_shuffle_ps(t[0], t[2], 0x44));
    v_store(to + ld_to, _mm256_shuffle_ps(t[0], t[2], 0xEE));
    v_store(to + 2 * ld_to, _mm256_shuffle_ps(t[1], t[3], 0x44));
    v_store(to + 3 * ld_to, _mm256_shuffle_ps(t[1], t[3], 0xEE));
}
static inline void v_transpose(const real *from, ptrdiff_t ld_from, real *to, ptrdiff_t ld_to) {
    transpose_four(from, ld_from, to, ld_to);
    transpose_four(from + 4, ld_from, to + 4 * ld_to, ld_to);
}
#endif
#define HAS_TRANSPOSE

#if REAL_BITS == 32 /* four lanes at a time: order[b] brings the lanes whose bit is set in b to the front */
static inline int64_t v_keep(vec a, unsigned bits, int32_t first, int32_t *k, real *value) {
    static const int32_t order[16][4] = {{0, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0},
                                         {2, 0, 0, 0}, {0, 2, 0, 0}, {1, 2, 0, 0}, {0, 1, 2, 0},
                                         {3, 0, 0, 0}, {0, 3, 0, 0}, {1, 3, 0, 0}, {0, 1, 3, 0},
                                         {2, 3, 0, 0}, {0, 2, 3, 0}, {1, 2, 3, 0}, {0, 1, 2, 3}};
    const __m128i low = _mm_loadu_si128((const __m128i *)(const void *)order[bits & 15]);
    const __m128i high = _mm_loadu_si128((const __m128i *)(const void *)order[bits >> 4]);
    const int n = __builtin_popcount(bits & 15);
    _mm_storeu_ps(value, _mm_permutevar_ps(_mm256_castps256_ps128(a), low));
    _mm_storeu_si128((__m128i *)(void *)k, _mm_add_epi32(low, _mm_set1_epi32(first)));
    _mm_storeu_ps(value + n, _mm_permutevar_ps(_mm256_extractf128_ps(a, 1), high));
    _mm_storeu_si128((__m128i *)(void *)(k + n), _mm_add_epi32(high, _mm_set1_epi32(first + 4)));
    return n + __builtin_popcount(bits >> 4);
}
#define HAS_KEEP
#endif

#include "bodies.inl.h"

const kernels TYPED(kernels_avx2) = KERNELS("avx2", CPU_AVX2 | CPU_FMA);

#include "target_end.h"
#else
typedef int not_this_architecture; /* ISO C forbids an empty file */
#endif
