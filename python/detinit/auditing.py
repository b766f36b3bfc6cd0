"""What a checkpoint was initialized by, and what looks wrong in it."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

import numpy as np

from . import buffers
from ._c import ffi, lib
from ._core import Progress, Run, text
from .errors import InvalidError
from .files import TensorFile
from .manifest import PathLike
from .tracking import memory_of

# The names that .safetensors files have for storage types.
_TYPES = {name: text(lib.detinit_dtype_safetensors(n)) for n, name in enumerate(buffers.DTYPES)}


class AuditedTensor(NamedTuple):
    """What is known of one tensor; where there is no figure it is nan."""

    name: str
    type: str
    shape: Tuple[int, ...]
    looked_at: int  # weights: all, or a sample
    sampled: bool
    nan: int
    infinite: int
    zeros: int
    mean: float
    std: float
    min: float
    max: float
    skewness: float
    excess_kurtosis: float
    dead_rows: int
    dead_cols: int
    origin: str  # "scheme", "law", "made", "none", "few", "no weights"
    consistent_with: str  # in words
    also: str  # other schemes that are the same law here
    ks_p: float  # Kolmogorov-Smirnov
    outside: float  # the share of a block's variance beyond Marchenko and Pastur's edge
    above_edge: float  # the largest singular value over the edge
    spectrum_p: float
    norms_p: float


class Finding(NamedTuple):
    """What looks wrong (warning), or is worth a note."""

    kind: str
    warning: bool
    tensor: str  # the first
    tensors: int  # how many it is about
    factor: float  # by which a std is off, or nan
    text: str


class Audit(NamedTuple):
    """All of a file: a p below `level` is too rare to be chance."""

    tensors: Dict[str, AuditedTensor]
    findings: List[Finding]
    level: float

    @property
    def warnings(self) -> List[Finding]:
        """The findings that look wrong."""
        return [finding for finding in self.findings if finding.warning]


def _bytes_of(value: Any) -> Optional[Tuple[str, Tuple[int, ...], bytes]]:
    """Type, shape and data of weights; None of anything else, of which there are no figures."""
    if hasattr(value, "data_ptr") and hasattr(value, "detach"):
        if not value.is_floating_point():
            return None
        value = value.detach().cpu().contiguous()
    else:
        value = np.ascontiguousarray(value)
        if value.dtype.kind in "biuc":
            return None
    memory = memory_of(value)
    count = int(np.prod(memory.shape, dtype=object)) * buffers.numpy_dtype(memory.dtype).itemsize
    data = bytes(ffi.buffer(ffi.cast("char *", memory.address), count)) if count > 0 else b""
    return _TYPES[memory.dtype], tuple(memory.shape), data


def _safetensors_of(tensors: Mapping[str, Any]) -> bytes:
    """A file of these tensors, in memory."""
    header: Dict[str, Any] = {}
    data: List[bytes] = []
    end = 0
    for name, value in tensors.items():
        stored = _bytes_of(value)
        if stored is None:
            continue
        header[name] = {"dtype": stored[0], "shape": stored[1], "data_offsets": [end, end + len(stored[2])]}
        data.append(stored[2])
        end += len(stored[2])
    told = json.dumps(header).encode()
    told += b" " * (-len(told) % 8)
    return b"".join([len(told).to_bytes(8, "little"), told, *data])


def _tensor(c: Any) -> AuditedTensor:
    words = ffi.new("char[]", 160)
    plain = {name: getattr(c, name) for name in AuditedTensor._fields
             if name not in ("name", "type", "shape", "origin", "consistent_with", "also")}
    return AuditedTensor(name=text(c.tensor.name), type=text(c.tensor.type),
                         shape=tuple(c.tensor.shape[0:c.tensor.rank]), origin=text(lib.detinit_origin_name(c.origin)),
                         consistent_with=text(lib.detinit_audit_words(c, words)), also=text(c.also), **plain)


def _finding(c: Any, names: List[str]) -> Finding:
    return Finding(text(lib.detinit_finding_name(c.kind)), bool(c.warning), names[c.first], int(c.count), c.factor,
                   text(c.text))


def _audit(file: Any, exact: bool, run: Run) -> Audit:
    made = ffi.new("detinit_audit **")
    run.call(lib.detinit_audit_new, file, exact, run.run, made)
    audit = ffi.gc(made[0], lib.detinit_audit_free)
    tensors = [_tensor(lib.detinit_audit_of(audit, n)) for n in range(lib.detinit_tensorfile_count(file))]
    names = [tensor.name for tensor in tensors]
    findings: List[Finding] = []
    while (found := lib.detinit_audit_finding(audit, len(findings))) != ffi.NULL:
        findings.append(_finding(found, names))
    return Audit({tensor.name: tensor for tensor in tensors}, findings, lib.detinit_audit_level(audit))


def audit(checkpoint: Union[PathLike, TensorFile, Mapping[str, Any]], exact: bool = False,
          threads: Optional[int] = None, progress: Progress = None) -> Audit:
    """What the tensors of a checkpoint were initialized by, and what looks wrong.

    A path of any format that is read, an open file, or a state_dict: names and arrays or tensors of
    PyTorch, of which a copy is made.  Large tensors are sampled unless `exact`.
    """
    run = Run(threads, progress)
    if isinstance(checkpoint, TensorFile):
        return _audit(checkpoint._open(), exact, run)
    if not isinstance(checkpoint, Mapping):
        with TensorFile(os.fspath(checkpoint), unpacked=True) as file:
            return _audit(file._open(), exact, run)
    if not all(isinstance(name, str) for name in checkpoint):
        raise InvalidError("a state_dict must have texts as names")
    held = _safetensors_of(checkpoint)
    data, opened = ffi.from_buffer(held), ffi.new("detinit_tensorfile **")
    run.call(lib.detinit_tensorfile_open_memory, data, len(held), b"state_dict", opened)
    return _audit(ffi.gc(opened[0], lib.detinit_tensorfile_close), exact, run)
