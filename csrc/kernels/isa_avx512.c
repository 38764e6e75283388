/* AVX-512 table (F, BW, DQ, VL): 32 registers, tiles of 14 rows by two vectors; truth values live
 * in mask registers, so a part of a vector is loaded and stored with masked instructions, whose
 * hidden lanes cannot fault. Only the vocabulary is here; the target region below gives its
 * functions, and the bodies included into it, the instructions. See vocabulary.md. */
#include "kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>

#define TARGET "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
#include "target_begin.h"

#define MR 14
#define KC 2048
#define LIVE 7

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
#define m_or(a, b) _kor_mask8(a, b)
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
#define m_or(a, b) _kor_mask16(a, b)
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
