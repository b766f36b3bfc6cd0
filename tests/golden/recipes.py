#!/usr/bin/env python3
"""The recipes of real networks a second time, to make recipes.txt: recipes.py > recipes.txt.

Beside reference.py, which has the draws: fans by layout or stated, nonlinearities, cuts, means,
constants, orthogonal tensors of any rank, sparse and fused ones.  Each line is a tensor as a
manifest states it, and the SHA-256 of its weights.  It shares no code with the library, but
for the order of operations that the generator's definition fixes.
"""
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from make_orthogonal_data import library_factor
from reference import U, centred, cut_draws, draws, fold, normal, rounded, u01

GAINS = {"linear": 1.0, "conv": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": np.sqrt(2.0),
         "selu": 3 / 4}
DEFAULTS = {"seed": 42, "layer": 0, "mode": "he", "dist": "default", "fan_in": "cols",
            "fan_mode": "fan_in", "std": 0.02, "gain": 1.0, "dtype": "float64", "cut": 2.0,
            "mean": 0.0, "value": 0.0, "zero": 0.0, "zero_mean": False, "orthogonal": False}
NOT_DRAWN = ("constant", "identity", "dirac", "delta_orthogonal")


def product(dimensions):
    total = 1.0
    for n in dimensions:
        total = total * float(n)
    return total


def fans_of(t):
    shape = t["shape"]
    if "fans" in t:
        return float(t["fans"][0]), float(t["fans"][1])
    if len(shape) == 0:
        return 1.0, 1.0
    if len(shape) == 1:
        return float(shape[0]), float(shape[0])
    if t["fan_in"] == "rows":
        return product(shape[:-1]), float(shape[-1]) * product(shape[:-2])
    return product(shape[1:]), float(shape[0]) * product(shape[2:])


def nonlinearity_gain(text):
    name, _, slope = text.partition(":")
    if name == "leaky_relu":
        a = float(slope) if slope else 0.01
        return np.sqrt(2.0 / (1.0 + a * a))
    return GAINS[name]


def std_of(t):
    into, out = fans_of(t)
    fan = {"fan_in": into, "fan_out": out, "fan_avg": (into + out) / 2}[t["fan_mode"]]
    given = t.get("nonlinearity")
    numerator = 2.0
    if t["mode"] == "he" and given not in (None, "relu"):
        numerator = 1.0
    std = {"he": lambda: np.sqrt(numerator / fan), "xavier": lambda: np.sqrt(2.0 / (into + out)),
           "lecun": lambda: np.sqrt(1.0 / fan), "torch": lambda: np.sqrt(1.0 / (3.0 * fan)),
           "normal": lambda: t["std"]}[t["mode"]]()
    if given is not None and not (t["mode"] == "he" and given == "relu"):
        std = std * nonlinearity_gain(given)
    return std * t["gain"]


def keys_of(t, shape):
    key = fold(U(t["seed"]), np.array(t["layer"], U))
    for n in shape:
        key = fold(key[..., None], np.arange(n, dtype=U))
    return key


def draw(t, key):
    dist = t["dist"]
    if dist == "default":
        dist = "uniform" if t["mode"] == "torch" else "normal"
    if dist == "trunc_normal":
        return cut_draws(key, t["cut"])
    return draws(dist, key)


def orthogonal_gain(t):
    gain = np.sqrt(2.0) if t["mode"] == "he" else 1.0
    if t.get("nonlinearity") is not None:
        gain = nonlinearity_gain(t["nonlinearity"])
    return gain * t["gain"]


def factor(a):
    """The orthogonal factor of rows x cols normals, to the library's bits."""
    return library_factor(a) if a.shape[0] >= a.shape[1] else library_factor(a.T).T


def orthogonal(t):
    shape = t["shape"]
    rows = int(np.prod(shape[:-1])) if t["fan_in"] == "rows" else shape[0]
    a = normal(keys_of(t, shape), 0).reshape(rows, -1)
    return (factor(a) * orthogonal_gain(t)).reshape(shape)


def centre_of(t):
    """The kernel's centre, and which axes are the output's and the input's."""
    shape = t["shape"]
    first = t["fan_in"] == "rows"
    spatial = shape[:-2] if first else shape[2:]
    centre = tuple(n // 2 for n in spatial)
    out, into = (shape[-1], shape[-2]) if first else (shape[0], shape[1])
    return first, centre, out, into


def put_at_centre(t, matrix):
    """A kernel of zeros but for out x in at its centre."""
    first, centre, _, _ = centre_of(t)
    w = np.zeros(t["shape"])
    if first:
        w[centre] = matrix.T
    else:
        w[(slice(None), slice(None)) + centre] = matrix
    return w


def undrawn(t):
    shape = t["shape"]
    if t["mode"] == "constant":
        return np.full(shape, t["value"])
    if t["mode"] == "identity":
        return np.eye(*shape) * t["gain"]
    _, _, out, into = centre_of(t)
    if t["mode"] == "dirac":
        return put_at_centre(t, np.eye(out, into) * t["gain"])
    gain = t["gain"]
    if t.get("nonlinearity") is not None:
        gain = nonlinearity_gain(t["nonlinearity"]) * gain
    return put_at_centre(t, factor(normal(keys_of(t, (out, into)), 0)) * gain)


def made(t):
    """The weights of one recipe, in binary64."""
    t = {**DEFAULTS, **t}
    shape = tuple(t["shape"])
    if 0 in shape:
        return np.zeros(shape)
    if t["mode"] in NOT_DRAWN:
        w = undrawn(t)
    elif t["orthogonal"]:
        w = orthogonal(t)
    else:
        key = keys_of(t, shape)
        z = draw(t, key)
        if t["zero_mean"]:
            z = centred(z)
        with np.errstate(divide="ignore"):
            w = std_of(t) * z
        if t["mean"] != 0:
            w = t["mean"] + w
        if t["zero"] > 0:
            w = np.where(u01(fold(key, U(2**63))) < t["zero"], 0.0, w)
    if "zero_row" in t:
        w = w.copy()
        w[t["zero_row"]] = 0.0
    return w


def stacked(t):
    """A fused tensor: its parts along the first dimension, each with its rows, layer and fans."""
    common = {k: v for k, v in t.items() if k != "parts"}
    pieces = [made({**common, **{k: v for k, v in part.items() if k != "rows"},
                    "shape": [part["rows"], *t["shape"][1:]]}) for part in t["parts"]]
    return np.concatenate(pieces)


def decoded(stored, dtype):
    if dtype == "bfloat16":
        return (stored.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    return stored.astype(np.float64)


def round_to(w, dtype):
    """As reference.rounded, also of zeros."""
    if dtype != "bfloat16":
        return w.astype(dtype)
    safe = np.where(w == 0, 1.0, w)
    return np.where(w == 0, np.where(np.signbit(w), U(0x8000).astype(np.uint16), np.uint16(0)),
                    rounded(safe, dtype)).astype(np.uint16)


def layer_of_name(name):
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def weights(t):
    t = dict(t)
    if t.get("layer") == "name":
        t["layer"] = layer_of_name(t["name"])
    w = stacked(t) if "parts" in t else made(t)
    if "via" in t:
        w = decoded(round_to(w, t["via"]), t["via"])
    return round_to(w, t.get("dtype", "float64"))


# ------------------------------------------------------------------- the table

DTYPES = ("float64", "float32", "float16", "bfloat16")


def of_fans():
    """Layouts, stated fans, fan modes, nonlinearities."""
    for shape in ([40], [30, 50], [6, 4, 3], [6, 4, 3, 5], [5, 4, 3, 2, 3]):
        for fan_in in ("cols", "rows"):
            for mode in ("he", "xavier", "lecun", "torch"):
                yield {"shape": shape, "mode": mode, "fan_in": fan_in, "dtype": "float32"}
    for mode in ("he", "lecun", "torch"):
        for fan_mode in ("fan_in", "fan_out", "fan_avg"):
            yield {"shape": [30, 50], "mode": mode, "fan_mode": fan_mode}
    for nonlinearity in ("linear", "conv", "sigmoid", "tanh", "relu", "leaky_relu",
                         "leaky_relu:0.2", "leaky_relu:-1.7", "selu"):
        for mode in ("he", "xavier", "lecun", "torch"):
            yield {"shape": [30, 50], "mode": mode, "nonlinearity": nonlinearity, "gain": 1.1}
    yield {"shape": [64, 1, 3, 3], "mode": "he", "fans": [9, 576]}
    yield {"shape": [77], "mode": "torch", "fans": [768, 77]}
    yield {"shape": [30, 50], "mode": "xavier", "fans": [3, 7], "fan_in": "rows"}


def of_draws():
    """Cuts, means, zeros."""
    for dtype in DTYPES:
        for cut in (0.5, 1, 2, 3, 8):
            yield {"shape": [31, 67], "mode": "normal", "std": 0.02, "dist": "trunc_normal",
                   "cut": cut, "dtype": dtype}
        yield {"shape": [31, 67], "mode": "he", "dist": "truncated", "mean": -0.25, "dtype": dtype}
        yield {"shape": [31, 67], "mode": "he", "zero": 0.5, "dtype": dtype}
        yield {"shape": [6, 4, 3, 3], "mode": "he", "zero_mean": True, "zero": 0.1, "mean": 1,
               "zero_row": 5, "dtype": dtype}
        yield {"shape": [50, 33], "mode": "normal", "std": 1, "zero_row": 0, "dtype": dtype}
        yield {"shape": [700, 3], "mode": "normal", "std": 1, "zero_row": 699, "dtype": dtype}
    yield {"shape": [1000], "mode": "normal", "std": 1, "zero_row": 513}
    yield {"shape": [4, 5, 600], "mode": "torch", "zero_row": 2, "zero": 0.25}
    yield {"shape": [2, 70000], "mode": "normal", "dist": "trunc_normal", "zero": 1, "mean": 3}
    yield {"shape": [2, 70000], "mode": "normal", "std": 0.5, "zero": 0.001, "mean": 0.125}


def of_no_draws():
    for dtype in DTYPES:
        yield {"shape": [3, 5, 7], "mode": "constant", "value": 0.1, "dtype": dtype}
    yield {"shape": [1000], "mode": "constant", "value": 0}
    yield {"shape": [9, 4], "mode": "constant", "value": 1, "zero_row": 3}
    for shape in ([7, 7], [3, 9], [9, 3]):
        yield {"shape": shape, "mode": "identity", "gain": 0.5}
    for fan_in in ("cols", "rows"):
        for shape in ([6, 4, 3], [4, 6, 3, 3], [5, 5, 2, 3], [3, 2, 3, 4, 5]):
            yield {"shape": shape, "mode": "dirac", "fan_in": fan_in, "gain": 2}
            yield {"shape": shape, "mode": "delta_orthogonal", "fan_in": fan_in}
    yield {"shape": [16, 8, 3, 3], "mode": "delta_orthogonal", "nonlinearity": "relu", "gain": 0.9,
           "dtype": "float32"}


def of_orthogonal():
    for fan_in in ("cols", "rows"):
        for shape in ([20, 30], [8, 3, 3, 3], [40, 2, 3], [3, 3, 4, 5], [2, 3, 2, 3, 2]):
            yield {"shape": shape, "mode": "he", "orthogonal": True, "fan_in": fan_in}
    yield {"shape": [20, 30], "mode": "xavier", "orthogonal": True, "nonlinearity": "tanh"}
    yield {"shape": [20, 30], "mode": "he", "orthogonal": True, "nonlinearity": "relu"}
    yield {"shape": [20, 30], "mode": "he", "orthogonal": True, "nonlinearity": "linear",
           "zero_row": 4, "dtype": "bfloat16"}


def of_types():
    """Via, rank 0, empty tensors, layers of names."""
    for via in DTYPES:
        for dtype in DTYPES:
            yield {"shape": [31, 67], "mode": "he", "via": via, "dtype": dtype}
    yield {"shape": [6, 4, 3, 3], "mode": "he", "zero_mean": True, "via": "bfloat16"}
    yield {"shape": [20, 30], "mode": "he", "orthogonal": True, "via": "float16"}
    for dtype in DTYPES:
        yield {"shape": [], "mode": "normal", "std": 1, "layer": 5, "dtype": dtype}
    yield {"shape": [], "mode": "torch", "mean": 2, "zero": 0.5}
    yield {"shape": [0, 5], "mode": "he"}
    yield {"shape": [5, 0], "mode": "he"}
    yield {"shape": [3, 0, 5], "mode": "constant", "value": 2}
    yield {"name": "transformer.h.0.attn.c_attn.weight", "shape": [5, 7], "mode": "he",
           "layer": "name"}
    yield {"name": "encoder/Schicht_0/kernel:0 \u00e9", "shape": [5, 7], "mode": "he",
           "layer": "name"}


def fused():
    """Parts; each tells its layer."""
    def parts(*rows, **more):
        return [{"rows": r, "layer": 10 + n, **more} for n, r in enumerate(rows)]
    for dtype in DTYPES:
        yield {"shape": [96, 33], "mode": "xavier", "parts": parts(32, 32, 32, fans=[33, 32]),
               "dtype": dtype}
    yield {"shape": [60, 20], "mode": "normal", "std": 1, "orthogonal": True,
           "parts": parts(20, 10, 30)}
    yield {"shape": [700], "mode": "torch", "parts": parts(1, 600, 99, fans=[300, 1])}
    yield {"shape": [9, 2, 3, 3], "mode": "he", "zero_mean": True, "parts": parts(4, 5),
           "via": "float16"}
    yield {"shape": [40], "parts": [{"rows": 10, "mode": "constant", "value": 0},
                                    {"rows": 10, "mode": "constant", "value": 1},
                                    {"rows": 20, "layer": 3, "mode": "normal", "std": 0.1}]}


def tensors():
    layer = 0
    for group in (of_fans, of_draws, of_no_draws, of_orthogonal, of_types, fused):
        for t in group():
            layer += 1
            own = {} if "parts" in t else {"layer": layer}
            yield {"name": f"t{layer}", **own, **t}


def main():
    np.seterr(over="ignore")
    print("# a tensor of a manifest, a tab, the SHA-256 of its weights; by recipes.py")
    for t in tensors():
        print(json.dumps(t), hashlib.sha256(weights(t).tobytes()).hexdigest(), sep="\t")


if __name__ == "__main__":
    main()
