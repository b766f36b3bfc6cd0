"""Basic indexing of a tensor that nobody holds: which indices of each dimension are asked for."""

from __future__ import annotations

from operator import index as as_index
from typing import Any, List, Tuple

from .errors import InvalidError

# A cover of a stepped slice is made and thinned out up to this step; beyond it each index by itself.
COVERED_STEP = 16


class OutOfRange(InvalidError, IndexError):
    """An index that the tensor does not have."""


class Axis:
    """The indices of one dimension that are asked for: first, first + step, ... `count` of them."""

    def __init__(self, first: int, step: int, count: int, keep: bool) -> None:
        self.first, self.step, self.count, self.keep = first, step, count, keep

    @property
    def backward(self) -> bool:
        return self.step < 0

    @property
    def low(self) -> int:
        """The lowest index."""
        return self.first + (self.count - 1) * self.step if self.backward else self.first


def _slice_axis(part: slice, size: int) -> Axis:
    first, stop, step = part.indices(size)
    count = max(0, (stop - first + step - (1 if step > 0 else -1)) // step)
    return Axis(first, step if count > 1 else 1, count, True)


def _index_axis(part: Any, size: int, dimension: int) -> Axis:
    try:
        number = as_index(part)
    except TypeError:
        raise InvalidError(f"an index must be whole numbers, slices and one ellipsis, not {part!r}") from None
    if not -size <= number < size:
        raise OutOfRange(f"index {number} is out of range for dimension {dimension} of size {size}")
    return Axis(number + size if number < 0 else number, 1, 1, False)


def parse_index(index: Any, shape: Tuple[int, ...]) -> List[Axis]:
    """The axes of an index such as [3, ..., 10:20:2], one for each dimension."""
    parts = list(index) if isinstance(index, tuple) else [index]
    ellipses = [n for n, part in enumerate(parts) if part is Ellipsis]
    if len(ellipses) > 1:
        raise InvalidError("an index can only have a single ellipsis")
    where = ellipses[0] if ellipses else len(parts)
    given = parts[:where] + parts[where + 1:]
    if len(given) > len(shape):
        raise OutOfRange(f"{len(given)} indices were given; the tensor has {len(shape)} dimensions")
    filled = given[:where] + [slice(None)] * (len(shape) - len(given)) + given[where:]
    return [_slice_axis(part, size) if isinstance(part, slice) else _index_axis(part, size, n)
            for n, (part, size) in enumerate(zip(filled, shape))]
