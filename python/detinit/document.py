"""DeterministicNoiseGenerator: the class of the document that detinit grew from, on the C library."""

from __future__ import annotations

from typing import Any, Dict, Sequence, Tuple

import numpy as np

from . import buffers, tracking
from ._c import ffi, lib
from .errors import InvalidError
from .recipe import Array, Recipe

# As wide as a matrix can be: where single weights are asked for, no shape is.
_WIDEST = (2**63 - 1, 2**63 - 1)
_MATRICES_KEPT = 1024


def _is_tensor(weights: Any) -> bool:
    """Whether it is PyTorch's, which need not be imported to be told."""
    return hasattr(weights, "data_ptr") and hasattr(weights, "detach")


def _in_memory(weights: Any) -> Any:
    """Weights where they can be read: an array, or a tensor on the CPU."""
    return weights.detach().cpu() if _is_tensor(weights) else np.asarray(weights)


class DeterministicNoiseGenerator:
    """Weights as a pure function of seed, layer and coordinates; and what training did to them.

    Weights come as float64.  Of a matrix (fan_out, fan_in) as PyTorch's.  mode: "he", "xavier",
    "lecun", or any that Recipe takes.  Whatever is refused raises InvalidError, a ValueError.
    """

    def __init__(self, seed: int = 42) -> None:
        self.seed = seed
        Recipe((), seed=seed)
        self._matrices: Dict[Any, Tuple[Any, Recipe]] = {}

    def __repr__(self) -> str:
        return f"DeterministicNoiseGenerator(seed={self.seed})"

    # ------------------------------------------------------------- making weights

    def gaussian(self, *indices: int) -> float:
        """The standard normal of an address of any length, each index 0 to 2^64 - 1."""
        try:
            return float(lib.detinit_gaussian(self.seed, ffi.new("uint64_t[]", indices), len(indices)))
        except (OverflowError, TypeError):
            raise InvalidError(f"indices must be whole numbers, 0 .. 2^64-1, not {indices}") from None

    def init_weight(self, layer_id: int, i: int, j: int, fan_in: int, fan_out: int, mode: str = "he") -> float:
        """The weight at row i, column j of a matrix with these fans: what init_matrix has there."""
        held = self._matrices.get((layer_id, fan_in, fan_out, mode, "float64")) or \
            self._hold(layer_id, fan_in, fan_out, mode, "float64")
        out = ffi.new("double *")
        try:
            if lib.detinit_matrix_weight(held[0], i, j, out) == 0:
                return out[0]  # type: ignore[no-any-return]
        except (OverflowError, TypeError):
            pass
        raise InvalidError(f"i and j must be whole numbers, 0 .. 2^63-2, not {i} and {j}")

    def _hold(self, layer_id: int, fan_in: int, fan_out: int, mode: str, dtype: str) -> Tuple[Any, Recipe]:
        """A matrix of single weights, which is kept for the next of them."""
        recipe = Recipe(_WIDEST, mode, seed=self.seed, layer=layer_id, fans=(fan_in, fan_out), dtype=dtype)
        if len(self._matrices) >= _MATRICES_KEPT:
            self._matrices.clear()
        held = self._matrices[layer_id, fan_in, fan_out, mode, dtype] = (recipe._matrix(), recipe)
        return held

    def _recipe(self, layer_id: int, shape: Sequence[int], mode: str, orthogonal: bool = False) -> Recipe:
        """Of a matrix; of rank 4 that of a kernel, whose slices have zero mean."""
        return Recipe(shape, mode, seed=self.seed, layer=layer_id, orthogonal=orthogonal,
                      zero_mean=len(shape) == 4 and not orthogonal)

    def init_matrix(self, layer_id: int, shape: Sequence[int], mode: str = "he", orthogonal: bool = False) -> Array:
        """A matrix (fan_out, fan_in), float64; orthogonal: Haar-distributed rows or columns, times the mode's gain."""
        return Recipe(shape, mode, seed=self.seed, layer=layer_id, orthogonal=orthogonal).array()

    def init_conv_kernel(self, layer_id: int, shape: Sequence[int], mode: str = "he") -> Array:
        """A kernel (out, in, h, w), float64, whose (h, w) slices each sum to 0; of 1 x 1 they are as drawn."""
        if len(shape) != 4:
            raise InvalidError(f"shape must be (out, in, h, w), not {tuple(shape)}")
        return self._recipe(layer_id, shape, mode).array()

    # ------------------------------------------------------- what training changed

    def check_weight_changed(self, current: Any, layer_id: int, i: int, j: int, fan_in: int, fan_out: int,
                             mode: str = "he", threshold: float = 1e-6) -> Tuple[bool, float]:
        """(changed, delta): whether |delta| > threshold; delta is current less the initial weight.

        The initial weight is rounded to the type of `current`, a number, or a scalar of NumPy or PyTorch.
        """
        dtype = buffers.parse_dtype(current.dtype) if hasattr(current, "dtype") else "float64"
        value = float(current.item() if hasattr(current, "item") else current)
        held = self._matrices.get((layer_id, fan_in, fan_out, mode, dtype)) or \
            self._hold(layer_id, fan_in, fan_out, mode, dtype)
        delta = ffi.new("double *")
        try:
            changed = lib.detinit_weight_changed(held[0], i, j, value, threshold, delta)
        except (OverflowError, TypeError):
            raise InvalidError(f"i and j must be whole numbers, 0 .. 2^63-2, not {i} and {j}") from None
        return bool(changed), float(delta[0])

    def analyze_weight_matrix(self, weights: Any, layer_id: int, mode: str = "he", threshold: float = 1e-6, *,
                              orthogonal: bool = False) -> Dict[str, Any]:
        """What changed in weights of init_matrix or, of rank 4, init_conv_kernel, rounded to the weights' type.

        weights: an array or a tensor of PyTorch.  Keys: total_weights, changed_weights, sleeping_weights,
        changed_percentage, sleeping_percentage (0 to 100), mean_delta and max_delta (of |w - w0|).
        """
        weights = _in_memory(weights)
        change = tracking.analyze(weights, self._recipe(layer_id, tuple(weights.shape), mode, orthogonal), threshold)
        return {name: getattr(change, name) for name in
                ("total_weights", "changed_weights", "sleeping_weights", "changed_percentage", "sleeping_percentage",
                 "mean_delta", "max_delta")}

    def get_awakened_mask(self, weights: Any, layer_id: int, threshold: float = 1e-6, *, mode: str = "he",
                          orthogonal: bool = False) -> Any:
        """True where a weight has changed by more than the threshold: an array; of a tensor a tensor, where it is."""
        held = _in_memory(weights)
        mask = tracking.mask(held, self._recipe(layer_id, tuple(held.shape), mode, orthogonal), threshold)
        if not _is_tensor(weights):
            return mask
        import torch
        return torch.from_numpy(mask).to(weights.device)
