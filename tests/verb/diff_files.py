"""Pairs of checkpoints of random types, shapes and changes, and .safetensors files, for tests with NumPy."""

import json

import numpy as np

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
          "I8": "|i1", "U8": "|u1", "BOOL": "|b1", "F8_E5M2": "|u1", "C64": "<c8"}
NUMBERS = ("F64", "F32", "F16", "BF16", "F8_E5M2")
# What NumPy has by the same name.
NUMPY = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U8", "BOOL", "C64")


def read(path):
    """Metadata, and by name (type, array as stored) in the order of the data."""
    raw = open(path, "rb").read()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, t in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = t["data_offsets"]
        data = np.frombuffer(raw[8 + length + begin:8 + length + end], DTYPES[t["dtype"]])
        tensors[name] = (t["dtype"], data.reshape(t["shape"]))
    return metadata, tensors


def write(path, metadata, tensors):
    """As the safetensors library writes: no spaces in the header but up to a multiple of 8."""
    header, data = {"__metadata__": metadata} if metadata else {}, b""
    for name, (kind, array) in tensors.items():
        raw = array.tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(len(text).to_bytes(8, "little") + text + data)


def bits(array):
    """A row of bytes for each item."""
    raw = np.frombuffer(array.tobytes(), "u1").reshape(array.size, array.itemsize)
    return raw.view("V%d" % array.itemsize).reshape(-1) if array.size else np.zeros(0, "V1")


def widen(kind, array):
    """As binary64."""
    # A shift makes of an array of rank 0 a scalar, whose type NumPy 1 widens.
    flat = array.reshape(-1)
    if kind == "BF16":
        flat = (flat.astype("<u4") << 16).view("<f4")
    if kind == "F8_E5M2":
        flat = (flat.astype("<u2") << 8).view("<f2")
    return flat.astype("f8").reshape(array.shape)


def draw(rng, kind, shape):
    """Values of a type; a few floats are no finite numbers, or negative zeros."""
    size = int(np.prod(shape, dtype=int))
    if kind in ("BF16", "F8_E5M2") or rng.random() < 0.1 and kind != "BOOL":
        raw = rng.integers(0, 256, size * np.dtype(DTYPES[kind]).itemsize, dtype="u1")
        if kind == "BF16":  # near 1, of both signs
            stored = rng.standard_normal(size).astype("<f4").view("<u4") >> 16
            return stored.astype("<u2").reshape(shape)
        if kind != "F64":  # of binary64, squares would leave its range
            return np.frombuffer(raw.tobytes(), DTYPES[kind]).reshape(shape)
    if kind == "BOOL":
        return rng.random(size).reshape(shape) < 0.5
    if kind[0] in "IU":
        return rng.integers(0, 100, size).astype(DTYPES[kind]).reshape(shape)
    values = rng.standard_normal(size) * 10.0 ** rng.integers(-3, 3)
    if rng.random() < 0.3 and size:
        for odd in np.nan, np.inf, -np.inf, -0.0, 0.0:
            values[rng.integers(size)] = odd
    return values.astype(DTYPES[kind]).reshape(shape)


def draw_shape(rng):
    shapes = [(), (0,), (1,), (7,), (300,), (4, 0, 2), (5, 6), (128, 256), (200, 90), (3, 4, 5, 2), (64, 3, 3, 3),
              (140, 300), (1, 50), (50, 1), (70001,), (2, 1, 1, 1, 1, 1, 1, 1, 3)]
    return shapes[rng.integers(len(shapes))]


def change(rng, kind, array):
    """Some items anew, or all, or one; bits of NaNs and of zeros, too."""
    made, other = array.copy().reshape(-1), draw(rng, kind, array.shape).reshape(-1)
    how = rng.integers(4)
    if how == 0:
        chosen = rng.random(made.size) < rng.choice([0.01, 0.2, 0.9])
    elif how == 1:
        chosen = np.ones(made.size, bool)
    else:
        chosen = np.zeros(made.size, bool)
        if made.size:
            chosen[rng.integers(made.size)] = True
    if how == 3 and kind in ("F64", "F32") and made.size:
        odd = {"F64": ("<u8", 0x7FF8000000000001), "F32": ("<u4", 0x7FC00001)}[kind]
        made.view(odd[0])[rng.integers(made.size)] = odd[1]
    made[chosen] = other[chosen]
    return made.reshape(array.shape)


def pair(rng):
    """Two checkpoints, {name: (type, array)}: the second is the first with all kinds of changes."""
    kinds, a, b = list(DTYPES), {}, {}
    for n in range(rng.integers(1, 9)):
        kind, shape = kinds[rng.integers(len(kinds))], draw_shape(rng)
        a[f"layer.{n}.weight"] = (kind, draw(rng, kind, shape))
    for name, (kind, array) in a.items():
        what = rng.integers(8)
        if what < 3:
            b[name] = (kind, change(rng, kind, array))
        elif what < 5:
            b[name] = (kind, array)
        elif what == 5 and array.ndim:
            b[name] = (kind, array.reshape(array.shape[::-1] + (1,)))
        elif what == 6:
            other = NUMBERS[rng.integers(len(NUMBERS))]
            b[name] = (other, draw(rng, other, array.shape))
    if rng.random() < 0.5 or not b:
        b["new"] = ("F32", draw(rng, "F32", draw_shape(rng)))
    if rng.random() < 0.3:  # names that look like those of a patch
        b["new.values"] = ("I8", np.arange(5, dtype="i1"))
    return a, b
