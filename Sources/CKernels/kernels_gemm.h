/* The product for sets whose tile leaves its whole numbers in memory; included after the set's ck_tile:
 * acc[r][j] = Σ_k a[r][k]·b[k][j] for `rows` ≤ CK_TILE_ROWS rows and one block of 64 columns. */

CK_TARGET static void CK_NAME(gemm_u8s8)(
    const ck_rows *a, const ck_matrix *b, int32_t first, int32_t last, float *out, int32_t stride,
    int32_t mode, float *most) {
    int32_t acc[CK_TILE_ROWS][CK_BLOCK] __attribute__((aligned(64)));
    for (int i = 0; mode == CK_GELU && i < a->m; i++) v16_store(most + 16 * i, v16_all(0));
    for (int j = first; j < last; j += CK_BLOCK) {
        const int8_t *block = b->packed + (size_t)j * b->k;
        for (int i = 0; i < a->m; i += CK_TILE_ROWS) {
            int rows = a->m - i < CK_TILE_ROWS ? a->m - i : CK_TILE_ROWS;
            ck_tile(a->bytes + (size_t)i * b->k, b->k, rows, block, acc);
            for (int r = 0; r < rows; r++) {
                v16 row = v16_all(a->scale[i + r]), largest = v16_all(0);
                float *to = out + (size_t)(i + r) * stride + j;
                for (int c = 0; c < CK_BLOCK; c += 16) {
                    v16 whole = v16_from_i32(&acc[r][c], b->start + j + c);
                    largest = v16_max(largest, v16_finish(whole, row, b, j + c, to + c, mode));
                }
                if (mode == CK_GELU)
                    v16_store(most + 16 * (i + r), v16_max(v16_load(most + 16 * (i + r)), largest));
            }
        }
    }
}
