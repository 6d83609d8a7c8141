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
/* Widest state. */
#define CK_WIDEST 256

/* An int8 matrix [columns n, inputs k] as the kernels read it: for each block of 64 columns, for each 64
 * inputs, for each of 16 lanes l: 64 columns × the four inputs l, 16 + l, 32 + l, 48 + l. The rows of a
 * product have their bytes in the same order: sixteen lanes pack four vectors without crossing. */
typedef struct {
    int32_t k;
    int32_t n;
    const int8_t *packed;
    /* Per column: value of one step, what its sum of products starts at, and the bias. */
    const float *scale;
    const int32_t *start;
    const float *bias;
} ck_matrix;

/* How rows are rounded to bytes. CK_SIGNED: value = scale · (byte − 128). CK_NORMED: the same after the row
 * is divided by √(mean(x²) + epsilon). CK_POSITIVE: value = scale · byte, for what CK_GELU leaves. */
enum { CK_SIGNED = 0, CK_NORMED = 1, CK_POSITIVE = 2 };

/* Rows of uint8 activations [m, k]. Byte 4·l + j of each 64 is input 16·j + l. */
typedef struct {
    int32_t m;
    const uint8_t *bytes;
    const float *scale;
} ck_rows;

/* What happens to a product. CK_GELU leaves gelu − CK_GELU_LEAST, which is never negative; the matrix that
 * reads it is packed for CK_POSITIVE and has the rest in its bias. It also leaves what rounding such rows
 * asks first: the largest of each row, by lane. */
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
    float *out;           /* first wanted row [heads · head_width] */
    int32_t out_stride;
    float *scratch;       /* CK_ATTENTION_SCRATCH floats, aligned to 64 bytes */
} ck_attention;
/* Floats: rounded queries, keys and values, four numbers a row, scores and shares of eight rows. */
enum { CK_ATTENTION_SCRATCH = (3 * CK_WIDEST / 4 + 4 + 8 + 2) * CK_LONGEST };

/* The attention of one query of the last layer, without keys and values: with k = W·n for normed states
 * n = x / √(mean(x²) + epsilon), q·k is (Wᵀq)·n, and the mixture of values is the value of the mixture. */
typedef struct {
    const float *states;  /* [phrases, width] */
    const float *own;     /* [width]: the query's own state, which it sees too */
    const float *asked;   /* [heads, width]: Wᵀq of each head; powers are of 2 */
    int32_t phrases;
    int32_t heads;
    int32_t width;
    float epsilon;
    float *out;           /* [heads, width]: Σ share · n */
    float *scratch;       /* CK_ATTENTION_SCRATCH floats, aligned to 64 bytes */
} ck_question;

/* embed:    out[i] = table[row[i]] + weight[i] · (table[row[i] + 1] − table[row[i]]), [count, width].
 * enter:    out[i] = embed(projected)[i] / √(mean(x[i]²) + epsilon) + bias for x [count, width], [count, n]:
 *           a product of normed embeddings whose matrix has been multiplied into the table.
 * quantise: x [m, k] → bytes and scale per row by its largest magnitude; for CK_POSITIVE, `most` [m, 16] may
 *           hold it by lane, NULL otherwise.
 * gemm:     out[i, j] for columns first…last−1 (multiples of 64): stored, added to what is there, or as gelu.
 *           most [m, 16]: for CK_GELU the largest of these columns by lane; NULL otherwise.
 * attend:   Σ share·v with shares 2^(q·k) / their sum, per head, in 8 bits; see LanguageModelShape for who
 *           sees whom.
 * ask:      the same for one query over states instead of keys and values.
 * product:  out[i, j] = bias[j] + Σ x[i, c]·w[c, j] for m rows, k inputs, n columns (multiples of 16); no
 *           bias for NULL. Four sums over c mod 4, added in pairs.
 * norm:     out = gain · x / √(mean(x²) + epsilon), [m, k].
 * dot:      Σ a·b over k, a multiple of 16.
 * softmax:  logits[j] = Σ_i r[i]·values[i, j] + bias[j] for n values at a stride that is a multiple of 16;
 *           returns the largest and Σ exp(logit − largest) in result[0…1]. Padding of bias: −10³⁰.
 * peak:     multiply-adds of the kind that gemm uses in registers, as fast as they go; returns how many. */
#define CK_OPERATIONS(X) \
    X(embed_f32, void, (const float *table, const int32_t *row, const float *weight, int32_t count, \
                        int32_t width, float *out)) \
    X(enter_f32, void, (const float *projected, const int32_t *row, const float *weight, \
                        const float *bias, const float *x, int32_t count, int32_t width, int32_t n, \
                        float epsilon, float *out)) \
    X(quantise_f32, void, (const float *x, int32_t m, int32_t k, int32_t mode, float epsilon, \
                           const float *most, uint8_t *bytes, float *scale)) \
    X(gemm_u8s8, void, (const ck_rows *a, const ck_matrix *b, int32_t first, int32_t last, float *out, \
                        int32_t stride, int32_t mode, float *most)) \
    X(attend_f32, void, (const ck_attention *job)) \
    X(ask_f32, void, (const ck_question *job)) \
    X(product_f32, void, (const float *x, int32_t m, int32_t x_stride, const float *w, \
                          int32_t w_stride, int32_t k, int32_t n, const float *bias, float *out, \
                          int32_t out_stride)) \
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

/* Rounds a matrix [n, k] of floats to int8 per column (largest magnitude = 127) and packs it for rows that
 * are CK_POSITIVE or not. packed: n·k bytes aligned to 64; scale and start: n each; bias: n, corrected. */
void ck_pack_s8(
    const float *weight, int32_t n, int32_t k, int32_t is_positive, int8_t *packed, float *scale,
    int32_t *start, float *bias);

/* Number of operations in CK_OPERATIONS, and their names. */
int32_t ck_operation_count(void);
const char *ck_operation_name(int32_t operation);
/* Compares one operation of a set with the scalar twin on random sizes and numbers from a seed.
 * Returns 0 when all bits agree; otherwise `message` says where they do not. */
int32_t ck_compare(const ck_table *set, int32_t operation, uint64_t seed, char *message, size_t capacity);

#endif
