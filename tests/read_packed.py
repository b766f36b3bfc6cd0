"""A packed file's tensors by NumPy and zstandard alone: read(packed, initial), the files' paths.

`initial` is what the recipes make, as detinit init saves it.  The layout is told in README.md.
"""
import json
import sys

import numpy as np
import zstandard

BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16}


def tensors(path):
    raw = open(path, "rb").read()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + length])
    about = header.pop("__metadata__", {})
    return about, {name: raw[8 + length:][slice(*t["data_offsets"])] for name, t in header.items()}


def ordered(w):
    return np.where(w >> (8 * w.itemsize - 1), w ^ np.iinfo(w.dtype).max // 2, w)


def block(data, count, item, w0, masked):
    """The items of one block; w0: initial weights as integers, or None."""
    data = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress(data)
    mask = (count + 7) // 8 if masked else 0
    stored = np.unpackbits(np.frombuffer(data[:mask], "u1"), count=count, bitorder="little").astype(bool) \
        if masked else np.ones(count, bool)
    planes = np.frombuffer(data[mask:], "u1").reshape(item, -1)[::-1].T.copy()
    if w0 is None:
        return planes.tobytes()
    z = planes.view(w0.dtype)[:, 0]
    w = w0.copy()
    w[stored] = ordered(ordered(w0[stored]) + ((z >> 1) ^ (0 - (z & 1))))
    return w.tobytes()


def read(packed, initial):
    """Name to bytes."""
    about, held = tensors(packed)
    about, made = json.loads(about["detinit.packed"]), tensors(initial)[1]
    found = {}
    for t in about["tensors"]:
        if "blocks" not in t:
            found[t["name"]] = held[t["name"]]
            continue
        data, tracked, count = held[t["blocks"]], "changed" in t, int(np.prod(t["shape"]))
        bits = BITS.get(t["dtype"]) or int("".join(c for c in t["dtype"].split("_")[0] if c.isdigit()) or 8)
        item = bits // 8
        w0 = np.frombuffer(made[t["name"]], f"<u{item}") if tracked else None
        blocks, parts = (count + 65535) // 65536, []
        index = np.frombuffer(data[:8 * blocks], "<u4").reshape(-1, 2)
        at = 8 * blocks
        for n, (size, _) in enumerate(index.tolist()):
            size, whole, first = size & (1 << 31) - 1, size >> 31, n * 65536
            some = min(65536, count - first)
            parts.append(data[at:at + size] if whole else
                         block(data[at:at + size], some, item, w0[first:first + some] if tracked else None,
                               tracked and not about["lossless"]))
            at += size
        found[t["name"]] = b"".join(parts)
    return found


if __name__ == "__main__":
    packed, initial, whole = sys.argv[1:]
    assert read(packed, initial) == tensors(whole)[1]
