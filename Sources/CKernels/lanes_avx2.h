/* Sixteen float lanes in two registers of AVX2. */
#include <immintrin.h>
#include <stdint.h>

#define CK_TARGET __attribute__((target("avx2,fma")))
#define CK_INLINE static inline CK_TARGET __attribute__((always_inline, unused))

typedef struct { __m256 low, high; } v16;

#define CK_BOTH(low, high) ((v16){(low), (high)})

CK_INLINE v16 v16_load(const float *p) { return CK_BOTH(_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)); }
CK_INLINE void v16_store(float *p, v16 a) {
    _mm256_storeu_ps(p, a.low);
    _mm256_storeu_ps(p + 8, a.high);
}
/* The first eight lanes. */
CK_INLINE void v16_store8(float *p, v16 a) { _mm256_storeu_ps(p, a.low); }
CK_INLINE v16 v16_all(float x) { return CK_BOTH(_mm256_set1_ps(x), _mm256_set1_ps(x)); }
CK_INLINE v16 v16_add(v16 a, v16 b) {
    return CK_BOTH(_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high));
}
CK_INLINE v16 v16_sub(v16 a, v16 b) {
    return CK_BOTH(_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high));
}
CK_INLINE v16 v16_mul(v16 a, v16 b) {
    return CK_BOTH(_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high));
}
CK_INLINE v16 v16_div(v16 a, v16 b) {
    return CK_BOTH(_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high));
}
CK_INLINE v16 v16_root(v16 a) { return CK_BOTH(_mm256_sqrt_ps(a.low), _mm256_sqrt_ps(a.high)); }
CK_INLINE v16 v16_fma(v16 a, v16 b, v16 c) {
    return CK_BOTH(_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high));
}
CK_INLINE v16 v16_max(v16 a, v16 b) {
    return CK_BOTH(_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high));
}
CK_INLINE v16 v16_min(v16 a, v16 b) {
    return CK_BOTH(_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high));
}
CK_INLINE __m256 v16_half_magnitude(__m256 a, __m256 b) {
    __m256 sign = _mm256_set1_ps(-0.0f);
    return _mm256_max_ps(_mm256_andnot_ps(sign, a), _mm256_andnot_ps(sign, b));
}
CK_INLINE v16 v16_magnitude(v16 a, v16 b) {
    return CK_BOTH(v16_half_magnitude(a.low, b.low), v16_half_magnitude(a.high, b.high));
}
CK_INLINE __m256 v16_half_select(unsigned mask, __m256 a, __m256 b) {
    __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    __m256i set = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)mask), bit), bit);
    return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(set));
}
CK_INLINE v16 v16_select(uint16_t mask, v16 a, v16 b) {
    return CK_BOTH(v16_half_select(mask, a.low, b.low), v16_half_select(mask >> 8, a.high, b.high));
}
CK_INLINE __m256 v16_half_scale(__m256 a, __m256 t) {
    __m256i n = _mm256_slli_epi32(_mm256_castps_si256(t), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), n));
}
CK_INLINE v16 v16_scale(v16 a, v16 t) {
    return CK_BOTH(v16_half_scale(a.low, t.low), v16_half_scale(a.high, t.high));
}
CK_INLINE __m256 v16_half_from_i32(const int32_t *p, const int32_t *q) {
    __m256i a = _mm256_loadu_si256((const __m256i *)p), b = _mm256_loadu_si256((const __m256i *)q);
    return _mm256_cvtepi32_ps(_mm256_add_epi32(a, b));
}
CK_INLINE v16 v16_from_i32(const int32_t *p, const int32_t *q) {
    return CK_BOTH(v16_half_from_i32(p, q), v16_half_from_i32(p + 8, q + 8));
}
CK_INLINE __m256i v16_low_bytes(__m256 a, __m256 b, __m256 c, __m256 d) {
    __m256i one = _mm256_set1_epi32(0xff);
    __m256i low = _mm256_and_si256(_mm256_castps_si256(a), one);
    __m256i high = _mm256_and_si256(_mm256_castps_si256(c), one);
    low = _mm256_or_si256(low, _mm256_slli_epi32(_mm256_castps_si256(b), 8));
    high = _mm256_or_si256(high, _mm256_slli_epi32(_mm256_castps_si256(d), 8));
    return _mm256_blend_epi16(low, _mm256_slli_epi32(high, 16), 0xaa);
}
CK_INLINE void v16_store_low_bytes(uint8_t *p, const v16 v[4]) {
    _mm256_storeu_si256((__m256i *)p, v16_low_bytes(v[0].low, v[1].low, v[2].low, v[3].low));
    _mm256_storeu_si256((__m256i *)(p + 32), v16_low_bytes(v[0].high, v[1].high, v[2].high, v[3].high));
}

CK_INLINE void v16_store_bytes(uint8_t *p, v16 v) {
    __m256i last = _mm256_set1_epi32(0xff);
    __m256i low = _mm256_and_si256(_mm256_castps_si256(v.low), last);
    __m256i high = _mm256_and_si256(_mm256_castps_si256(v.high), last);
    /* Quarters 0 and 2, 1 and 3 of the lanes come to lie together. */
    __m256i pairs = _mm256_permute4x64_epi64(_mm256_packus_epi32(low, high), 0xd8);
    __m128i a = _mm256_castsi256_si128(pairs), b = _mm256_extracti128_si256(pairs, 1);
    _mm_storeu_si128((__m128i *)p, _mm_packus_epi16(a, b));
}

typedef struct { __m256i low, high; } n16;

CK_INLINE n16 n16_none(void) { return (n16){_mm256_setzero_si256(), _mm256_setzero_si256()}; }
CK_INLINE n16 n16_load(const void *p) {
    const __m256i *from = (const __m256i *)p;
    return (n16){_mm256_loadu_si256(from), _mm256_loadu_si256(from + 1)};
}
CK_INLINE void n16_store(void *p, n16 a) {
    _mm256_storeu_si256((__m256i *)p, a.low);
    _mm256_storeu_si256((__m256i *)p + 1, a.high);
}
CK_INLINE n16 n16_less(n16 a, n16 b) {
    return (n16){_mm256_sub_epi32(a.low, b.low), _mm256_sub_epi32(a.high, b.high)};
}
CK_INLINE n16 n16_four(const uint8_t *p) {
    int32_t four;
    __builtin_memcpy(&four, p, 4);
    return (n16){_mm256_set1_epi32(four), _mm256_set1_epi32(four)};
}
/* Even and odd bytes apart as 16-bit numbers: the direct instruction saturates. */
CK_INLINE __m256i n16_half_dot(__m256i sum, __m256i a, __m256i b) {
    __m256i even = _mm256_and_si256(a, _mm256_set1_epi16(0xff)), odd = _mm256_srli_epi16(a, 8);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(even, _mm256_srai_epi16(_mm256_slli_epi16(b, 8), 8)));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(odd, _mm256_srai_epi16(b, 8)));
}
CK_INLINE n16 n16_dot(n16 sum, n16 a, n16 b) {
    return (n16){n16_half_dot(sum.low, a.low, b.low), n16_half_dot(sum.high, a.high, b.high)};
}
CK_INLINE v16 v16_from(n16 a) { return CK_BOTH(_mm256_cvtepi32_ps(a.low), _mm256_cvtepi32_ps(a.high)); }

#define CK_FOLD(name, op) \
    CK_INLINE float name(v16 v) { \
        __m256 a = op##256(v.low, v.high); \
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

/* The same folds for eight vectors at once, in the first eight lanes. */
#define CK_FOLD8(name, one) \
    CK_INLINE v16 name(const v16 *v) { \
        float out[16] = {0}; \
        for (int r = 0; r < 8; r++) out[r] = one(v[r]); \
        return v16_load(out); \
    }
CK_FOLD8(v16_sum8, v16_sum)
CK_FOLD8(v16_largest8, v16_largest)
#undef CK_FOLD8
