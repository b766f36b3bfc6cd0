"""The functions of torch.nn.init, with numbers that come from a seed and a layer.

    from detinit.torch import nn_init
    nn_init.kaiming_normal_(model.fc1.weight, nonlinearity="relu", layer="fc1.weight", seed=42)

Each takes the arguments of PyTorch's function of its name (a `generator` excepted), fills the tensor in
place with the bits of `detinit init`, and returns it.  Those that draw also take

    layer: 0 to 2^64 - 1, or a text, the name of the tensor: two tensors of one layer, shape and
        seed get the same weights;
    seed: 0 to 2^64 - 1.

A tensor may be strided, on any device, or a DTensor.  Raises InvalidError, a ValueError, for what
PyTorch refuses as well, and for what no recipe can say; the tensor is unchanged then.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Union

import torch

from ..errors import InvalidError
from ..manifest import layer_of_name
from ..recipe import Recipe
from .mesh import fill_tensor

Shape = Sequence[int]
Fields = Dict[str, Any]
Layer = Union[int, str]

# Draws end here: |z| <= 7.4338, so that a cut beyond it cuts nothing.
_LARGEST_DRAW = 7.44


# ------------------------------------------------------------ what each says as the fields of a recipe


def _uniform(shape: Shape, a: float = 0.0, b: float = 1.0) -> Fields:
    if not a <= b:
        raise InvalidError(f"uniform_ expects a <= b, not a={a}, b={b}")
    if a == b:
        return _constant(shape, a)
    fields = {"mode": "normal", "dist": "uniform", "std": (b - a) / math.sqrt(12), "mean": (a + b) / 2}
    return fields if a != -b else {key: value for key, value in fields.items() if key != "mean"}


def _normal(shape: Shape, mean: float = 0.0, std: float = 1.0) -> Fields:
    if not std >= 0:
        raise InvalidError(f"normal_ expects std of 0 or more, not {std}")
    if std == 0:
        return _constant(shape, mean)
    return {"mode": "normal", "std": std, **({"mean": mean} if mean != 0 else {})}


def _trunc_normal(shape: Shape, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0) -> Fields:
    fields = _normal(shape, mean, std)
    below, above = mean - a, b - mean
    if std == 0 or min(below, above) >= _LARGEST_DRAW * std:
        return fields
    if not math.isclose(below, above, rel_tol=1e-12):
        raise InvalidError(f"trunc_normal_ expects a and b equally far from mean, not a={a}, b={b}, mean={mean}")
    return {**fields, "dist": "trunc_normal", "cut": above / std}


def _constant(shape: Shape, val: float) -> Fields:
    return {"mode": "constant", "value": val}


def _ones(shape: Shape) -> Fields:
    return {"mode": "ones"}


def _zeros(shape: Shape) -> Fields:
    return {"mode": "zeros"}


def _eye(shape: Shape) -> Fields:
    if len(shape) != 2:
        raise InvalidError(f"eye_ expects 2 dimensions, not {len(shape)}")
    return {"mode": "identity"}


def _dirac(shape: Shape, groups: int = 1) -> Fields:
    if len(shape) not in (3, 4, 5):
        raise InvalidError(f"dirac_ expects 3, 4 or 5 dimensions, not {len(shape)}")
    if groups < 1 or shape[0] % groups != 0:
        raise InvalidError(f"dirac_ expects groups that divide dim 0, {shape[0]}, not {groups}")
    if groups == 1:
        return {"mode": "dirac"}
    return {"parts": [{"rows": shape[0] // groups, "mode": "dirac"}] * groups}


def _of_fans(shape: Shape, name: str) -> None:
    if len(shape) < 2:
        raise InvalidError(f"{name} expects 2 dimensions or more, as it counts fan_in and fan_out, not {len(shape)}")


def _xavier(dist: str) -> Callable[..., Fields]:
    def fields(shape: Shape, gain: float = 1.0) -> Fields:
        _of_fans(shape, f"xavier_{dist}_")
        return {"mode": "xavier", "dist": dist, "gain": gain}
    return fields


def _kaiming(dist: str) -> Callable[..., Fields]:
    def fields(shape: Shape, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Fields:
        _of_fans(shape, f"kaiming_{dist}_")
        if nonlinearity.startswith("conv"):
            nonlinearity = "linear"
        said = f"leaky_relu:{float(a)!r}" if nonlinearity == "leaky_relu" else nonlinearity
        return {"mode": "he", "dist": dist, "fan_mode": mode.lower(), "nonlinearity": said}
    return fields


def _orthogonal(shape: Shape, gain: float = 1) -> Fields:
    if len(shape) < 2:
        raise InvalidError(f"orthogonal_ expects 2 dimensions or more, not {len(shape)}")
    return {"mode": "orthogonal", "gain": gain}


def _sparse(shape: Shape, sparsity: float, std: float = 0.01) -> Fields:
    if len(shape) != 2:
        raise InvalidError(f"sparse_ expects 2 dimensions, not {len(shape)}")
    return {"mode": "normal", "std": std, "zero": sparsity}


# The fields that a call of PyTorch's function says: FIELDS["normal_"](shape, std=0.02).
FIELDS: Mapping[str, Callable[..., Fields]] = {
    "uniform_": _uniform, "normal_": _normal, "trunc_normal_": _trunc_normal, "constant_": _constant,
    "ones_": _ones, "zeros_": _zeros, "eye_": _eye, "dirac_": _dirac, "xavier_uniform_": _xavier("uniform"),
    "xavier_normal_": _xavier("normal"), "kaiming_uniform_": _kaiming("uniform"),
    "kaiming_normal_": _kaiming("normal"), "orthogonal_": _orthogonal, "sparse_": _sparse,
}


def _fill(tensor: torch.Tensor, fields: Fields, layer: Layer = 0, seed: int = 42,
          generator: Optional[torch.Generator] = None) -> torch.Tensor:
    if generator is not None:
        raise InvalidError("no generator is taken: the numbers come from seed and layer")
    number = layer_of_name(layer) if isinstance(layer, str) else layer
    if "parts" not in fields:
        fields = {**fields, "layer": number}
    return fill_tensor(tensor, Recipe(tuple(tensor.shape), seed=seed, dtype=tensor.dtype, **fields))


# ------------------------------------------------------------ the functions


def uniform_(tensor: torch.Tensor, a: float = 0.0, b: float = 1.0, generator: Optional[torch.Generator] = None, *,
             layer: Layer, seed: int = 42) -> torch.Tensor:
    """Uniform from a to b."""
    return _fill(tensor, _uniform(tensor.shape, a, b), layer, seed, generator)


def normal_(tensor: torch.Tensor, mean: float = 0.0, std: float = 1.0, generator: Optional[torch.Generator] = None, *,
            layer: Layer, seed: int = 42) -> torch.Tensor:
    """Normal."""
    return _fill(tensor, _normal(tensor.shape, mean, std), layer, seed, generator)


def trunc_normal_(tensor: torch.Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
                  generator: Optional[torch.Generator] = None, *, layer: Layer, seed: int = 42) -> torch.Tensor:
    """Normal, cut at a and b, which must be equally far from mean, or beyond 7.44 std."""
    return _fill(tensor, _trunc_normal(tensor.shape, mean, std, a, b), layer, seed, generator)


def constant_(tensor: torch.Tensor, val: float) -> torch.Tensor:
    """val everywhere."""
    return _fill(tensor, _constant(tensor.shape, val))


def ones_(tensor: torch.Tensor) -> torch.Tensor:
    """1 everywhere."""
    return _fill(tensor, _ones(tensor.shape))


def zeros_(tensor: torch.Tensor) -> torch.Tensor:
    """0 everywhere."""
    return _fill(tensor, _zeros(tensor.shape))


def eye_(tensor: torch.Tensor) -> torch.Tensor:
    """A matrix: 1 on the diagonal, 0 elsewhere."""
    return _fill(tensor, _eye(tensor.shape))


def dirac_(tensor: torch.Tensor, groups: int = 1) -> torch.Tensor:
    """A kernel of 3 to 5 dimensions that passes its input through, in each of `groups`."""
    return _fill(tensor, _dirac(tensor.shape, groups))


def xavier_uniform_(tensor: torch.Tensor, gain: float = 1.0, generator: Optional[torch.Generator] = None, *,
                    layer: Layer, seed: int = 42) -> torch.Tensor:
    """Uniform of std gain sqrt(2 / (fan_in + fan_out))."""
    return _fill(tensor, FIELDS["xavier_uniform_"](tensor.shape, gain), layer, seed, generator)


def xavier_normal_(tensor: torch.Tensor, gain: float = 1.0, generator: Optional[torch.Generator] = None, *,
                   layer: Layer, seed: int = 42) -> torch.Tensor:
    """Normal of std gain sqrt(2 / (fan_in + fan_out))."""
    return _fill(tensor, FIELDS["xavier_normal_"](tensor.shape, gain), layer, seed, generator)


def kaiming_uniform_(tensor: torch.Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
                     generator: Optional[torch.Generator] = None, *, layer: Layer, seed: int = 42) -> torch.Tensor:
    """Uniform of std gain(nonlinearity, a) / sqrt(fan), fan by mode, fan_in or fan_out."""
    fields = FIELDS["kaiming_uniform_"](tensor.shape, a, mode, nonlinearity)
    return _fill(tensor, fields, layer, seed, generator)


def kaiming_normal_(tensor: torch.Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
                    generator: Optional[torch.Generator] = None, *, layer: Layer, seed: int = 42) -> torch.Tensor:
    """Normal of std gain(nonlinearity, a) / sqrt(fan), fan by mode, fan_in or fan_out."""
    return _fill(tensor, FIELDS["kaiming_normal_"](tensor.shape, a, mode, nonlinearity), layer, seed, generator)


def orthogonal_(tensor: torch.Tensor, gain: float = 1, generator: Optional[torch.Generator] = None, *, layer: Layer,
                seed: int = 42) -> torch.Tensor:
    """Orthonormal rows or columns, whichever are fewer, of the first dimension by all others, times gain."""
    return _fill(tensor, _orthogonal(tensor.shape, gain), layer, seed, generator)


def sparse_(tensor: torch.Tensor, sparsity: float, std: float = 0.01, generator: Optional[torch.Generator] = None, *,
            layer: Layer, seed: int = 42) -> torch.Tensor:
    """Normal, each weight 0 with probability sparsity; PyTorch's zeros that share of each column."""
    return _fill(tensor, _sparse(tensor.shape, sparsity, std), layer, seed, generator)
