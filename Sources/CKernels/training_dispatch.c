/* Which training kernels this CPU can run. */
#include "cktraining.h"

#include <stddef.h>

#define CK_DECLARE_TRAINING_SET(set) extern const ck_training_table ck_training_table_##set;
CK_TRAINING_SETS(CK_DECLARE_TRAINING_SET)
#undef CK_DECLARE_TRAINING_SET

static int ck_training_supports_portable(void) { return 1; }
#if defined(__x86_64__)
static int ck_training_supports_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
static int ck_training_supports_avx512(void) {
    return ck_training_supports_avx2() && __builtin_cpu_supports("avx512f")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq");
}
#endif

typedef struct {
    const ck_training_table *table;
    int (*is_supported)(void);
} ck_training_set;

static const ck_training_set ck_training_sets[] = {
#define CK_TRAINING_ENTRY(set) {&ck_training_table_##set, ck_training_supports_##set},
    CK_TRAINING_SETS(CK_TRAINING_ENTRY)
#undef CK_TRAINING_ENTRY
};

int32_t ck_training_set_count(void) {
    return (int32_t)(sizeof ck_training_sets / sizeof *ck_training_sets);
}

const ck_training_table *ck_training_set_at(int32_t index) {
    if (index < 0 || index >= ck_training_set_count()) return NULL;
    return ck_training_sets[index].is_supported() ? ck_training_sets[index].table : NULL;
}

const ck_training_table *ck_training_best(void) {
    for (int32_t i = 0; i < ck_training_set_count(); i++)
        if (ck_training_set_at(i)) return ck_training_set_at(i);
    return NULL;
}
