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
/* The first eight lanes. */
CK_INLINE void v16_store8(float *p, v16 a) {
    for (int i = 0; i < 2; i++) vst1q_f32(p + 4 * i, a.quarter[i]);
}
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
CK_INLINE v16 v16_magnitude(v16 a, v16 b) {
    CK_QUARTERS(vmaxq_f32(vabsq_f32(a.quarter[i]), vabsq_f32(b.quarter[i])));
}
CK_INLINE v16 v16_select(uint16_t mask, v16 a, v16 b) {
    static const uint32_t bits[4] = {1, 2, 4, 8};
    uint32x4_t bit = vld1q_u32(bits);
    CK_QUARTERS(vbslq_f32(vtstq_u32(vdupq_n_u32(mask >> (4 * i)), bit), a.quarter[i], b.quarter[i]));
}
CK_INLINE v16 v16_scale(v16 a, v16 t) {
    CK_QUARTERS(vreinterpretq_f32_u32(vaddq_u32(
        vreinterpretq_u32_f32(a.quarter[i]), vshlq_n_u32(vreinterpretq_u32_f32(t.quarter[i]), 23))));
}
CK_INLINE v16 v16_from_i32(const int32_t *p, const int32_t *q) {
    CK_QUARTERS(vcvtq_f32_s32(vaddq_s32(vld1q_s32(p + 4 * i), vld1q_s32(q + 4 * i))));
}
CK_INLINE void v16_store_low_bytes(uint8_t *p, const v16 v[4]) {
    for (int i = 0; i < 4; i++) {
        uint32x4_t x = vandq_u32(vreinterpretq_u32_f32(v[0].quarter[i]), vdupq_n_u32(0xff));
        x = vsliq_n_u32(x, vreinterpretq_u32_f32(v[1].quarter[i]), 8);
        x = vsliq_n_u32(x, vreinterpretq_u32_f32(v[2].quarter[i]), 16);
        x = vsliq_n_u32(x, vreinterpretq_u32_f32(v[3].quarter[i]), 24);
        vst1q_u8(p + 16 * i, vreinterpretq_u8_u32(x));
    }
}

CK_INLINE void v16_store_bytes(uint8_t *p, v16 v) {
    uint16x4_t part[4];
    for (int i = 0; i < 4; i++) part[i] = vmovn_u32(vreinterpretq_u32_f32(v.quarter[i]));
    uint8x8_t low = vmovn_u16(vcombine_u16(part[0], part[1]));
    vst1q_u8(p, vcombine_u8(low, vmovn_u16(vcombine_u16(part[2], part[3]))));
}

typedef struct { int32x4_t quarter[4]; } n16;

#define CK_WHOLE_QUARTERS(expression) \
    n16 r; \
    for (int i = 0; i < 4; i++) r.quarter[i] = (expression); \
    return r

CK_INLINE n16 n16_none(void) { CK_WHOLE_QUARTERS(vdupq_n_s32(0)); }
CK_INLINE n16 n16_load(const void *p) {
    CK_WHOLE_QUARTERS(vreinterpretq_s32_u8(vld1q_u8((const uint8_t *)p + 16 * i)));
}
CK_INLINE void n16_store(void *p, n16 a) {
    for (int i = 0; i < 4; i++) vst1q_u8((uint8_t *)p + 16 * i, vreinterpretq_u8_s32(a.quarter[i]));
}
CK_INLINE n16 n16_less(n16 a, n16 b) { CK_WHOLE_QUARTERS(vsubq_s32(a.quarter[i], b.quarter[i])); }
CK_INLINE n16 n16_four(const uint8_t *p) {
    int32_t four;
    __builtin_memcpy(&four, p, 4);
    CK_WHOLE_QUARTERS(vdupq_n_s32(four));
}
/* 16-bit numbers of two lanes, then four products each, folded to one sum per lane. */
CK_INLINE int32x4_t n16_quarter_dot(int32x4_t sum, int32x4_t a, int32x4_t b) {
    uint8x16_t u = vreinterpretq_u8_s32(a);
    int8x16_t s = vreinterpretq_s8_s32(b);
    int16x8_t u0 = vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(u))), s0 = vmovl_s8(vget_low_s8(s));
    int16x8_t u1 = vreinterpretq_s16_u16(vmovl_u8(vget_high_u8(u))), s1 = vmovl_s8(vget_high_s8(s));
    int32x4_t p0 = vmull_s16(vget_low_s16(u0), vget_low_s16(s0));
    int32x4_t p1 = vmull_s16(vget_high_s16(u0), vget_high_s16(s0));
    int32x4_t p2 = vmull_s16(vget_low_s16(u1), vget_low_s16(s1));
    int32x4_t p3 = vmull_s16(vget_high_s16(u1), vget_high_s16(s1));
    return vaddq_s32(sum, vpaddq_s32(vpaddq_s32(p0, p1), vpaddq_s32(p2, p3)));
}
CK_INLINE n16 n16_dot(n16 sum, n16 a, n16 b) {
    CK_WHOLE_QUARTERS(n16_quarter_dot(sum.quarter[i], a.quarter[i], b.quarter[i]));
}
CK_INLINE v16 v16_from(n16 a) { CK_QUARTERS(vcvtq_f32_s32(a.quarter[i])); }

#define CK_FOLD(name, op4, op2) \
    CK_INLINE float name(v16 v) { \
        float32x4_t a = op4(v.quarter[0], v.quarter[2]), b = op4(v.quarter[1], v.quarter[3]); \
        a = op4(a, b); \
        float32x2_t c = op2(vget_low_f32(a), vget_high_f32(a)); \
        c = op2(c, vdup_lane_f32(c, 1)); \
        return vget_lane_f32(c, 0); \
    }
#define CK_GREATER2(a, b) vbsl_f32(vcgt_f32(a, b), a, b)
CK_FOLD(v16_sum, vaddq_f32, vadd_f32)
CK_FOLD(v16_largest, CK_GREATER, CK_GREATER2)
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
