/* Sixteen float lanes in one register of AVX-512. */
#include <immintrin.h>
#include <stdint.h>

#define CK_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")))
#define CK_INLINE static inline CK_TARGET __attribute__((always_inline, unused))

/* Loops over a number of vectors that is no constant stay loops, and are no reason for a warning. */
#define CK_UNROLL _Pragma("clang loop unroll(full)")
#pragma clang diagnostic ignored "-Wpass-failed"

typedef __m512 v16;

CK_INLINE v16 v16_load(const float *p) { return _mm512_loadu_ps(p); }
CK_INLINE void v16_store(float *p, v16 a) { _mm512_storeu_ps(p, a); }
/* The first eight lanes. */
CK_INLINE void v16_store8(float *p, v16 a) { _mm256_storeu_ps(p, _mm512_castps512_ps256(a)); }
CK_INLINE v16 v16_all(float x) { return _mm512_set1_ps(x); }
CK_INLINE v16 v16_add(v16 a, v16 b) { return _mm512_add_ps(a, b); }
CK_INLINE v16 v16_sub(v16 a, v16 b) { return _mm512_sub_ps(a, b); }
CK_INLINE v16 v16_mul(v16 a, v16 b) { return _mm512_mul_ps(a, b); }
CK_INLINE v16 v16_div(v16 a, v16 b) { return _mm512_div_ps(a, b); }
CK_INLINE v16 v16_root(v16 a) { return _mm512_sqrt_ps(a); }
CK_INLINE v16 v16_fma(v16 a, v16 b, v16 c) { return _mm512_fmadd_ps(a, b, c); }
CK_INLINE v16 v16_max(v16 a, v16 b) { return _mm512_max_ps(a, b); }
CK_INLINE v16 v16_min(v16 a, v16 b) { return _mm512_min_ps(a, b); }
/* As in kernels_float.h, by whole numbers: those units are idle where the multipliers are busy. Read as whole
 * numbers without sign, the bits of numbers below 0 grow with the magnitude, and are above all others. */
#define CK_HAS_BOUNDS
CK_INLINE v16 v16_at_least(v16 x, float least) {
    __m512i bits = _mm512_castps_si512(x), bound = _mm512_castps_si512(_mm512_set1_ps(least));
    return _mm512_castsi512_ps(_mm512_min_epu32(bits, bound));
}
CK_INLINE v16 v16_at_most(v16 x, float most) {
    __m512i bits = _mm512_castps_si512(x), bound = _mm512_castps_si512(_mm512_set1_ps(most));
    return _mm512_castsi512_ps(_mm512_min_epi32(bits, bound));
}
/* The larger of two magnitudes. */
CK_INLINE v16 v16_magnitude(v16 a, v16 b) { return _mm512_range_ps(a, b, 0x0b); }
CK_INLINE v16 v16_select(uint16_t mask, v16 a, v16 b) { return _mm512_mask_blend_ps(mask, b, a); }
CK_INLINE v16 v16_scale(v16 a, v16 t) {
    __m512i n = _mm512_slli_epi32(_mm512_castps_si512(t), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), n));
}
/* The low bytes of four vectors, those of one lane side by side. */
CK_INLINE __m512i v16_low_bytes(const v16 v[4]) {
    __m512i one = _mm512_set1_epi32(0xff), two = _mm512_set1_epi32(0xffff);
    __m512i b = _mm512_slli_epi32(_mm512_castps_si512(v[1]), 8);
    __m512i d = _mm512_slli_epi32(_mm512_castps_si512(v[3]), 8);
    /* 0xca: where the first is set the second, else the third. */
    __m512i low = _mm512_ternarylogic_epi32(one, _mm512_castps_si512(v[0]), b, 0xca);
    __m512i high = _mm512_ternarylogic_epi32(one, _mm512_castps_si512(v[2]), d, 0xca);
    return _mm512_ternarylogic_epi32(two, low, _mm512_slli_epi32(high, 16), 0xca);
}
CK_INLINE void v16_store_low_bytes(uint8_t *p, const v16 v[4]) { _mm512_storeu_si512(p, v16_low_bytes(v)); }
/* As in kernels_attention.h. */
#define CK_HAS_QUARTERS
CK_INLINE void v16_store_quarters(uint8_t *p, const v16 v[4]) {
    __m512i turn = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    __m512i four = _mm512_shuffle_epi8(v16_low_bytes(v), turn);
    _mm_storeu_si128((__m128i *)p, _mm512_castsi512_si128(four));
    _mm_storeu_si128((__m128i *)(p + 64), _mm512_extracti32x4_epi32(four, 1));
    _mm_storeu_si128((__m128i *)(p + 128), _mm512_extracti32x4_epi32(four, 2));
    _mm_storeu_si128((__m128i *)(p + 192), _mm512_extracti32x4_epi32(four, 3));
}
CK_INLINE void v16_store_bytes(uint8_t *p, v16 v) {
    _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(_mm512_castps_si512(v)));
}

typedef __m512i n16;

CK_INLINE n16 n16_none(void) { return _mm512_setzero_si512(); }
CK_INLINE n16 n16_load(const void *p) { return _mm512_loadu_si512(p); }
CK_INLINE void n16_store(void *p, n16 a) { _mm512_storeu_si512(p, a); }
CK_INLINE n16 n16_less(n16 a, n16 b) { return _mm512_sub_epi32(a, b); }
CK_INLINE n16 n16_four(const uint8_t *p) {
    int32_t four;
    __builtin_memcpy(&four, p, 4);
    return _mm512_set1_epi32(four);
}
CK_INLINE n16 n16_dot(n16 sum, n16 a, n16 b) { return _mm512_dpbusd_epi32(sum, a, b); }
CK_INLINE v16 v16_from(n16 a) { return _mm512_cvtepi32_ps(a); }

#define CK_FOLD(name, op) \
    CK_INLINE float name(v16 v) { \
        __m256 a = op##256(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1)); \
        __m128 b = op##128(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1)); \
        b = op##128(b, _mm_movehl_ps(b, b)); \
        b = op##128(b, _mm_movehdup_ps(b)); \
        return _mm_cvtss_f32(b); \
    }
#define ck_add_256 _mm256_add_ps
#define ck_add_128 _mm_add_ps
#define ck_max_256 _mm256_max_ps
#define ck_max_128 _mm_max_ps
CK_FOLD(v16_sum, ck_add_)
CK_FOLD(v16_largest, ck_max_)
#undef CK_FOLD

/* The same folds for eight vectors at once: each round folds two vectors into one, so that eight cost little
 * more than one. They stay in a register, in its first eight lanes: sixteen floats read where eight have just
 * been stored wait for the store. */
#define CK_FOLD8(name, op) \
    CK_INLINE v16 name(const v16 *v) { \
        v16 half[4], quarter[2]; \
        for (int r = 0; r < 4; r++) \
            half[r] = op( \
                _mm512_shuffle_f32x4(v[2 * r], v[2 * r + 1], 0x44), \
                _mm512_shuffle_f32x4(v[2 * r], v[2 * r + 1], 0xee)); \
        for (int r = 0; r < 2; r++) \
            quarter[r] = op( \
                _mm512_shuffle_f32x4(half[2 * r], half[2 * r + 1], 0x88), \
                _mm512_shuffle_f32x4(half[2 * r], half[2 * r + 1], 0xdd)); \
        __m512d a = _mm512_castps_pd(quarter[0]), b = _mm512_castps_pd(quarter[1]); \
        v16 pairs = op( \
            _mm512_castpd_ps(_mm512_unpacklo_pd(a, b)), _mm512_castpd_ps(_mm512_unpackhi_pd(a, b))); \
        v16 whole = op(pairs, _mm512_movehdup_ps(pairs)); \
        __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 2, 6, 10, 14, 0, 0, 0, 0, 0, 0, 0, 0); \
        return _mm512_permutexvar_ps(order, whole); \
    }
CK_FOLD8(v16_sum8, _mm512_add_ps)
CK_FOLD8(v16_largest8, _mm512_max_ps)
#undef CK_FOLD8
