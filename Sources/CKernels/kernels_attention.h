/* Attention of one description, written once over sixteen lanes; included after kernels_float.h.
 *
 * Queries, keys and values are rounded to 8 bits row by row, the shares of each row once more, so both
 * products are of whole numbers: q·k with sixteen keys in the lanes and four of the head's columns in each,
 * the mixture with sixteen columns in the lanes and four keys in each. No sum but the softmax's crosses
 * lanes, and no row's result depends on which rows are computed with it. */

/* Rows computed together: enough independent sums to keep the multipliers busy. */
#define CK_GROUP 8

/* Where the pieces of one description lie in the scratch. */
typedef struct {
    uint8_t *queries;     /* [wanted, width] 128 + steps */
    int8_t *keys;         /* [head][16 keys][column / 4][16][4] */
    int8_t *values;       /* [4 keys][width / 16][16][4] */
    int32_t *start;       /* [head][keys] −128 · Σ steps of the key */
    float *query_scale;   /* value of one step, by row; 0 behind the last */
    float *key_scale;
    float *value_scale;
    float *scores;        /* [CK_GROUP, CK_LONGEST] */
    uint8_t *shares;      /* [CK_GROUP, CK_LONGEST] */
    uint16_t (*seen)[CK_LONGEST / 16];  /* [wanted]: bit l of v: whether the row sees key 16·v + l */
} ck_pieces;

CK_INLINE ck_pieces ck_divide(float *scratch) {
    ck_pieces p;
    uint8_t *next = (uint8_t *)scratch;
    p.queries = next, next += CK_LONGEST * CK_WIDEST;
    p.keys = (int8_t *)next, next += CK_LONGEST * CK_WIDEST;
    p.values = (int8_t *)next, next += CK_LONGEST * CK_WIDEST;
    p.start = (int32_t *)next, next += CK_LONGEST * 4;
    p.query_scale = (float *)next, next += CK_LONGEST * 4;
    p.key_scale = (float *)next, next += CK_LONGEST * 4;
    p.value_scale = (float *)next, next += CK_LONGEST * 4;
    p.scores = (float *)next, next += CK_GROUP * CK_LONGEST * 4;
    p.shares = next;
    return p;
}

/* Steps per unit of eight rows by their largest magnitude, and the value of one step; rows that are not
 * there repeat the last. */
CK_INLINE void ck_measure(const float *const *row, int width, float *steps, float *scale) {
    v16 largest[8];
    for (int r = 0; r < 8; r++) largest[r] = v16_all(0);
    for (int c = 0; c < width; c += 16)
        for (int r = 0; r < 8; r++) largest[r] = v16_magnitude(largest[r], v16_load(row[r] + c));
    v16 range = v16_largest8(largest);
    v16_store8(scale, v16_mul(range, v16_all(1.0f / 127.0f)));
    v16_store8(steps, v16_div(v16_all(127.0f), v16_max(range, v16_all(1e-30f))));
}

CK_INLINE void ck_rows_from(const float *x, int stride, int rows, const float **row) {
    for (int r = 0; r < 8; r++) row[r] = x + (size_t)(r < rows ? r : rows - 1) * stride;
}

/* `rows` ≤ 8 rows of queries, keys or values in their steps, from row i on. */
CK_INLINE void ck_round_queries(
    const float *const *row, const float *steps, int width, int i, int rows, const ck_pieces *p) {
    v16 rounder = v16_all(CK_ROUNDER + 128.0f);
    for (int r = 0; r < rows; r++) {
        v16 factor = v16_all(steps[r]);
        uint8_t *to = p->queries + (size_t)(i + r) * width;
        for (int c = 0; c < width; c += 16)
            v16_store_bytes(to + c, v16_fma(v16_load(row[r] + c), factor, rounder));
    }
}

#ifndef CK_HAS_QUARTERS
/* The low bytes of four vectors by quarters: four lanes of each vector side by side, the next four lanes 64
 * bytes further on. */
CK_INLINE void v16_store_quarters(uint8_t *p, const v16 v[4]) {
    uint8_t bytes[4][16];
    for (int j = 0; j < 4; j++) v16_store_bytes(bytes[j], v[j]);
    for (int quarter = 0; quarter < 4; quarter++)
        for (int j = 0; j < 4; j++)
            __builtin_memcpy(p + 64 * quarter + 4 * j, bytes[j] + 4 * quarter, 4);
}
#endif

CK_INLINE void ck_round_keys(
    const float *const *row, const float *steps, int width, int i, int rows, const ck_pieces *p) {
    v16 rounder = v16_all(CK_ROUNDER);
    for (int r = 0; r < rows; r += 4) {
        uint8_t *to = (uint8_t *)p->keys + (size_t)(i / 16) * 16 * width + (i + r) % 16 * 4;
        v16 factor[4];
        for (int j = 0; j < 4; j++) factor[j] = v16_all(steps[r + j]);
        for (int c = 0; c < width; c += 16) {
            v16 step[4];
            for (int j = 0; j < 4; j++) step[j] = v16_fma(v16_load(row[r + j] + c), factor[j], rounder);
            v16_store_quarters(to + (size_t)c * 16, step);
        }
    }
}

CK_INLINE void ck_round_values(
    const float *const *row, const float *steps, int width, int i, int rows, const ck_pieces *p) {
    v16 rounder = v16_all(CK_ROUNDER);
    for (int r = 0; r < rows; r += 4) {
        uint8_t *to = (uint8_t *)p->values + (size_t)(i + r) * width;
        v16 factor[4];
        for (int j = 0; j < 4; j++) factor[j] = v16_all(steps[r + j]);
        for (int c = 0; c < width; c += 16) {
            v16 step[4];
            for (int j = 0; j < 4; j++) step[j] = v16_fma(v16_load(row[r + j] + c), factor[j], rounder);
            v16_store_low_bytes(to + c * 4, step);
        }
    }
}

/* Queries, keys and values to bytes. Eight rows of all three are measured before the first is rounded: nobody
 * waits for a division. */
CK_INLINE void ck_round(const ck_attention *job, int total, const ck_pieces *p) {
    int width = job->heads * job->head_width, wanted = total - job->first_row;
    for (int i = 0; i < total; i += 8) {
        int rows = total - i < 8 ? total - i : 8, asking = wanted - i < 8 ? wanted - i : 8;
        const float *q[8], *k[8], *v[8];
        float q_steps[8], k_steps[8], v_steps[8];
        if (asking > 0) {
            ck_rows_from(job->q + (size_t)i * job->q_stride, job->q_stride, asking, q);
            ck_measure(q, width, q_steps, p->query_scale + i);
        }
        ck_rows_from(job->k + (size_t)i * job->kv_stride, job->kv_stride, rows, k);
        ck_measure(k, width, k_steps, p->key_scale + i);
        ck_rows_from(job->v + (size_t)i * job->kv_stride, job->kv_stride, rows, v);
        ck_measure(v, width, v_steps, p->value_scale + i);
        if (asking > 0) ck_round_queries(q, q_steps, width, i, asking, p);
        ck_round_keys(k, k_steps, width, i, rows, p);
        ck_round_values(v, v_steps, width, i, rows, p);
    }
}

/* scores[r][j] = q[r]·k[j] for 16·vectors keys of one head. */
CK_INLINE void ck_score_tile(
    const uint8_t *q, int q_stride, const float *q_scale, const int8_t *keys, int key_stride,
    const int32_t *start, const float *key_scale, int width, int rows, int vectors, float *scores) {
    n16 sum[CK_GROUP][2];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) sum[r][v] = n16_load(start + 16 * v);
    for (int c = 0; c < width; c += 4) {
        n16 key[2];
        for (int v = 0; v < vectors; v++) key[v] = n16_load(keys + (size_t)v * key_stride + c * 16);
        for (int r = 0; r < rows; r++) {
            n16 query = n16_four(q + (size_t)r * q_stride + c);
            for (int v = 0; v < vectors; v++) sum[r][v] = n16_dot(sum[r][v], query, key[v]);
        }
    }
    for (int v = 0; v < vectors; v++) {
        v16 scale = v16_load(key_scale + 16 * v);
        for (int r = 0; r < rows; r++)
            v16_store(
                scores + r * CK_LONGEST + 16 * v,
                v16_mul(v16_from(sum[r][v]), v16_mul(scale, v16_all(q_scale[r]))));
    }
}

/* out[r][c] = scale[r] · Σ_j share[r][j]·v[j][c] for 16·vectors columns and 4·fours keys. */
CK_INLINE void ck_mix_tile(
    const uint8_t *shares, const float *scale, const int8_t *values, int width, int fours, int rows,
    int vectors, float *out, int out_stride) {
    n16 sum[CK_GROUP][2];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++) sum[r][v] = n16_none();
    for (int j = 0; j < fours; j++) {
        n16 value[2];
        for (int v = 0; v < vectors; v++) value[v] = n16_load(values + (size_t)j * 4 * width + 64 * v);
        for (int r = 0; r < rows; r++) {
            n16 share = n16_four(shares + r * CK_LONGEST + 4 * j);
            for (int v = 0; v < vectors; v++) sum[r][v] = n16_dot(sum[r][v], share, value[v]);
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            v16_store(
                out + (size_t)r * out_stride + 16 * v, v16_mul(v16_from(sum[r][v]), v16_all(scale[r])));
}

/* Bit l: whether row i sees key base + l. A phrase sees keys below `limit`, a query also itself. Without a
 * branch: none could be foretold. */
CK_INLINE uint16_t ck_seen(int base, int limit, int i) {
    int below = limit - base;
    below = below < 0 ? 0 : below;
    below = below > 16 ? 16 : below;
    unsigned own = (unsigned)(i - base);
    return (uint16_t)(((1u << below) - 1) | (unsigned)(own < 16) << (own & 15));
}

/* Keys of row i below this are all seen. */
CK_INLINE int ck_limit(const ck_attention *job, int i) {
    return job->is_causal && i < job->phrases ? i + 1 : job->phrases;
}

/* What every wanted row sees. */
CK_INLINE void ck_look(const ck_attention *job, int total, const ck_pieces *p) {
    for (int i = job->first_row; i < total; i++) {
        int limit = ck_limit(job, i);
        for (int v = 0; v < (total + 15) / 16; v++)
            p->seen[i - job->first_row][v] = ck_seen(16 * v, limit, i);
    }
}

/* Scores of `rows` wanted rows over 16·vectors keys to shares: 2^(score − largest) · the key's step of
 * values, 2⁻⁶⁴ of it for keys not seen, in steps of the row's largest; scale[r] = that step / the sum of
 * powers. */
CK_INLINE void ck_soften(const ck_pieces *p, int vectors, int wanted, int rows, float *scale) {
    v16 unseen = v16_all(-1e30f), none = v16_all(0), fold[CK_GROUP], highest[CK_GROUP];
    /* Registers where the numbers of rows and vectors are constants. */
    v16 score[CK_GROUP][CK_LONGEST / 16];
    float most[8], steps[8];
    for (int r = rows; r < CK_GROUP; r++) fold[r] = highest[r] = none;
    CK_UNROLL
    for (int r = 0; r < rows; r++) {
        v16 largest = unseen;
        /* Padding holds anything; from here on it is as little as what is not seen. */
        CK_UNROLL
        for (int v = 0; v < vectors; v++) {
            v16 some = v16_load(p->scores + r * CK_LONGEST + 16 * v);
            score[r][v] = v16_select(p->seen[wanted + r][v], some, unseen);
            largest = v16_max(largest, score[r][v]);
        }
        fold[r] = largest;
    }
    v16_store8(most, v16_largest8(fold));
    CK_UNROLL
    for (int r = 0; r < rows; r++) {
        v16 largest = v16_all(most[r]), total = none, share = none;
        CK_UNROLL
        for (int v = 0; v < vectors; v++) {
            v16 power = v16_power(v16_sub(score[r][v], largest));
            total = v16_add(total, power);
            score[r][v] = v16_mul(power, v16_load(p->value_scale + 16 * v));
            share = v16_max(share, score[r][v]);
        }
        fold[r] = total;
        highest[r] = share;
    }
    v16 range = v16_max(v16_largest8(highest), v16_all(1e-30f));
    v16_store8(steps, v16_div(v16_all(255.0f), range));
    /* A row's powers add up to 1 at least: the largest is 1. Rows that are not there divide by it too. */
    v16 sum = v16_max(v16_sum8(fold), v16_all(1));
    v16_store8(scale, v16_div(v16_mul(range, v16_all(1.0f / 255.0f)), sum));
    CK_UNROLL
    for (int r = 0; r < rows; r++) {
        v16 factor = v16_all(steps[r]), rounder = v16_all(CK_ROUNDER);
        CK_UNROLL
        for (int v = 0; v < vectors; v++)
            v16_store_bytes(
                p->shares + r * CK_LONGEST + 16 * v, v16_fma(score[r][v], factor, rounder));
    }
}

/* `rows` ≤ CK_GROUP wanted rows from row i on, one head. */
CK_INLINE void ck_attend_group(const ck_attention *job, const ck_pieces *p, int head, int i, int rows) {
    int width = job->heads * job->head_width, offset = head * job->head_width, last = i + rows - 1;
    int seen = last >= job->phrases || job->is_causal ? last + 1 : job->phrases;
    int vectors = (seen + 15) / 16, wanted = i - job->first_row;
    const uint8_t *q = p->queries + (size_t)wanted * width + offset;
    float scale[CK_GROUP];
    for (int v = 0; v < vectors; v += 2) {
        const int8_t *keys = p->keys + (size_t)v * 16 * width + offset * 16;
        const int32_t *start = p->start + 16 * v;
        const float *q_scale = p->query_scale + wanted, *k_scale = p->key_scale + 16 * v;
        float *to = p->scores + 16 * v;
        if (v + 2 <= vectors)
            ck_score_tile(q, width, q_scale, keys, 16 * width, start, k_scale, job->head_width, rows, 2, to);
        else
            ck_score_tile(q, width, q_scale, keys, 16 * width, start, k_scale, job->head_width, rows, 1, to);
    }
    /* Lengths as constants: loops of two or three rounds are what a CPU foretells worst. */
    switch (vectors) {
        case 1: ck_soften(p, 1, wanted, rows, scale); break;
        case 2: ck_soften(p, 2, wanted, rows, scale); break;
        case 3: ck_soften(p, 3, wanted, rows, scale); break;
        case 4: ck_soften(p, 4, wanted, rows, scale); break;
        default: ck_soften(p, vectors, wanted, rows, scale); break;
    }
    float *out = job->out + (size_t)wanted * job->out_stride + offset;
    const int8_t *values = p->values + offset * 4;
    int fours = (seen + 3) / 4, stride = job->out_stride;
    if (job->head_width == 16) {
        ck_mix_tile(p->shares, scale, values, width, fours, rows, 1, out, stride);
    } else {
        for (int c = 0; c < job->head_width; c += 32)
            ck_mix_tile(p->shares, scale, values + c * 4, width, fours, rows, 2, out + c, stride);
    }
}

CK_TARGET static void CK_NAME(attend_f32)(const ck_attention *job) {
    int total = job->phrases + job->queries, width = job->heads * job->head_width;
    ck_pieces p = ck_divide(job->scratch);
    uint16_t seen[CK_LONGEST][CK_LONGEST / 16];
    p.seen = seen;
    ck_look(job, total, &p);
    ck_round(job, total, &p);
    for (int j = total; j % 16; j++) p.key_scale[j] = p.value_scale[j] = 0;
    static const uint8_t middle[4] = {128, 128, 128, 128};
    for (int head = 0; head < job->heads; head++) {
        for (int j = 0; j < total; j += 16) {
            n16 sum = n16_none();
            for (int c = 0; c < job->head_width; c += 4)
                sum = n16_dot(
                    sum, n16_four(middle),
                    n16_load(p.keys + (size_t)j * width + (head * job->head_width + c) * 16));
            n16_store(p.start + j, n16_less(n16_none(), sum));
        }
        int i = job->first_row;
        for (; i + 8 <= total; i += 8) ck_attend_group(job, &p, head, i, 8);
        for (; i + 4 <= total; i += 4) ck_attend_group(job, &p, head, i, 4);
        for (; i < total; i++) ck_attend_group(job, &p, head, i, 1);
    }
}
