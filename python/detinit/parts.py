"""What changed in tensors of which each process holds blocks: figures and thresholds, put together.

Whatever carries bytes and adds up counts between the processes is the caller's.
"""

from __future__ import annotations

from typing import Any, Iterable, Optional, Sequence, Tuple, Union

import numpy as np

from ._c import ffi, lib
from ._core import Run, record
from .errors import InvalidError
from .recipe import Array, Recipe
from .tracking import Change, Tracked

# Weights, the recipe of the whole tensor, and where in it they begin.
BlockOf = Tuple[Any, Recipe, Sequence[int]]


class ChangePart:
    """What changed in some blocks of a recipe's tensor at a threshold: merged, each block once, that of the whole.

    All figures are those that analyze finds of the whole, but for mean_delta and decay, which may
    differ in their last digits, since their sums are added in another order.
    """

    def __init__(self, recipe: Recipe, threshold: float = 1e-6) -> None:
        self.recipe = recipe
        made = ffi.new("detinit_change_part **")
        Run().call(lib.detinit_change_part_new, recipe._c, threshold, made)
        self._c = ffi.gc(made[0], lib.detinit_change_part_free)

    @classmethod
    def from_bytes(cls, recipe: Recipe, data: bytes) -> "ChangePart":
        """Of to_bytes, which are checked: InvalidError where they are none of this recipe's."""
        part = cls.__new__(cls)
        part.recipe = recipe
        made = ffi.new("detinit_change_part **")
        Run().call(lib.detinit_change_part_read, recipe._c, ffi.from_buffer(data), len(data), made)
        part._c = ffi.gc(made[0], lib.detinit_change_part_free)
        return part

    def to_bytes(self) -> bytes:
        """For machines of the same byte order: a bit for each unit and input, and 1 KB."""
        made = ffi.new("char[]", lib.detinit_change_part_size(self._c))
        lib.detinit_change_part_write(self._c, made)
        return bytes(ffi.buffer(made))

    def add(self, weights: Any, offsets: Sequence[int], threads: Optional[int] = None) -> None:
        """Compares a block that begins at `offsets`."""
        run, tracked = Run(threads), Tracked([(weights, self.recipe)], offsets)
        run.call(lib.detinit_change_part_add, self._c, tracked.c, run.run)

    def merge(self, other: "ChangePart") -> None:
        """Adds what another part found, at the same threshold."""
        Run().call(lib.detinit_change_part_merge, self._c, other._c)

    def finish(self) -> Change:
        """Raises InvalidError where not as many weights were compared as the tensor has."""
        out = ffi.new("detinit_change *")
        Run().call(lib.detinit_change_part_finish, self._c, out)
        return record(Change, out)


def decayed(weights: Any, recipe: Recipe, offsets: Sequence[int], threshold: float, decay: float,
            threads: Optional[int] = None) -> int:
    """How many weights of a block have |w - decay w0| <= threshold; the counts of blocks add up."""
    run, tracked, out = Run(threads), Tracked([(weights, recipe)], offsets), ffi.new("uint64_t *")
    run.call(lib.detinit_tracked_decay, tracked.c, threshold, decay, run.run, out)
    return int(out[0])


class ThresholdSearch:
    """threshold of weights that many hold: in each round all add() theirs, add up `counts` in place, and step().

    counts: 2^20 numbers of uint64, 8 MB.  A share takes up to four rounds, "auto" one.
    """

    def __init__(self, sparsity: Union[float, str] = "auto") -> None:
        if isinstance(sparsity, str) and sparsity != "auto":
            raise InvalidError(f"sparsity must be a share, 0 .. 1, or 'auto', not {sparsity!r}")
        if not isinstance(sparsity, str) and not sparsity >= 0:
            raise InvalidError(f"sparsity must be a share, 0 .. 1, not {sparsity}")
        made = ffi.new("detinit_threshold_search **")
        Run().call(lib.detinit_threshold_search_new, -1.0 if isinstance(sparsity, str) else sparsity, made)
        self._c = ffi.gc(made[0], lib.detinit_threshold_search_free)
        memory = ffi.buffer(lib.detinit_threshold_search_counts(self._c), 8 * lib.DETINIT_SEARCH_COUNTS)
        self.counts: Array = np.frombuffer(memory, np.uint64)

    def add(self, blocks: Iterable[BlockOf], threads: Optional[int] = None) -> None:
        """Counts the weights of blocks in this round."""
        for weights, recipe, offsets in blocks:
            run, tracked = Run(threads), Tracked([(weights, recipe)], offsets)
            run.call(lib.detinit_threshold_search_add, self._c, tracked.c, 1, run.run)

    def step(self) -> Optional[float]:
        """Ends a round: the threshold, or None where another round is needed."""
        found, threshold = ffi.new("bool *"), ffi.new("double *")
        Run().call(lib.detinit_threshold_search_step, self._c, found, threshold)
        return float(threshold[0]) if found[0] else None
