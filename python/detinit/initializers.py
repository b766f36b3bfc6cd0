"""Initializers as JAX and Keras parameterize them, said in the fields of a recipe; and rules by names."""

from __future__ import annotations

import math
from fnmatch import fnmatchcase
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Set, Tuple, Union

from .errors import InvalidError
from .recipe import Recipe

Shape = Tuple[int, ...]
Fields = Mapping[str, Any]
# A mode ("zeros"), fields of a recipe, or a recipe.
Said = Union[str, Fields, Recipe]
# The same, or a function of (name, what holds the tensor) that gives one of them, or None for the framework's own.
Rule = Union[Said, Callable[[str, Any], Optional[Said]]]

ZEROS: Fields = {"mode": "zeros"}
ONES: Fields = {"mode": "ones"}

_DISTS = {"truncated_normal": "truncated", "normal": "normal", "untruncated_normal": "normal", "uniform": "uniform"}
_FAN_MODES = ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")


def number(value: Any, what: str) -> float:
    """A number of Python, NumPy or a framework, as a float."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InvalidError(f"{what} must be a number, not {value!r}") from None


def check_scaling(scale: Any, mode: str, distribution: str, modes: Sequence[str] = _FAN_MODES) -> float:
    """The scale; raises InvalidError unless all are as variance_scaling takes them."""
    for word, known, what in ((mode, modes, "mode"), (distribution, tuple(_DISTS), "distribution")):
        if word not in known:
            raise InvalidError(f"{what} must be {', '.join(known[:-1])} or {known[-1]}, not {word!r}")
    checked = number(scale, "scale")
    if not checked > 0:
        raise InvalidError(f"scale must be above 0, not {checked!r}")
    return checked


def variance_scaling(scale: Any, mode: str, distribution: str, fans: Optional[Tuple[int, int]],
                     shape: Shape = ()) -> Fields:
    """std = sqrt(scale / fan), with the mode's fan; drawn truncated at 2 std of the normal before it is scaled up.

    fans: (fan_in, fan_out), or None for those of `shape`, (in, out) or (h, w, in, out).
    """
    scale = check_scaling(scale, mode, distribution)
    fields: Dict[str, Any] = {"dist": _DISTS[distribution]}
    if mode == "fan_geo_avg":
        fan_in, fan_out = fans if fans is not None else Recipe(shape, fan_in="rows").fans
        return {**fields, "mode": "normal", "std": math.sqrt(scale / math.sqrt(fan_in * fan_out))}
    if fans is not None:
        fields["fans"] = fans
    # The schemes that have a name are said by it: their bits are those of he_normal and glorot_uniform.
    if scale == 1 and mode == "fan_avg":
        return {**fields, "mode": "xavier"}
    if mode != "fan_in":
        fields["fan_mode"] = mode
    if scale == 2:
        return {**fields, "mode": "he"}
    return {**fields, "mode": "lecun", "gain": math.sqrt(scale)}


def normal(std: Any, mean: Any = 0, cut: Optional[float] = None) -> Fields:
    """Normal, of this mean and std; redrawn until it is within `cut` std of the mean, and not scaled up."""
    std, mean = number(std, "stddev"), number(mean, "mean")
    if std == 0:
        return {"mode": "constant", "value": mean}
    fields: Dict[str, Any] = {"mode": "normal", "std": std, "mean": mean}
    return fields if cut is None else {**fields, "dist": "trunc_normal", "cut": cut}


def uniform(low: Any, high: Any) -> Fields:
    """Uniform between two numbers."""
    low, high = number(low, "the lower bound"), number(high, "the upper bound")
    if not low <= high:
        raise InvalidError(f"the upper bound must be {low!r} or above, not {high!r}")
    if low == high:
        return {"mode": "constant", "value": low}
    return {"mode": "normal", "dist": "uniform", "std": (high - low) / math.sqrt(12), "mean": (low + high) / 2}


def constant(value: Any) -> Fields:
    return {"mode": "constant", "value": number(value, "value")}


def scaled(mode: str, gain: Any) -> Fields:
    """orthogonal, delta_orthogonal or identity, times a gain."""
    gain = number(gain, "the gain")
    return ZEROS if gain == 0 else {"mode": mode, "gain": gain}


def axes_product(shape: Shape, axes: Union[int, Sequence[int]], what: str) -> int:
    """How many indices some dimensions have together."""
    chosen = axes if isinstance(axes, Sequence) else [axes]
    try:
        return math.prod(shape[axis] for axis in chosen)
    except (IndexError, TypeError):
        raise InvalidError(f"{what} must be dimensions of the shape {shape}, not {axes!r}") from None


# ------------------------------------------------------------ from fields to recipes


def recipe_at(fields: Fields, shape: Shape, dtype: Any, seed: Any, layer: Union[int, str]) -> Recipe:
    """The recipe of some fields; `layer` is a number, or the tensor's name, of which the layer is made."""
    made: Dict[str, Any] = {"fan_in": "rows", "seed": seed, **fields}
    if isinstance(layer, str):
        return Recipe(shape, dtype=dtype, **{"layer": "name", **made, "name": layer})
    return Recipe(shape, dtype=dtype, **{"layer": layer, **made})


def check_address(seed: Any, layer: Any) -> None:
    """Raises InvalidError unless both are as Recipe takes them."""
    recipe_at({}, (), "float32", seed, layer)


class Rules:
    """Patterns of names (fnmatch's) and what they say of the tensors that have such a name; the first counts."""

    def __init__(self, rules: Optional[Mapping[str, Rule]]) -> None:
        self._rules = {} if rules is None else rules
        self._used: Set[str] = set()

    def recipe(self, name: str, holder: Any, shape: Shape, dtype: Any, seed: Any,
               otherwise: Callable[[], Optional[Fields]]) -> Optional[Recipe]:
        """The recipe of a tensor by the rules, or by what `otherwise` says; None where neither knows it."""
        said, why = self._said(name, holder)
        if said is None:
            said, why = otherwise(), "by its own initializer"
        if said is None:
            return None
        if isinstance(said, Recipe):
            if said.shape != shape:
                raise InvalidError(f"{name} is of shape {shape}, and {why} of {said.shape}")
            return said.replace(name=name, dtype=dtype)
        try:
            return recipe_at({"mode": said} if isinstance(said, str) else said, shape, dtype, seed, name)
        except (InvalidError, TypeError) as error:
            raise InvalidError(f"{name}, {why}: {error}") from None

    def _said(self, name: str, holder: Any) -> Tuple[Optional[Said], str]:
        for pattern, rule in self._rules.items():
            if not fnmatchcase(name, pattern):
                continue
            self._used.add(pattern)
            said = rule(name, holder) if callable(rule) else rule
            if said is not None and not isinstance(said, (str, Mapping, Recipe)):
                raise InvalidError(f"the rule {pattern!r} must say a mode, fields of a recipe or a recipe for {name}, "
                                   f"not {said!r}")
            return said, f"the rule {pattern!r}"
        return None, ""

    def check_used(self) -> None:
        """Raises InvalidError for a rule that no name came to."""
        for pattern in self._rules:
            if pattern not in self._used:
                raise InvalidError(f"the rule {pattern!r} is of no weight, or comes behind others that take its own")
