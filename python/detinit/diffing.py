"""Two checkpoints side by side, and patches that make the second of the first."""

from __future__ import annotations

import os
from typing import Any, Dict, NamedTuple, Optional, Tuple, Union

from ._c import ffi, lib
from ._core import Progress, Run, text
from .files import TensorFile
from .manifest import PathLike

# A file of tensors, open or by its path.
Source = Union[PathLike, TensorFile]


class Difference(NamedTuple):
    """What differs between a tensor of A and its partner of B: the fields of detinit_difference.

    kind is "unchanged", "changed", "other type", "other shape", "only in A" or "only in B".  The
    counts hold where `compared`, all figures where `numeric`: of floating-point numbers.
    effective_rank is 0 where there is none; histogram is that of Change.
    """

    kind: str
    compared: bool
    numeric: bool
    threshold: float
    total_items: int
    changed_items: int
    exactly_unchanged: int
    not_finite: int
    mean_delta: float
    max_delta: float
    max_position: int
    first_difference: int
    norm_a: float
    norm_b: float
    norm_delta: float
    product: float
    relative_norm: float
    cosine: float
    effective_rank: float
    rank_sampled: bool
    histogram: Tuple[int, ...]


class Patching(NamedTuple):
    """What a patch holds: the fields of detinit_patching."""

    tensors: int
    sparse: int
    whole: int
    gone: int
    changed_items: int
    result_bytes: int
    bytes: int


class Diff(NamedTuple):
    """What diff finds: by the name of each tensor, those of B alone last, and of all together."""

    tensors: Dict[str, Difference]
    total: Difference
    saved: Optional[Patching]

    @property
    def equal(self) -> bool:
        """Whether both have the same tensors, bit for bit."""
        return all(tensor.kind == "unchanged" for tensor in self.tensors.values())


def _difference(c: Any) -> Difference:
    kind = text(lib.detinit_diff_kind_name(c.kind))
    figures = [getattr(c, name) for name in Difference._fields[1:-1]]
    return Difference._make([kind, *figures, tuple(c.histogram)])


def _patching(c: Any) -> Patching:
    return Patching(*(int(getattr(c, name)) for name in Patching._fields))


def _open(source: Source) -> TensorFile:
    return source if isinstance(source, TensorFile) else TensorFile(source, unpacked=True)


def diff(a: Source, b: Source, threshold: float = 1e-6, *, save: Optional[PathLike] = None,
         threads: Optional[int] = None, progress: Progress = None) -> Diff:
    """Compares two checkpoints of any formats, tensor by tensor; saves a patch as `save` where that is given."""
    first, second = _open(a), _open(b)
    run = Run(threads, progress)
    opened, found, total = ffi.new("detinit_diff **"), ffi.new("detinit_difference *"), ffi.new("detinit_difference *")
    run.call(lib.detinit_diff_open, first._open(), second._open(), ffi.NULL, opened)
    pairs = ffi.gc(opened[0], lib.detinit_diff_free)
    tensors: Dict[str, Difference] = {}
    for number in range(lib.detinit_diff_count(pairs)):
        run.call(lib.detinit_diff_tensor, pairs, number, threshold, run.run, found)
        lib.detinit_difference_add(total, found)
        tensors[text(lib.detinit_diff_pair_at(pairs, number).name)] = _difference(found)
    saved = None
    if save is not None:
        patching = ffi.new("detinit_patching *")
        run.call(lib.detinit_diff_save, pairs, os.fsencode(save), run.run, patching)
        saved = _patching(patching)
    return Diff(tensors, _difference(total), saved)


def patch(a: Source, patch: Source, path: PathLike, *, threads: Optional[int] = None,
          progress: Progress = None) -> int:
    """Makes B of A and the patch that diff saved, at `path`, all or nothing: returns the bytes.

    Raises InvalidError where A is not the patch's base, bit for bit, or the patch is damaged.
    """
    base, file = _open(a), _open(patch)
    run = Run(threads, progress)
    opened, size = ffi.new("detinit_patch **"), ffi.new("uint64_t *")
    run.call(lib.detinit_patch_open, file._open(), opened)
    held = ffi.gc(opened[0], lib.detinit_patch_free)
    run.call(lib.detinit_patch_save, held, base._open(), os.fsencode(path), run.run, size)
    return int(size[0])
