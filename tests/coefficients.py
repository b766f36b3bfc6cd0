#!/usr/bin/env python3
"""Derives the coefficients in src/number/gaussian_steps.h and prints their error bounds.

Remez exchange on Chebyshev starting points, in 50 digits; the coefficients are
then rounded to binary64.  Needs python3-mpmath.

    cosine      cos(2 pi u) = sin(pi/2 s),  s = 4 (|u - 1/2| - 1/4) in [-1, 1]
                sin(pi/2 s) = s + s (1 - s^2) P(s^2), exact at s = 0 and +-1
    logarithm   -ln(m)/2 = atanh(g),  g = (1 - m) / (1 + m),  m in [sqrt(1/2), sqrt(2))
                atanh(g) = g + g y Q(y),  y = g^2
"""
import mpmath
from mpmath import mpf

mpmath.mp.dps = 50


def remez(function, weight, low, high, degree):
    """Minimax polynomial of `function` under `weight` on [low, high], and the largest error."""
    count = degree + 2
    points = [
        (low + high) / 2 - (high - low) / 2 * mpmath.cos(mpmath.pi * (2 * i + 1) / (2 * count))
        for i in range(count)
    ]
    grid = [low + (high - low) * (1 - mpmath.cos(mpmath.pi * i / 800)) / 2 for i in range(801)]
    values = [(x, function(x), weight(x)) for x in grid]
    coefficients, peak = [], mpf(0)
    for _ in range(12):
        matrix = mpmath.matrix(count, count)
        right = mpmath.matrix(count, 1)
        for row, x in enumerate(points):
            for k in range(degree + 1):
                matrix[row, k] = x**k
            matrix[row, degree + 1] = (-1) ** row / weight(x)
            right[row] = function(x)
        solution = mpmath.lu_solve(matrix, right)
        coefficients = [solution[k] for k in range(degree + 1)]
        errors = [(mpmath.polyval(coefficients[::-1], x) - f) * w for x, f, w in values]
        extremes = [0]
        for i in range(1, len(errors)):
            if (errors[i] > 0) == (errors[extremes[-1]] > 0):
                if abs(errors[i]) > abs(errors[extremes[-1]]):
                    extremes[-1] = i
            else:
                extremes.append(i)
        peak = max(abs(e) for e in errors)
        while len(extremes) > count:
            extremes.pop(0 if abs(errors[extremes[0]]) < abs(errors[extremes[-1]]) else -1)
        if len(extremes) < count:
            break
        points = [grid[i] for i in extremes]
    return coefficients, peak


def cosine_factor(t):
    """P(t), with its limits at both ends of [0, 1]."""
    if t < mpf(10) ** -30:
        return mpmath.pi / 2 - 1
    if 1 - t < mpf(10) ** -30:
        return mpf(1) / 2
    s = mpmath.sqrt(t)
    return (mpmath.sin(mpmath.pi / 2 * s) / s - 1) / (1 - t)


def logarithm_factor(y):
    """Q(y) = (atanh(g)/g - 1) / y, with its limit at 0."""
    if y < mpf(10) ** -20:
        return mpf(1) / 3 + y / 5
    g = mpmath.sqrt(y)
    return (mpmath.atanh(g) / g - 1) / y


def rounded(coefficients):
    return [mpf(float(c)) for c in coefficients]


def report(name, coefficients, error):
    print(name)
    for k, c in enumerate(coefficients):
        print(f"    {k}: {float(c).hex():>24}  {mpmath.nstr(c, 20)}")
    print(f"    error of the approximation {mpmath.nstr(error, 3)}")


def main():
    for degree in (6, 7):
        p, _ = remez(cosine_factor, lambda t: mpmath.sqrt(t) * (1 - t), mpf(0), mpf(1), degree)
        p = rounded(p)
        error = max(
            abs(s + s * (1 - s * s) * mpmath.polyval(p[::-1], s * s) - mpmath.sin(mpmath.pi / 2 * s))
            for s in (mpf(i) / 2000 for i in range(2001))
        )
        report(f"cosine, degree {degree}, absolute:", p, error)
    top = ((mpmath.sqrt(2) - 1) / (mpmath.sqrt(2) + 1)) ** 2
    for degree in (5, 6):
        q, _ = remez(logarithm_factor, lambda y: y, mpf(0), top, degree)
        q = rounded(q)
        error = max(
            abs((1 + y * mpmath.polyval(q[::-1], y)) / (1 + y * logarithm_factor(y)) - 1)
            for y in (top * i / 2000 for i in range(1, 2001))
        )
        report(f"logarithm, degree {degree}, relative:", q, error)


if __name__ == "__main__":
    main()
