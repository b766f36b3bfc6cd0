"""JAX and Flax: the initializers of jax.nn.initializers by detinit, arrays over devices, trees of parameters.

    >>> import jax, detinit.jax
    >>> kernel_init = detinit.jax.he_normal(seed=42, layer="encoder/dense/kernel")
    >>> kernel_init(jax.random.key(0), (784, 256)).shape
    (784, 256)

Names, defaults and distributions are JAX'; weights are those of the program `detinit`.  Each
initializer takes these beside JAX' own arguments:

seed: 0 to 2^64 - 1.
layer: 0 to 2^64 - 1, or the tensor's name, of which the layer is made as init_params makes it.
key: "ignore", weights are those of seed, layer and shape alone, whatever the key, so that two
    layers of the same shape need a `layer` each; also under vmap and scan, whose copies
    begin alike.  "fold", the key is folded into the seed (folded_seed), so that each layer of a Flax model begins
    differently, and the same key makes the same weights.
dtype: the type where none is given to the initializer; None for JAX' default float.

Under jit the weights are made when the program runs, by jax.pure_callback: no constant is compiled
in, and jax.eval_shape makes none.  A mistake raises InvalidError.
"""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction
from typing import Any, Callable, Dict, Optional, Sequence, Tuple, Union

import jax
import jax.numpy as jnp
import numpy as np

from . import initializers as laws
from .errors import InvalidError
from .initializers import Fields, Rule, Shape
from .manifest import Manifest
from .recipe import Recipe

Axes = Union[int, Sequence[int]]
Layer = Union[int, str]

_KEYS = ("ignore", "fold")


# ------------------------------------------------------------ arrays


def array(recipe: Recipe, sharding: Any = None) -> Any:
    """The weights of a recipe as a jax.Array, of the recipe's shape and type.

    sharding: a jax.sharding.Sharding; each process makes the blocks of its own devices alone, which are
    those of the whole to the bit.  None puts the array on the default device.  Raises
    InvalidError for float64 where jax_enable_x64 is off.
    """
    if recipe.dtype == "float64" and not jax.config.jax_enable_x64:
        raise InvalidError('a float64 array needs jax.config.update("jax_enable_x64", True); '
                           'or say dtype="float32" in the recipe')
    if sharding is None:
        return jnp.asarray(recipe.array())
    return jax.make_array_from_callback(recipe.shape, sharding, lambda index: recipe[index])


def place(recipe: Recipe) -> Any:
    """The same for code that may be traced by jit: there the weights are made when the program runs."""
    if not _is_traced():
        return array(recipe)
    return _callback(recipe.array, recipe)


def _is_traced() -> bool:
    return isinstance(jnp.zeros(()), jax.core.Tracer)


def _callback(make: Callable[..., Any], like: Recipe, *arguments: Any) -> Any:
    result = jax.ShapeDtypeStruct(like.shape, jnp.dtype(like.dtype))
    return jax.pure_callback(make, result, *arguments, vmap_method="sequential")


# ------------------------------------------------------------ keys


def _key_words(key: Any) -> Any:
    """The words of a key, typed (jax.random.key) or raw (jax.random.PRNGKey), as an array of uint32."""
    dtype = getattr(key, "dtype", None)
    if dtype is not None and jnp.issubdtype(dtype, jax.dtypes.prng_key):
        key = jax.random.key_data(key)
    elif dtype != np.uint32:
        raise InvalidError(f"a key of jax.random was expected, not {key!r}")
    if key.ndim != 1:
        raise InvalidError(f"one key was expected, not an array of them of shape {tuple(key.shape[:-1])}")
    return key


def folded_seed(seed: int, key: Any) -> int:
    """The seed that key="fold" makes of a seed and a key.

    The first 8 bytes, as a big-endian number, of the SHA-256 of the seed, in 8 bytes, and the words
    of the key, in 4 bytes each, all big-endian.
    """
    words = np.asarray(_key_words(key)).astype(">u4").tobytes()
    return int.from_bytes(hashlib.sha256(int(seed).to_bytes(8, "big") + words).digest()[:8], "big")


# ------------------------------------------------------------ initializers


class Initializer:
    """(key, shape, dtype=None, out_sharding=None) -> jax.Array, as jax.nn.initializers' functions return them."""

    def __init__(self, fields_of: Callable[[Shape], Fields], seed: int = 42, layer: Layer = 0, key: str = "ignore",
                 dtype: Any = None) -> None:
        laws.check_address(seed, layer)
        if key not in _KEYS:
            raise InvalidError(f'key must be "ignore" or "fold", not {key!r}')
        self._fields_of = fields_of
        self.seed, self.layer, self.key, self.dtype = int(seed), layer, key, dtype

    def recipe(self, shape: Sequence[int], dtype: Any = None, key: Any = None) -> Recipe:
        """What makes the weights of a shape: its to_json is a manifest for `detinit init`.

        key: where the initializer folds it in.  Raises InvalidError for a shape that the
        initializer is not for, or a type other than float64, float32, float16 and bfloat16.
        """
        return self._recipe(tuple(shape), self._dtype(dtype), self._seed(key))

    def _dtype(self, dtype: Any) -> Any:
        """As JAX has it: the default float for None, and float32 for float64 where jax_enable_x64 is off."""
        return jnp.zeros((), self.dtype if dtype is None else dtype).dtype

    def _seed(self, key: Any) -> int:
        return folded_seed(self.seed, key) if self.key == "fold" else self.seed

    def _recipe(self, shape: Shape, dtype: Any, seed: int) -> Recipe:
        return laws.recipe_at(self._fields_of(shape), shape, dtype, seed, self.layer)

    def __call__(self, key: Any, shape: Sequence[int], dtype: Any = None, out_sharding: Any = None) -> Any:
        stored, fold = self._dtype(dtype), self.key == "fold"
        like = self._recipe(tuple(shape), stored, self.seed)
        if _is_traced() or (fold and isinstance(key, jax.core.Tracer)):
            made = _callback(lambda words: self._recipe(like.shape, stored, self._seed(words)).array(), like,
                             _key_words(key) if fold else None)
        else:
            recipe = self._recipe(like.shape, stored, self._seed(key)) if fold else like
            if isinstance(out_sharding, jax.sharding.Sharding):
                return array(recipe, out_sharding)
            made = array(recipe)
        return made if out_sharding is None else jax.sharding.reshard(made, out_sharding)


def _fans(shape: Shape, in_axis: Axes, out_axis: Axes, batch_axis: Axes) -> Optional[Tuple[int, int]]:
    """(fan_in, fan_out) as JAX counts them; None where they are the shape's own."""
    if (in_axis, out_axis, batch_axis) == (-2, -1, ()):
        if len(shape) < 2:
            raise InvalidError(f"a shape of 2 dimensions or more was expected, (..., in, out), not {shape}; "
                               "or say in_axis")
        return None
    ins, outs, batch = (laws.axes_product(shape, axes, what) for axes, what in
                        ((in_axis, "in_axis"), (out_axis, "out_axis"), (batch_axis, "batch_axis")))
    if math.prod(shape) == 0:
        return None
    fan_in, fan_out = Fraction(math.prod(shape), outs * batch), Fraction(math.prod(shape), ins * batch)
    if fan_in.denominator > 1 or fan_out.denominator > 1:
        raise InvalidError(f"in_axis, out_axis and batch_axis of shape {shape} give fans {fan_in} and {fan_out}, "
                           "which are not whole")
    return int(fan_in), int(fan_out)


def variance_scaling(scale: Any, mode: str, distribution: str, in_axis: Axes = -2, out_axis: Axes = -1,
                     batch_axis: Axes = (), dtype: Any = None, *, seed: int = 42, layer: Layer = 0,
                     key: str = "ignore") -> Initializer:
    """std = sqrt(scale / fan), with the fan that `mode` names: fan_in, fan_out, fan_avg or fan_geo_avg.

    distribution: truncated_normal, cut at 2 std and scaled up so that std stays; normal; uniform.
    in_axis, out_axis, batch_axis: the dimensions that fans are counted by, as JAX does.
    """
    laws.check_scaling(scale, mode, distribution)

    def fields_of(shape: Shape) -> Fields:
        fans = _fans(shape, in_axis, out_axis, batch_axis)
        return laws.variance_scaling(scale, mode, distribution, fans, shape)

    return Initializer(fields_of, seed, layer, key, dtype)


def _named(name: str, scale: float, mode: str, distribution: str) -> Callable[..., Initializer]:
    """A case of variance_scaling that has a name."""

    def make(in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = None, *, seed: int = 42,
             layer: Layer = 0, key: str = "ignore") -> Initializer:
        return variance_scaling(scale, mode, distribution, in_axis, out_axis, batch_axis, dtype, seed=seed,
                                layer=layer, key=key)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f'variance_scaling({scale:g}, "{mode}", "{distribution}").'
    return make


he_normal = kaiming_normal = _named("he_normal", 2, "fan_in", "truncated_normal")
he_uniform = kaiming_uniform = _named("he_uniform", 2, "fan_in", "uniform")
glorot_normal = xavier_normal = _named("glorot_normal", 1, "fan_avg", "truncated_normal")
glorot_uniform = xavier_uniform = _named("glorot_uniform", 1, "fan_avg", "uniform")
lecun_normal = _named("lecun_normal", 1, "fan_in", "truncated_normal")
lecun_uniform = _named("lecun_uniform", 1, "fan_in", "uniform")


def _fixed(fields: Fields, dtype: Any, address: Dict[str, Any]) -> Initializer:
    """An initializer whose fields do not depend on the shape."""
    return Initializer(lambda shape: fields, dtype=dtype, **address)


def normal(stddev: Any = 1e-2, dtype: Any = None, **address: Any) -> Initializer:
    """Normal, mean 0; `address` is seed, layer and key."""
    return _fixed(laws.normal(stddev), dtype, address)


def truncated_normal(stddev: Any = 1e-2, dtype: Any = None, lower: float = -2.0, upper: float = 2.0,
                     **address: Any) -> Initializer:
    """Normal, redrawn until within lower and upper, which are in stddev and must be -cut and cut; not scaled up."""
    if not lower == -upper < 0:
        raise InvalidError(f"lower and upper must be -cut and cut, with a cut above 0, not {lower!r} and {upper!r}")
    return _fixed(laws.normal(stddev, cut=upper), dtype, address)


def uniform(scale: Any = 1e-2, dtype: Any = None, **address: Any) -> Initializer:
    """Uniform between 0 and scale; `address` is seed, layer and key."""
    return _fixed(laws.uniform(0, scale), dtype, address)


def constant(value: Any, dtype: Any = None) -> Initializer:
    """One number everywhere."""
    return _fixed(laws.constant(value), dtype, {})


def orthogonal(scale: Any = 1.0, column_axis: int = -1, dtype: Any = None, **address: Any) -> Initializer:
    """Orthonormal rows or columns, whichever are fewer, of the tensor seen as (all other dimensions, column_axis).

    column_axis: the last dimension or the first.  `address` is seed, layer and key.
    """
    fields = laws.scaled("orthogonal", scale)

    def fields_of(shape: Shape) -> Fields:
        if column_axis in (-1, len(shape) - 1):
            return fields
        if column_axis not in (0, -len(shape)):
            raise InvalidError(f"column_axis must be the last dimension of {shape} or the first, not {column_axis!r}")
        return {**fields, "fan_in": "cols"}

    return Initializer(fields_of, dtype=dtype, **address)


def delta_orthogonal(scale: Any = 1.0, dtype: Any = None, **address: Any) -> Initializer:
    """Kernels of 3 to 5 dimensions, (h, w, in, out): orthogonal in the middle, 0 elsewhere.

    Sizes other than in and out must be odd, and in at most out.  `address` is seed, layer and key.
    """
    fields = laws.scaled("delta_orthogonal", scale)

    def fields_of(shape: Shape) -> Fields:
        if len(shape) in (3, 4, 5) and shape[-1] < shape[-2]:
            raise InvalidError(f"a kernel with no more inputs than outputs was expected, (..., in, out), not {shape}")
        if any(size % 2 == 0 for size in shape[:-2]):
            raise InvalidError(f"a kernel of odd sizes was expected, which has a middle, not {shape}")
        return fields

    return Initializer(fields_of, dtype=dtype, **address)


# Initializers themselves, as JAX' are: zeros(key, shape, dtype).
zeros = _fixed(laws.ZEROS, None, {})
ones = _fixed(laws.ONES, None, {})


# ------------------------------------------------------------ trees of parameters

# What the parameters of Flax's layers start with, by the last part of their names.
_FLAX: Dict[str, Fields] = {
    "kernel": {"mode": "lecun_normal"}, "bias": laws.ZEROS, "scale": laws.ONES, "mean": laws.ZEROS, "var": laws.ONES,
    "negative_slope": {"mode": "constant", "value": 0.01}, "lora_a": {"mode": "he_uniform"}, "lora_b": laws.ZEROS}
# The layers of recurrent cells that see the last state.
_RECURRENT = {"hi", "hf", "hg", "ho", "hr", "hz", "hn", "dense_h"}


def flax_fields(name: str, shape: Shape) -> Optional[Fields]:
    """What Flax starts a parameter with, by its name, "Dense_0/kernel", and shape; None where it is not known."""
    parts = ["", "", *name.split("/")]
    cell, layer, last = parts[-3:]
    if last == "embedding" and len(shape) == 2:
        return {"mode": "lecun", "fans": shape[::-1]}
    if last == "kernel" and (layer in _RECURRENT or (layer == "h" and cell.startswith("SimpleCell"))):
        return {"mode": "orthogonal"}
    if last == "kernel" and len(shape) == 3 and layer in ("query", "key", "value", "out"):
        heads = 2 if layer == "out" else 1
        return {"mode": "lecun_normal", "fans": (math.prod(shape[:heads]), math.prod(shape[heads:]))}
    if last == "bias" and layer == "if":
        return laws.ONES
    return _FLAX.get(last)


def _name_of(path: Sequence[Any]) -> str:
    """Dense_0/kernel: without the collection "params", and without the boxes that Flax puts around a value."""
    if len(path) > 1 and path[-1] == jax.tree_util.GetAttrKey("value"):
        path = path[:-1]
    name: str = jax.tree_util.keystr(tuple(path), simple=True, separator="/")
    return name[len("params/"):] if name.startswith("params/") else name


def _sharding_of(leaf: Any) -> Any:
    """Where an array has been put, or an abstract one is to be; None where nobody said."""
    return getattr(leaf, "sharding", None) if getattr(leaf, "committed", True) else None


def init_params(params: Any, seed: int = 42, rules: Optional[Dict[str, Rule]] = None) -> Tuple[Any, Manifest]:
    """A tree of parameters like `params` with weights of detinit, and the manifest that makes the same.

    params: what a Flax module's init returns, the whole or its "params"; an nnx.State; any tree
        of arrays, or of jax.ShapeDtypeStruct, as jax.eval_shape(model.init, ...) gives them without making a weight.
        Shapes, types and shardings are kept; of a sharded array each process makes its own part.
    seed: 0 to 2^64 - 1; the layer of each tensor is made of its name, "Dense_0/kernel".
    rules: {pattern of names: a mode, or fields of a detinit.Recipe as a mapping, or a Recipe, or a
        function (name, leaf) that gives one of these or None}; the first pattern counts.  What
        has no rule starts as Flax' own layers start theirs, by its name.  Kernels that nn.scan or
        nn.vmap stacked need a rule that states their fans.

    Leaves that are no floating-point arrays, such as keys and counts, stay.  Raises InvalidError
    for a name that neither rules nor Flax' layers know, for a rule of no parameter, under jit.
    """
    laws.check_address(seed, 0)
    chosen = laws.Rules(rules)
    leaves, tree = jax.tree_util.tree_flatten_with_path(params)
    recipes = [_recipe_of(chosen, _name_of(path), leaf, seed) for path, leaf in leaves]
    chosen.check_used()
    manifest = Manifest(recipe for recipe in recipes if recipe is not None)
    made = [leaf if recipe is None else array(recipe, _sharding_of(leaf))
            for recipe, (_, leaf) in zip(recipes, leaves)]
    return jax.tree_util.tree_unflatten(tree, made), manifest


def _recipe_of(rules: laws.Rules, name: str, leaf: Any, seed: int) -> Optional[Recipe]:
    """None for a leaf that stays."""
    if isinstance(leaf, jax.core.Tracer):
        raise InvalidError("init_params works outside of jit: give it what jax.eval_shape returns")
    if not hasattr(leaf, "shape") or not hasattr(leaf, "dtype"):
        raise InvalidError(f"{name or 'the tree'}: an array or a jax.ShapeDtypeStruct was expected, not {leaf!r}")
    if not jnp.issubdtype(leaf.dtype, jnp.floating):
        return None
    shape = tuple(leaf.shape)
    recipe = rules.recipe(name, leaf, shape, leaf.dtype, seed, lambda: flax_fields(name, shape))
    if recipe is None:
        raise InvalidError(f"{name}, of shape {shape}, has a name that Flax' layers do not have: give a rule, "
                           f'rules={{"{name}": {{"mode": "normal", "std": 0.02}}}}')
    return recipe


__all__ = [
    "Initializer", "array", "constant", "delta_orthogonal", "flax_fields", "folded_seed", "glorot_normal",
    "glorot_uniform", "he_normal", "he_uniform", "init_params", "kaiming_normal", "kaiming_uniform", "lecun_normal",
    "lecun_uniform", "normal", "ones", "orthogonal", "place", "truncated_normal", "uniform",
    "variance_scaling", "xavier_normal", "xavier_uniform", "zeros",
]
