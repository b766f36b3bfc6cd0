#!/bin/sh
# Files that NumPy saved, and .safetensors files written by hand from the format's definition,
# are read back bit for bit: every type, both byte orders, row- and column-major, all versions,
# 0 to 8 dimensions, empty ones.
. "${srcdir:-.}/tests/tap.sh"

READ_TENSORS=$(dirname "$DETINIT")/tests/read_tensors
export READ_TENSORS
python=$(python_with numpy)
if [ -z "$python" ]; then
    skip "files of numpy and others" "no python3 with numpy"
    finish
    exit
fi

cat >reader.py <<'END'
import os
import subprocess


def read(path, block):
    """What read_tensors tells and reads: {name: (type, weights, shape, bytes)}."""
    run = subprocess.run([os.environ["READ_TENSORS"], path, str(block), "out"],
                         capture_output=True, encoding="utf-8")
    assert run.returncode == 0, (path, run.stderr)
    found = {}
    for number, line in enumerate(run.stdout.split("\n")[:-1]):
        kind, weights, rank, *rest = line.split(" ", 3)
        numbers = rest[0].split(" ", int(rank)) if rest else [""]
        with open("out%d" % number, "rb") as data:
            found[numbers[int(rank)]] = (kind, weights == "1",
                                         tuple(map(int, numbers[:int(rank)])), data.read())
    return found
END

cat >npy.py <<'END'
import sys
import numpy
from numpy.lib import format
from reader import read

names = {"f8": "F64", "f4": "F32", "f2": "F16", "V2": "BF16", "b1": "BOOL", "u1": "U8", "i1": "I8",
         "u2": "U16", "i2": "I16", "u4": "U32", "i4": "I32", "u8": "U64", "i8": "I64"}
shapes = [(), (1,), (7,), (0,), (3, 5), (5, 1), (0, 4), (4, 0), (300, 41), (2, 3, 4), (3, 0, 2),
          (8, 3, 3, 3), (2, 1, 3, 2, 2), (2,) * 6, (1, 2, 1, 3, 1, 2, 2), (2, 3, 2, 1, 2, 3, 2, 2)]
code = sys.argv[1]
random = numpy.random.default_rng(names[code].__hash__() % 1000)
versions = [(1, 0), (2, 0), (3, 0)]
done = 0
for order in "CF":
    for endian in "<>":
        for shape in shapes:
            kind = numpy.dtype(endian + code if code != "V2" else "V2")
            count = int(numpy.prod(shape))
            bits = random.bytes(count * kind.itemsize)
            if code == "b1":
                bits = bytes(b & 1 for b in bits)
            array = numpy.frombuffer(bits, kind).reshape(shape).copy(order=order)
            with open("w.npy", "wb") as file:
                if done % 4 == 3:
                    numpy.save(file, array)
                else:
                    format.write_array(file, array, versions[done % 4])
            little = array if code == "V2" else array.astype(kind.newbyteorder("<"))
            expected = (names[code], code in ("f8", "f4", "f2", "V2"), shape, little.tobytes("C"))
            got = read("w.npy", [1000000, 1, 7, 64][done % 4])
            assert got == {"": expected}, (code, order, endian, shape)
            done += 1
assert done == 64
END
for code in f8 f4 f2 V2 b1 u1 i1 u2 i2 u4 i4 u8 i8; do
    check "numpy's $code: orders, ends, versions, shapes" "$python" npy.py $code
done

# Larger than what is read at once, of three dimensions; a transposed view is what most people save.
cat >large.py <<'END'
import numpy
from reader import read

random = numpy.random.default_rng(1)
for array in (random.standard_normal((700, 900)).T, random.standard_normal((60, 70, 80)).T,
              random.standard_normal((4, 300, 200)).transpose(2, 1, 0),
              numpy.asfortranarray(random.standard_normal((5000, 30)).astype(">f4"))):
    numpy.save("w.npy", array)
    assert b"'fortran_order': True" in open("w.npy", "rb").read(200)
    little = array.astype(array.dtype.newbyteorder("<"))
    for block in 65536, 999:
        assert read("w.npy", block)[""][3] == little.tobytes("C"), array.shape
END
check "large column-major arrays" "$python" large.py

# Bytes behind the array numpy.load passes over, in a file and in a member of an archive.
cat >behind.py <<'END'
import io
import zipfile
import numpy
from reader import read

for array in (numpy.arange(6, dtype="<f4").reshape(2, 3), numpy.zeros((0, 4)),
              numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)), numpy.float32(3)):
    out = io.BytesIO()
    numpy.save(out, array)
    for rest in b"x", bytes(5000):
        with open("w.npy", "wb") as file:
            file.write(out.getvalue() + rest)
        with zipfile.ZipFile("w.npz", "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("w.npy", out.getvalue() + rest)
        expected = numpy.load("w.npy")
        assert read("w.npy", 4)[""][2:] == (expected.shape, expected.tobytes("C"))
        expected = numpy.load("w.npz")["w"]
        assert read("w.npz", 4)["w"][2:] == (expected.shape, expected.tobytes("C"))
END
check "bytes behind the array" "$python" behind.py

cat >old.py <<'END'
import struct
from reader import read

data = struct.pack("<20f", *range(20))
for shape in "(10L, 2L)", "(10L,2L,)":
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }" % shape
    header += " " * (53 - len(header) % 16) + "\n"
    with open("w.npy", "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)
    assert read("w.npy", 6) == {"": ("F32", True, (10, 2), data)}
END
check "a header of numpy on Python 2" "$python" old.py

cat >writer.py <<'END'
import json
import random
import struct

bits = {"BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8,
        "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16,
        "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64,
        "U64": 64}


def write(path, tensors, metadata=None, pad=0, shuffle=False, ascii=True):
    """{name: (type, shape, bytes)} as the format says: length, JSON, data without holes."""
    header, at = {}, 0
    for name, (kind, shape, data) in tensors.items():
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
    entries = list(header.items())
    if shuffle:
        random.Random(1).shuffle(entries)
    if metadata is not None:
        entries.insert(len(entries) // 2, ("__metadata__", metadata))
    text = json.dumps(dict(entries), ensure_ascii=ascii).encode() + b" " * pad
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for kind, shape, data in tensors.values():
            file.write(data)
END

cat >every_type.py <<'END'
import random
from math import prod
from reader import read
from writer import bits, write

weights = ("F64", "F32", "F16", "BF16")
source = random.Random(3)
shapes = [(), (8,), (4, 6), (2, 4, 4), (0,), (5, 0, 8), (1, 1, 1, 2, 1, 2, 1, 2)]
tensors = {}
for kind, size in bits.items():
    for number, shape in enumerate(shapes):
        if prod(shape) * size % 8 == 0:
            tensors["%s of %d \u00e4\U0001f600\"\\" % (kind, number)] = (
                kind, shape, source.randbytes(prod(shape) * size // 8))
for pad, shuffle, ascii in (0, False, True), (7, True, False), (100, True, True):
    write("w.safetensors", tensors, {"k": "v"}, pad, shuffle, ascii)
    for block in 1000, 3:
        expected = {name: (kind, kind in weights, shape, data)
                    for name, (kind, shape, data) in tensors.items()}
        assert read("w.safetensors", block) == expected
write("w.safetensors", {})
assert read("w.safetensors", 9) == {}
END
check "every type of .safetensors, in any order" "$python" every_type.py

torch=$(python_with torch)
if [ -z "$torch" ]; then
    skip "PyTorch's tensors" "no python3 with torch"
else
    cat >torch_tensors.py <<'END'
import torch
from reader import read
from writer import write

names = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16",
         torch.bfloat16: "BF16", torch.int64: "I64", torch.uint8: "U8", torch.bool: "BOOL"}
torch.manual_seed(1)
network = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.Linear(20, 30),
                              torch.nn.BatchNorm1d(30))
tensors = {}
for kind in names:
    for name, tensor in network.state_dict().items():
        tensor = tensor.detach().to(kind)
        raw = tensor.contiguous().view(torch.uint8) if tensor.dim() else tensor.reshape(1).view(torch.uint8)
        tensors["%s.%s" % (names[kind], name)] = (names[kind], tuple(tensor.shape),
                                                  raw.numpy().tobytes())
write("w.safetensors", tensors, {"format": "pt"})
got = read("w.safetensors", 100)
assert set(got) == set(tensors)
for name, (kind, shape, data) in tensors.items():
    assert got[name] == (kind, kind in ("F64", "F32", "F16", "BF16"), shape, data), name
END
    check "PyTorch's tensors" "$torch" torch_tensors.py
fi

# What cannot be read is one line and exit 1.
cat >refused.py <<'END'
import os
import subprocess
import numpy

numpy.save("objects.npy", numpy.array([None, {}], dtype=object), allow_pickle=True)
numpy.save("records.npy", numpy.zeros(3, dtype=[("a", "<f4"), ("b", "<i4")]))
numpy.save("complex.npy", numpy.zeros(3, dtype="clongdouble"))
numpy.save("text.npy", numpy.array(["a", "b"]))
numpy.save("dates.npy", numpy.array(["2020-01-01"], dtype="datetime64[D]"))
with open("unicode.npy", "wb") as file:
    numpy.lib.format.write_array(file, numpy.zeros(3, dtype=[("\u00e4", "<f4")]), (3, 0))
for path in sorted(os.listdir(".")):
    if path.endswith(".npy") and path != "w.npy":
        run = subprocess.run([os.environ["READ_TENSORS"], path, "10", "out"], capture_output=True,
                             encoding="utf-8")
        assert run.returncode == 1, (path, run)
        assert run.stdout == "" and run.stderr.count("\n") == 1 and path in run.stderr, run
        print(run.stderr)
END
check "objects, records, wide complex numbers, texts are refused" "$python" refused.py
finish
