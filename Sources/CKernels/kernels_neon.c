/* NEON, as every 64-bit Arm has it. */
#if defined(__aarch64__)
#pragma STDC FP_CONTRACT OFF
#define CK_SET neon
#include "lanes_neon.h"
#include "kernels_float.h"
#include "kernels_attention.h"
#include "kernels_query.h"

#define CK_TILE_ROWS 4

/* Four columns at a time: 16-bit products of four inputs each, folded to one sum per column. */
CK_INLINE void ck_tile(const uint8_t *a, int k, int rows, const int8_t *block, int32_t acc[][CK_BLOCK]) {
    for (int column = 0; column < CK_BLOCK; column += 4)
        for (int r = 0; r < rows; r++) {
            int32x4_t sum[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
            for (int i = 0; i < k; i += 4) {
                uint32_t four;
                __builtin_memcpy(&four, a + r * k + i, 4);
                uint8x8_t bytes = vreinterpret_u8_u32(vdup_n_u32(four));
                int16x4_t input = vget_low_s16(vreinterpretq_s16_u16(vmovl_u8(bytes)));
                int8x16_t weight = vld1q_s8(block + (size_t)i * CK_BLOCK + column * 4);
                int16x8_t low = vmovl_s8(vget_low_s8(weight)), high = vmovl_s8(vget_high_s8(weight));
                sum[0] = vmlal_s16(sum[0], vget_low_s16(low), input);
                sum[1] = vmlal_s16(sum[1], vget_high_s16(low), input);
                sum[2] = vmlal_s16(sum[2], vget_low_s16(high), input);
                sum[3] = vmlal_s16(sum[3], vget_high_s16(high), input);
            }
            int32x4_t low = vpaddq_s32(sum[0], sum[1]), high = vpaddq_s32(sum[2], sum[3]);
            vst1q_s32(&acc[r][column], vpaddq_s32(low, high));
        }
}

#include "kernels_gemm.h"

static int64_t ck_peak_u8s8_neon(int64_t rounds) {
    int32x4_t sum[24];
    int16x4_t a = vdup_n_s16(3), b = vdup_n_s16(-5);
    for (int v = 0; v < 24; v++) sum[v] = vdupq_n_s32(0);
    for (int64_t n = 0; n < rounds; n++)
        for (int v = 0; v < 24; v++) {
            sum[v] = vmlal_s16(sum[v], a, b);
            __asm__ volatile("" : "+w"(sum[v]));
        }
    return rounds * 24 * 4;
}

#include "kernels_table.h"
#endif
