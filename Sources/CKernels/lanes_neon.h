/* Sixteen float lanes in four registers of NEON. */
#include <arm_neon.h>
#include <stdint.h>

#define CK_TARGET
#define CK_INLINE static inline __attribute__((always_inline, unused))

typedef struct { float32x4_t quarter[4]; } v16;

#define CK_QUARTERS(expression) \
    v16 r; \
    for (int i = 0; i < 4; i++) r.quarter[i] = (expression); \
    return r

CK_INLINE v16 v16_load(const float *p) { CK_QUARTERS(vld1q_f32(p + 4 * i)); }
CK_INLINE void v16_store(float *p, v16 a) { for (int i = 0; i < 4; i++) vst1q_f32(p + 4 * i, a.quarter[i]); }
CK_INLINE v16 v16_all(float x) { CK_QUARTERS(vdupq_n_f32(x)); }
CK_INLINE v16 v16_add(v16 a, v16 b) { CK_QUARTERS(vaddq_f32(a.quarter[i], b.quarter[i])); }
CK_INLINE v16 v16_sub(v16 a, v16 b) { CK_QUARTERS(vsubq_f32(a.quarter[i], b.quarter[i])); }
CK_INLINE v16 v16_mul(v16 a, v16 b) { CK_QUARTERS(vmulq_f32(a.quarter[i], b.quarter[i])); }
CK_INLINE v16 v16_div(v16 a, v16 b) { CK_QUARTERS(vdivq_f32(a.quarter[i], b.quarter[i])); }
CK_INLINE v16 v16_root(v16 a) { CK_QUARTERS(vsqrtq_f32(a.quarter[i])); }
CK_INLINE v16 v16_fma(v16 a, v16 b, v16 c) {
    CK_QUARTERS(vfmaq_f32(c.quarter[i], a.quarter[i], b.quarter[i]));
}
/* Not vmaxq: it has its own opinion of zeros. */
#define CK_GREATER(a, b) vbslq_f32(vcgtq_f32(a, b), a, b)
#define CK_LESSER(a, b) vbslq_f32(vcltq_f32(a, b), a, b)
CK_INLINE v16 v16_max(v16 a, v16 b) { CK_QUARTERS(CK_GREATER(a.quarter[i], b.quarter[i])); }
CK_INLINE v16 v16_min(v16 a, v16 b) { CK_QUARTERS(CK_LESSER(a.quarter[i], b.quarter[i])); }
CK_INLINE v16 v16_select(uint16_t mask, v16 a, v16 b) {
    static const uint32_t bits[4] = {1, 2, 4, 8};
    uint32x4_t bit = vld1q_u32(bits);
    CK_QUARTERS(vbslq_f32(vtstq_u32(vdupq_n_u32(mask >> (4 * i)), bit), a.quarter[i], b.quarter[i]));
}
CK_INLINE v16 v16_scale(v16 a, v16 t) {
    CK_QUARTERS(vreinterpretq_f32_u32(vaddq_u32(
        vreinterpretq_u32_f32(a.quarter[i]), vshlq_n_u32(vreinterpretq_u32_f32(t.quarter[i]), 23))));
}
CK_INLINE v16 v16_from_i32(const int32_t *p) { CK_QUARTERS(vcvtq_f32_s32(vld1q_s32(p + 4 * i))); }
CK_INLINE void v16_store_low_bytes(uint8_t *p, const v16 v[4]) {
    for (int i = 0; i < 4; i++) {
        uint32x4_t x = vandq_u32(vreinterpretq_u32_f32(v[0].quarter[i]), vdupq_n_u32(0xff));
        x = vsliq_n_u32(x, vreinterpretq_u32_f32(v[1].quarter[i]), 8);
        x = vsliq_n_u32(x, vreinterpretq_u32_f32(v[2].quarter[i]), 16);
        x = vsliq_n_u32(x, vreinterpretq_u32_f32(v[3].quarter[i]), 24);
        vst1q_u8(p + 16 * i, vreinterpretq_u8_u32(x));
    }
}

#define CK_FOLD(name, op4, op2) \
    CK_INLINE float name(v16 v) { \
        float32x4_t a = op4(v.quarter[0], v.quarter[2]), b = op4(v.quarter[1], v.quarter[3]); \
        a = op4(a, b); \
        float32x2_t c = op2(vget_low_f32(a), vget_high_f32(a)); \
        c = op2(c, vdup_lane_f32(c, 1)); \
        return vget_lane_f32(c, 0); \
    }
#define CK_GREATER2(a, b) vbsl_f32(vcgt_f32(a, b), a, b)
#define CK_LESSER2(a, b) vbsl_f32(vclt_f32(a, b), a, b)
CK_FOLD(v16_sum, vaddq_f32, vadd_f32)
CK_FOLD(v16_largest, CK_GREATER, CK_GREATER2)
CK_FOLD(v16_least, CK_LESSER, CK_LESSER2)
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
