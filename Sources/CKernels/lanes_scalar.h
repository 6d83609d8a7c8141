/* Sixteen float lanes in plain C: the order that all other sets follow. */
#include <stdint.h>

#define CK_TARGET
#define CK_INLINE static inline __attribute__((always_inline, unused))

typedef struct { float lane[16]; } v16;

#define CK_EACH for (int l = 0; l < 16; l++)

CK_INLINE v16 v16_load(const float *p) { v16 r; CK_EACH r.lane[l] = p[l]; return r; }
CK_INLINE void v16_store(float *p, v16 a) { CK_EACH p[l] = a.lane[l]; }
/* The first eight lanes. */
CK_INLINE void v16_store8(float *p, v16 a) { for (int l = 0; l < 8; l++) p[l] = a.lane[l]; }
CK_INLINE v16 v16_all(float x) { v16 r; CK_EACH r.lane[l] = x; return r; }
CK_INLINE v16 v16_add(v16 a, v16 b) { CK_EACH a.lane[l] += b.lane[l]; return a; }
CK_INLINE v16 v16_sub(v16 a, v16 b) { CK_EACH a.lane[l] -= b.lane[l]; return a; }
CK_INLINE v16 v16_mul(v16 a, v16 b) { CK_EACH a.lane[l] *= b.lane[l]; return a; }
CK_INLINE v16 v16_div(v16 a, v16 b) { CK_EACH a.lane[l] /= b.lane[l]; return a; }
CK_INLINE v16 v16_root(v16 a) { CK_EACH a.lane[l] = __builtin_sqrtf(a.lane[l]); return a; }
/* a·b + c, rounded once. */
CK_INLINE v16 v16_fma(v16 a, v16 b, v16 c) {
    CK_EACH c.lane[l] = __builtin_fmaf(a.lane[l], b.lane[l], c.lane[l]);
    return c;
}
/* a > b ? a : b, also for zeros of either sign. */
CK_INLINE v16 v16_max(v16 a, v16 b) {
    CK_EACH b.lane[l] = a.lane[l] > b.lane[l] ? a.lane[l] : b.lane[l];
    return b;
}
CK_INLINE v16 v16_min(v16 a, v16 b) {
    CK_EACH b.lane[l] = a.lane[l] < b.lane[l] ? a.lane[l] : b.lane[l];
    return b;
}
/* The larger of two magnitudes. */
CK_INLINE v16 v16_magnitude(v16 a, v16 b) {
    CK_EACH {
        float x = __builtin_fabsf(a.lane[l]), y = __builtin_fabsf(b.lane[l]);
        b.lane[l] = x > y ? x : y;
    }
    return b;
}
/* Lanes of a where the bit is set, else of b. */
CK_INLINE v16 v16_select(uint16_t mask, v16 a, v16 b) {
    CK_EACH b.lane[l] = mask >> l & 1 ? a.lane[l] : b.lane[l];
    return b;
}
/* a·2^n for the whole number n that CK_ROUNDER was added to in t. */
CK_INLINE v16 v16_scale(v16 a, v16 t) {
    CK_EACH {
        uint32_t x, n;
        __builtin_memcpy(&x, &a.lane[l], 4);
        __builtin_memcpy(&n, &t.lane[l], 4);
        x += n << 23;
        __builtin_memcpy(&a.lane[l], &x, 4);
    }
    return a;
}
/* p + q, whole numbers. */
CK_INLINE v16 v16_from_i32(const int32_t *p, const int32_t *q) {
    v16 r;
    CK_EACH r.lane[l] = (float)(p[l] + q[l]);
    return r;
}
/* p[4·l + j] = the lowest byte of lane l of v[j]. */
CK_INLINE void v16_store_low_bytes(uint8_t *p, const v16 v[4]) {
    for (int j = 0; j < 4; j++) CK_EACH {
        uint32_t x;
        __builtin_memcpy(&x, &v[j].lane[l], 4);
        p[4 * l + j] = (uint8_t)x;
    }
}
/* p[l] = the lowest byte of lane l. */
CK_INLINE void v16_store_bytes(uint8_t *p, v16 v) {
    CK_EACH {
        uint32_t x;
        __builtin_memcpy(&x, &v.lane[l], 4);
        p[l] = (uint8_t)x;
    }
}

/* Sixteen lanes of whole numbers, or of four bytes each. */
typedef struct { int32_t lane[16]; } n16;

CK_INLINE n16 n16_none(void) { n16 r; CK_EACH r.lane[l] = 0; return r; }
CK_INLINE n16 n16_load(const void *p) { n16 r; __builtin_memcpy(&r, p, sizeof r); return r; }
CK_INLINE void n16_store(void *p, n16 a) { __builtin_memcpy(p, &a, sizeof a); }
CK_INLINE n16 n16_less(n16 a, n16 b) { CK_EACH a.lane[l] -= b.lane[l]; return a; }
/* The same four bytes in every lane. */
CK_INLINE n16 n16_four(const uint8_t *p) {
    n16 r;
    CK_EACH __builtin_memcpy(&r.lane[l], p, 4);
    return r;
}
/* sum + the four products of unsigned bytes a and signed bytes b. */
CK_INLINE n16 n16_dot(n16 sum, n16 a, n16 b) {
    CK_EACH {
        uint8_t u[4];
        int8_t s[4];
        __builtin_memcpy(u, &a.lane[l], 4);
        __builtin_memcpy(s, &b.lane[l], 4);
        for (int i = 0; i < 4; i++) sum.lane[l] += (int32_t)u[i] * s[i];
    }
    return sum;
}
CK_INLINE v16 v16_from(n16 a) { v16 r; CK_EACH r.lane[l] = (float)a.lane[l]; return r; }

/* Halves folded onto each other: 8, 4, 2, 1. */
#define CK_FOLD(name, expression) \
    CK_INLINE float name(v16 v) { \
        for (int half = 8; half > 0; half /= 2) \
            for (int l = 0; l < half; l++) { \
                float a = v.lane[l], b = v.lane[l + half]; \
                v.lane[l] = (expression); \
            } \
        return v.lane[0]; \
    }
CK_FOLD(v16_sum, a + b)
CK_FOLD(v16_largest, a > b ? a : b)
#undef CK_FOLD

/* The same folds for eight vectors at once, in the first eight lanes. */
#define CK_FOLD8(name, one) \
    CK_INLINE v16 name(const v16 *v) { \
        float out[16] = {0}; \
        for (int r = 0; r < 8; r++) out[r] = one(v[r]); \
        return v16_load(out); \
    }
CK_FOLD8(v16_sum8, v16_sum)
CK_FOLD8(v16_largest8, v16_largest)
#undef CK_FOLD8
