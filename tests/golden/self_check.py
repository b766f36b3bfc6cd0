#!/usr/bin/env python3
"""The digests of distributions in src/number/dist.c, by the second implementation, to make
self_check.txt: self_check.py > self_check.txt."""
import numpy as np

from reference import DISTS, U, cut_draws, draws, fold

CUT, ROW_KEY, DRAWS = 2, 42, 256


def digest(dist):
    keys = fold(U(ROW_KEY), np.arange(DRAWS, dtype=U))
    made = cut_draws(keys, CUT) if dist == "trunc_normal" else draws(dist, keys)
    found = U(0)
    for bits in made.view(U):
        found = fold(found, bits)
    return int(found)


if __name__ == "__main__":
    np.seterr(over="ignore")
    for name in DISTS + ("trunc_normal",):
        print(f"{name} {digest(name):016X}")
