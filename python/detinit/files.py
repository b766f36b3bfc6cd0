"""Files of tensors, whoever made them: read lazily, packed ones unpacked."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator, Mapping, Optional, Tuple, Union

import numpy as np

from . import buffers
from ._c import ffi, lib
from ._core import Progress, Run, text
from .errors import InvalidError
from .manifest import Manifest, PathLike
from .recipe import Array

# NumPy's types of what a file can hold besides weights; others are read as bytes.
_ITEMS = {"I8": "i1", "U8": "u1", "I16": "<i2", "U16": "<u2", "I32": "<i4", "U32": "<u4", "I64": "<i8", "U64": "<u8",
          "BOOL": "?"}


class FileTensor:
    """One tensor of a file, of which nothing is read before it is asked for."""

    def __init__(self, file: "TensorFile", c: Any) -> None:
        self.file, self._c = file, c
        self.name: str = text(c.name)
        self.type: str = text(c.type)
        self.shape: Tuple[int, ...] = tuple(c.shape[0:c.rank])
        # The storage type where it holds weights, else None.
        self.dtype: Optional[str] = buffers.DTYPES[c.dtype] if c.weights else None

    @property
    def nbytes(self) -> int:
        return int(self._c.count * self._c.item_bytes)

    def array(self) -> Array:
        """All of it; what NumPy has no type for, F8_E4M3 and the like, as bytes of uint8."""
        if self.dtype is not None:
            dtype = buffers.numpy_dtype(self.dtype)
        else:
            dtype = np.dtype(_ITEMS.get(self.type, "u1"))
        shape: Tuple[int, ...] = self.shape
        if dtype.itemsize * int(np.prod(shape, dtype=object)) != self.nbytes:
            shape = (self.nbytes,)
        made = np.empty(shape, dtype)
        run = Run()
        run.call(lib.detinit_tensor_read, self.file._open(), self._c, 0, self._c.count, buffers.address_of(made))
        return made

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> Array:
        made = self.array()
        return made if dtype is None else made.astype(dtype)

    def __repr__(self) -> str:
        return f"<{self.name or 'array'}: {self.type} {self.shape}>"


class TensorFile(Mapping[str, FileTensor]):
    """An open file of a format that the library reads, checked from end to end of its header: names and tensors.

    The array of a .npy file is called "".  With `unpacked` a packed file is read as the one that was
    packed.  Raises InvalidError where it is no such file.
    """

    def __init__(self, path: PathLike, unpacked: bool = False) -> None:
        run = Run()
        opened = ffi.new("detinit_tensorfile **")
        call = lib.detinit_tensorfile_open_unpacked if unpacked else lib.detinit_tensorfile_open
        run.call(call, os.fsencode(path), opened)
        self.path = os.fspath(path)
        self._file: Any = ffi.gc(opened[0], lib.detinit_tensorfile_close)
        tensors = [lib.detinit_tensorfile_tensor(self._file, n)
                   for n in range(lib.detinit_tensorfile_count(self._file))]
        self._tensors = {text(tensor.name): FileTensor(self, tensor) for tensor in tensors}

    def _open(self) -> Any:
        if self._file is None:
            raise InvalidError(f"'{self.path}' is closed")
        return self._file

    def close(self) -> None:
        """Closes the file; its tensors can be read no more."""
        if self._file is not None:
            ffi.release(self._file)
            self._file = None

    def __enter__(self) -> "TensorFile":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __getitem__(self, name: str) -> FileTensor:
        return self._tensors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def __repr__(self) -> str:
        return f"<detinit.TensorFile {self.path!r} of {len(self)} tensors>"

    @property
    def metadata(self) -> Dict[str, str]:
        """The pairs of __metadata__."""
        found: Dict[str, str] = {}
        while (key := lib.detinit_tensorfile_metadata_key(self._open(), len(found))) != ffi.NULL:
            found[text(key)] = text(lib.detinit_tensorfile_metadata(self._file, key))
        return found

    def manifest(self) -> Manifest:
        """The recipes that the file holds, as detinit saves them. Raises InvalidError where it has none."""
        held = text(lib.detinit_tensorfile_metadata(self._open(), b"detinit.manifest"))
        if not held:
            raise InvalidError(f"'{self.path}' holds no manifest: it was not saved by detinit")
        return Manifest.from_json(held, self.path)

    @property
    def is_packed(self) -> bool:
        """Whether it is a packed file, which unpack reads."""
        return bool(lib.detinit_tensorfile_is_packed(self._open()))


def unpack(packed: PathLike, path: Optional[PathLike] = None, threads: Optional[int] = None,
           progress: Progress = None) -> Union[int, Dict[str, Array]]:
    """The checkpoint of a packed file again, its sleeping weights made anew from the seed.

    Saved at `path`, all or nothing: returns the bytes.  Without a path: a dictionary of arrays.
    Raises InvalidError where a tensor's SHA-256 is not that of what was packed.
    """
    with TensorFile(packed) as file:
        run = Run(threads, progress)
        opened = ffi.new("detinit_packed **")
        run.call(lib.detinit_packed_open, file._open(), opened)
        held = ffi.gc(opened[0], lib.detinit_packed_free)
        if path is None:
            return {name: _unpack_tensor(held, n, info, run) for n, (name, info) in enumerate(_packed_tensors(held))}
        size = ffi.new("uint64_t *")
        run.call(lib.detinit_unpack_save, held, os.fsencode(path), run.run, size)
        return int(size[0])


def _packed_tensors(held: Any) -> Iterator[Tuple[str, Any]]:
    for n in range(lib.detinit_packed_count(held)):
        info = ffi.new("detinit_tensor *")
        lib.detinit_packed_tensor(held, n, info)
        yield text(info.name), info


def _unpack_tensor(held: Any, number: int, info: Any, run: Run) -> Array:
    shape: Tuple[int, ...] = tuple(info.shape[0:info.rank])
    dtype = buffers.numpy_dtype(buffers.DTYPES[info.dtype]) if info.weights else \
        np.dtype(_ITEMS.get(text(info.type), "u1"))
    if dtype.itemsize != info.item_bytes:
        dtype, shape = np.dtype("u1"), (info.count * info.item_bytes,)
    made = np.empty(shape, dtype)
    run.call(lib.detinit_unpack_memory, held, number, ffi.NULL, buffers.address_of(made), run.run)
    return made


def open(path: PathLike) -> TensorFile:
    """Opens a .npy or .safetensors file; see TensorFile."""
    return TensorFile(path)
