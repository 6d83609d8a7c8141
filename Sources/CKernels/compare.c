/* Every operation of a set against the scalar twin, bit for bit, on random sizes and numbers. */
#include "ckernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both sides of one comparison and where their numbers come from. */
typedef struct {
    const ck_table *set;
    const ck_table *twin;
    uint64_t state;
    char *message;
    size_t capacity;
} ck_trial;

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t ck_next(ck_trial *t) {
    uint64_t z = t->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int32_t ck_below(ck_trial *t, int32_t bound) { return (int32_t)(ck_next(t) % (uint64_t)bound); }

static float ck_symmetric(ck_trial *t) { return (float)(ck_next(t) >> 40) / 8388608.0f - 1.0f; }

/* Mostly ordinary numbers; some trials also zeros, constants, and the very large and very small. */
static void ck_fill(ck_trial *t, float *x, size_t count, int is_bounded) {
    static const float odd[] = {0, -0.0f, 1, -1, 1e-20f, -1e-20f, 1e15f, -1e15f, 3.8f, -86};
    int style = is_bounded ? 0 : ck_below(t, 6);
    float size = style == 1 ? 1e12f : style == 2 ? 1e-12f : 4;
    for (size_t i = 0; i < count; i++) {
        if (style == 3) x[i] = 0.75f;
        else if (style == 4 && ck_below(t, 3) == 0) x[i] = odd[ck_below(t, 10)];
        else x[i] = size * ck_symmetric(t);
    }
}

static void *ck_memory(size_t bytes) {
    void *memory = NULL;
    if (posix_memalign(&memory, 64, bytes + 64) != 0) abort();
    memset(memory, 0, bytes + 64);
    return memory;
}

static float *ck_floats(ck_trial *t, size_t count, int is_bounded) {
    float *x = ck_memory(count * sizeof(float));
    ck_fill(t, x, count, is_bounded);
    return x;
}

/* 0 when the bytes agree and, for floats, none is a NaN. */
static int32_t ck_agree(
    ck_trial *t, const char *what, const void *a, const void *b, size_t count, size_t size) {
    for (size_t i = 0; i < count; i++) {
        const char *x = (const char *)a + i * size, *y = (const char *)b + i * size;
        float number = 0;
        if (size == sizeof(float)) memcpy(&number, y, size);
        if (memcmp(x, y, size) == 0 && number == number) continue;
        uint32_t p = 0, q = 0;
        memcpy(&p, x, size);
        memcpy(&q, y, size);
        snprintf(t->message, t->capacity, "%s[%zu]: %08x, twin %08x", what, i, p, q);
        return 1;
    }
    return 0;
}

static int32_t ck_compare_embed_f32(ck_trial *t) {
    int32_t width = 64 * (1 + ck_below(t, 4)), count = 1 + ck_below(t, 40), rows[40];
    float weights[40], *table = ck_floats(t, (size_t)21 * width, 0);
    for (int32_t i = 0; i < count; i++) {
        rows[i] = ck_below(t, 20);
        weights[i] = ck_below(t, 4) == 0 ? 0 : (ck_symmetric(t) + 1) / 2;
    }
    float *a = ck_memory((size_t)count * width * 4), *b = ck_memory((size_t)count * width * 4);
    t->set->embed_f32(table, rows, weights, count, width, a);
    t->twin->embed_f32(table, rows, weights, count, width, b);
    int32_t fault = ck_agree(t, "out", a, b, (size_t)count * width, 4);
    free(table), free(a), free(b);
    return fault;
}

static int32_t ck_compare_enter_f32(ck_trial *t) {
    int32_t width = 64 * (1 + ck_below(t, 4)), n = 3 * width, count = 1 + ck_below(t, 20), rows[20];
    float weights[20], *x = ck_floats(t, (size_t)count * width, 0);
    float *projected = ck_floats(t, (size_t)21 * n, 0), *bias = ck_floats(t, n, 1);
    for (int32_t i = 0; i < count; i++) {
        rows[i] = ck_below(t, 20);
        weights[i] = ck_below(t, 4) == 0 ? 0 : (ck_symmetric(t) + 1) / 2;
    }
    float *a = ck_memory((size_t)count * n * 4), *b = ck_memory((size_t)count * n * 4);
    t->set->enter_f32(projected, rows, weights, bias, x, count, width, n, 1e-6f, a);
    t->twin->enter_f32(projected, rows, weights, bias, x, count, width, n, 1e-6f, b);
    int32_t fault = ck_agree(t, "out", a, b, (size_t)count * n, 4);
    free(x), free(projected), free(bias), free(a), free(b);
    return fault;
}

static int32_t ck_compare_quantise_f32(ck_trial *t) {
    int32_t m = 1 + ck_below(t, 9), k = 64 * (1 + ck_below(t, 16)), mode = ck_below(t, 3);
    size_t count = (size_t)m * k;
    float *x = ck_floats(t, count, 0), scale[2][16];
    for (size_t i = 0; mode == CK_POSITIVE && i < count; i++) x[i] = __builtin_fabsf(x[i]);
    uint8_t *a = ck_memory(count), *b = ck_memory(count);
    /* What a product with GELU leaves must lead to the same as looking for it. */
    float *most = mode == CK_POSITIVE && ck_below(t, 2) ? ck_memory((size_t)m * 16 * 4) : NULL;
    if (most) memset(most, 0, (size_t)m * 16 * 4);
    for (int32_t i = 0; most && i < m; i++)
        for (int32_t c = 0; c < k; c++)
            if (x[(size_t)i * k + c] > most[16 * i + c % 16]) most[16 * i + c % 16] = x[(size_t)i * k + c];
    t->set->quantise_f32(x, m, k, mode, 1e-6f, most, a, scale[0]);
    t->twin->quantise_f32(x, m, k, mode, 1e-6f, NULL, b, scale[1]);
    int32_t fault = ck_agree(t, "bytes", a, b, count, 1) || ck_agree(t, "scale", scale[0], scale[1], m, 4);
    free(x), free(a), free(b), free(most);
    return fault;
}

static int32_t ck_compare_gemm_u8s8(ck_trial *t) {
    int32_t m = 1 + ck_below(t, 20), k = 64 * (1 + ck_below(t, 8)), n = 64 * (1 + ck_below(t, 6));
    int32_t first = 64 * ck_below(t, n / 64), mode = ck_below(t, 3), stride = n + 16 * ck_below(t, 2);
    int32_t last = first + 64 * (1 + ck_below(t, (n - first) / 64));
    size_t size = (size_t)m * stride;
    float *weight = ck_floats(t, (size_t)n * k, 0), *scale = ck_memory((size_t)n * 4);
    float *bias = ck_floats(t, n, 1), row_scale[20], most[2][20 * 16] = {{0}};
    int32_t *start = ck_memory((size_t)n * 4);
    ck_fill(t, row_scale, 20, 1);
    int8_t *packed = ck_memory((size_t)n * k);
    uint8_t *bytes = ck_memory((size_t)m * k);
    int is_extreme = ck_below(t, 4) == 0;
    for (size_t i = 0; i < (size_t)m * k; i++) bytes[i] = is_extreme ? 255 : (uint8_t)ck_next(t);
    ck_pack_s8(weight, n, k, ck_below(t, 2), packed, scale, start, bias);
    ck_rows rows = {m, bytes, row_scale};
    ck_matrix matrix = {k, n, packed, scale, start, bias};
    float *a = ck_floats(t, size, 1), *b = ck_memory(size * 4);
    memcpy(b, a, size * 4);
    t->set->gemm_u8s8(&rows, &matrix, first, last, a, stride, mode, most[0]);
    t->twin->gemm_u8s8(&rows, &matrix, first, last, b, stride, mode, most[1]);
    int32_t fault = ck_agree(t, "out", a, b, size, 4) || ck_agree(t, "most", most[0], most[1], m * 16, 4);
    free(weight), free(scale), free(start), free(bias), free(packed), free(bytes), free(a), free(b);
    return fault;
}

static int32_t ck_compare_attend_f32(ck_trial *t) {
    int32_t head_width = 16 << ck_below(t, 3), heads = 1 + ck_below(t, 4), d = heads * head_width;
    int32_t phrases = ck_below(t, 121), queries = 1 + ck_below(t, 8), total = phrases + queries;
    int32_t first = ck_below(t, total), wanted = total - first;
    size_t count = (size_t)wanted * d;
    float *qkv = ck_floats(t, (size_t)total * 3 * d, 0), *a = ck_memory(count * 4), *b = ck_memory(count * 4);
    float *scratch = ck_memory(CK_ATTENTION_SCRATCH * 4);
    ck_attention job = {
        qkv + (size_t)first * 3 * d, qkv + d, qkv + 2 * d, 3 * d, 3 * d, phrases, queries, first, heads,
        head_width, ck_below(t, 2), a, d, scratch};
    t->set->attend_f32(&job);
    job.out = b;
    t->twin->attend_f32(&job);
    int32_t fault = ck_agree(t, "out", a, b, count, 4);
    free(qkv), free(a), free(b), free(scratch);
    return fault;
}

static int32_t ck_compare_ask_f32(ck_trial *t) {
    int32_t width = 64 * (1 + ck_below(t, 4)), heads = 1 + ck_below(t, 16), phrases = ck_below(t, 121);
    size_t count = (size_t)heads * width;
    float *states = ck_floats(t, (size_t)(phrases + 1) * width, 0), *asked = ck_floats(t, count, 1);
    float *scratch = ck_memory(CK_ATTENTION_SCRATCH * 4);
    float *a = ck_memory(count * 4), *b = ck_memory(count * 4);
    ck_question job = {
        states, states + (size_t)phrases * width, asked, phrases, heads, width, 1e-6f, a, scratch};
    t->set->ask_f32(&job);
    job.out = b;
    t->twin->ask_f32(&job);
    int32_t fault = ck_agree(t, "out", a, b, count, 4);
    free(states), free(asked), free(scratch), free(a), free(b);
    return fault;
}

static int32_t ck_compare_product_f32(ck_trial *t) {
    int32_t m = 1 + ck_below(t, 10), k = 16 * (1 + ck_below(t, 16)), n = 16 * (1 + ck_below(t, 16));
    int32_t x_stride = k + 16 * ck_below(t, 3), w_stride = n + 16 * ck_below(t, 3);
    int32_t stride = n + ck_below(t, 9);
    size_t size = (size_t)m * stride;
    float *x = ck_floats(t, (size_t)m * x_stride, 0), *w = ck_floats(t, (size_t)k * w_stride, 1);
    float *bias = ck_floats(t, n, 1), *a = ck_memory(size * 4), *b = ck_memory(size * 4);
    const float *some = ck_below(t, 2) ? bias : NULL;
    t->set->product_f32(x, m, x_stride, w, w_stride, k, n, some, a, stride);
    t->twin->product_f32(x, m, x_stride, w, w_stride, k, n, some, b, stride);
    int32_t fault = ck_agree(t, "out", a, b, size, 4);
    free(x), free(w), free(bias), free(a), free(b);
    return fault;
}

static int32_t ck_compare_norm_f32(ck_trial *t) {
    int32_t m = 1 + ck_below(t, 9), k = 64 * (1 + ck_below(t, 4)), stride = k + 16 * ck_below(t, 3);
    size_t count = (size_t)m * k;
    float *x = ck_floats(t, (size_t)m * stride, 0), *gain = ck_floats(t, k, 1);
    float *a = ck_memory(count * 4), *b = ck_memory(count * 4);
    t->set->norm_f32(x, m, k, stride, gain, 1e-6f, a);
    t->twin->norm_f32(x, m, k, stride, gain, 1e-6f, b);
    int32_t fault = ck_agree(t, "out", a, b, count, 4);
    free(x), free(gain), free(a), free(b);
    return fault;
}

static int32_t ck_compare_dot_f32(ck_trial *t) {
    int32_t k = 16 * (1 + ck_below(t, 32));
    float *x = ck_floats(t, k, 0), *y = ck_floats(t, k, 0);
    float a = t->set->dot_f32(x, y, k), b = t->twin->dot_f32(x, y, k);
    int32_t fault = ck_agree(t, "sum", &a, &b, 1, 4);
    free(x), free(y);
    return fault;
}

static int32_t ck_compare_softmax_f32(ck_trial *t) {
    int32_t k = 64 * (1 + ck_below(t, 4)), n = 1 + ck_below(t, 70), stride = (n + 15) / 16 * 16;
    float *values = ck_floats(t, (size_t)k * stride, 0), *r = ck_floats(t, k, 1);
    float *bias = ck_floats(t, stride, 1);
    float *a = ck_memory((size_t)stride * 4), *b = ck_memory((size_t)stride * 4), result[2][2];
    for (int32_t j = n; j < stride; j++) {
        bias[j] = -1e30f;
        for (int32_t i = 0; i < k; i++) values[(size_t)i * stride + j] = 0;
    }
    t->set->softmax_f32(values, stride, r, k, bias, a, result[0]);
    t->twin->softmax_f32(values, stride, r, k, bias, b, result[1]);
    int32_t fault = ck_agree(t, "logits", a, b, stride, 4)
        || ck_agree(t, "result", result[0], result[1], 2, 4);
    free(values), free(r), free(bias), free(a), free(b);
    return fault;
}

/* There is nothing to compare in a peak but that it does what it was asked for. */
static int32_t ck_compare_peak_u8s8(ck_trial *t) {
    if (t->set->peak_u8s8(3) % 3 == 0 && t->set->peak_u8s8(0) == 0) return 0;
    snprintf(t->message, t->capacity, "rounds are not counted");
    return 1;
}

typedef struct {
    const char *name;
    int32_t (*compare)(ck_trial *);
} ck_comparison;

static const ck_comparison ck_comparisons[] = {
#define CK_COMPARISON(operation, result, arguments) {#operation, ck_compare_##operation},
    CK_OPERATIONS(CK_COMPARISON)
#undef CK_COMPARISON
};

int32_t ck_operation_count(void) { return (int32_t)(sizeof ck_comparisons / sizeof *ck_comparisons); }

const char *ck_operation_name(int32_t operation) { return ck_comparisons[operation].name; }

int32_t ck_compare(const ck_table *set, int32_t operation, uint64_t seed, char *message, size_t capacity) {
    ck_trial trial = {set, &ck_table_scalar, seed, message, capacity};
    return ck_comparisons[operation].compare(&trial);
}
