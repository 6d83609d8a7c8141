#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#define CK_TRAINING_SET avx512
#define CK_TRAINING_NAME "avx512"
#define CK_TILE_ROWS 6
#define CK_TILE_VECTORS 4
#include "training_body.h"
#pragma clang attribute pop
#endif
