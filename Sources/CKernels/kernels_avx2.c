/* AVX2 with FMA: u8·s8 by way of 16-bit products, because the direct instruction saturates. */
#if defined(__x86_64__)
#pragma STDC FP_CONTRACT OFF
#define CK_SET avx2
#include "lanes_avx2.h"
#include "kernels_float.h"
#include "kernels_attention.h"
#include "kernels_query.h"

#define CK_TILE_ROWS 3

/* 16 columns of `rows` rows. One register holds two sums (bytes 0, 1 and 2, 3 of each four) for four
 * columns. */
CK_INLINE void ck_tile16(
    const uint8_t *a, int k, int rows, const int8_t *block, int column, int32_t acc[][CK_BLOCK]) {
    __m256i sum[CK_TILE_ROWS][4];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < 4; v++) sum[r][v] = _mm256_setzero_si256();
    for (int i = 0; i < k; i += 4) {
        __m256i input[CK_TILE_ROWS];
        for (int r = 0; r < rows; r++) {
            int32_t four;
            __builtin_memcpy(&four, a + r * k + i, 4);
            input[r] = _mm256_cvtepu8_epi16(_mm_set1_epi32(four));
        }
        const __m128i *weights = (const __m128i *)(block + (size_t)i * CK_BLOCK + column * 4);
        for (int v = 0; v < 4; v++) {
            __m256i weight = _mm256_cvtepi8_epi16(_mm_loadu_si128(weights + v));
            for (int r = 0; r < rows; r++)
                sum[r][v] = _mm256_add_epi32(sum[r][v], _mm256_madd_epi16(input[r], weight));
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < 4; v += 2) {
            __m256i pairs = _mm256_hadd_epi32(sum[r][v], sum[r][v + 1]);
            _mm256_storeu_si256((__m256i *)&acc[r][column + 4 * v], _mm256_permute4x64_epi64(pairs, 0xd8));
        }
}

CK_INLINE void ck_tile(const uint8_t *a, int k, int rows, const int8_t *block, int32_t acc[][CK_BLOCK]) {
    for (int column = 0; column < CK_BLOCK; column += 16) {
        if (rows == 3) ck_tile16(a, k, 3, block, column, acc);
        else if (rows == 2) ck_tile16(a, k, 2, block, column, acc);
        else ck_tile16(a, k, 1, block, column, acc);
    }
}

#include "kernels_gemm.h"

CK_TARGET static int64_t ck_peak_u8s8_avx2(int64_t rounds) {
    __m256i sum[12], a = _mm256_set1_epi16(3), b = _mm256_set1_epi16(-5);
    for (int v = 0; v < 12; v++) sum[v] = _mm256_setzero_si256();
    for (int64_t n = 0; n < rounds; n++)
        for (int v = 0; v < 12; v++) {
            sum[v] = _mm256_add_epi32(sum[v], _mm256_madd_epi16(a, b));
            __asm__ volatile("" : "+x"(sum[v]), "+x"(a));
        }
    return rounds * 12 * 16;
}

#include "kernels_table.h"
#endif
