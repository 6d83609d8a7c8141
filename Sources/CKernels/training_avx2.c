#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CK_TRAINING_SET avx2
#define CK_TRAINING_NAME "avx2"
#define CK_TILE_ROWS 6
#define CK_TILE_VECTORS 1
#include "training_body.h"
#pragma clang attribute pop
#endif
