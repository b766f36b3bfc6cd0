"""A reader of .safetensors files by the format's own description; shares no code with the library.

load(path) checks the file from end to end and gives ({name: array}, metadata), the arrays in the
order of the header.  BF16 comes as uint16.
"""
import json

import numpy

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "U8": "u1", "BOOL": "?",
          "U64": "<u8"}


def no_duplicates(pairs):
    assert len({key for key, _ in pairs}) == len(pairs), "duplicate keys"
    return dict(pairs)


def load(path):
    with open(path, "rb") as file:
        everything = file.read()
    length = int.from_bytes(everything[:8], "little")
    header, data = everything[8:8 + length], everything[8 + length:]
    assert length % 8 == 0 and len(header) == length <= 100_000_000
    assert header[:1] == b"{" and header.rstrip(b" ")[-1:] == b"}"
    entries = json.loads(header.decode("utf-8"), object_pairs_hook=no_duplicates)
    metadata = entries.pop("__metadata__", {})
    assert all(isinstance(text, str) for pair in metadata.items() for text in pair)
    arrays, spans = {}, []
    for name, entry in entries.items():
        assert sorted(entry) == ["data_offsets", "dtype", "shape"]
        begin, end = entry["data_offsets"]
        dtype = numpy.dtype(DTYPES[entry["dtype"]])
        assert begin % dtype.itemsize == 0, "a tensor that cannot be mapped"
        assert end - begin == dtype.itemsize * numpy.prod(entry["shape"], dtype=object)
        arrays[name] = numpy.frombuffer(data[begin:end], dtype).reshape(entry["shape"])
        spans.append((begin, end))
    at = 0
    for begin, end in sorted(spans):
        assert begin == at, "a hole or an overlap"
        at = end
    assert at == len(data)
    return arrays, metadata
