/* The float kernels, written once over sixteen lanes. A set names itself in CK_SET and includes its lanes,
 * then this file. */
#include "ckernels.h"
#include "gelu_exp.h"

#define CK_JOIN2(a, b) a##_##b
#define CK_JOIN(a, b) CK_JOIN2(a, b)
#define CK_NAME(operation) CK_JOIN(ck_##operation, CK_SET)

/* Before a loop whose vectors all have a register. */
#ifndef CK_UNROLL
#define CK_UNROLL
#endif

/* A number kept from falling below one below 0, and from rising above one above 0. */
#ifndef CK_HAS_BOUNDS
CK_INLINE v16 v16_at_least(v16 x, float least) { return v16_max(x, v16_all(least)); }
CK_INLINE v16 v16_at_most(v16 x, float most) { return v16_min(x, v16_all(most)); }
#endif

/* e^x for x ≤ 0; below CK_EXP_LEAST it stays at that point's value. */
CK_INLINE v16 v16_exp(v16 x) {
    x = v16_max(x, v16_all(CK_EXP_LEAST));
    v16 t = v16_fma(x, v16_all(CK_LOG2E), v16_all(CK_ROUNDER));
    v16 n = v16_sub(t, v16_all(CK_ROUNDER));
    v16 r = v16_fma(n, v16_all(-CK_LN2_HIGH), x);
    r = v16_fma(n, v16_all(-CK_LN2_LOW), r);
    v16 p = v16_fma(r, v16_all(CK_EXP_5), v16_all(CK_EXP_4));
    p = v16_fma(p, r, v16_all(CK_EXP_3));
    p = v16_fma(p, r, v16_all(CK_EXP_2));
    p = v16_fma(p, v16_mul(r, r), r);
    return v16_scale(v16_add(p, v16_all(1)), t);
}

/* 2^x for x ≤ 0; below CK_POWER_LEAST it stays at that point's value. */
CK_INLINE v16 v16_power(v16 x) {
    x = v16_max(x, v16_all(CK_POWER_LEAST));
    v16 t = v16_add(x, v16_all(CK_ROUNDER));
    v16 r = v16_sub(x, v16_sub(t, v16_all(CK_ROUNDER)));
    v16 p = v16_fma(r, v16_all(CK_POWER_4), v16_all(CK_POWER_3));
    p = v16_fma(p, r, v16_all(CK_POWER_2));
    p = v16_fma(p, r, v16_all(CK_POWER_1));
    return v16_scale(v16_fma(p, r, v16_all(1)), t);
}

/* gelu(x) − CK_GELU_LEAST, which is above 0. */
CK_INLINE v16 v16_gelu(v16 x) {
    x = v16_at_least(x, -CK_GELU_LIMIT);
    v16 c = v16_at_most(x, CK_GELU_LIMIT);
    v16 z = v16_mul(c, c);
    v16 p = v16_fma(z, v16_all(CK_GELU_4), v16_all(CK_GELU_3));
    p = v16_fma(p, z, v16_all(CK_GELU_2));
    p = v16_fma(p, z, v16_all(CK_GELU_1));
    p = v16_fma(p, z, v16_all(CK_GELU_0));
    return v16_fma(x, v16_fma(c, p, v16_all(0.5f)), v16_all(-CK_GELU_LEAST));
}

/* What a product of whole numbers becomes: out = sum·(row step · column step) + bias, then stored, added or
 * bent. `row` is the row's step in all lanes. Returns what it stores. */
CK_INLINE v16 v16_finish(v16 sum, v16 row, const ck_matrix *b, int column, float *out, int mode) {
    v16 y = v16_fma(sum, v16_mul(row, v16_load(b->scale + column)), v16_load(b->bias + column));
    if (mode == CK_ADD) y = v16_add(v16_load(out), y);
    if (mode == CK_GELU) y = v16_gelu(y);
    v16_store(out, y);
    return y;
}

CK_TARGET static void CK_NAME(embed_f32)(
    const float *table, const int32_t *row, const float *weight, int32_t count, int32_t width, float *out) {
    for (int i = 0; i < count; i++) {
        const float *low = table + (size_t)row[i] * width;
        v16 w = v16_all(weight[i]);
        for (int c = 0; c < width; c += 16) {
            v16 a = v16_load(low + c);
            v16_store(out + (size_t)i * width + c, v16_fma(w, v16_sub(v16_load(low + width + c), a), a));
        }
    }
}

CK_TARGET static void CK_NAME(enter_f32)(
    const float *projected, const int32_t *row, const float *weight, const float *bias, const float *x,
    int32_t count, int32_t width, int32_t n, float epsilon, float *out) {
    for (int i = 0; i < count; i++, x += width, out += n) {
        v16 squares = v16_all(0);
        for (int c = 0; c < width; c += 16) squares = v16_fma(v16_load(x + c), v16_load(x + c), squares);
        v16 norm = v16_all(1.0f / __builtin_sqrtf(v16_sum(squares) / (float)width + epsilon));
        const float *low = projected + (size_t)row[i] * n;
        v16 w = v16_all(weight[i]);
        for (int c = 0; c < n; c += 16) {
            v16 a = v16_load(low + c), y = v16_fma(w, v16_sub(v16_load(low + n + c), a), a);
            v16_store(out + c, v16_fma(y, norm, v16_load(bias + c)));
        }
    }
}

/* Steps per unit of `rows` ≤ 8 rows of a quantise, and the value of one step. `lanes` rows are read side by
 * side, so that none waits for its own last step; those that are not there repeat the last. */
CK_INLINE void ck_quantise_measure(
    const float *x, int rows, int lanes, int k, int mode, float epsilon, float *steps, float *scale) {
    v16 largest[8], squares[8];
    const float *row[8];
    for (int r = 0; r < lanes; r++) row[r] = x + (size_t)(r < rows ? r : rows - 1) * k;
    for (int r = 0; r < 8; r++) largest[r] = squares[r] = v16_all(0);
    for (int c = 0; c < k; c += 16)
        for (int r = 0; r < lanes; r++) {
            v16 value = v16_load(row[r] + c);
            largest[r] = v16_magnitude(largest[r], value);
            if (mode == CK_NORMED) squares[r] = v16_fma(value, value, squares[r]);
        }
    /* A row of zeros has a step of 0. */
    float levels = mode == CK_POSITIVE ? 255.0f : 127.0f;
    v16 range = v16_largest8(largest), span = v16_mul(range, v16_all(1.0f / levels));
    v16_store8(steps, v16_div(v16_all(levels), v16_max(range, v16_all(1e-30f))));
    if (mode == CK_NORMED) {
        v16 mean = v16_div(v16_sum8(squares), v16_all((float)k));
        span = v16_mul(span, v16_div(v16_all(1), v16_root(v16_add(mean, v16_all(epsilon)))));
    }
    if (rows == 8) {
        v16_store8(scale, span);
    } else {
        float spans[8];
        v16_store8(spans, span);
        for (int r = 0; r < rows; r++) scale[r] = spans[r];
    }
}

/* Rows of a quantise to bytes. */
CK_INLINE void ck_quantise_round(
    const float *x, int rows, int k, int mode, const float *steps, uint8_t *bytes) {
    v16 rounder = v16_all(mode == CK_POSITIVE ? CK_ROUNDER : CK_ROUNDER + 128.0f);
    for (int r = 0; r < rows; r++, x += k, bytes += k) {
        v16 factor = v16_all(steps[r]);
        for (int c = 0; c < k; c += 64) {
            v16 step[4];
            for (int j = 0; j < 4; j++) step[j] = v16_fma(v16_load(x + c + 16 * j), factor, rounder);
            v16_store_low_bytes(bytes + c, step);
        }
    }
}

/* The next eight rows are measured before the last eight are rounded: nobody waits for a division. */
CK_INLINE void ck_quantise_mode(
    const float *x, int m, int k, int mode, float epsilon, const float *most, uint8_t *bytes, float *scale) {
    float steps[2][8];
    /* The largest of a row, or of what is left of it by lane, is the same. */
    const float *seen = most ? most : x;
    int width = most ? 16 : k;
    for (int i = 0; i < m + 8; i += 8) {
        const float *rows = seen + (size_t)i * width;
        float *next = steps[i / 8 % 2];
        int left = m - i;
        if (left >= 8) ck_quantise_measure(rows, 8, 8, width, mode, epsilon, next, scale + i);
        else if (left > 3) ck_quantise_measure(rows, left, 8, width, mode, epsilon, next, scale + i);
        else if (left > 1) ck_quantise_measure(rows, left, 3, width, mode, epsilon, next, scale + i);
        else if (left == 1) ck_quantise_measure(rows, 1, 1, width, mode, epsilon, next, scale + i);
        if (i == 0) continue;
        int count = left < 0 ? left + 8 : 8;
        const float *last = steps[(i / 8 + 1) % 2];
        ck_quantise_round(x + (size_t)(i - 8) * k, count, k, mode, last, bytes + (size_t)(i - 8) * k);
    }
}

CK_TARGET static void CK_NAME(quantise_f32)(
    const float *x, int32_t m, int32_t k, int32_t mode, float epsilon, const float *most, uint8_t *bytes,
    float *scale) {
    if (mode == CK_NORMED) ck_quantise_mode(x, m, k, CK_NORMED, epsilon, NULL, bytes, scale);
    else if (mode == CK_SIGNED) ck_quantise_mode(x, m, k, CK_SIGNED, epsilon, NULL, bytes, scale);
    else if (most) ck_quantise_mode(x, m, k, CK_POSITIVE, epsilon, most, bytes, scale);
    else ck_quantise_mode(x, m, k, CK_POSITIVE, epsilon, NULL, bytes, scale);
}

CK_TARGET static void CK_NAME(norm_f32)(
    const float *x, int32_t m, int32_t k, int32_t stride, const float *gain, float epsilon, float *out) {
    for (int i = 0; i < m; i++, x += stride, out += k) {
        v16 squares = v16_all(0);
        for (int c = 0; c < k; c += 16) squares = v16_fma(v16_load(x + c), v16_load(x + c), squares);
        v16 norm = v16_all(1.0f / __builtin_sqrtf(v16_sum(squares) / (float)k + epsilon));
        for (int c = 0; c < k; c += 16)
            v16_store(out + c, v16_mul(v16_mul(v16_load(x + c), norm), v16_load(gain + c)));
    }
}

CK_TARGET static float CK_NAME(dot_f32)(const float *a, const float *b, int32_t k) {
    v16 sum = v16_all(0);
    for (int c = 0; c < k; c += 16) sum = v16_fma(v16_load(a + c), v16_load(b + c), sum);
    return v16_sum(sum);
}

CK_TARGET static void CK_NAME(softmax_f32)(
    const float *values, int32_t stride, const float *r, int32_t k, const float *bias, float *logits,
    float *result) {
    v16 largest = v16_all(-1e30f);
    for (int j = 0; j < stride; j += 16) {
        v16 sum = v16_load(bias + j);
        for (int i = 0; i < k; i++)
            sum = v16_fma(v16_all(r[i]), v16_load(values + (size_t)i * stride + j), sum);
        v16_store(logits + j, sum);
        largest = v16_max(largest, sum);
    }
    float most = v16_largest(largest);
    v16 powers = v16_all(0);
    for (int j = 0; j < stride; j += 16) {
        v16 power = v16_exp(v16_sub(v16_load(logits + j), v16_all(most)));
        /* Padding lanes hold about −10³⁰: they must not add e^−86 each. */
        uint16_t real = 0;
        for (int l = 0; l < 16; l++) real |= (uint16_t)((bias[j + l] > -1e29f) << l);
        powers = v16_add(powers, v16_select(real, power, v16_all(0)));
    }
    result[0] = most;
    result[1] = v16_sum(powers);
}
