"""Keras 3: the initializers of keras.initializers by detinit, and models from one seed.

    >>> import keras, detinit.keras
    >>> dense = keras.layers.Dense(256, kernel_initializer=detinit.keras.HeNormal(seed=42, layer="dense/kernel"))

Each class is a subclass of its namesake in Keras, with its arguments, defaults and distribution, and
saved and loaded with a model as that is; weights are those of the program `detinit`.  Those that draw also take

seed: 0 to 2^64 - 1; 42 where None is given.
layer: 0 to 2^64 - 1, or the tensor's name, of which the layer is made as init_ makes it.

Weights are those of seed, layer and shape alone: two layers of one shape need a `layer` each, or init_,
which sets all weights of a model by their names.  Import this module before a model is loaded that
was saved with them.  A mistake raises InvalidError.
"""

from __future__ import annotations

import math
import re
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple, Union

import keras

from . import initializers as laws
from .errors import InvalidError
from .initializers import Fields, Rule, Shape
from .manifest import Manifest
from .recipe import Recipe

Layer = Union[int, str]
Axes = Optional[Sequence[int]]

# ------------------------------------------------------------ what Keras' initializers draw


def _scaled(like: Any, shape: Shape) -> Fields:
    fans = None
    if like.input_axes is not None and like.output_axes is not None:
        fans = (laws.axes_product(shape, like.input_axes, "input_axes"),
                laws.axes_product(shape, like.output_axes, "output_axes"))
    return laws.variance_scaling(like.scale, like.mode, like.distribution, fans, shape)


# By Keras' classes, which ours are subclasses of.
_LAWS: Sequence[Tuple[Any, Callable[[Any, Shape], Fields]]] = (
    (keras.initializers.VarianceScaling, _scaled),
    (keras.initializers.RandomNormal, lambda like, shape: laws.normal(like.stddev, like.mean)),
    (keras.initializers.TruncatedNormal, lambda like, shape: laws.normal(like.stddev, like.mean, cut=2.0)),
    (keras.initializers.RandomUniform, lambda like, shape: laws.uniform(like.minval, like.maxval)),
    (keras.initializers.Orthogonal, lambda like, shape: laws.scaled("orthogonal", like.gain)),
    (keras.initializers.Zeros, lambda like, shape: laws.ZEROS),
    (keras.initializers.Ones, lambda like, shape: laws.ONES),
    (keras.initializers.Constant, lambda like, shape: laws.constant(like.value)),
    (keras.initializers.Identity, lambda like, shape: laws.scaled("identity", like.gain)),
)


def fields_of(initializer: Any, shape: Shape) -> Optional[Fields]:
    """The fields of the recipe that is distributed as an initializer of Keras; None where it is of another kind."""
    for kind, law in _LAWS:
        if isinstance(initializer, kind):
            return law(initializer, shape)
    return None


def _tensor(recipe: Recipe) -> Any:
    """The weights of a recipe as the backend's tensor."""
    if keras.backend.backend() == "jax":
        from .jax import place
        return place(recipe)
    # Not every backend takes bfloat16 from NumPy; float32 holds what has been rounded to it.
    held = recipe.replace(dtype="float32", via="bfloat16") if recipe.dtype == "bfloat16" else recipe
    return keras.ops.convert_to_tensor(held.array(), dtype=recipe.dtype)


# ------------------------------------------------------------ initializers


class _Made:
    """What makes the weights of an initializer; comes before the class of Keras that says which."""

    seed: Any = 42
    layer: Layer = 0

    def recipe(self, shape: Sequence[int], dtype: Any = None) -> Recipe:
        """What makes the weights of a shape: its to_json is a manifest for `detinit init`.

        dtype: None for keras.config.floatx().  Raises InvalidError for a shape that the initializer
        is not for, or a type other than float64, float32, float16 and bfloat16.
        """
        fields = fields_of(self, tuple(shape))
        assert fields is not None
        return laws.recipe_at(fields, tuple(shape), keras.backend.standardize_dtype(dtype), self.seed, self.layer)

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """A tensor of this shape and type."""
        return _tensor(self.recipe(shape, dtype))


class _Drawn(_Made):
    """The same for what draws: takes `layer`, and a seed that is a number."""

    def __init__(self, *arguments: Any, seed: Any = 42, layer: Layer = 0, **named: Any) -> None:
        seed = 42 if seed is None else seed
        if isinstance(seed, keras.random.SeedGenerator):
            raise InvalidError("seed must be a whole number, not a SeedGenerator; init_ sets each weight by its name")
        laws.check_address(seed, layer)
        super().__init__(*arguments, seed=int(seed), **named)  # type: ignore[call-arg]
        self.layer = layer

    def get_config(self) -> Dict[str, Any]:
        config: Dict[str, Any] = super().get_config()  # type: ignore[misc]
        return {**config, "layer": self.layer}


_register = keras.saving.register_keras_serializable(package="detinit")


@_register
class VarianceScaling(_Drawn, keras.initializers.VarianceScaling):  # type: ignore[misc]
    """std = sqrt(scale / fan), with the fan that `mode` names: fan_in, fan_out or fan_avg.

    distribution: truncated_normal, cut at 2 std and scaled up so that std stays; untruncated_normal; uniform.
    input_axes, output_axes: the dimensions whose product the fans are, instead of those of the shape, (h, w, in, out).
    """

    def __init__(self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal",
                 seed: Any = 42, input_axes: Axes = None, output_axes: Axes = None, layer: Layer = 0) -> None:
        laws.check_scaling(scale, mode, distribution, modes=("fan_in", "fan_out", "fan_avg"))
        super().__init__(scale, mode, distribution, seed=seed, input_axes=input_axes, output_axes=output_axes,
                         layer=layer)


class _Named(_Drawn):
    """A case of VarianceScaling that has a name."""

    def __init__(self, seed: Any = 42, input_axes: Axes = None, output_axes: Axes = None, layer: Layer = 0) -> None:
        super().__init__(seed=seed, input_axes=input_axes, output_axes=output_axes, layer=layer)


@_register
class HeNormal(_Named, keras.initializers.HeNormal):  # type: ignore[misc]
    """VarianceScaling(2, "fan_in", "truncated_normal")."""


@_register
class HeUniform(_Named, keras.initializers.HeUniform):  # type: ignore[misc]
    """VarianceScaling(2, "fan_in", "uniform")."""


@_register
class GlorotNormal(_Named, keras.initializers.GlorotNormal):  # type: ignore[misc]
    """VarianceScaling(1, "fan_avg", "truncated_normal")."""


@_register
class GlorotUniform(_Named, keras.initializers.GlorotUniform):  # type: ignore[misc]
    """VarianceScaling(1, "fan_avg", "uniform")."""


@_register
class LecunNormal(_Named, keras.initializers.LecunNormal):  # type: ignore[misc]
    """VarianceScaling(1, "fan_in", "truncated_normal")."""


@_register
class LecunUniform(_Named, keras.initializers.LecunUniform):  # type: ignore[misc]
    """VarianceScaling(1, "fan_in", "uniform")."""


@_register
class RandomNormal(_Drawn, keras.initializers.RandomNormal):  # type: ignore[misc]
    """Normal, of this mean and standard deviation."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = 42, layer: Layer = 0) -> None:
        laws.normal(stddev, mean)
        super().__init__(mean, stddev, seed=seed, layer=layer)


@_register
class TruncatedNormal(_Drawn, keras.initializers.TruncatedNormal):  # type: ignore[misc]
    """The same, redrawn until it is within 2 stddev of the mean; not scaled up."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = 42, layer: Layer = 0) -> None:
        laws.normal(stddev, mean)
        super().__init__(mean, stddev, seed=seed, layer=layer)


@_register
class RandomUniform(_Drawn, keras.initializers.RandomUniform):  # type: ignore[misc]
    """Uniform between minval and maxval."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = 42, layer: Layer = 0) -> None:
        laws.uniform(minval, maxval)
        super().__init__(minval, maxval, seed=seed, layer=layer)


@_register
class Orthogonal(_Drawn, keras.initializers.Orthogonal):  # type: ignore[misc]
    """Orthonormal rows or columns, whichever are fewer, of the tensor seen as (all other dimensions, the last)."""

    def __init__(self, gain: float = 1.0, seed: Any = 42, layer: Layer = 0) -> None:
        laws.scaled("orthogonal", gain)
        super().__init__(gain, seed=seed, layer=layer)


@_register
class Zeros(_Made, keras.initializers.Zeros):  # type: ignore[misc]
    """0 everywhere."""


@_register
class Ones(_Made, keras.initializers.Ones):  # type: ignore[misc]
    """1 everywhere."""


@_register
class Constant(_Made, keras.initializers.Constant):  # type: ignore[misc]
    """One number everywhere."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__(laws.number(value, "value"))


@_register
class Identity(_Made, keras.initializers.Identity):  # type: ignore[misc]
    """`gain` where row equals column of a matrix, 0 elsewhere."""

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__(laws.number(gain, "the gain"))

    def get_config(self) -> Dict[str, Any]:
        return {"gain": self.gain}


# ------------------------------------------------------------ models


def init_(model: Any, seed: int = 42, rules: Optional[Mapping[str, Rule]] = None) -> Manifest:
    """Sets the weights of a built model or layer in place, and returns the manifest that makes the same weights.

    Each is drawn as the layer's own initializer draws, he_normal for kernel_initializer="he_normal"; the
    layer of a tensor is made of its name (weight_names).

    seed: 0 to 2^64 - 1.
    rules: {pattern of names: a mode, or fields of a detinit.Recipe as a mapping, or a Recipe, or a
        function (name, variable) that gives one of these or None}; the first pattern counts.

    Weights that are not floating-point numbers stay, and of those that are not trained what no initializer
    is known of, as the mean of an adapted Normalization.  Raises InvalidError, and nothing is
    changed, for another weight whose initializer is not known, for a rule of no weight, for a model that is not built.
    """
    laws.check_address(seed, 0)
    if not isinstance(model, keras.Layer):
        raise InvalidError(f"a model or a layer of Keras was expected, not {model!r}")
    weights = _weights(model)
    if not weights:
        raise InvalidError("the model has no weights yet: build it, or call it with an input first")
    chosen = laws.Rules(rules)
    recipes = [_recipe_of(chosen, held, seed) for held in weights]
    chosen.check_used()
    manifest = Manifest(recipe for recipe in recipes if recipe is not None)
    for held, recipe in zip(weights, recipes):
        if recipe is not None:
            held.variable.assign(_tensor(recipe))
    return manifest


def _recipe_of(rules: laws.Rules, held: _Held, seed: int) -> Optional[Recipe]:
    """None for a weight that stays."""
    name, variable, owner = held
    dtype = keras.backend.standardize_dtype(variable.value.dtype)
    if not keras.backend.is_float_dtype(dtype):
        return None
    shape = tuple(variable.shape)
    recipe = rules.recipe(name, variable, shape, dtype, seed, lambda: _own_fields(owner, variable, shape))
    if recipe is None and variable.trainable:
        raise InvalidError(f"{name}, of shape {shape}, has no initializer that is known: give a rule, "
                           f'rules={{"{name}": "glorot_uniform"}}')
    return recipe


# ------------------------------------------------------------ how a weight begins


def _own_fields(owner: Any, variable: Any, shape: Shape) -> Optional[Fields]:
    """What a layer starts a weight of its own with: depthwise_kernel by depthwise_initializer, and so on."""
    stem = variable.name[:-len("_kernel")] if variable.name.endswith("_kernel") else variable.name
    initializer = getattr(owner, f"{stem}_initializer", None)
    if initializer is None and isinstance(owner, (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)):
        initializer = owner.depthwise_initializer
    fields = fields_of(initializer, shape)
    if fields is None:
        return None
    if variable.name == "bias" and getattr(owner, "unit_forget_bias", False):  # the cells of LSTM, ConvLSTM
        units = shape[0] // 4
        return {"parts": [{"rows": units, **fields}, {"rows": units, **laws.ONES}, {"rows": 2 * units, **fields}]}
    if variable.name == "kernel" and isinstance(owner, keras.layers.EinsumDense) and _lacks_axes(initializer):
        return {**fields, "fans": _einsum_fans(owner.equation, shape)}
    return fields


def _lacks_axes(initializer: Any) -> bool:
    """Whether it counts fans and nobody said of which dimensions: EinsumDense then says it."""
    return isinstance(initializer, keras.initializers.VarianceScaling) and (
        initializer.input_axes is None or initializer.output_axes is None)


def _einsum_fans(equation: str, shape: Shape) -> Tuple[int, int]:
    """Of "abc,cde->abde": fan_in is c, which the kernel cde has and the output lacks; fan_out d times e."""
    kernel, output = equation.replace(" ", "").split(",")[1].split("->")
    kept = [letter in output for letter in kernel]
    return (math.prod(size for size, keep in zip(shape, kept) if not keep),
            math.prod(size for size, keep in zip(shape, kept) if keep))


# ------------------------------------------------------------ names


class _Held(NamedTuple):
    """A weight, its name, and the innermost layer that holds it."""

    name: str
    variable: Any
    owner: Any


def weight_names(model: Any) -> Dict[str, Any]:
    """The weights of a model by the names that init_ knows them by, in the model's order.

    A name is that of the layers from the model down to the weight, "bidirectional/forward_lstm/lstm_cell/kernel",
    as in the weight's path, but without the model's own, and with the layers that Keras named
    counted anew within each layer: Keras counts them for as long as the process lives, so that the
    second model's "dense" is "dense_1".  Raises InvalidError for two weights of one name.
    """
    return {held.name: held.variable for held in _weights(model)}


def _weights(model: Any) -> List[_Held]:
    found: Dict[int, _Held] = {}
    _walk(model, "", found, set())
    names: Set[str] = set()
    for held in found.values():
        if held.name in names:
            raise InvalidError(f"two weights have the name {held.name!r}: give their layers names of their own")
        names.add(held.name)
    return [found[id(variable)] for variable in model.weights]


def _walk(layer: Any, prefix: str, found: Dict[int, _Held], seen: Set[int]) -> None:
    """Finds the weights of a layer, those of the layers in it first."""
    seen.add(id(layer))
    counts: Dict[str, int] = {}
    for part in layer._layers:
        name = part.name
        if _is_auto(part):
            base = _base(name)
            name = f"{base}_{counts[base]}" if base in counts else base
            counts[base] = counts.get(base, 0) + 1
        if id(part) not in seen:
            _walk(part, f"{prefix}{name}/", found, seen)
    for variable in layer.weights:
        found.setdefault(id(variable), _Held(prefix + variable.name, variable, layer))


def _base(name: str) -> str:
    """dense of dense_1."""
    return re.sub(r"_\d+$", "", name)


def _is_auto(layer: Any) -> bool:
    """Whether a name is the one that Keras makes of the class: "multi_head_attention_3"."""
    bare = re.sub("^(forward|backward)_", "", _base(layer.name))
    return bare.replace("_", "") == type(layer).__name__.lower().replace("_", "")


__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal", "LecunUniform",
    "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros", "fields_of",
    "init_", "weight_names",
]
