"""Stored weights against those that their recipe makes: change, masks, thresholds, pruning, packing.

Weights are an array, a Memory, a tensor of PyTorch on the CPU, or a tensor of a file (FileTensor).
An initial weight is rounded to the type that weights are stored in before it is compared.
"""

from __future__ import annotations

import os
from typing import Any, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from . import buffers
from ._c import ffi, lib
from ._core import Progress, Run, record, text
from .errors import InvalidError
from .files import FileTensor, TensorFile
from .manifest import PathLike
from .recipe import Array, Recipe

# Weights and the recipe of their initial values, by their names or in order.
Pairs = Union[Mapping[str, Tuple[Any, Recipe]], Iterable[Tuple[Any, Recipe]]]

PRUNE_WAYS = tuple(text(lib.detinit_prune_name(n)) for n in range(lib.DETINIT_PRUNE_COUNT))


class Memory(NamedTuple):
    """Weights at an address: element (i0, i1, ...) lies at address + sum of i[d] * strides[d], in bytes.

    strides None: row by row.  `keep` is whatever keeps the memory.
    """

    address: int
    dtype: str
    shape: Tuple[int, ...]
    strides: Optional[Tuple[int, ...]] = None
    writable: bool = True
    keep: Any = None


def memory_of(weights: Any) -> Memory:
    """The memory of an array or a tensor, of which nothing is copied."""
    if isinstance(weights, Memory):
        return weights
    if hasattr(weights, "data_ptr") and hasattr(weights, "element_size"):
        if weights.device.type != "cpu":
            raise InvalidError(f"the tensor must be on the cpu, not on {weights.device}")
        size = weights.element_size()
        return Memory(weights.data_ptr(), buffers.parse_dtype(weights.dtype), tuple(weights.shape),
                      tuple(stride * size for stride in weights.stride()), True, weights)
    array = np.asarray(weights)
    return Memory(array.__array_interface__["data"][0], buffers.storage_of(array), array.shape, array.strides,
                  bool(array.flags.writeable) and array is weights, array)


class Tracked:
    """Some tensors with their recipes, as the library takes them."""

    def __init__(self, pairs: Pairs, offsets: Optional[Sequence[int]] = None) -> None:
        named = [(name, *pair) for name, pair in pairs.items()] if isinstance(pairs, Mapping) else \
            [("", *pair) for pair in pairs]
        self.count = len(named)
        self.c = ffi.new("detinit_tracked[]", max(1, self.count))
        self.memories: List[Optional[Memory]] = []
        self._kept: List[Any] = [named]
        for n, (name, weights, recipe) in enumerate(named):
            self._join(self.c + n, name, weights, recipe, offsets)

    def _join(self, out: Any, name: str, weights: Any, recipe: Recipe, offsets: Optional[Sequence[int]]) -> None:
        run = Run()
        if isinstance(weights, FileTensor):
            run.call(lib.detinit_track, weights.file._open(), weights._c, recipe._c, out)
            self.memories.append(None)
            return
        memory = memory_of(weights)
        shown = ffi.new("char[]", name.encode())
        strides = buffers.int64s(memory.strides)
        tensor = ffi.new("detinit_memory_tensor *", {
            "name": shown, "dtype": buffers.DTYPES.index(memory.dtype), "rank": len(memory.shape),
            "shape": list(memory.shape), "strides": strides, "data": ffi.cast("void *", memory.address)})
        if offsets is None:
            run.call(lib.detinit_track_memory, tensor, recipe._c, out)
        else:
            if len(offsets) != recipe.ndim:
                raise InvalidError(f"{recipe.ndim} offsets were expected, not {len(offsets)}")
            run.call(lib.detinit_track_block, tensor, recipe._c, buffers.uint64s(offsets), out)
        self.memories.append(memory)
        self._kept += [memory, shown, strides]

    def shape(self, number: int) -> Tuple[int, ...]:
        tracked = self.c[number]
        return tuple(tracked.shape[0:tracked.recipe.rank])

    def file(self, file: Optional[TensorFile]) -> Any:
        return ffi.NULL if file is None else file._open()


class Change(NamedTuple):
    """What changed in one tensor: the fields of detinit_change, |w - w0| > threshold.

    mean_delta and max_delta are of |w - w0| over the finite weights; max_position and
    first_difference are places in row-major order (total_weights: none); decay is the c for which
    c w0 fits w best; histogram[n] counts 2^(n - 64) <= |w - w0| < 2^(n - 63), the first all below.
    """

    threshold: float
    total_weights: int
    changed_weights: int
    sleeping_weights: int
    exactly_unchanged: int
    not_finite: int
    mean_delta: float
    max_delta: float
    max_position: int
    first_difference: int
    decay: float
    decay_counted: int
    decay_sleeping: int
    dead_rows: int
    dead_cols: int
    units: int
    dead_units: int
    inputs: int
    dead_inputs: int
    histogram: Tuple[int, ...]

    @property
    def changed_percentage(self) -> float:
        """Of all weights, 0 to 100; 0 of an empty tensor."""
        return 100.0 * self.changed_weights / max(1, self.total_weights)

    @property
    def sleeping_percentage(self) -> float:
        return 100.0 * self.sleeping_weights / max(1, self.total_weights)


def analyze(weights: Any, recipe: Recipe, threshold: float = 1e-6, *, decay: bool = False,
            offsets: Optional[Sequence[int]] = None, threads: Optional[int] = None,
            progress: Progress = None) -> Change:
    """Compares weights with their initial values. decay: a second pass counts what is within threshold of c w0.

    offsets: the weights are a block of the recipe's tensor that begins there.
    """
    tracked, run, out = Tracked([(weights, recipe)], offsets), Run(threads, progress), ffi.new("detinit_change *")
    run.call(lib.detinit_tracked_change, tracked.c, threshold,
             lib.DETINIT_DECAY_EXACT if decay else lib.DETINIT_DECAY_NOT, run.run, out)
    return record(Change, out)


def mask(weights: Any, recipe: Recipe, threshold: float = 1e-6, *, offsets: Optional[Sequence[int]] = None,
         threads: Optional[int] = None, progress: Progress = None) -> Array:
    """A bool array of the weights' shape: True where a weight has changed by more than the threshold."""
    tracked, run = Tracked([(weights, recipe)], offsets), Run(threads, progress)
    made: Any = np.empty(tracked.shape(0), np.bool_)
    run.call(lib.detinit_tracked_mask, tracked.c, threshold, run.run,
             ffi.cast("unsigned char *", buffers.address_of(made)), ffi.NULL)
    return made  # type: ignore[no-any-return]


class Verification(NamedTuple):
    """Whether weights are their initial ones, to the bit; `first` is the first that is not, in row-major order."""

    total_weights: int
    different: int
    first: int
    found: int
    expected: int
    found_value: float
    expected_value: float

    @property
    def equal(self) -> bool:
        return self.different == 0


def verify(weights: Any, recipe: Recipe, *, offsets: Optional[Sequence[int]] = None,
           threads: Optional[int] = None, progress: Progress = None) -> Verification:
    """Compares every bit of weights with their initial values."""
    tracked, run = Tracked([(weights, recipe)], offsets), Run(threads, progress)
    out = ffi.new("detinit_verification *")
    run.call(lib.detinit_tracked_verify, tracked.c, run.run, out)
    return record(Verification, out)


def threshold(pairs: Pairs, sparsity: Union[float, str] = "auto", *, threads: Optional[int] = None,
              progress: Progress = None) -> float:
    """The threshold of a sparsity: the smallest at which that share, 0 to 1, of all weights sleeps, exactly.

    "auto": the largest at which sleeping weights hold at most 1 % of the squared change.
    """
    tracked, run, out = Tracked(pairs), Run(threads, progress), ffi.new("double *")
    if sparsity == "auto":
        run.call(lib.detinit_threshold_auto, tracked.c, tracked.count, run.run, out)
    elif isinstance(sparsity, str):
        raise InvalidError(f"sparsity must be a share, 0 .. 1, or 'auto', not {sparsity!r}")
    else:
        run.call(lib.detinit_threshold_of_sparsity, tracked.c, tracked.count, sparsity, run.run, out)
    return float(out[0])


def _find_pruning(tracked: Tracked, threshold: float, way: str, run: Run) -> Tuple[int, Any]:
    if way not in PRUNE_WAYS:
        raise InvalidError(f"way must be {', '.join(PRUNE_WAYS[:-1])} or {PRUNE_WAYS[-1]}, not {way!r}")
    pruning = ffi.new("detinit_pruning *")
    number = PRUNE_WAYS.index(way)
    run.call(lib.detinit_pruning_find, tracked.c, tracked.count, threshold,
             number == lib.DETINIT_PRUNE_MAGNITUDE, run.run, pruning)
    return number, pruning


def restore(pairs: Pairs, threshold: float, way: str = "init", *, offsets: Optional[Sequence[int]] = None,
            threads: Optional[int] = None, progress: Progress = None) -> int:
    """Prunes weights in memory, in place; returns how many sleep.

    way: "init" sets those that sleep back to their initial values, to the bit; "zero" to 0;
    "magnitude" sets as many to 0, those with the smallest |w|.  offsets: as for analyze.
    """
    tracked, run = Tracked(pairs, offsets), Run(threads, progress)
    if not all(memory is not None and memory.writable for memory in tracked.memories):
        raise InvalidError("weights that are set back must be writable arrays or tensors in memory")
    number, pruning = _find_pruning(tracked, threshold, way, run)
    run.call(lib.detinit_restore, tracked.c, tracked.count, number, pruning, run.run)
    return int(pruning.sleeping)


def prune(path: PathLike, pairs: Pairs, threshold: float, way: str = "init", *, file: Optional[TensorFile] = None,
          threads: Optional[int] = None, progress: Progress = None) -> int:
    """Saves pruned weights, as restore makes them, all or nothing; returns the bytes.

    file: the one that all of the weights are of; its other tensors and metadata are saved along.
    """
    tracked, run, size = Tracked(pairs), Run(threads, progress), ffi.new("uint64_t *")
    number, pruning = _find_pruning(tracked, threshold, way, run)
    run.call(lib.detinit_prune_save, tracked.file(file), tracked.c, tracked.count, number, pruning,
             os.fsencode(path), run.run, size)
    return int(size[0])


def save_masks(path: PathLike, pairs: Pairs, threshold: float, *, threads: Optional[int] = None,
               progress: Progress = None) -> int:
    """Saves the masks as booleans, .safetensors, or .npy for one tensor; returns the bytes."""
    tracked, run, size = Tracked(pairs), Run(threads, progress), ffi.new("uint64_t *")
    run.call(lib.detinit_mask_save, tracked.c, tracked.count, threshold, os.fsencode(path), run.run, ffi.NULL, size)
    return int(size[0])


class Packing(NamedTuple):
    """What a packed file holds; dense_bytes of what was packed, 0 where that is not known."""

    threshold: float
    lossless: bool
    total_weights: int
    stored_weights: int
    dense_bytes: int
    bytes: int


def pack(path: PathLike, pairs: Pairs, threshold: float = 0.0, *, file: Optional[TensorFile] = None,
         lossless: bool = False, level: int = lib.DETINIT_PACK_LEVEL, threads: Optional[int] = None, progress: Progress = None) -> Packing:
    """Saves what the seed cannot make again: a bit for each weight, and how those that changed differ.

    A valid .safetensors file, all or nothing; unpack makes the checkpoint again.  file: as for prune.
    lossless: nothing is set back, whatever the threshold, and unpack gives every bit, of a file also
    its header.  level: of zstd, 1 to 19.
    """
    tracked, run, out = Tracked(pairs), Run(threads, progress), ffi.new("detinit_packing *")
    options = ffi.new("detinit_pack_options *", {"threshold": threshold, "lossless": lossless, "level": level})
    run.call(lib.detinit_pack_save, tracked.file(file), tracked.c, tracked.count, options, os.fsencode(path),
             run.run, out)
    return record(Packing, out)
