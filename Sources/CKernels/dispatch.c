/* Which sets this CPU can run, and the packing of weights. */
#pragma STDC FP_CONTRACT OFF
#include "ckernels.h"
#include "gelu_exp.h"

#include <string.h>

typedef struct {
    const ck_table *table;
    int (*is_supported)(void);
} ck_set;

/* The features each set needs. */
#if defined(__x86_64__)
static int ck_supports_avx512vnni(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx2")
        && __builtin_cpu_supports("fma");
}
static int ck_supports_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#elif defined(__aarch64__)
static int ck_supports_neon(void) { return 1; }
#endif
static int ck_supports_scalar(void) { return 1; }

static const ck_set ck_all_sets[] = {
#define CK_SET_ENTRY(set) {&ck_table_##set, ck_supports_##set},
    CK_SETS(CK_SET_ENTRY)
#undef CK_SET_ENTRY
};

int32_t ck_set_count(void) { return (int32_t)(sizeof ck_all_sets / sizeof *ck_all_sets); }

const ck_table *ck_set_at(int32_t index) {
    if (index < 0 || index >= ck_set_count() || !ck_all_sets[index].is_supported()) return NULL;
    return ck_all_sets[index].table;
}

const ck_table *ck_set_named(const char *name) {
    for (int32_t i = 0; i < ck_set_count(); i++) {
        const ck_table *table = ck_set_at(i);
        if (table && (!name || !*name || strcmp(name, table->name) == 0)) return table;
    }
    return NULL;
}

void ck_pack_s8(
    const float *weight, int32_t n, int32_t k, int32_t is_positive, int8_t *packed, float *scale,
    int32_t *start, float *bias) {
    for (int32_t j = 0; j < n; j++) {
        const float *column = weight + (size_t)j * k;
        float largest = 0;
        for (int32_t i = 0; i < k; i++) {
            float magnitude = column[i] < 0 ? -column[i] : column[i];
            largest = magnitude > largest ? magnitude : largest;
        }
        /* Columns this small count as zero: their reciprocal would not be finite. */
        float steps = largest > 1e-30f ? 127.0f / largest : 0.0f;
        scale[j] = steps > 0 ? largest / 127.0f : 0.0f;
        int32_t total = 0;
        int8_t *block = packed + (size_t)(j / CK_BLOCK) * CK_BLOCK * k;
        for (int32_t i = 0; i < k; i++) {
            float rounded = column[i] * steps + CK_ROUNDER;
            int32_t step = (int32_t)(rounded - CK_ROUNDER);
            total += step;
            int32_t lane = i / 64 * 16 + i % 16, place = i % 64 / 16;
            block[(size_t)lane * 4 * CK_BLOCK + j % CK_BLOCK * 4 + place] = (int8_t)step;
        }
        start[j] = is_positive ? 0 : -128 * total;
        if (is_positive) bias[j] += CK_GELU_LEAST * (scale[j] * (float)total);
    }
}
