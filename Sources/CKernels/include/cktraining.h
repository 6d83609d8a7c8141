/* Float32 kernels of training: forward and backward, one implementation per instruction set.
 *
 * Like the scoring kernels every set gives the same bits: sums run in sixteen lanes or along k in order, with
 * fused multiply-add, whatever the width of the registers. Here the compiler splits vectors of sixteen floats
 * into what the set has. Rows are row-major; all widths that are not a number of rows are multiples of 16.
 */
#ifndef CKTRAINING_H
#define CKTRAINING_H

#include <stdint.h>

/* One product C[m, n] = A·B (+ C) (+ bias). A[i, p] lies at a[i·a_row + p·a_column], so A may be transposed;
 * B [k, n] in blocks of 64 columns: B[p, j] at b[(j / 64)·b_block + p·b_row + j % 64] (a plain matrix has
 * b_block 64). C has rows at a stride. n is a multiple of 16. The sum over k runs in order. */
typedef struct {
    int32_t m, n, k;
    const float *a;
    int64_t a_row, a_column;
    const float *b;
    int64_t b_row, b_block;
    float *c;
    int64_t c_row;
    const float *bias;      /* [n], or NULL */
    int32_t accumulates;    /* adds to what is in C */
} ck_product;

/* One step of AdamW (Loshchilov and Hutter 2019) with bias correction, and of the average of the weights. */
typedef struct {
    float rate, decay;              /* step size; decay of this tensor's weights per unit of step size */
    float beta1, beta2, epsilon;
    float correction1, correction2; /* 1 / (1 − β₁ᵗ), 1 / (1 − β₂ᵗ) */
    float gradient_scale;           /* of clipping */
    float average_keep;             /* the average keeps this share of itself */
} ck_adamw;

/* product:        see ck_product.
 * norm:           out = gain · x · scale, scale[i] = 1 / √(mean(x²) + epsilon), x [m, d].
 * norm_backward:  dx += ∂/∂x, dgain += ∂/∂gain for dy [m, d].
 * gelu:           out = x / (1 + exp(−2u)), u = √(2/π)·(x + 0.044715·x³): the tanh form. n elements.
 * gelu_backward:  dy *= ∂out/∂x.
 * mask_softmax:   rows i of s [m, columns at a stride]: scaled, softmax over what row i sees, 0 elsewhere.
 *                 Row i < phrases sees phrases j ≤ i (causal) or all; a query row all phrases and itself.
 * softmax:        softmax of each row of s [m, n] in place.
 * softmax_backward: dp = scale · p ∘ (dp − Σ p∘dp) per row of p, dp [m, n].
 * add_columns:    out[j] += Σ_i x[i, j], x [m, n].
 * dropout:        x = 0 with probability threshold / 65536, else x · keep_scale; the mask depends on key and
 *                 place alone. n is a multiple of 4.
 * adamw:          one step over n elements (any n).
 * sum_squares:    Σ x² in double, n elements (any n). */
#define CK_TRAINING_OPERATIONS(X) \
    X(product, void, (const ck_product *job)) \
    X(norm, void, (const float *x, int32_t m, int32_t d, const float *gain, float epsilon, float *out, \
                   float *scale)) \
    X(norm_backward, void, (const float *dy, const float *x, const float *gain, const float *scale, \
                            int32_t m, int32_t d, float *dx, float *dgain)) \
    X(gelu, void, (const float *x, int64_t n, float *out)) \
    X(gelu_backward, void, (const float *x, int64_t n, float *dy)) \
    X(mask_softmax, void, (float *s, int32_t m, int32_t columns, float scale, int32_t phrases, \
                           int32_t is_causal)) \
    X(softmax, void, (float *s, int32_t m, int32_t n)) \
    X(softmax_backward, void, (const float *p, float *dp, int32_t m, int32_t n, float scale)) \
    X(add_columns, void, (const float *x, int32_t m, int32_t n, float *out)) \
    X(dropout, void, (float *x, int64_t n, uint64_t key, uint32_t threshold, float keep_scale)) \
    X(adamw, void, (const ck_adamw *step, int64_t n, const float *gradient, float *weight, float *moment1, \
                    float *moment2, float *average)) \
    X(sum_squares, double, (const float *x, int64_t n))

/* Instruction sets in the order of preference. */
#if defined(__x86_64__)
#define CK_TRAINING_SETS(X) X(avx512) X(avx2) X(portable)
#else
#define CK_TRAINING_SETS(X) X(portable)
#endif

typedef struct {
    const char *name;
#define CK_TRAINING_FIELD(operation, result, arguments) result (*operation) arguments;
    CK_TRAINING_OPERATIONS(CK_TRAINING_FIELD)
#undef CK_TRAINING_FIELD
} ck_training_table;

/* Number of sets of this program; the set at a place, NULL when this CPU lacks a feature; the best one. */
int32_t ck_training_set_count(void);
const ck_training_table *ck_training_set_at(int32_t index);
const ck_training_table *ck_training_best(void);

#endif
