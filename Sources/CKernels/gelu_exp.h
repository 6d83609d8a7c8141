/* Coefficients of the two curves. Fitted for least largest error; scripts/fit-curves.py makes them again. */
#ifndef CK_GELU_EXP_H
#define CK_GELU_EXP_H

/* gelu(x) = x·(½ + c·P(c²)) with c = x kept in ±CK_GELU_LIMIT, where the bracket is 0 or 1. Error below
 * 2·10⁻⁴, far below half a step of the 8 bits that it is rounded to. */
#define CK_GELU_LIMIT 3.8f
#define CK_GELU_0 0.39870545f
#define CK_GELU_1 -0.065872036f
#define CK_GELU_2 0.009385596f
#define CK_GELU_3 -0.0009419953f
#define CK_GELU_4 6.131817e-05f
#define CK_GELU_5 -2.2835943e-06f
#define CK_GELU_6 3.6514578e-08f

/* e^x = 2^n·(1 + r + r²·Q(r)), n = x / ln 2 rounded, r = x − n·ln 2. Relative error below 2·10⁻⁷. */
#define CK_EXP_2 0.4999923f
#define CK_EXP_3 0.16667114f
#define CK_EXP_4 0.041890156f
#define CK_EXP_5 0.008312521f
#define CK_LOG2E 1.44269504f
#define CK_LN2_HIGH 0.693145752f
#define CK_LN2_LOW 1.42860677e-6f
/* Below it e^x would leave the normal numbers. */
#define CK_EXP_LEAST -86.0f

/* Adding 1.5·2²³ leaves a number rounded to a whole one in the low bits, to nearest, ties to even. */
#define CK_ROUNDER 12582912.0f

#endif
