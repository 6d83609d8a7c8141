/* Attention of one description, written once over sixteen lanes; included after kernels_float.h.
 *
 * Scores run with sixteen keys in the lanes (keys transposed once per head) and the head's width in sequence;
 * the mixture with sixteen columns in the lanes and the keys in sequence. So no sum but the softmax's crosses
 * lanes, and no row's result depends on which rows are computed with it. */

/* Rows computed together: enough independent sums to keep the multipliers busy. */
#define CK_GROUP 8

/* scores[r][j] = Σ_c q[r][c]·keys[c][j] for 16·vectors keys. */
CK_INLINE void ck_score_tile(
    const float *const *q, const float *keys, int key_stride, int width, int rows, int vectors,
    float *scores) {
    v16 sum[CK_GROUP][2];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) sum[r][v] = v16_all(0);
    for (int c = 0; c < width; c++) {
        v16 key[2];
        for (int v = 0; v < vectors; v++) key[v] = v16_load(keys + c * key_stride + 16 * v);
        for (int r = 0; r < rows; r++) {
            v16 query = v16_all(q[r][c]);
            for (int v = 0; v < vectors; v++) sum[r][v] = v16_fma(query, key[v], sum[r][v]);
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) v16_store(scores + r * CK_LONGEST + 16 * v, sum[r][v]);
}

/* out[r][c] = inverse[r] · Σ_j power[r][j]·v[j][c] for 16·vectors columns and `keys` keys. */
CK_INLINE void ck_mix_tile(
    const float *powers, const float *inverse, const float *v, int v_stride, int keys, int rows, int vectors,
    float *out, int out_stride) {
    v16 sum[CK_GROUP][2];
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < vectors; c++) sum[r][c] = v16_all(0);
    for (int j = 0; j < keys; j++) {
        v16 value[2];
        for (int c = 0; c < vectors; c++) value[c] = v16_load(v + (size_t)j * v_stride + 16 * c);
        for (int r = 0; r < rows; r++) {
            v16 power = v16_all(powers[r * CK_LONGEST + j]);
            for (int c = 0; c < vectors; c++) sum[r][c] = v16_fma(power, value[c], sum[r][c]);
        }
    }
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < vectors; c++)
            v16_store(out + (size_t)r * out_stride + 16 * c, v16_mul(sum[r][c], v16_all(inverse[r])));
}

/* Bit l: whether row i sees key base + l. A phrase sees keys below `limit`, a query also itself. */
CK_INLINE uint16_t ck_seen(int base, int limit, int i) {
    int below = limit - base;
    unsigned mask = below >= 16 ? 0xffffu : below > 0 ? (1u << below) - 1 : 0;
    int own = i - base;
    return (uint16_t)(own >= 0 && own < 16 ? mask | 1u << own : mask);
}

/* Keys of row i below this are all seen. */
CK_INLINE int ck_limit(const ck_attention *job, int i) {
    return job->is_causal && i < job->phrases ? i + 1 : job->phrases;
}

/* Scores of rows i … i + rows − 1 over 16·vectors keys to e^(scale·(score − largest)), 0 for keys not seen;
 * inverse[r] = 1 / their sum. */
CK_INLINE void ck_soften(
    const ck_attention *job, float *scores, int vectors, int i, int rows, float *inverse) {
    v16 unseen = v16_all(-1e30f), none = v16_all(0), scale = v16_all(job->scale), fold[CK_GROUP];
    float most[CK_GROUP], sum[CK_GROUP];
    for (int r = rows; r < CK_GROUP; r++) fold[r] = none;
    for (int r = 0; r < rows; r++) {
        int limit = ck_limit(job, i + r), whole = limit / 16;
        v16 largest = unseen;
        const float *score = scores + r * CK_LONGEST;
        for (int v = 0; v < whole; v++) largest = v16_max(largest, v16_load(score + 16 * v));
        for (int v = whole; v < vectors; v++)
            largest = v16_max(
                largest, v16_select(ck_seen(16 * v, limit, i + r), v16_load(score + 16 * v), unseen));
        fold[r] = largest;
    }
    v16_largest8(fold, most);
    for (int r = 0; r < rows; r++) {
        int limit = ck_limit(job, i + r), whole = limit / 16;
        v16 largest = v16_all(most[r]), total = none;
        float *score = scores + r * CK_LONGEST;
        for (int v = 0; v < whole; v++) {
            v16 power = v16_exp(v16_mul(v16_sub(v16_load(score + 16 * v), largest), scale));
            v16_store(score + 16 * v, power);
            total = v16_add(total, power);
        }
        for (int v = whole; v < vectors; v++) {
            v16 below = v16_mul(v16_sub(v16_load(score + 16 * v), largest), scale);
            /* Keys not seen may score above the largest seen one, and padding holds anything. */
            v16 power = v16_exp(v16_min(below, none));
            power = v16_select(ck_seen(16 * v, limit, i + r), power, none);
            v16_store(score + 16 * v, power);
            total = v16_add(total, power);
        }
        fold[r] = total;
    }
    v16_sum8(fold, sum);
    for (int r = 0; r < rows; r++) inverse[r] = 1.0f / sum[r];
}

/* `rows` ≤ CK_GROUP wanted rows from row i on, one head. */
CK_INLINE void ck_attend_group(
    const ck_attention *job, const float *keys, float *scores, int head, int i, int rows) {
    int total = job->phrases + job->queries, offset = head * job->head_width;
    int last = i + rows - 1;
    int seen = last >= job->phrases || job->is_causal ? last + 1 : job->phrases;
    int vectors = (seen + 15) / 16, stride = (total + 15) / 16 * 16;
    const float *q[CK_GROUP];
    float inverse[CK_GROUP];
    for (int r = 0; r < rows; r++) q[r] = job->q + (size_t)(i - job->first_row + r) * job->q_stride + offset;
    for (int v = 0; v < vectors; v += 2) {
        const float *some = keys + 16 * v;
        if (v + 2 <= vectors) ck_score_tile(q, some, stride, job->head_width, rows, 2, scores + 16 * v);
        else ck_score_tile(q, some, stride, job->head_width, rows, 1, scores + 16 * v);
    }
    ck_soften(job, scores, vectors, i, rows, inverse);
    float *out = job->out + (size_t)(i - job->first_row) * job->out_stride + offset;
    const float *v = job->v + offset;
    if (job->head_width == 16) {
        ck_mix_tile(scores, inverse, v, job->kv_stride, seen, rows, 1, out, job->out_stride);
    } else {
        for (int c = 0; c < job->head_width; c += 32)
            ck_mix_tile(scores, inverse, v + c, job->kv_stride, seen, rows, 2, out + c, job->out_stride);
    }
}

CK_TARGET static void CK_NAME(attend_f32)(const ck_attention *job) {
    int total = job->phrases + job->queries, stride = (total + 15) / 16 * 16;
    float *keys = job->scratch, *scores = job->scratch + 64 * CK_LONGEST;
    for (int head = 0; head < job->heads; head++) {
        for (int j = 0; j < total; j += 16)
            for (int c = 0; c < job->head_width; c += 16)
                v16_transpose(
                    job->k + (size_t)j * job->kv_stride + head * job->head_width + c, job->kv_stride,
                    total - j < 16 ? total - j : 16, keys + c * stride + j, stride);
        int i = job->first_row;
        for (; i + 8 <= total; i += 8) ck_attend_group(job, keys, scores, head, i, 8);
        for (; i + 4 <= total; i += 4) ck_attend_group(job, keys, scores, head, i, 4);
        for (; i < total; i++) ck_attend_group(job, keys, scores, head, i, 1);
    }
}
