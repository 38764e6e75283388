/* AVX-512 table (F, BW, DQ, VL): 32 registers, tiles of 14 rows by two vectors. Comparisons give mask
 * registers, and a part of a vector is loaded and stored with masked instructions, which do not access the
 * memory of the other lanes. Only the vocabulary is here; the target region below lets its functions, and
 * the bodies included into it, use the instructions without a compiler flag. See vocabulary.md. */
#include "kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>

#define TARGET "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
#include "target_begin.h"

#define MR 14
#define KC 2048
#define SPARSE 7

#if REAL_BITS == 64
#define W 8
#define NR 16
typedef __m512d vec;
typedef __m512i ivec;
typedef __mmask8 mask;
#define FIRST(n) ((mask)((1u << (n)) - 1u)) /* lanes 0..n-1 */
#define v_load(p) _mm512_loadu_pd(p)
#define v_store(p, a) _mm512_storeu_pd(p, a)
#define v_load_part(p, n) _mm512_maskz_loadu_pd(FIRST(n), p)
#define v_store_part(p, a, n) _mm512_mask_storeu_pd(p, FIRST(n), a)
#define v_set1(x) _mm512_set1_pd(x)
#define v_add(a, b) _mm512_add_pd(a, b)
#define v_sub(a, b) _mm512_sub_pd(a, b)
#define v_mul(a, b) _mm512_mul_pd(a, b)
#define v_div(a, b) _mm512_div_pd(a, b)
#define v_sqrt(a) _mm512_sqrt_pd(a)
#define v_fma(a, b, c) _mm512_fmadd_pd(a, b, c)
#define v_fnma(a, b, c) _mm512_fnmadd_pd(a, b, c)
#define v_lt(a, b) _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ)
#define v_le(a, b) _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ)
#define v_eq(a, b) _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ)
#define m_and(a, b) _kand_mask8(a, b)
#define m_not(a) _knot_mask8(a)
#define v_select(m, a, b) _mm512_mask_blend_pd(m, b, a)
#define v_zero_if(m, a) _mm512_maskz_mov_pd(_knot_mask8(m), a)
#define v_bits(a) _mm512_castpd_si512(a)
#define v_from_bits(a) _mm512_castsi512_pd(a)
#define i_set1(x) _mm512_set1_epi64(x)
#define i_add(a, b) _mm512_add_epi64(a, b)
#define i_sub(a, b) _mm512_sub_epi64(a, b)
#define i_shl(a, n) _mm512_slli_epi64(a, (unsigned)(n))
#define i_shr(a, n) _mm512_srli_epi64(a, (unsigned)(n))
#else
#define W 16
#define NR 32
typedef __m512 vec;
typedef __m512i ivec;
typedef __mmask16 mask;
#define FIRST(n) ((mask)((1u << (n)) - 1u)) /* lanes 0..n-1 */
#define v_load(p) _mm512_loadu_ps(p)
#define v_store(p, a) _mm512_storeu_ps(p, a)
#define v_load_part(p, n) _mm512_maskz_loadu_ps(FIRST(n), p)
#define v_store_part(p, a, n) _mm512_mask_storeu_ps(p, FIRST(n), a)
#define v_set1(x) _mm512_set1_ps(x)
#define v_add(a, b) _mm512_add_ps(a, b)
#define v_sub(a, b) _mm512_sub_ps(a, b)
#define v_mul(a, b) _mm512_mul_ps(a, b)
#define v_div(a, b) _mm512_div_ps(a, b)
#define v_sqrt(a) _mm512_sqrt_ps(a)
#define v_fma(a, b, c) _mm512_fmadd_ps(a, b, c)
#define v_fnma(a, b, c) _mm512_fnmadd_ps(a, b, c)
#define v_lt(a, b) _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ)
#define v_le(a, b) _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ)
#define v_eq(a, b) _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ)
#define m_and(a, b) _kand_mask16(a, b)
#define m_not(a) _knot_mask16(a)
#define v_select(m, a, b) _mm512_mask_blend_ps(m, b, a)
#define v_zero_if(m, a) _mm512_maskz_mov_ps(_knot_mask16(m), a)
#define v_bits(a) _mm512_castps_si512(a)
#define v_from_bits(a) _mm512_castsi512_ps(a)
#define i_set1(x) _mm512_set1_epi32(x)
#define i_add(a, b) _mm512_add_epi32(a, b)
#define i_sub(a, b) _mm512_sub_epi32(a, b)
#define i_shl(a, n) _mm512_slli_epi32(a, (unsigned)(n))
#define i_shr(a, n) _mm512_srli_epi32(a, (unsigned)(n))
#endif
#define m_any(a) ((a) != 0)
#define m_bits(a) ((unsigned)(a))
#define i_and(a, b) _mm512_and_si512(a, b)
#define i_or(a, b) _mm512_or_si512(a, b)
#define i_xor(a, b) _mm512_xor_si512(a, b)

/* max(b, a) is b > a ? b : a, which is a for NaN and for equal numbers, as in v_greater. */
#if REAL_BITS == 64
#define ACROSS(op4, op2, op1)                                                              \
    const __m256d half = op4(_mm512_extractf64x4_pd(a, 1), _mm512_castpd512_pd256(a));     \
    const __m128d two = op2(_mm256_extractf128_pd(half, 1), _mm256_castpd256_pd128(half)); \
    return _mm_cvtsd_f64(op1(_mm_unpackhi_pd(two, two), two))
static inline real v_sum(vec a) { ACROSS(_mm256_add_pd, _mm_add_pd, _mm_add_sd); }
static inline real v_max(vec a) { ACROSS(_mm256_max_pd, _mm_max_pd, _mm_max_sd); }
#else
#define ACROSS(op8, op4, op1)                                                              \
    const __m256 half = op8(_mm512_extractf32x8_ps(a, 1), _mm512_castps512_ps256(a));      \
    const __m128 four = op4(_mm256_extractf128_ps(half, 1), _mm256_castps256_ps128(half)); \
    const __m128 two = op4(_mm_movehl_ps(four, four), four);                               \
    return _mm_cvtss_f32(op1(_mm_movehdup_ps(two), two))
static inline real v_sum(vec a) { ACROSS(_mm256_add_ps, _mm_add_ps, _mm_add_ss); }
static inline real v_max(vec a) { ACROSS(_mm256_max_ps, _mm_max_ps, _mm_max_ss); }
#endif
#define HAS_ACROSS

/* The transpose of a block of 16 x 16 floats, or 8 x 8 doubles, a quarter of the columns at a time. It starts
 * from vectors that are put together from 128-bit pieces (quarters) of four rows, which lie a quarter of the
 * block apart. */
#if REAL_BITS == 64
static inline vec quarters(const real *from, ptrdiff_t ld) {
    vec r = _mm512_castpd128_pd512(_mm_loadu_pd(from));
    r = _mm512_insertf64x2(r, _mm_loadu_pd(from + 2 * ld), 1);
    r = _mm512_insertf64x2(r, _mm_loadu_pd(from + 4 * ld), 2);
    return _mm512_insertf64x2(r, _mm_loadu_pd(from + 6 * ld), 3);
}
static inline void v_transpose(const real *from, ptrdiff_t ld_from, real *to, ptrdiff_t ld_to) {
    for (int c = 0; c < W; c += 2) {
        const vec r0 = quarters(from + c, ld_from), r1 = quarters(from + c + ld_from, ld_from);
        v_store(to + c * ld_to, _mm512_unpacklo_pd(r0, r1));
        v_store(to + (c + 1) * ld_to, _mm512_unpackhi_pd(r0, r1));
    }
}
#else
static inline vec quarters(const real *from, ptrdiff_t ld) {
    vec r = _mm512_castps128_ps512(_mm_loadu_ps(from));
    r = _mm512_insertf32x4(r, _mm_loadu_ps(from + 4 * ld), 1);
    r = _mm512_insertf32x4(r, _mm_loadu_ps(from + 8 * ld), 2);
    return _mm512_insertf32x4(r, _mm_loadu_ps(from + 12 * ld), 3);
}
static inline void v_transpose(const real *from, ptrdiff_t ld_from, real *to, ptrdiff_t ld_to) {
    for (int c = 0; c < W; c += 4) {
        vec r[4], t[4];
        for (int i = 0; i < 4; ++i) r[i] = quarters(from + c + i * ld_from, ld_from);
        t[0] = _mm512_unpacklo_ps(r[0], r[1]), t[1] = _mm512_unpackhi_ps(r[0], r[1]);
        t[2] = _mm512_unpacklo_ps(r[2], r[3]), t[3] = _mm512_unpackhi_ps(r[2], r[3]);
        v_store(to + c * ld_to, _mm512_shuffle_ps(t[0], t[2], 0x44));
        v_store(to + (c + 1) * ld_to, _mm512_shuffle_ps(t[0], t[2], 0xEE));
        v_store(to + (c + 2) * ld_to, _mm512_shuffle_ps(t[1], t[3], 0x44));
        v_store(to + (c + 3) * ld_to, _mm512_shuffle_ps(t[1], t[3], 0xEE));
    }
}
#endif
#define HAS_TRANSPOSE

static inline int64_t v_keep(vec a, unsigned bits, int32_t first, int32_t *k, real *value) {
#if REAL_BITS == 64
    const __m256i at = _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(first));
    v_store(value, _mm512_maskz_compress_pd((mask)bits, a));
    _mm256_storeu_si256((__m256i *)(void *)k, _mm256_maskz_compress_epi32((mask)bits, at));
#else
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    v_store(value, _mm512_maskz_compress_ps((mask)bits, a));
    _mm512_storeu_si512(k, _mm512_maskz_compress_epi32((mask)bits, _mm512_add_epi32(lane, i_set1(first))));
#endif
    return __builtin_popcount(bits);
}
#define HAS_KEEP

#include "bodies.inl.h"

const kernels TYPED(kernels_avx512) = KERNELS("avx512", CPU_AVX512 | CPU_AVX2 | CPU_FMA);

#include "target_end.h"
#else
typedef int not_this_architecture; /* ISO C forbids an empty file */
#endif
