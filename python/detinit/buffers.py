"""Memory that weights are written into: storage types, addresses, strides, NumPy arrays."""

from __future__ import annotations

import sys
from typing import Any, Dict, Optional, Sequence, Tuple

import numpy as np

from ._c import ffi, lib
from ._core import text
from .errors import InvalidError

# The storage types of the library, in its order: "float64", "float32", "float16", "bfloat16".
DTYPES = tuple(text(lib.detinit_dtype_name(n)) for n in range(lib.DETINIT_DTYPE_COUNT))
_NUMPY: Dict[str, "np.dtype[Any]"] = {
    "float64": np.dtype("<f8"), "float32": np.dtype("<f4"), "float16": np.dtype("<f2")}


def item_size(dtype: str) -> int:
    """Bytes of one weight of a storage type."""
    return int(lib.detinit_dtype_size(DTYPES.index(dtype)))


def numpy_dtype(dtype: str) -> "np.dtype[Any]":
    """NumPy's type for a storage type.

    NumPy has none for bfloat16: ml_dtypes' stands for it where that is installed and little-endian,
    as weights are, and uint16 otherwise, whose numbers are the bits (the upper half of a float32's).
    """
    if dtype == "bfloat16" and dtype not in _NUMPY:
        _NUMPY[dtype] = np.dtype("<u2")
        if sys.byteorder == "little":
            try:
                import ml_dtypes
                _NUMPY[dtype] = np.dtype(ml_dtypes.bfloat16)
            except ImportError:
                pass
    return _NUMPY[dtype]


def storage_of(array: "np.ndarray[Any, Any]") -> str:
    """The storage type of an array: "float32"; of ml_dtypes' bfloat16 and of uint16, "bfloat16"."""
    dtype = array.dtype
    name: str = "bfloat16" if dtype == np.dtype("<u2") else dtype.name
    if name not in DTYPES or dtype != dtype.newbyteorder("<"):
        raise InvalidError(f"an array of weights must be little-endian {', '.join(DTYPES[:-1])} or "
                           f"bfloat16 (as ml_dtypes has it, or bits as uint16), not {dtype}")
    return name


def parse_dtype(dtype: Any) -> str:
    """The storage type of a name, an alias ("f4", "bf16"), a NumPy type or anything named so (torch.float32)."""
    if isinstance(dtype, str):
        name = dtype
    elif isinstance(dtype, np.dtype) or (isinstance(dtype, type) and issubclass(dtype, np.generic)) or dtype is float:
        name = np.dtype(dtype).name
    else:
        name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype).rpartition(".")[2]
    found = ffi.new("detinit_dtype *")
    if not lib.detinit_dtype_parse(str(name).encode(), found):
        raise InvalidError(f"dtype must be {', '.join(DTYPES[:-1])} or {DTYPES[-1]}, not {name!r}")
    return DTYPES[int(found[0])]


def address_of(array: "np.ndarray[Any, Any]") -> Any:
    """Where element (0, 0, ...) of an array lies, as a void *; the array must be kept."""
    return ffi.cast("void *", array.__array_interface__["data"][0])


def int64s(values: Optional[Sequence[int]]) -> Any:
    return ffi.NULL if values is None else ffi.new("int64_t[]", list(values))


def uint64s(values: Optional[Sequence[int]]) -> Any:
    return ffi.NULL if values is None else ffi.new("uint64_t[]", list(values))


def writable_array(out: Any, dtype: str, shape: Tuple[int, ...]) -> "np.ndarray[Any, Any]":
    """An array over the memory of `out`: an array of the right type and shape, or a buffer of the right size."""
    if isinstance(out, np.ndarray):
        array = out
        if storage_of(array) != dtype:
            raise InvalidError(f"out must hold {dtype}, not {array.dtype}")
        if array.shape != shape:
            raise InvalidError(f"out must be of shape {shape}, not {array.shape}")
    else:
        flat = np.frombuffer(out, np.uint8)
        expected = item_size(dtype) * int(np.prod(shape, dtype=object))
        if flat.nbytes != expected:
            raise InvalidError(f"out must be {expected} bytes, not {flat.nbytes}")
        array = flat.view(numpy_dtype(dtype)).reshape(shape)
    if not array.flags.writeable:
        raise InvalidError("out must be writable")
    return array

