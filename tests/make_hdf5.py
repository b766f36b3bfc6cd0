#!/usr/bin/env python3
"""make_hdf5.py FOLDER [large]: small HDF5 files as h5py writes them, and FOLDER/tensors.txt, what h5py reads
from them: a line "FILE TYPE SHAPE SHA256 NAME" for each tensor, the digest that of its items row by
row and little-endian.  With Keras, Keras' files as well; large: files that are not kept, too.
Needs h5py, ml_dtypes.
"""
import gzip
import hashlib
import os
import shutil
import sys

import h5py
import ml_dtypes
import numpy as np

TYPES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32",
         "int16": "I16", "int8": "I8", "uint64": "U64", "uint32": "U32", "uint16": "U16",
         "uint8": "U8", "bool": "BOOL", "complex64": "C64", "complex128": "C128", "void16": "BF16"}


def types(file):
    """Every type, in both byte orders."""
    for name in list(TYPES)[:-2]:
        values = np.arange(24).reshape(4, 6).astype(name)
        file["little/" + name] = values
        if values.dtype.itemsize > 1:
            file["big/" + name] = values.astype(values.dtype.newbyteorder(">"))
    file["complex"] = np.array([1 + 2j, 3 - 4j])
    file["complex_big"] = np.array([1 + 2j, 3 - 4j], dtype=">c8")
    file["bfloat16"] = np.arange(6).astype(ml_dtypes.bfloat16)
    custom = h5py.h5t.IEEE_F32LE.copy()
    custom.set_fields(15, 7, 8, 0, 7)
    custom.set_size(2)
    space = h5py.h5s.create_simple((6,))
    h5py.h5d.create(file.id, b"bfloat16_float", custom, space)
    kinds = h5py.enum_dtype({"relu": 3, "gelu": -2}, basetype="i2")
    file.create_dataset("enum", data=np.array([3, -2, 3], dtype="i2"), dtype=kinds)
    file["named_type"] = np.dtype("f4")
    file.create_dataset("of_named_type", data=np.ones(3), dtype=file["named_type"])


def left_out(file):
    """What is no tensor, and what cannot be read."""
    file["text"] = "abc"
    file["texts"] = np.array([b"abc", b"d"])
    file["record"] = np.zeros(3, dtype=[("a", "f4"), ("b", "i4")])
    file["arrays"] = np.zeros(3, dtype=[("a", "f4", 2)])["a"]
    file.create_dataset("subarray", shape=(3,), dtype=np.dtype(("f4", (2,))))
    file.create_dataset("lists", shape=(2,), dtype=h5py.vlen_dtype(np.dtype("f4")))
    file["null"] = h5py.Empty("f4")
    file["reference"] = np.array([file["text"].ref], dtype=h5py.ref_dtype)
    file["fp8"] = np.arange(4).astype(ml_dtypes.float8_e4m3fn)
    file.create_dataset("lzf", data=np.zeros(8), chunks=(4,), compression="lzf")
    file.create_dataset("scale", data=np.zeros(8, "i4"), chunks=(4,), scaleoffset=0)
    file["passwd"] = h5py.ExternalLink("/etc/passwd", "/")
    file.create_dataset("raw", shape=(4,), dtype="u1", external=[("/etc/passwd", 0, 4)])
    file["dangling"] = h5py.SoftLink("/nowhere")
    file["circle"] = h5py.SoftLink("/circle")
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
    file.create_virtual_dataset("virtual", layout)
    odd = h5py.h5t.NATIVE_INT32.copy()
    odd.set_precision(20)
    h5py.h5d.create(file.id, b"odd_integer", odd, h5py.h5s.create_simple((2,)))
    file["good"] = np.ones(2)


def links(file):
    """Several ways to a tensor, and groups in circles."""
    base = file.create_dataset("a/b/base", data=np.arange(6.0))
    file["hard"] = base
    file["a/up"] = file["/"]
    file["a/soft"] = h5py.SoftLink("b/base")
    file["root_soft"] = h5py.SoftLink("/a/./b//base")
    file["soft_of_soft"] = h5py.SoftLink("/a/soft")
    file["again"] = file["a"]
    file["named ä/x.y z"] = np.ones(1)


def shapes(file):
    """Ranks and sizes."""
    file["scalar"] = np.float32(3.5)
    file["empty"] = np.zeros((0, 3))
    file["deep"] = np.arange(3.0).reshape((1,) * 11 + (3,))
    file.create_dataset("never", shape=(5, 3), dtype="f4")
    file.create_dataset("filled", shape=(5, 3), dtype=">f4", fillvalue=2.5)
    file.create_dataset("growing_empty", shape=(0, 3), maxshape=(None, 3), dtype="f4")
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    values = np.arange(10, dtype="<i4")
    inside = h5py.h5d.create(file.id, b"compact", h5py.h5t.STD_I32LE,
                             h5py.h5s.create_simple((10,)), compact)
    inside.write(h5py.h5s.ALL, h5py.h5s.ALL, values)


def chunks(file):
    """Filters, chunks that reach over edges, chunks that were never written."""
    draw = np.random.default_rng(7)
    values = draw.standard_normal((9, 13)).astype("f4")
    for name, how in {"plain": {}, "gzip": {"compression": "gzip"}, "shuffle": {"shuffle": True},
                      "sum": {"fletcher32": True},
                      "all": {"compression": "gzip", "shuffle": True, "fletcher32": True}}.items():
        file.create_dataset(name, data=values, chunks=(4, 5), **how)
        file.create_dataset(name + "_one", data=values, chunks=values.shape, **how)
        file.create_dataset(name + "_rows", data=values, chunks=(3, 5), maxshape=(None, 13), **how)
        file.create_dataset(name + "_columns", data=values, chunks=(5, 3), maxshape=(40, None),
                            **how)
        file.create_dataset(name + "_any", data=values, chunks=(5, 6), maxshape=(None, None), **how)
    box = draw.standard_normal((7, 5, 6, 4)).astype(">f8")
    file.create_dataset("box", data=box, chunks=(2, 3, 4, 1), compression="gzip")
    sparse = file.create_dataset("sparse", shape=(20, 20), chunks=(6, 7), dtype="f4", fillvalue=-1,
                                 compression="gzip")
    sparse[8, 9] = 5
    file.create_dataset("large_chunk", data=np.arange(3.0), chunks=(100,), maxshape=(None,))
    shrunk = file.create_dataset("shrunk", data=np.arange(20.0), chunks=(3,), maxshape=(None,))
    shrunk.resize((10,))
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_chunk((4,))
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    made = h5py.h5d.create(file.id, b"early", h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((10,)),
                           early)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(10.0))


def pages(file):
    """So many chunks that their index has pages."""
    for name, how in {"plain": {}, "filtered": {"fletcher32": True}}.items():
        file.create_dataset(name + "_fixed", data=np.arange(3000, dtype="u2"), chunks=(1,),
                            maxshape=(4000,), **how)
        file.create_dataset(name + "_growing", data=np.arange(200000, dtype="u4"), chunks=(1,),
                            maxshape=(None,), **how)
        sparse = file.create_dataset(name + "_sparse", shape=(3000,), dtype="u2", chunks=(1,), **how)
        sparse[1500] = 7


def paged(file):
    """The same in small: mostly chunks that were never written."""
    values = (np.arange(1100) * 7 % 251).astype("u1")
    for name, how in {"plain": {}, "filtered": {"fletcher32": True}}.items():
        file.create_dataset(name + "_fixed", data=values, chunks=(1,), maxshape=(1200,), **how)
        file.create_dataset(name + "_growing", data=values[:300], chunks=(1,), maxshape=(None,), **how)
        sparse = file.create_dataset(name + "_sparse", shape=(3000,), dtype="u1", chunks=(1,), **how)
        sparse[1500] = 7
    far = file.create_dataset("far", shape=(140000,), dtype="u1", chunks=(1,), maxshape=(None,))
    far[135000] = 9


def many(file):
    """More than fit in a header, or in a node of a tree; texts of all kinds."""
    group = file.create_group("many")
    for number in range(60):
        group[f"a_name_that_takes_room_{number}"] = np.full(2, number)
    file.attrs["fixed"] = np.bytes_(b"fixed text")
    file.attrs["variable"] = "variable text, ä"
    file.attrs["empty"] = ""
    file.attrs["number"] = 7
    file.attrs["list"] = np.array([b"a", b"b"])
    group.attrs["layer"] = "dense"
    for number in range(20):
        file.attrs[f"text_{number}"] = f"value {number}"


def texts(file):
    """Texts that fill their heaps to the last byte, alone and with others, and more than one heap."""
    for length in (4060, 5000, 12000):
        file.attrs[f"long_{length}"] = "x" * length
    group = file.create_group("short")
    for number in range(400):
        group.attrs[f"text_{number}"] = f"value {number}"
    file["good"] = np.arange(5.0)


def deep(file):
    """Links of which a heap holds so many that its table of blocks has tables."""
    for number in range(2700):
        file[f"{number:04}{'-' * 240}"] = h5py.SoftLink("/nowhere")
    file["good"] = np.arange(5.0)


FILES = {"types": types, "left_out": left_out, "links": links, "shapes": shapes, "chunks": chunks,
         "paged": paged, "many": many, "texts": texts, "deep": deep}
# Indexes with pages, and heaps, are of files in the later form alone.
LATEST_ALONE = ("paged", "deep")


def flat(root):
    """All paths to sets of data; a group is gone through once, by the shortest path to it."""
    groups, seen = [("", root)], {h5py.h5o.get_info(root.id).addr}
    for path, group in groups:
        for name in sorted(group):
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink) or name == "circle":
                continue
            item = group.get(name)
            if isinstance(item, h5py.Dataset):
                yield path + name, item
            elif isinstance(item, h5py.Group) and not isinstance(link, h5py.SoftLink):
                address = h5py.h5o.get_info(item.id).addr
                if address not in seen:
                    seen.add(address)
                    groups.append((f"{path}{name}/", item))


def line(file, name, item):
    """FILE TYPE SHAPE SHA256 NAME, or None."""
    if item.shape is None or item.is_virtual or item.external or item.compression == "lzf" or \
            item.scaleoffset is not None or item.id.get_type().get_class() in (
                h5py.h5t.ARRAY, h5py.h5t.STRING, h5py.h5t.VLEN, h5py.h5t.REFERENCE):
        return None
    kind = TYPES.get("void16" if item.dtype.str == "|V2" else item.dtype.name)
    if kind is None or name == "odd_integer":
        return None
    values = item[()]
    if name == "bfloat16_float":
        kind, values = "BF16", values.astype(ml_dtypes.bfloat16)
    else:
        values = values.astype(values.dtype.newbyteorder("<"))
    sides = "x".join(map(str, item.shape)) or "scalar"
    return f"{file} {kind} {sides} {hashlib.sha256(values.tobytes()).hexdigest()} {name}\n"


def keras_files(folder):
    """A small model in each of the forms that Keras saves."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras
    keras.utils.set_random_seed(7)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="first"),
                              keras.layers.BatchNormalization(),
                              keras.layers.Dense(2, dtype="bfloat16")])
    model.compile("adam", "mse")
    model.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
    model.save_weights(f"{folder}/keras3.weights.h5")
    model.save(f"{folder}/keras2.h5")
    model.save(f"{folder}/model.keras")
    return ["keras3.weights.h5", "keras2.h5", "model.keras"]


def opened(path):
    """The file as h5py reads it, in an archive, too."""
    if not path.endswith(".keras"):
        return h5py.File(path)
    import io
    import zipfile
    return h5py.File(io.BytesIO(zipfile.ZipFile(path).read("model.weights.h5")))


def main(folder, large=False):
    if large:
        FILES["pages"] = pages
    os.makedirs(folder, exist_ok=True)
    files = []
    for libver in ("earliest", "latest") + (("v108",) if large else ()):
        for name, make in FILES.items():
            if name in LATEST_ALONE and libver == "earliest":
                continue
            files.append(f"{name}_{libver}.h5")
            with h5py.File(f"{folder}/{files[-1]}", "w", libver=(libver, "latest")) as file:
                make(file)
    try:
        files += keras_files(folder)
    except ImportError:
        pass
    write_tensors(folder, files)
    if not large:  # those that tests/data keeps
        pack(folder, "deep_latest.h5")  # long, and all alike


def pack(folder, name):
    """The file as name.gz, the same bytes at any time."""
    with open(f"{folder}/{name}", "rb") as file, gzip.GzipFile(f"{folder}/{name}.gz", "wb", mtime=0) as out:
        shutil.copyfileobj(file, out)
    os.remove(f"{folder}/{name}")


def write_tensors(folder, files):
    with open(f"{folder}/tensors.txt", "w", encoding="utf-8") as out:
        for file in files:
            with opened(f"{folder}/{file}") as opened_file:
                lines = (line(file, name, item) for name, item in flat(opened_file))
                out.writelines(told for told in lines if told is not None)


main(sys.argv[1], sys.argv[2:] == ["large"])
