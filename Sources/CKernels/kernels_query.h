/* The last layer's attention for a query, over states instead of keys and values; included after
 * kernels_float.h. Nothing here is worth 8 bits: it is one row in a description. */

/* `rows` ≤ 4 rows and 16·vectors columns of a product. */
CK_INLINE void ck_product_tile(
    const float *x, int rows, int x_stride, const float *w, int w_stride, int k, const float *bias,
    int vectors, float *out, int out_stride) {
    v16 sum[4][4][2];
    for (int r = 0; r < rows; r++)
        for (int q = 0; q < 4; q++)
            for (int v = 0; v < vectors; v++)
                sum[r][q][v] = q || !bias ? v16_all(0) : v16_load(bias + 16 * v);
    for (int c = 0; c < k; c += 4)
        for (int q = 0; q < 4; q++) {
            v16 weight[2];
            for (int v = 0; v < vectors; v++) weight[v] = v16_load(w + (size_t)(c + q) * w_stride + 16 * v);
            for (int r = 0; r < rows; r++) {
                v16 one = v16_all(x[(size_t)r * x_stride + c + q]);
                for (int v = 0; v < vectors; v++) sum[r][q][v] = v16_fma(one, weight[v], sum[r][q][v]);
            }
        }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            v16_store(
                out + (size_t)r * out_stride + 16 * v,
                v16_add(v16_add(sum[r][0][v], sum[r][1][v]), v16_add(sum[r][2][v], sum[r][3][v])));
}

CK_TARGET static void CK_NAME(product_f32)(
    const float *x, int32_t m, int32_t x_stride, const float *w, int32_t w_stride, int32_t k, int32_t n,
    const float *bias, float *out, int32_t out_stride) {
    int fours = m / 4 * 4, left = m - fours;
    const float *rest = x + (size_t)fours * x_stride;
    float *end = out + (size_t)fours * out_stride;
    for (int j = 0; j < n; j += 16) {
        const float *start = bias ? bias + j : NULL;
        for (int i = 0; i < fours; i += 4)
            ck_product_tile(
                x + (size_t)i * x_stride, 4, x_stride, w + j, w_stride, k, start, 1,
                out + (size_t)i * out_stride + j, out_stride);
        if (left == 3) ck_product_tile(rest, 3, x_stride, w + j, w_stride, k, start, 1, end + j, out_stride);
        if (left == 2) ck_product_tile(rest, 2, x_stride, w + j, w_stride, k, start, 1, end + j, out_stride);
    }
    if (left != 1) return;
    /* One row alone has too few sums to keep the multipliers busy: its columns go in pairs of vectors. */
    for (int j = 0; j < n; j += 32) {
        const float *start = bias ? bias + j : NULL;
        if (j + 32 <= n)
            ck_product_tile(rest, 1, x_stride, w + j, w_stride, k, start, 2, end + j, out_stride);
        else
            ck_product_tile(rest, 1, x_stride, w + j, w_stride, k, start, 1, end + j, out_stride);
    }
}

/* out[j] = Σ_c a[c]·x[j][c] for up to eight rows x; a row with itself for a = NULL. */
CK_INLINE void ck_dot8(const float *const *x, const float *a, int width, float *out) {
    v16 sum[8];
    for (int r = 0; r < 8; r++) sum[r] = v16_all(0);
    for (int c = 0; c < width; c += 16) {
        v16 one = a ? v16_load(a + c) : v16_all(0);
        for (int r = 0; r < 8; r++) {
            v16 value = v16_load(x[r] + c);
            sum[r] = v16_fma(a ? one : value, value, sum[r]);
        }
    }
    v16_store8(out, v16_sum8(sum));
}

/* Mixtures of `heads` ≤ 4 heads and 16·vectors columns: Σ_j share[h][j]·x[j]. */
CK_INLINE void ck_mix_heads(
    const ck_question *job, const float *shares, int heads, int vectors, int column, float *out) {
    v16 sum[4][2];
    for (int h = 0; h < heads; h++)
        for (int v = 0; v < vectors; v++) sum[h][v] = v16_all(0);
    for (int j = 0; j <= job->phrases; j++) {
        const float *x = (j < job->phrases ? job->states + (size_t)j * job->width : job->own) + column;
        v16 value[2];
        for (int v = 0; v < vectors; v++) value[v] = v16_load(x + 16 * v);
        for (int h = 0; h < heads; h++) {
            v16 share = v16_all(shares[h * CK_LONGEST + j]);
            for (int v = 0; v < vectors; v++) sum[h][v] = v16_fma(share, value[v], sum[h][v]);
        }
    }
    for (int h = 0; h < heads; h++)
        for (int v = 0; v < vectors; v++)
            v16_store(out + (size_t)h * job->width + column + 16 * v, sum[h][v]);
}

/* Scores of one head [16·vectors] to shares, each with the norm of its state in it. */
CK_INLINE void ck_share(float *scores, const float *norms, int keys) {
    v16 unseen = v16_all(-1e30f), none = v16_all(0), largest = unseen, total = none;
    for (int j = 0; j < keys; j += 16) {
        uint16_t mask = keys - j >= 16 ? 0xffff : (uint16_t)((1u << (keys - j)) - 1);
        v16 score = v16_mul(v16_load(scores + j), v16_load(norms + j));
        score = v16_select(mask, score, unseen);
        v16_store(scores + j, score);
        largest = v16_max(largest, score);
    }
    largest = v16_all(v16_largest(largest));
    for (int j = 0; j < keys; j += 16) {
        uint16_t mask = keys - j >= 16 ? 0xffff : (uint16_t)((1u << (keys - j)) - 1);
        v16 power = v16_power(v16_sub(v16_load(scores + j), largest));
        power = v16_select(mask, power, none);
        v16_store(scores + j, power);
        total = v16_add(total, power);
    }
    v16 inverse = v16_all(1.0f / v16_sum(total));
    for (int j = 0; j < keys; j += 16)
        v16_store(scores + j, v16_mul(v16_mul(v16_load(scores + j), inverse), v16_load(norms + j)));
}

CK_TARGET static void CK_NAME(ask_f32)(const ck_question *job) {
    int keys = job->phrases + 1, width = job->width;
    /* Room for 64 rows of scores behind the norms. */
    float *norms = job->scratch, *shares = job->scratch + CK_LONGEST;
    for (int j = 0; j < keys; j += 8) {
        const float *x[8];
        for (int r = 0; r < 8; r++)
            x[r] = j + r < job->phrases ? job->states + (size_t)(j + r) * width : job->own;
        ck_dot8(x, NULL, width, norms + j);
        for (int h = 0; h < job->heads; h++)
            ck_dot8(x, job->asked + (size_t)h * width, width, shares + h * CK_LONGEST + j);
    }
    for (int j = 0; j < keys; j += 16) {
        v16 mean = v16_div(v16_load(norms + j), v16_all((float)width));
        v16_store(norms + j, v16_div(v16_all(1), v16_root(v16_add(mean, v16_all(job->epsilon)))));
    }
    for (int h = 0; h < job->heads; h++) ck_share(shares + h * CK_LONGEST, norms, keys);
    int h = 0;
    for (; h + 4 <= job->heads; h += 4)
        for (int c = 0; c < width; c += 32)
            ck_mix_heads(job, shares + h * CK_LONGEST, 4, 2, c, job->out + (size_t)h * width);
    for (; h < job->heads; h++)
        for (int c = 0; c < width; c += 32)
            ck_mix_heads(job, shares + h * CK_LONGEST, 1, 2, c, job->out + (size_t)h * width);
}
