#!/usr/bin/python3
"""Writes data/orthogonal.csv: orthogonal factors to 50 digits' precision, rounded once.

For each shape the matrix of test_orthogonal.c, whose entries are multiples of 2^-15 and so
exact here and there, is made orthogonal by another algorithm than the library's.
Lines: rows,cols and then the entries row by row, each as a hexadecimal double.
"""
import os
from mpmath import fdot, mp, sqrt

SHAPES = [(1, 1), (1, 6), (6, 1), (5, 5), (9, 4), (4, 9), (33, 33), (40, 34), (34, 40)]
MASK = 2**64 - 1


def hash64(x):
    x = x + 0x9E3779B97F4A7C15 & MASK
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
    return x ^ x >> 31


def entry(row, col):
    """The sum of four 16-bit integers less its mean, over 2^15: nearly normal, and exact."""
    h = hash64(row << 32 | col)
    total = sum(h >> shift & 0xFFFF for shift in (0, 16, 32, 48))
    return mp.mpf(total - 2 * 0xFFFF) / 2**15


def orthogonal(rows, cols):
    """Gram and Schmidt's way, which leaves the diagonal of R positive; rows if there are fewer."""
    tall = rows >= cols
    count, length = (cols, rows) if tall else (rows, cols)
    done = []
    for k in range(count):
        x = [entry(n, k) if tall else entry(k, n) for n in range(length)]
        for q in done:
            overlap = fdot(zip(q, x))
            x = [a - overlap * b for a, b in zip(x, q)]
        norm = sqrt(fdot(zip(x, x)))
        done.append([a / norm for a in x])
    return [[done[c][r] if tall else done[r][c] for c in range(cols)] for r in range(rows)]


def main():
    mp.dps = 50
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "orthogonal.csv")
    with open(path, "w", encoding="ascii") as out:
        for rows, cols in SHAPES:
            q = orthogonal(rows, cols)
            values = [float(q[r][c]).hex() for r in range(rows) for c in range(cols)]
            print(rows, cols, *values, sep=",", file=out)


if __name__ == "__main__":
    main()
