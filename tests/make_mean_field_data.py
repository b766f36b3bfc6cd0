#!/usr/bin/env python3
"""Makes the reference data of the tests of mean-field theory: mean_field.csv.

Takes some minutes.  Shares no code with the library: mpmath for integrals of one normal, numpy for
those of two, by panels that meet where an activation bends.  Needs python3-mpmath, python3-numpy.

    make_mean_field_data.py DIRECTORY
"""
import math
import os
import sys

import mpmath as mp
import numpy as np

mp.mp.dps = 25
SELU_SCALE = mp.mpf("1.0507009873554804934193349852946")
SELU_ALPHA = mp.mpf("1.6732632423543772848170429916717")

# name: value and slope by mpmath, value by numpy
erfc = np.vectorize(math.erfc)
ACTIVATIONS = {
    "relu": (lambda x: x if x > 0 else mp.mpf(0), lambda x: mp.mpf(1 if x > 0 else 0),
             lambda x: np.maximum(x, 0)),
    "tanh": (mp.tanh, lambda x: mp.sech(x) ** 2, np.tanh),
    "leaky_relu": (lambda x: x if x > 0 else x / 100, lambda x: mp.mpf(1) if x > 0 else mp.mpf("0.01"),
                   lambda x: np.where(x > 0, x, 0.01 * x)),
    "gelu": (lambda x: x * mp.ncdf(x), lambda x: mp.ncdf(x) + x * mp.npdf(x),
             lambda x: x * erfc(-x / math.sqrt(2)) / 2),
    "silu": (lambda x: x / (1 + mp.exp(-x)),
             lambda x: 1 / (1 + mp.exp(-x)) + x * mp.exp(-x) / (1 + mp.exp(-x)) ** 2,
             lambda x: x / (1 + np.exp(-x))),
    "selu": (lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * mp.expm1(x)),
             lambda x: SELU_SCALE * (1 if x > 0 else SELU_ALPHA * mp.exp(x)),
             lambda x: float(SELU_SCALE) * np.where(x > 0, x, float(SELU_ALPHA) * np.expm1(np.minimum(x, 0)))),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2,
                lambda x: 1 / (1 + np.exp(-x))),
    "linear": (lambda x: x, lambda x: mp.mpf(1), lambda x: x),
}

PANELS = [-14, -10, -7, -5, -3, -2, -1, -0.5, -0.2, 0, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 14]


def of_one(function, q):
    return mp.quad(lambda z: function(mp.sqrt(q) * z) * mp.npdf(z), PANELS)


def nodes(begin, end, panels):
    x, w = np.polynomial.legendre.leggauss(24)
    edges = np.linspace(begin, end, panels + 1)
    half = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + half * (1 + x)).ravel(), (half * w).ravel()


def sides(panels):
    left, right = nodes(-10, 0, panels), nodes(0, 10, panels)
    return np.concatenate((left[0], right[0])), np.concatenate((left[1], right[1]))


def of_two(function, q, c):
    """E phi(x) phi(y): for each z of x, over the part of y that is y's own, from where y is 0."""
    z, wz = sides(20)
    t, wt = sides(30)
    root, own = math.sqrt(q), math.sqrt(1 - c * c)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    total = 0.0
    for k in range(len(z)):
        bend = max(-9.0, min(9.0, -c * z[k] / own))
        v = bend + 2 * t
        inner = function(root * (c * z[k] + own * v)) * np.exp(-v * v / 2) / math.sqrt(2 * math.pi)
        total += wz[k] * density[k] * float(function(np.array([root * z[k]]))[0]) * float(
            np.sum(2 * wt * inner))
    return total


def main():
    with open(os.path.join(sys.argv[1], "mean_field.csv"), "w") as out:
        out.write("activation,q,second,slopes,c,kernel\n")
        for name, (value, slope, values) in ACTIVATIONS.items():
            for q in (0.01, 0.5, 2, 10, 100):
                second = of_one(lambda x: value(x) ** 2, mp.mpf(q))
                slopes = of_one(lambda x: slope(x) ** 2, mp.mpf(q))
                for c in (0.0, 0.3, 0.8, 0.99):
                    out.write("%s,%g,%s,%s,%g,%.15g\n" % (name, q, mp.nstr(second, 17),
                                                         mp.nstr(slopes, 17), c,
                                                         of_two(values, q, c)))


main()
