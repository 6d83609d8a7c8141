/* Sixteen floats at a time for the training kernels, in whatever registers the target has: loads, sums in a
 * fixed order, e^x and the gate of GELU. */
#ifndef CK_TRAINING_LANES_H
#define CK_TRAINING_LANES_H

#include <stdint.h>

/* Vectors wider than the target's registers are passed between functions here, but every such function is
 * inlined: there is no call whose convention could differ. */
#pragma clang diagnostic ignored "-Wpsabi"
#define CK_INLINE static inline __attribute__((always_inline))

typedef float ck_v16 __attribute__((vector_size(64)));
typedef int32_t ck_i16 __attribute__((vector_size(64)));

CK_INLINE ck_v16 ck_load(const float *x) {
    ck_v16 v;
    __builtin_memcpy(&v, x, sizeof v);
    return v;
}
CK_INLINE void ck_store(float *x, ck_v16 v) { __builtin_memcpy(x, &v, sizeof v); }
CK_INLINE ck_v16 ck_splat(float x) {
    return (ck_v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}
CK_INLINE ck_v16 ck_fma(ck_v16 a, ck_v16 b, ck_v16 c) { return __builtin_elementwise_fma(a, b, c); }

/* Halves added to halves: the same tree in every set. */
CK_INLINE float ck_sum(ck_v16 v) {
    float s[16];
    __builtin_memcpy(s, &v, sizeof s);
    for (int width = 8; width > 0; width /= 2)
        for (int i = 0; i < width; i++) s[i] += s[i + width];
    return s[0];
}

/* e^x = 2^n·e^r with r = x − n·ln 2 in ±½·ln 2 by its Taylor series to the 7th power (relative error below
 * 2·10⁻⁷). Below −86 it is 0; x must be at most 86. */
CK_INLINE ck_v16 ck_exp(ck_v16 x) {
    const ck_v16 low = ck_splat(-86), high = ck_splat(86);
    const ck_i16 is_gone = x < low;
    x = __builtin_elementwise_min(__builtin_elementwise_max(x, low), high);
    /* Adding 1.5·2²³ leaves a whole number in the low bits. */
    const ck_v16 shifted = ck_fma(x, ck_splat(1.44269504f), ck_splat(12582912.0f));
    const ck_v16 n = shifted - 12582912.0f;
    ck_v16 r = ck_fma(n, ck_splat(-0.693145752f), x);
    r = ck_fma(n, ck_splat(-1.42860677e-6f), r);
    ck_v16 series = ck_splat(1.0f / 5040);
    series = ck_fma(series, r, ck_splat(1.0f / 720));
    series = ck_fma(series, r, ck_splat(1.0f / 120));
    series = ck_fma(series, r, ck_splat(1.0f / 24));
    series = ck_fma(series, r, ck_splat(1.0f / 6));
    series = ck_fma(series, r, ck_splat(0.5f));
    series = ck_fma(series, r, ck_splat(1));
    series = ck_fma(series, r, ck_splat(1));
    ck_i16 bits, power;
    __builtin_memcpy(&bits, &shifted, sizeof bits);
    power = (bits - 0x4b400000 + 127) << 23;
    power &= ~is_gone;
    ck_v16 two;
    __builtin_memcpy(&two, &power, sizeof two);
    return series * two;
}

/* σ(2u), u = √(2/π)·(x + 0.044715·x³). */
CK_INLINE ck_v16 ck_gelu_gate(ck_v16 x) {
    const ck_v16 slope = ck_fma(x * x, ck_splat(0.0713548163f), ck_splat(1.5957691216f));
    return 1 / (1 + ck_exp(-(x * slope)));
}

#endif
