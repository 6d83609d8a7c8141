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
CK_INLINE v16 v16_from_i32(const int32_t *p) {
    return CK_BOTH(
        _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)p)),
        _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)(p + 8))));
}
CK_INLINE __m256i v16_low_bytes(__m256 a, __m256 b, __m256 c, __m256 d) {
    __m256i low = _mm256_or_si256(_mm256_castps_si256(a), _mm256_slli_epi32(_mm256_castps_si256(b), 8));
    __m256i high = _mm256_or_si256(_mm256_castps_si256(c), _mm256_slli_epi32(_mm256_castps_si256(d), 8));
    return _mm256_blend_epi16(low, _mm256_slli_epi32(high, 16), 0xaa);
}
CK_INLINE void v16_store_low_bytes(uint8_t *p, const v16 v[4]) {
    _mm256_storeu_si256((__m256i *)p, v16_low_bytes(v[0].low, v[1].low, v[2].low, v[3].low));
    _mm256_storeu_si256((__m256i *)(p + 32), v16_low_bytes(v[0].high, v[1].high, v[2].high, v[3].high));
}

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
#define ck_min_256 _mm256_min_ps
#define ck_min_128 _mm_min_ps
CK_FOLD(v16_sum, ck_add_)
CK_FOLD(v16_largest, ck_max_)
CK_FOLD(v16_least, ck_min_)
#undef CK_FOLD

/* The same folds for eight vectors at once. */
#define CK_FOLD8(name, one) \
    CK_INLINE void name(const v16 *v, float *out) { \
        for (int r = 0; r < 8; r++) out[r] = one(v[r]); \
    }
CK_FOLD8(v16_sum8, v16_sum)
CK_FOLD8(v16_largest8, v16_largest)
CK_FOLD8(v16_least8, v16_least)
#undef CK_FOLD8

CK_INLINE void v16_transpose(const float *from, int stride, int rows, float *to, int to_stride) {
    for (int j = 0; j < rows; j++)
        for (int l = 0; l < 16; l++) to[l * to_stride + j] = from[j * stride + l];
}
