#!/usr/bin/env python3
"""Fits the curves of Sources/CKernels/gelu_exp.h: weighted least squares, weights raised where the error is
largest (Lawson), which approaches the least largest error. Needs numpy."""
import numpy as np


def lawson(columns, target, rounds=800):
    weight = np.ones(len(target))
    for _ in range(rounds):
        root = np.sqrt(weight)
        solution, *_ = np.linalg.lstsq(columns * root[:, None], target * root, rcond=None)
        error = np.abs(columns @ solution - target)
        weight *= error / error.max() + 1e-3
        weight /= weight.mean()
    return solution, error.max()


def gelu(limit, count):
    """½ + x·P(x²) against the tanh form's factor; x·P(x²) = ½ exactly at the limit."""
    x = np.cos(np.linspace(0, np.pi / 2, 4001))[:-1] * limit
    z = x * x
    factor = 1 / (1 + np.exp(-2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) - 0.5
    columns = np.stack([x * x * (z - limit**2) * (z / limit**2) ** k for k in range(count - 1)], 1)
    solution, error = lawson(columns, -x * (x * (0.5 / limit) - factor))
    rest = solution / limit ** (2 * np.arange(count - 1))
    p = np.zeros(count)
    p[0] = 0.5 / limit
    p[1:] += rest
    p[:-1] -= limit**2 * rest
    return p, error


def power_of_two(count):
    """2^r = 1 + r·Q(r) for r in ±½."""
    x = np.cos(np.linspace(0, np.pi, 4001)) / 2 * 1.0001
    relative = np.exp2(-x)
    columns = np.stack([x ** (k + 1) * relative for k in range(count)], 1)
    return lawson(columns, 1 - relative)


def exponential(count):
    x = np.cos(np.linspace(0, np.pi, 4001)) * np.log(2) / 2 * 1.0001
    relative = np.exp(-x)
    columns = np.stack([x ** (k + 2) * relative for k in range(count)], 1)
    return lawson(columns, (np.exp(x) - 1 - x) * relative)


def show(name, value):
    print(f"#define {name} {np.float32(value)!s}f")


limit = np.float32(3.4)
p, error = gelu(float(limit), 5)
show("CK_GELU_LIMIT", limit)
for k, value in enumerate(p):
    show(f"CK_GELU_{k}", value)
q, relative = exponential(4)
for k, value in enumerate(q):
    show(f"CK_EXP_{k + 2}", value)
r, half = power_of_two(4)
for k, value in enumerate(r):
    show(f"CK_POWER_{k + 1}", value)
print(f"/* largest error: gelu {error:.2g}, exp {relative:.2g}, power of two {half:.2g} */")
