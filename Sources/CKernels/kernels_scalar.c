/* The scalar twin: the specification of every kernel, to the bit. */
#pragma STDC FP_CONTRACT OFF
#define CK_SET scalar
#include "lanes_scalar.h"
#include "kernels_float.h"
#include "kernels_attention.h"
#include "kernels_query.h"

#define CK_TILE_ROWS 4

CK_INLINE void ck_tile(const uint8_t *a, int k, int rows, const int8_t *block, int32_t acc[][CK_BLOCK]) {
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < CK_BLOCK; j++) {
            int32_t sum = 0;
            for (int i = 0; i < k; i++)
                sum += (int32_t)a[r * k + i] * block[i / 4 * 4 * CK_BLOCK + j * 4 + i % 4];
            acc[r][j] = sum;
        }
}

#include "kernels_gemm.h"

static int64_t ck_peak_u8s8_scalar(int64_t rounds) {
    uint8_t a[64];
    int8_t b[64];
    for (int i = 0; i < 64; i++) {
        a[i] = (uint8_t)(i * 7 + 1);
        b[i] = (int8_t)(i - 31);
    }
    volatile int32_t sink = 0;
    int32_t sum = 0;
    for (int64_t n = 0; n < rounds; n++) {
        for (int v = 0; v < 24; v++)
            for (int i = 0; i < 64; i++) sum += a[i] * b[(i + v) & 63] & 15;
        sink = sum;
        sum = sink & 255;
    }
    return rounds * 24 * 64;
}

#include "kernels_table.h"
