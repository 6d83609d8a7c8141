/* AVX-512 with VNNI: four u8·s8 products and their sum per 32-bit lane in one instruction. */
#if defined(__x86_64__)
#pragma STDC FP_CONTRACT OFF
#define CK_SET avx512vnni
#include "lanes_avx512.h"
#include "kernels_float.h"
#include "kernels_attention.h"
#include "kernels_query.h"

#define CK_TILE_ROWS 6

/* `rows` rows × 64 columns in up to 24 registers, finished without leaving them. */
CK_INLINE void ck_tile(
    const ck_rows *a, int i, int rows, const ck_matrix *b, int j, float *out, int stride, int mode,
    float *most) {
    __m512i acc[CK_TILE_ROWS][4];
    int k = b->k;
    const uint8_t *bytes = a->bytes + (size_t)i * k;
    const int8_t *block = b->packed + (size_t)j * k;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < 4; v++) acc[r][v] = _mm512_loadu_si512(b->start + j + 16 * v);
    for (int c = 0; c < k; c += 4) {
        const int8_t *weights = block + (size_t)c * CK_BLOCK;
        __m512i weight[4];
#pragma clang loop unroll(full)
        for (int v = 0; v < 4; v++) weight[v] = _mm512_load_si512(weights + 64 * v);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            int32_t four;
            __builtin_memcpy(&four, bytes + (size_t)r * k + c, 4);
            __m512i input = _mm512_set1_epi32(four);
#pragma clang loop unroll(full)
            for (int v = 0; v < 4; v++) acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], input, weight[v]);
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        v16 row = v16_all(a->scale[i + r]);
        float *to = out + (size_t)(i + r) * stride + j;
        v16 y[4];
#pragma clang loop unroll(full)
        for (int v = 0; v < 4; v++)
            y[v] = v16_finish(_mm512_cvtepi32_ps(acc[r][v]), row, b, j + 16 * v, to + 16 * v, mode);
        if (mode == CK_GELU) {
            v16 largest = v16_max(v16_max(y[0], y[1]), v16_max(y[2], y[3]));
            v16_store(most + 16 * (i + r), v16_max(v16_load(most + 16 * (i + r)), largest));
        }
    }
}

/* The modes and numbers of rows as constants, so that each has its own straight code. */
CK_INLINE void ck_gemm_mode(
    const ck_rows *a, const ck_matrix *b, int first, int last, float *out, int stride, int mode,
    float *most) {
    for (int i = 0; mode == CK_GELU && i < a->m; i++) v16_store(most + 16 * i, v16_all(0));
    for (int j = first; j < last; j += CK_BLOCK) {
        int i = 0;
        for (; i + 6 <= a->m; i += 6) ck_tile(a, i, 6, b, j, out, stride, mode, most);
        switch (a->m - i) {
            case 5: ck_tile(a, i, 5, b, j, out, stride, mode, most); break;
            case 4: ck_tile(a, i, 4, b, j, out, stride, mode, most); break;
            case 3: ck_tile(a, i, 3, b, j, out, stride, mode, most); break;
            case 2: ck_tile(a, i, 2, b, j, out, stride, mode, most); break;
            case 1: ck_tile(a, i, 1, b, j, out, stride, mode, most); break;
            default: break;
        }
    }
}

CK_TARGET static void ck_gemm_u8s8_avx512vnni(
    const ck_rows *a, const ck_matrix *b, int32_t first, int32_t last, float *out, int32_t stride,
    int32_t mode, float *most) {
    if (mode == CK_STORE) ck_gemm_mode(a, b, first, last, out, stride, CK_STORE, NULL);
    else if (mode == CK_ADD) ck_gemm_mode(a, b, first, last, out, stride, CK_ADD, NULL);
    else ck_gemm_mode(a, b, first, last, out, stride, CK_GELU, most);
}

CK_TARGET static int64_t ck_peak_u8s8_avx512vnni(int64_t rounds) {
    __m512i acc[24], a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(-5);
#pragma clang loop unroll(full)
    for (int v = 0; v < 24; v++) acc[v] = _mm512_setzero_si512();
    for (int64_t n = 0; n < rounds; n++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < 24; v++) {
            acc[v] = _mm512_dpbusd_epi32(acc[v], a, b);
            __asm__ volatile("" : "+v"(acc[v]));
        }
    }
    return rounds * 24 * 64;
}

#include "kernels_table.h"
#endif
