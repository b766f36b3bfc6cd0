#!/usr/bin/python3
"""Writes what test_orthogonal.c compares with; both from the matrix that it makes too.

data/orthogonal.csv: factors to 50 digits by another algorithm than the library's, rounded
once. Lines: rows,cols and then the entries row by row, each as a hexadecimal double.

data/orthogonal_digests.txt: SHA-256 of the very bits, by the library's algorithm written
down a second time. Lines: rows, cols, digest.
"""
import hashlib
import os
import numpy as np
from mpmath import fdot, mp, sqrt

PRECISE_SHAPES = [(1, 1), (1, 6), (6, 1), (5, 5), (9, 4), (4, 9), (33, 33), (40, 34), (34, 40)]
DIGEST_SHAPES = [(1, 1), (7, 5), (130, 130), (220, 97), (97, 220), (330, 350)]
PANEL = 32
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
    return (total - 2 * 0xFFFF) / 2**15


def orthogonal(rows, cols):
    """Gram and Schmidt's way, which leaves the diagonal of R positive; rows if there are fewer."""
    tall = rows >= cols
    count, length = (cols, rows) if tall else (rows, cols)
    done = []
    for k in range(count):
        x = [mp.mpf(entry(n, k) if tall else entry(k, n)) for n in range(length)]
        for q in done:
            overlap = fdot(zip(q, x))
            x = [a - overlap * b for a, b in zip(x, q)]
        norm = sqrt(fdot(zip(x, x)))
        done.append([a / norm for a in x])
    return [[done[c][r] if tall else done[r][c] for c in range(cols)] for r in range(rows)]


# ------------------------------------------------------- the library's algorithm, bit by bit


def subtract_product(c, a, b):
    """C -= A B, one product after the other. NumPy rounds each operation by itself."""
    for k in range(a.shape[1]):
        c -= np.outer(a[:, k], b[k])


def product(a, b):
    """A B as the library makes it of two subtractions from zero: -(0 - a b - ...)."""
    c = np.zeros((a.shape[0], b.shape[1]))
    subtract_product(c, a, b)
    return -c


def dot(x, y):
    """Eight partial sums, and the tree that adds them."""
    p = np.zeros(8)
    for n in range(0, len(x), 8):
        p[: len(x[n : n + 8])] += x[n : n + 8] * y[n : n + 8]
    return ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]))


def factor_panel(a, signs):
    """Turns the columns of `a` into V, and returns T."""
    width = a.shape[1]
    t = np.zeros((width, width))
    for k in range(width):
        v = a[:, k]
        norm = np.sqrt(dot(v, v))
        tau = 0.0
        signs[k] = 1.0
        if norm != 0:
            r = -norm if v[k] > 0 else norm
            head = v[k] - r
            tau = -head / r
            v[k + 1 :] *= 1 / head
            signs[k] = np.copysign(1.0, r)
        v[k] = 1
        products = [dot(v, a[:, c]) for c in range(width)]
        for row in range(k):
            total = 0.0
            for n in range(row, k):
                total += t[row, n] * products[n]
            t[row, k] = -tau * total
        t[k, k] = tau
        for c in range(k + 1, width):
            a[:, c] -= v * (products[c] * tau)
            a[k, c] = 0
    return t


def head_factor(t, head):
    """T head', each entry summed in order, its zeros left out."""
    width = len(t)
    out = np.zeros((width, width))
    for row in range(width):
        for col in range(row, width):
            total = 0.0
            for n in range(row, col + 1):
                total += t[row, n] * head[col, n]
            out[row, col] = total
    return out


def library_factor(a):
    """The orthogonal factor of a tall matrix, to the bit."""
    rows, cols = a.shape
    a = a.copy()
    signs = np.zeros(cols)
    panels = []
    for first in range(0, cols, PANEL):
        end = min(first + PANEL, cols)
        v, rest = a[first:, first:end], a[first:, end:]
        panels.append(factor_panel(v, signs[first:end]))
        update = product(panels[-1].T, product(v.T, rest))
        subtract_product(rest, v, update)
    q = np.zeros((rows, cols))
    for first in reversed(range(0, cols, PANEL)):
        end = min(first + PANEL, cols)
        v, t = a[first:, first:end], panels[first // PANEL]
        update = product(t, product(v[PANEL:].T, q[first + PANEL :, end:]))
        subtract_product(q[first:, end:], v, update)
        q[first:end, first:end] = np.eye(end - first)
        subtract_product(q[first:, first:end], v, head_factor(t, v[: end - first]))
    return q * signs


def digest(rows, cols):
    a = np.array([[entry(r, c) for c in range(cols)] for r in range(rows)])
    q = library_factor(a) if rows >= cols else library_factor(a.T).T
    return hashlib.sha256(np.ascontiguousarray(q).tobytes()).hexdigest()


def main():
    mp.dps = 50
    data = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
    with open(os.path.join(data, "orthogonal.csv"), "w", encoding="ascii") as out:
        for rows, cols in PRECISE_SHAPES:
            q = orthogonal(rows, cols)
            values = [float(q[r][c]).hex() for r in range(rows) for c in range(cols)]
            print(rows, cols, *values, sep=",", file=out)
    with open(os.path.join(data, "orthogonal_digests.txt"), "w", encoding="ascii") as out:
        for rows, cols in DIGEST_SHAPES:
            print(rows, cols, digest(rows, cols), file=out)


if __name__ == "__main__":
    main()
