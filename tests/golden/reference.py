#!/usr/bin/env python3
"""Generator version 1 a second time, in NumPy, to make weights.txt: reference.py > weights.txt.

It shares no code with the library.  NumPy's + - * / and sqrt on float64 are
those of IEEE 754 and are not fused, so every bit must agree.
"""
import hashlib
from itertools import product

import numpy as np

U = np.uint64
MODES = ("he", "xavier", "lecun", "torch", "normal")
DISTS = ("normal", "uniform", "truncated")
DTYPES = ("float64", "float32", "float16", "bfloat16")


def hash64(x):
    x = x + U(0x9E3779B97F4A7C15)
    x = (x ^ x >> U(30)) * U(0xBF58476D1CE4E5B9)
    x = (x ^ x >> U(27)) * U(0x94D049BB133111EB)
    return x ^ x >> U(31)


def fold(key, index):
    return hash64(key ^ hash64(index))


def u01(key):
    return (key >> U(11)).astype(np.float64) * 2.0**-53


def half_minus_log(u):
    mantissa, exponent = np.frexp(u)  # mantissa in [1/2, 1)
    low = mantissa < float.fromhex("0x1.6a09e667f3bcdp-1")
    m = np.where(low, 2 * mantissa, mantissa)
    k = np.where(low, exponent - 1, exponent).astype(np.float64)
    g = (1 - m) / (1 + m)
    y = g * g
    y2 = y * y
    c = [float.fromhex(h) for h in (
        "0x1.5555555555592p-2", "0x1.999999997fdb8p-3", "0x1.24924941f119cp-3",
        "0x1.c71c520964f7ap-4", "0x1.74663ee6f6c97p-4", "0x1.39a1bada90f65p-4",
        "0x1.2f056235b1ecap-4")]
    even = ((c[6] * y2 + c[4]) * y2 + c[2]) * y2 + c[0]
    odd = (c[5] * y2 + c[3]) * y2 + c[1]
    return -k * float.fromhex("0x1.62e42fefa39efp-2") + (g + g * (y * (odd * y + even)))


def cosine(u):
    s = 4 * (np.abs(u - 0.5) - 0.25)
    t = s * s
    p = np.zeros_like(t)
    for h in ("-0x1.9c6e5ed9deab8p-38", "0x1.6c3ad2b690698p-31", "-0x1.e3424a922418ep-25",
              "0x1.db7a4419ff7bbp-19", "-0x1.490a4b73699c6p-13", "0x1.288a7a8a88e83p-8",
              "-0x1.33e31eceb2104p-4", "0x1.243f6a8885a31p-1"):
        p = p * t + float.fromhex(h)
    return s + s * ((1 - t) * p)


def normal(key, attempt):
    u1 = np.maximum(u01(fold(key, U(2 * attempt))), 1e-12)
    u2 = u01(fold(key, U(2 * attempt + 1)))
    return 2 * np.sqrt(half_minus_log(u1)) * cosine(u2)


def cut_draws(key, cut):
    z = normal(key, 0)
    attempt = 0
    while (np.abs(z) > cut).any():
        attempt += 1
        z = np.where(np.abs(z) > cut, normal(key, attempt), z)
    return z


def draws(dist, key):
    if dist == "uniform":
        return np.sqrt(3.0) * (2 * u01(fold(key, U(0))) - 1)
    if dist == "normal":
        return normal(key, 0)
    return cut_draws(key, 2) / 0.87962566103423978


def fans(shape, axis):
    if len(shape) == 1:
        return shape[0], shape[0]
    if len(shape) == 2:
        return shape if axis == "rows" else shape[::-1]
    field = int(np.prod(shape[2:]))
    return shape[1] * field, shape[0] * field


def std_of(mode, shape, axis, std):
    fan_in, fan_out = (float(f) for f in fans(shape, axis))
    return {"he": np.sqrt(2 / fan_in), "xavier": np.sqrt(2 / (fan_in + fan_out)),
            "lecun": np.sqrt(1 / fan_in), "torch": np.sqrt(1 / (3 * fan_in)),
            "normal": std}[mode]


def centred(draw):
    """Each (h, w) slice less its mean, summed in storage order, scaled to its variance."""
    out, into, h, w = draw.shape
    if h * w == 1:
        return draw
    flat = draw.reshape(out * into, h * w)
    total = np.zeros(out * into)
    for n in range(h * w):
        total = total + flat[:, n]
    k = float(h * w)
    return ((flat - (total / k)[:, None]) * np.sqrt(k / (k - 1))).reshape(draw.shape)


def rounded(w, dtype):
    if dtype != "bfloat16":
        return w.astype(dtype)
    # to nearest even at 8 significant bits: a carry runs into the exponent, as it should
    assert (np.abs(w) > 2.0**-126).all()
    bits = w.view(np.uint64)
    bits = bits + U((1 << 44) - 1) + (bits >> U(45) & U(1)) & U(~((1 << 45) - 1) % 2**64)
    return (bits.view(np.float64).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)


def weights(seed, layer, shape, mode, dist, axis, std, gain, zero_mean, dtype):
    key = fold(U(seed), np.array(layer, U))
    for n in shape:
        key = fold(key[..., None], np.arange(n, dtype=U))
    draw = draws(dist, key)
    if zero_mean:
        draw = centred(draw)
    return rounded(std_of(mode, shape, axis, std) * gain * draw, dtype)


def recipes():
    for mode, dist, dtype in product(MODES, DISTS, DTYPES):
        yield 42, 7, (61, 83), mode, dist, "cols", 0.02, 1.0, 0, dtype
    for dist, dtype in product(DISTS, DTYPES):
        yield 2**64 - 1, 2**63, (37, 5), "he", dist, "rows", 0.02, 1.5, 0, dtype
        yield 9, 2, (6, 4, 3, 3), "he", dist, "cols", 0.02, 1.0, 1, dtype
    yield 0, 0, (500, 300), "he", "normal", "cols", 0.02, 1.0, 0, "float64"
    yield 0, 0, (2, 70000), "xavier", "truncated", "cols", 0.02, 0.25, 0, "float32"
    yield 1, 1, (100003,), "normal", "normal", "cols", 0.125, 1.0, 0, "float64"
    yield 1, 1, (5, 4, 3, 2, 3, 2), "lecun", "normal", "cols", 0.02, 1.0, 0, "float64"
    yield 1, 1, (5, 7, 1, 1), "he", "normal", "cols", 0.02, 1.0, 1, "float64"
    yield 3, 4, (40, 40), "normal", "normal", "cols", 3e-6, 1.0, 0, "float16"
    yield 3, 4, (40, 40), "normal", "normal", "cols", 4e4, 1.0, 0, "float16"


def main():
    np.seterr(over="ignore")
    print("# seed layer shape mode dist fan_in std gain zero_mean dtype sha256; by reference.py")
    for recipe in recipes():
        digest = hashlib.sha256(weights(*recipe).tobytes()).hexdigest()
        seed, layer, shape, *rest = recipe
        print(seed, layer, "x".join(map(str, shape)), *rest, digest)


if __name__ == "__main__":
    main()
