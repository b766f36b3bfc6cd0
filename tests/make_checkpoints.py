#!/usr/bin/env python3
"""make_checkpoints.py FOLDER: small checkpoints as PyTorch, NumPy and safetensors write them, and
FOLDER/tensors.txt, what these libraries read from them: a line "FILE TYPE SHAPE SHA256 NAME" for each
tensor, the digest that of its items row by row and little-endian.  Needs torch, numpy, safetensors.
"""
import collections
import hashlib
import os
import sys

import numpy as np
import torch
from safetensors.torch import save_file

TYPES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64",
         "int32": "I32", "int16": "I16", "int8": "I8", "uint64": "U64", "uint32": "U32",
         "uint16": "U16", "uint8": "U8", "bool": "BOOL", "complex64": "C64", "complex128": "C128",
         "complex32": "C32", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2",
         "float8_e4m3fnuz": "F8_E4M3FNUZ", "float8_e5m2fnuz": "F8_E5M2FNUZ",
         "float8_e8m0fnu": "F8_E8M0"}


def typed(values):
    """The same numbers in every type that torch has."""
    out = {name: values.to(getattr(torch, name)) for name in TYPES if hasattr(torch, name)}
    return out


def checkpoints():
    """Name and contents of every file that torch.save writes."""
    torch.manual_seed(7)
    base = torch.arange(24.0).reshape(4, 6)
    net = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.BatchNorm1d(7), torch.nn.Linear(7, 3))
    adam = torch.optim.Adam(net.parameters())
    net(torch.randn(4, 5)).sum().backward()
    adam.step()
    yield "state_dict", net.state_dict(), {}
    yield "training", {"model": net.state_dict(), "optimizer": adam.state_dict(), "epoch": 3,
                       "args": {"lr": 0.1, "none": None, "tuple": (1, 2.5), "set": {1, 2},
                                "bytes": b"\xff", "complex": 1j, "large": 2**70, "name": "ä"},
                       "dtype": torch.bfloat16, "size": torch.Size([2, 3])}, {}
    yield "types", typed(base), {}
    image = torch.randn(2, 3, 4, 5)
    yield "views", {"base": base, "transposed": base.t(), "row": base[1], "column": base[:, 2],
                    "part": base[1:3, ::2], "expanded": torch.ones(3, 1).expand(3, 4),
                    "permuted": image.permute(2, 0, 3, 1),
                    "channels_last": image.to(memory_format=torch.channels_last),
                    "scalar": torch.tensor(3.5), "empty": torch.zeros(0, 3),
                    "deep": torch.zeros((1,) * 11),
                    "parameter": torch.nn.Parameter(base.clone())}, {}
    yield "list", [base, {"a": base[0], 7: base[1]}, (base[2],)], {}
    yield "one", base, {}
    yield "keys", {("a", 1): base[0], None: base[1], 0.5: base[2], True: base[3], b"none": base,
                   "sub": {(): base[0], ("x", (1, 2)): base[1], -3: base[2]}}, {}
    attributed = torch.nn.Parameter(base.clone())
    attributed.note = "seen"
    turned = torch.ones(3, dtype=torch.complex64).conj()
    yield "kinds", {"plain": base, "buffer": torch.nn.Buffer(base[0]), "attributed": attributed,
                    "sparse": torch.eye(3).to_sparse(), "rows": torch.eye(3).to_sparse_csr(),
                    "meta": torch.ones(3, device="meta"), "conjugate": turned,
                    "negative": torch.ones(3, dtype=torch.complex64).conj().imag, "device": torch.device("cpu"),
                    "counter": collections.Counter("aab")}, {}
    for protocol in (2, 3, 4, 5):
        yield f"protocol{protocol}", {"w": base, "text": "x" * 300}, {"pickle_protocol": protocol}


def name_of(key):
    """A key as a part of a name; None where it is left out."""
    if isinstance(key, tuple):
        parts = [None if isinstance(part, tuple) else name_of(part) for part in key]
        return None if None in parts else f"({', '.join(parts)})"
    return str(key) if key is None or isinstance(key, (str, int, float)) else None


def is_plain(tensor):
    """Whether it is read: no sparse one, and none that others or nothing are the values of."""
    return not (tensor.layout != torch.strided or tensor.is_meta or tensor.is_conj() or tensor.is_neg())


def flat(value, name=""):
    """The tensors of nested dicts and lists, by their dotted names."""
    if isinstance(value, torch.Tensor) and is_plain(value):
        yield name, value
    pairs = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, (list, tuple)) else ()
    for key, item in pairs:
        if name_of(key) is not None:
            yield from flat(item, f"{name}.{name_of(key)}" if name else name_of(key))


def torch_line(file, name, tensor):
    """A tensor of torch's as a line."""
    whole = tensor.detach().contiguous()
    data = whole.reshape(-1).view(torch.uint8).numpy().tobytes() if whole.numel() else b""
    return line(file, TYPES[str(whole.dtype).split(".")[1]], whole.shape, data, name)


def line(file, kind, shape, data, name):
    """FILE TYPE SHAPE SHA256 NAME"""
    sides = "x".join(map(str, shape)) or "scalar"
    return f"{file} {kind} {sides} {hashlib.sha256(data).hexdigest()} {name}\n"


def arrays():
    """What numpy.savez is given."""
    draw = np.random.default_rng(7)
    return {"a": draw.standard_normal((30, 20)).astype("<f4"), "big": np.arange(6.0).astype(">f8"),
            "columns": np.asfortranarray(draw.standard_normal((7, 5, 3))),
            "zeros": np.zeros((30, 20)), "int": np.arange(10), "empty": np.zeros((0, 3)),
            "scalar": np.float32(3), "bool": np.array([True, False]), "dotted.name/x": np.ones(2),
            "complex": np.array([1 + 2j], dtype=">c16"), "text": np.array("abc"),
            "objects": np.array([None, {}], dtype=object)}


def main(folder):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/tensors.txt", "w", encoding="utf-8") as out:
        for name, value, how in checkpoints():
            file = f"{name}.pt"
            torch.save(value, f"{folder}/{file}", **how)
            read = torch.load(f"{folder}/{file}", weights_only=False)
            out.writelines(torch_line(file, key, tensor) for key, tensor in flat(read))
        torch.save(torch.ones(2), f"{folder}/bare.pt", _use_new_zipfile_serialization=False)
        torch.save(torch.nn.Linear(2, 2), f"{folder}/module.pt")
        kinds = {k: v for k, v in typed(torch.arange(24.0).reshape(4, 6)).items()
                 if k not in ("complex128", "complex32")}
        save_file(kinds, f"{folder}/types.safetensors")
        out.writelines(torch_line("types.safetensors", k, v) for k, v in sorted(kinds.items()))
        for file, save in (("stored.npz", np.savez), ("deflated.npz", np.savez_compressed)):
            save(f"{folder}/{file}", **arrays())
            read = np.load(f"{folder}/{file}", allow_pickle=True)
            for key in read.files:
                array = read[key]
                kind = TYPES.get(array.dtype.name)
                if kind is not None:
                    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
                    out.write(line(file, kind, array.shape, data, key))


main(sys.argv[1])
