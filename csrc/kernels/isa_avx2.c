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
#define LIVE (REAL_BITS == 64 ? 3 : 7)

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
#define m_or(a, b) _mm256_or_pd(a, b)
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
#define m_or(a, b) _mm256_or_ps(a, b)
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

const kernels TYPED(kernels_avx2) = KERNELS("avx2", CPU_AVX2 | CPU_FMA);

#include "target_end.h"
#else
typedef int not_this_architecture; /* ISO C forbids an empty file */
#endif
