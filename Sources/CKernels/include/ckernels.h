/* SIMD kernels of the language model, one implementation per instruction set, chosen at run time.
 *
 * Every implementation of an operation gives the same bits: integer sums are exact; floats follow one order,
 * in sixteen lanes with fused multiply-add, whatever the width of the registers. No libm, no fast-math.
 *
 * CK_OPERATIONS is the one table: it declares the functions ck_<operation>_<type>_<set>, fills the run-time
 * tables and drives the comparison with the scalar twin (ck_compare) and so the tests.
 */
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Columns of one packed block; the width of every matrix is a multiple of it. */
#define CK_BLOCK 64
/* Most rows (phrases and queries) of one description. */
#define CK_LONGEST 128

/* An int8 matrix [columns n, inputs k] as the kernels read it: for each block of 64 columns, for each 64
 * inputs, for each of 16 lanes l: 64 columns × the four inputs l, 16 + l, 32 + l, 48 + l. The rows of a
 * product have their bytes in the same order: sixteen lanes pack four vectors without crossing. */
typedef struct {
    int32_t k;
    int32_t n;
    const int8_t *packed;
    /* Per column: value of one step, that times the sum of the column's steps, and the bias. */
    const float *scale;
    const float *sum;
    const float *bias;
} ck_matrix;

/* Rows of uint8 activations [m, k]: value = low + scale · byte. Byte 4·l + j of each 64 is input 16·j + l. */
typedef struct {
    int32_t m;
    const uint8_t *bytes;
    const float *scale;
    const float *low;
} ck_rows;

/* What happens to a product. */
enum { CK_STORE = 0, CK_ADD = 1, CK_GELU = 2 };

/* One description in an attention. Rows 0…phrases−1 are phrases, then queries; heads lie side by side. */
typedef struct {
    const float *q;       /* first wanted row */
    const float *k;       /* row 0 */
    const float *v;       /* row 0 */
    int32_t q_stride;     /* floats from row to row */
    int32_t kv_stride;
    int32_t phrases;
    int32_t queries;
    int32_t first_row;    /* rows first_row … phrases + queries − 1 are wanted */
    int32_t heads;
    int32_t head_width;   /* 16, 32 or 64 */
    int32_t is_causal;
    float scale;          /* 1 / √head_width */
    float *out;           /* first wanted row [heads · head_width] */
    int32_t out_stride;
    float *scratch;       /* CK_ATTENTION_SCRATCH floats, aligned to 64 bytes */
} ck_attention;
enum { CK_ATTENTION_SCRATCH = (64 + 8) * CK_LONGEST };

/* embed:    out[i] = table[row[i]] + weight[i] · (table[row[i] + 1] − table[row[i]]), [count, width].
 * quantise: x [m, k] at a stride → bytes, scale and low per row between its least and largest value; with
 *           is_normed the row is first divided by √(mean(x²) + epsilon).
 * gemm:     out[i, j] for columns first…last−1 (multiples of 64): stored, added to what is there, or as gelu.
 * attend:   softmax(q·k·scale)·v per head; see LanguageModelShape for who sees whom.
 * norm:     out = gain · x / √(mean(x²) + epsilon), [m, k].
 * dot:      Σ a·b over k, a multiple of 16.
 * softmax:  logits[j] = Σ_i r[i]·values[i, j] + bias[j] for n values at a stride that is a multiple of 16;
 *           returns the largest and Σ exp(logit − largest) in result[0…1]. Padding of bias: −10³⁰.
 * peak:     multiply-adds of the kind that gemm uses in registers, as fast as they go; returns how many. */
#define CK_OPERATIONS(X) \
    X(embed_f32, void, (const float *table, const int32_t *row, const float *weight, int32_t count, \
                        int32_t width, float *out)) \
    X(quantise_f32, void, (const float *x, int32_t m, int32_t k, int32_t stride, int32_t is_normed, \
                           float epsilon, uint8_t *bytes, float *scale, float *low)) \
    X(gemm_u8s8, void, (const ck_rows *a, const ck_matrix *b, int32_t first, int32_t last, float *out, \
                        int32_t stride, int32_t mode)) \
    X(attend_f32, void, (const ck_attention *job)) \
    X(norm_f32, void, (const float *x, int32_t m, int32_t k, int32_t stride, const float *gain, \
                       float epsilon, float *out)) \
    X(dot_f32, float, (const float *a, const float *b, int32_t k)) \
    X(softmax_f32, void, (const float *values, int32_t stride, const float *r, int32_t k, \
                          const float *bias, float *logits, float *result)) \
    X(peak_u8s8, int64_t, (int64_t rounds))

/* Instruction sets in the order of preference. */
#if defined(__x86_64__)
#define CK_SETS(X) X(avx512vnni) X(avx2) X(scalar)
#elif defined(__aarch64__)
#define CK_SETS(X) X(neon) X(scalar)
#else
#define CK_SETS(X) X(scalar)
#endif

/* The functions of one instruction set. */
typedef struct {
    const char *name;
#define CK_FIELD(operation, result, arguments) result (*operation) arguments;
    CK_OPERATIONS(CK_FIELD)
#undef CK_FIELD
} ck_table;

#define CK_DECLARE_SET(set) extern const ck_table ck_table_##set;
CK_SETS(CK_DECLARE_SET)
#undef CK_DECLARE_SET

/* Number of instruction sets of this program, in order of preference. */
int32_t ck_set_count(void);
/* The functions of a set, or NULL when this CPU lacks a feature it needs. */
const ck_table *ck_set_at(int32_t index);
/* The set of that name; the best one that the CPU has for NULL or "". NULL when there is none. */
const ck_table *ck_set_named(const char *name);

/* Rounds a matrix [n, k] of floats to int8 per column (largest magnitude = 127) and packs it.
 * packed: n·k bytes aligned to 64; scale and sum: n floats. */
void ck_pack_s8(const float *weight, int32_t n, int32_t k, int8_t *packed, float *scale, float *sum);

/* Number of operations in CK_OPERATIONS, and their names. */
int32_t ck_operation_count(void);
const char *ck_operation_name(int32_t operation);
/* Compares one operation of a set with the scalar twin on random sizes and numbers from a seed.
 * Returns 0 when all bits agree; otherwise `message` says where they do not. */
int32_t ck_compare(const ck_table *set, int32_t operation, uint64_t seed, char *message, size_t capacity);

#endif
