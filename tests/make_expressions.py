#!/usr/bin/env python3
"""Arithmetic of manifests and what Python makes of it: prints tests/data/expressions.csv.

Each line: the text, the variable's name and value, the result as a hexadecimal number.
"""
import math
import random

FIXED = [
    "0.02 / sqrt(2 * 12)", "0.02 / sqrt(2 * (i + 1))", "1 / sqrt(2048)", "-1", "--1", "1 - -1",
    "2 - 3 - 4", "2 / 3 / 4", "2 * 3 + 4 * 5", "2 + 3 * 4", "(2 + 3) * 4", "-i * i", "-(i)",
    "1e3", "1E-3", "1.5e+2", "0.1 + 0.2", "0.1 + 0.2 + 0.3", "0.1 + (0.2 + 0.3)", "i", "i / 3",
    "sqrt(i)", "sqrt(sqrt(i))", "sqrt(0)", "1 / 3", "2/3*3", "100000000000000000000", "4503599627370497 * 2",
    "9007199254740993", "1\t+\t1", "((((1))))", "5e-324", "1.7976931348623157e308",
]


def any_text(rng, depth):
    if depth == 0 or rng.random() < 0.2:
        return rng.choice([str(rng.randrange(100)), repr(rng.random()), "i", "%.3e" % rng.random()])
    kind = rng.randrange(6)
    if kind < 4:
        return any_text(rng, depth - 1) + rng.choice([" ", ""]).join(["", "+-*/"[kind], ""]) + \
            any_text(rng, depth - 1)
    return ("(%s)" if kind == 4 else "sqrt(%s)") % any_text(rng, depth - 1)


def main():
    rng = random.Random(1)
    texts = FIXED + [any_text(rng, 4) for _ in range(400)]
    print("# made by tests/make_expressions.py")
    for text in texts:
        i = rng.randrange(1000)
        try:
            value = float(eval(text, {"sqrt": math.sqrt, "i": float(i)}))  # noqa: S307
        except (ZeroDivisionError, ValueError, OverflowError):
            continue
        if len(text) <= 200 and math.isfinite(value):
            print("%s;%d;%s" % (text, i, value.hex()))


main()
