/* The training kernels, compiled once per instruction set. The includer sets CK_TRAINING_SET, and the tile of
 * the product: CK_TILE_ROWS × CK_TILE_VECTORS vectors of sixteen. */
#pragma STDC FP_CONTRACT OFF
#include "include/cktraining.h"
#include "training_lanes.h"

#include <stddef.h>

#define CK_JOIN2(a, b) ck_training_##a##_##b
#define CK_JOIN(a, b) CK_JOIN2(a, b)
#define CK_NAME(operation) CK_JOIN(operation, CK_TRAINING_SET)

/* ---- product ---- */

/* One tile: `rows` rows and `vectors` vectors of C, both known to the compiler. */
CK_INLINE void ck_tile(const ck_product *job, const int rows, const int vectors, int32_t i, int32_t j) {
    ck_v16 sum[CK_TILE_ROWS][CK_TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            const int32_t column = j + 16 * v;
            ck_v16 start = ck_splat(0);
            if (job->accumulates) start = ck_load(job->c + (i + r) * job->c_row + column);
            if (job->bias) start = start + ck_load(job->bias + column);
            sum[r][v] = start;
        }
    }
    const float *a = job->a + i * job->a_row;
    const float *b = job->b + (j / 64) * job->b_block + j % 64;
    for (int32_t p = 0; p < job->k; p++) {
        ck_v16 right[CK_TILE_VECTORS];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) right[v] = ck_load(b + 16 * v);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            const ck_v16 left = ck_splat(a[r * job->a_row]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sum[r][v] = ck_fma(left, right[v], sum[r][v]);
        }
        a += job->a_column;
        b += job->b_row;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) ck_store(job->c + (i + r) * job->c_row + j + 16 * v, sum[r][v]);
    }
}

static void CK_NAME(product)(const ck_product *job) {
    int32_t j = 0;
    for (; j + 16 * CK_TILE_VECTORS <= job->n; j += 16 * CK_TILE_VECTORS) {
        int32_t i = 0;
        for (; i + CK_TILE_ROWS <= job->m; i += CK_TILE_ROWS)
            ck_tile(job, CK_TILE_ROWS, CK_TILE_VECTORS, i, j);
        for (; i < job->m; i++) ck_tile(job, 1, CK_TILE_VECTORS, i, j);
    }
    for (; j < job->n; j += 16) {
        int32_t i = 0;
        for (; i + CK_TILE_ROWS <= job->m; i += CK_TILE_ROWS) ck_tile(job, CK_TILE_ROWS, 1, i, j);
        for (; i < job->m; i++) ck_tile(job, 1, 1, i, j);
    }
}

/* ---- norm ---- */

static void CK_NAME(norm)(
    const float *x, int32_t m, int32_t d, const float *gain, float epsilon, float *out, float *scale) {
    for (int32_t i = 0; i < m; i++, x += d, out += d) {
        ck_v16 sum = ck_splat(0);
        for (int32_t j = 0; j < d; j += 16) sum = ck_fma(ck_load(x + j), ck_load(x + j), sum);
        scale[i] = 1 / __builtin_sqrtf(ck_sum(sum) / (float)d + epsilon);
        const ck_v16 factor = ck_splat(scale[i]);
        for (int32_t j = 0; j < d; j += 16)
            ck_store(out + j, ck_load(x + j) * factor * ck_load(gain + j));
    }
}

static void CK_NAME(norm_backward)(
    const float *dy, const float *x, const float *gain, const float *scale, int32_t m, int32_t d, float *dx,
    float *dgain) {
    for (int32_t i = 0; i < m; i++, x += d, dy += d, dx += d) {
        /* dx = s·g·dy − x·s³/d·Σ g·dy·x */
        const ck_v16 s = ck_splat(scale[i]);
        ck_v16 sum = ck_splat(0);
        for (int32_t j = 0; j < d; j += 16) {
            const ck_v16 along = ck_load(dy + j) * ck_load(x + j);
            sum = ck_fma(along, ck_load(gain + j), sum);
            ck_store(dgain + j, ck_fma(along, s, ck_load(dgain + j)));
        }
        const float cube = scale[i] * scale[i] * scale[i];
        const ck_v16 back = ck_splat(-(cube / (float)d * ck_sum(sum)));
        for (int32_t j = 0; j < d; j += 16) {
            ck_v16 change = ck_fma(ck_load(x + j), back, ck_load(dx + j));
            ck_store(dx + j, ck_fma(ck_load(dy + j) * ck_load(gain + j), s, change));
        }
    }
}

/* ---- curves ---- */

static void CK_NAME(gelu)(const float *x, int64_t n, float *out) {
    for (int64_t j = 0; j < n; j += 16) {
        const ck_v16 v = ck_load(x + j);
        ck_store(out + j, v * ck_gelu_gate(v));
    }
}

static void CK_NAME(gelu_backward)(const float *x, int64_t n, float *dy) {
    for (int64_t j = 0; j < n; j += 16) {
        /* out = x·σ(2u); ∂ = σ + x·σ·(1 − σ)·2u′ */
        const ck_v16 v = ck_load(x + j), gate = ck_gelu_gate(v);
        const ck_v16 slope = ck_fma(v * v, ck_splat(0.2140644488f), ck_splat(1.5957691216f));
        const ck_v16 change = ck_fma(v * gate * (1 - gate), slope, gate);
        ck_store(dy + j, ck_load(dy + j) * change);
    }
}

/* exp(s − largest) in place; the sum in lanes. `count` of the `padded` entries count, the rest become 0. */
CK_INLINE float ck_powers(float *s, int32_t count, int32_t padded, float scale, float *largest) {
    float top = s[0];
    for (int32_t j = 1; j < count; j++) top = s[j] > top ? s[j] : top;
    for (int32_t j = count; j < padded; j++) s[j] = -1e30f;
    ck_v16 sum = ck_splat(0);
    for (int32_t j = 0; j < padded; j += 16) {
        const ck_v16 power = ck_exp((ck_load(s + j) - top) * scale);
        ck_store(s + j, power);
        sum = sum + power;
    }
    *largest = top;
    return ck_sum(sum);
}

CK_INLINE void ck_multiply(float *s, int32_t n, float factor) {
    for (int32_t j = 0; j < n; j += 16) ck_store(s + j, ck_load(s + j) * factor);
}

static void CK_NAME(mask_softmax)(
    float *s, int32_t m, int32_t columns, float scale, int32_t phrases, int32_t is_causal) {
    for (int32_t i = 0; i < m; i++, s += columns) {
        float largest;
        if (i < phrases) {
            const float sum = ck_powers(s, is_causal ? i + 1 : phrases, columns, scale, &largest);
            ck_multiply(s, columns, 1 / sum);
        } else {
            /* A query's own score is moved next to the phrases' and back, so that what is seen is dense. */
            const float own = s[i];
            s[phrases] = own;
            const float sum = ck_powers(s, phrases + 1, columns, scale, &largest);
            ck_multiply(s, columns, 1 / sum);
            const float weight = s[phrases];
            s[phrases] = 0;
            s[i] = weight;
        }
    }
}

static void CK_NAME(softmax)(float *s, int32_t m, int32_t n) {
    for (int32_t i = 0; i < m; i++, s += n) {
        float largest;
        const float sum = ck_powers(s, n, n, 1, &largest);
        ck_multiply(s, n, 1 / sum);
    }
}

static void CK_NAME(softmax_backward)(const float *p, float *dp, int32_t m, int32_t n, float scale) {
    for (int32_t i = 0; i < m; i++, p += n, dp += n) {
        ck_v16 along = ck_splat(0);
        for (int32_t j = 0; j < n; j += 16) along = ck_fma(ck_load(p + j), ck_load(dp + j), along);
        const float mean = ck_sum(along);
        for (int32_t j = 0; j < n; j += 16)
            ck_store(dp + j, ck_load(p + j) * (ck_load(dp + j) - mean) * scale);
    }
}

/* ---- sums, dropout, step ---- */

static void CK_NAME(add_columns)(const float *x, int32_t m, int32_t n, float *out) {
    for (int32_t j = 0; j < n; j += 16) {
        ck_v16 sum = ck_load(out + j);
        for (int32_t i = 0; i < m; i++) sum = sum + ck_load(x + (int64_t)i * n + j);
        ck_store(out + j, sum);
    }
}

static void CK_NAME(dropout)(float *x, int64_t n, uint64_t key, uint32_t threshold, float keep_scale) {
    for (int64_t j = 0; j < n; j += 4) {
        /* SplitMix64 (Steele, Lea, Flood 2014), one draw for four elements. */
        uint64_t z = key + (uint64_t)(j / 4 + 1) * 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z = z ^ (z >> 31);
        for (int lane = 0; lane < 4; lane++) {
            const uint32_t draw = (uint32_t)(z >> (16 * lane)) & 0xffff;
            x[j + lane] = draw < threshold ? 0 : x[j + lane] * keep_scale;
        }
    }
}

static void CK_NAME(adamw)(
    const ck_adamw *step, int64_t n, const float *restrict gradient, float *restrict weight,
    float *restrict moment1, float *restrict moment2, float *restrict average) {
    const ck_adamw s = *step;
    for (int64_t i = 0; i < n; i++) {
        const float g = gradient[i] * s.gradient_scale;
        moment1[i] = s.beta1 * moment1[i] + (1 - s.beta1) * g;
        moment2[i] = s.beta2 * moment2[i] + (1 - s.beta2) * g * g;
        const float direction =
            moment1[i] * s.correction1 / (__builtin_sqrtf(moment2[i] * s.correction2) + s.epsilon);
        weight[i] = weight[i] - s.rate * (direction + s.decay * weight[i]);
        average[i] = s.average_keep * average[i] + (1 - s.average_keep) * weight[i];
    }
}

static double CK_NAME(sum_squares)(const float *x, int64_t n) {
    double lanes[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int lane = 0; lane < 8; lane++) lanes[lane] += (double)x[i + lane] * (double)x[i + lane];
    for (; i < n; i++) lanes[0] += (double)x[i] * (double)x[i];
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

const ck_training_table CK_JOIN(table, CK_TRAINING_SET) = {
    CK_TRAINING_NAME,
#define CK_ENTRY(operation, result, arguments) CK_NAME(operation),
    CK_TRAINING_OPERATIONS(CK_ENTRY)
#undef CK_ENTRY
};
