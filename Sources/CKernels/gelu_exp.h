/* Coefficients of the curves. Fitted for least largest error; scripts/fit-curves.py makes them again. */
#ifndef CK_GELU_EXP_H
#define CK_GELU_EXP_H

/* gelu(x) = m·(½ + c·P(c²)) with m = max(x, −CK_GELU_LIMIT) and c = m kept below CK_GELU_LIMIT, where the
 * bracket is 0 or 1. Error below 1.1·10⁻³, a fraction of half a step of the 8 bits that it is rounded to. */
#define CK_GELU_LIMIT 3.4f
#define CK_GELU_0 0.39401254f
#define CK_GELU_1 -0.059701886f
#define CK_GELU_2 0.0067032604f
#define CK_GELU_3 -0.00041520645f
#define CK_GELU_4 1.0574122e-05f
/* Below its least value, −0.1711. */
#define CK_GELU_LEAST -0.172f

/* e^x = 2^n·(1 + r + r²·Q(r)), n = x / ln 2 rounded, r = x − n·ln 2. Relative error below 2·10⁻⁷. */
#define CK_EXP_2 0.4999923f
#define CK_EXP_3 0.16667114f
#define CK_EXP_4 0.041890156f
#define CK_EXP_5 0.008312521f
#define CK_LOG2E 1.44269504f
/* 2^x = 2^n·(1 + r·Q(r)), n = x rounded, r = x − n. Relative error below 3·10⁻⁶. */
#define CK_POWER_1 0.6931242f
#define CK_POWER_2 0.24024099f
#define CK_POWER_3 0.055906504f
#define CK_POWER_4 0.0095828455f
#define CK_POWER_LEAST -64.0f
#define CK_LN2_HIGH 0.693145752f
#define CK_LN2_LOW 1.42860677e-6f
/* Below it e^x would leave the normal numbers. */
#define CK_EXP_LEAST -86.0f

/* Adding 1.5·2²³ leaves a number rounded to a whole one in the low bits, to nearest, ties to even. */
#define CK_ROUNDER 12582912.0f

#endif
