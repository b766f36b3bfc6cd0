"""A recipe, and the weights that it makes."""

from __future__ import annotations

import json
import math
import os
import re
from typing import (TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence,
                    Tuple, Union)

import numpy as np

from . import buffers
from ._c import ffi, lib
from ._core import Progress, Run, check, record, text
from .errors import InvalidError
from .index import COVERED_STEP, Axis, parse_index

if TYPE_CHECKING:
    from .plot import Plot
    Array = np.ndarray[Any, Any]
else:
    Array = np.ndarray
Shape = Union[int, Sequence[int]]
Number = Union[int, float, str]

# The name of the one tensor in a manifest that nobody named.
NAME = "weight"
# The seed where none is given.
SEED = 42


def manifest_value(value: Any) -> Any:
    """A value as manifests take it: numbers of NumPy as Python's, and as text what JSON cannot hold."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {key: manifest_value(one) for key, one in value.items()}
    if hasattr(value, "__index__"):
        whole = value.__index__()
        return whole if abs(whole) < 2**63 else str(whole)
    if hasattr(value, "__float__"):
        real = float(value)
        return real if math.isfinite(real) else str(real)
    if isinstance(value, Sequence):
        return [manifest_value(one) for one in value]
    raise InvalidError(f"a number, a name or a list of them was expected, not {value!r}")


class Trace(NamedTuple):
    """How one weight was made, from seed to weight: the fields of detinit_trace.

    w = std * draw + shift, or 0 where `zeroed`; of zero-mean slices draw is (draw - mean) * scale.
    Where weights are not drawn, there are the keys, the weight, and zeros.
    """

    seed: int
    key_layer: int
    index: Tuple[int, ...]  # type: ignore[assignment]
    key: Tuple[int, ...]
    attempt: int
    u1_key: int
    u2_key: int
    u1: float
    u2: float
    r: float
    theta: float
    z: float
    draw: float
    mean: float
    scale: float
    std: float
    shift: float
    zeroed: bool
    weight: float


class Statistics(NamedTuple):
    """Figures of stored weights, and what the recipe promises: the fields of detinit_statistics.

    The ..._errors are how many standard errors each lies from its target; ks_distance and ks_p are
    of the Kolmogorov-Smirnov test (not a number where it was not made).
    """

    count: int  # type: ignore[assignment]
    sampled: bool
    mean: float
    std: float
    min: float
    max: float
    skewness: float
    excess_kurtosis: float
    target_mean: float
    target_std: float
    mean_errors: float
    std_errors: float
    overflowed: int
    underflowed: int
    ks_count: int
    ks_distance: float
    ks_p: float


class Reproducibility(NamedTuple):
    """The proof that a tensor can be made again: single comparisons made, and its SHA-256."""

    equal: bool
    compared: int
    max_difference: float
    sha256: str


class Recipe:
    """All that determines the weights of one tensor: w = mean + std * gain * draw(seed, layer, i, j, ...).

    `shape`: the tensor's, 0 to 8 dimensions of 0 to 2^63 - 1 each.  Fields are those of the
    program's manifests, where a number may also be a text of arithmetic, "0.02 / sqrt(24)":

    mode: he, xavier, lecun, torch, normal, constant, identity, dirac, delta_orthogonal, or an
        initializer's name elsewhere: kaiming_uniform, GlorotUniform, trunc_normal_, zeros, ...
    seed, layer: 0 to 2^64 - 1 each; a layer "name" is made of `name`.
    dist: normal, uniform, truncated (Keras, JAX), trunc_normal (PyTorch); None: the mode's.
    cut: where truncated draws are cut, in std.        std: of mode normal.
    gain: a factor above 0.    mean: of draws.         value: of mode constant.
    fan_in: "cols" for (out, in, h, w), PyTorch; "rows" for (h, w, in, out), Keras and JAX.
    fans: (fan_in, fan_out) where the shape does not tell.     fan_mode: fan_in, fan_out or fan_avg.
    nonlinearity: "tanh", "leaky_relu:0.2", ...; its gain is PyTorch's calculate_gain.
    orthogonal, zero_mean: switches.    zero: the share of weights that are 0.
    zero_row: the row that is 0 (padding_idx).
    via, dtype: float64, float32, float16, bfloat16: rounded to the first, then to the second.
    parts: a list of dictionaries, {"rows": 512, ...}: a fused tensor, stacked along the first dimension;
        {"cols": 512, ...}: side by side in a matrix.

    A field that the weights do not depend on, a std with mode he, is refused as a mistake.
    Raises InvalidError.  Recipes never change, may be shared between threads, and are equal where
    they make the same weights.  No weight is held, but for an orthogonal tensor, which is made
    once, when its first weight is asked for.
    """

    __slots__ = ("_network", "_number", "_c", "_made", "name", "shape", "dtype", "__weakref__")

    def __init__(self, shape: Shape, mode: str = "he", *, seed: Union[int, str] = SEED, layer: Union[int, str] = 0,
                 dtype: Any = "float64", dist: Optional[str] = None, cut: Optional[Number] = None,
                 std: Optional[Number] = None, gain: Number = 1, mean: Optional[Number] = None,
                 value: Optional[Number] = None, fan_in: str = "cols",
                 fans: Optional[Sequence[Union[int, str]]] = None, fan_mode: Optional[str] = None,
                 nonlinearity: Optional[str] = None, orthogonal: bool = False, zero_mean: bool = False,
                 zero: Optional[Number] = None, zero_row: Optional[int] = None, via: Any = None,
                 parts: Optional[Sequence[Mapping[str, Any]]] = None, name: str = NAME) -> None:
        if not isinstance(shape, Iterable) and not hasattr(shape, "__index__"):
            raise InvalidError(f"shape must be whole numbers, not {shape!r}")
        sizes = list(shape) if isinstance(shape, Iterable) else [shape]
        stated: Dict[str, Any] = {
            "name": name, "shape": sizes, "mode": mode if parts is None or mode != "he" else None, "seed": seed,
            "layer": layer if parts is None or layer != 0 else None, "dtype": buffers.parse_dtype(dtype),
            "dist": dist, "cut": cut, "std": std, "gain": gain if gain != 1 else None, "mean": mean, "value": value,
            "fan_in": fan_in, "fans": fans, "fan_mode": fan_mode, "nonlinearity": nonlinearity,
            "orthogonal": orthogonal or None, "zero_mean": zero_mean or None, "zero": zero, "zero_row": zero_row,
            "via": None if via is None else buffers.parse_dtype(via), "parts": parts}
        tensor = {key: manifest_value(one) for key, one in stated.items() if one is not None}
        self._adopt(parse_recipe(tensor), 0)

    def _adopt(self, network: Any, number: int) -> None:
        """Takes tensor `number` of a detinit_network, which lives as long as the recipe."""
        layer = network.layers[number]
        self._network, self._number = network, number
        self._c = ffi.addressof(layer, "recipe")
        self._made: Any = None
        self.name: str = text(layer.name)
        self.shape: Tuple[int, ...] = tuple(self._c.shape[0:self._c.rank])
        self.dtype: str = buffers.DTYPES[self._c.dtype]

    def named(self, name: str) -> "Recipe":
        """The same recipe under another name."""
        recipe = Recipe._of(self._network, self._number)
        recipe.name = name
        return recipe

    @classmethod
    def _of(cls, network: Any, number: int) -> "Recipe":
        recipe = cls.__new__(cls)
        recipe._adopt(network, number)
        return recipe

    # ------------------------------------------------------------ what it says

    @property
    def seed(self) -> int:
        return int(self._c.seed)

    @property
    def layer(self) -> int:
        return int(self._c.layer)

    @property
    def mode(self) -> str:
        return text(lib.detinit_mode_name(self._c.mode))

    @property
    def dist(self) -> Optional[str]:
        """The distribution in force: "normal"; None where nothing is drawn."""
        dist = lib.detinit_recipe_dist(self._c)
        return None if dist == lib.DETINIT_DIST_OF_MODE else text(lib.detinit_dist_name(dist))

    @property
    def orthogonal(self) -> bool:
        return bool(self._c.orthogonal)

    @property
    def std(self) -> float:
        """The std that weights are drawn with, gains included; of an orthogonal tensor their root mean square."""
        return float(lib.detinit_recipe_std(self._c))

    @property
    def fans(self) -> Tuple[float, float]:
        """(fan_in, fan_out), stated or of the shape."""
        return float(lib.detinit_recipe_fan_in(self._c)), float(lib.detinit_recipe_fan_out(self._c))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many weights the tensor has; any whole number."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * buffers.item_size(self.dtype)

    def fields(self) -> Dict[str, Any]:
        """The tensor of a manifest that makes this recipe; fields at their default are left out."""
        tensor: Dict[str, Any] = json.loads(self.to_json())["tensors"][0]
        # A manifest says the seed once, for all its tensors.
        return tensor if self.seed == SEED else {**tensor, "seed": self.seed}

    def to_json(self) -> str:
        """A manifest of this one tensor: what from_json and the program read. Equal texts, equal weights."""
        from .manifest import manifest_text
        return manifest_text([self])

    @classmethod
    def from_json(cls, manifest: str) -> "Recipe":
        """The recipe of a manifest with one tensor, or of a tensor's object alone."""
        try:
            value = json.loads(manifest)
        except ValueError:
            value = None
        if isinstance(value, dict) and "tensors" not in value:
            return cls._of(parse_recipe({"name": NAME, **value}), 0)
        network = parse_network(manifest, "the manifest")
        if network.count != 1:
            raise InvalidError(f"a recipe is one tensor; the manifest has {network.count}: read it as a Manifest")
        return cls._of(network, 0)

    def replace(self, **fields: Any) -> "Recipe":
        """The same recipe with other fields; shape is one of them. None takes a field away."""
        tensor = {**self.fields(), **fields}
        for key in ("dtype", "via"):
            if tensor.get(key) is not None:
                tensor[key] = buffers.parse_dtype(tensor[key])
        if hasattr(tensor["shape"], "__index__"):
            tensor["shape"] = [tensor["shape"]]
        tensor = {key: manifest_value(one) for key, one in tensor.items() if one is not None}
        return Recipe._of(parse_recipe(tensor), 0)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Recipe):
            return NotImplemented
        return bool(lib.detinit_recipe_equal(self._c, other._c))

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype, self.std))

    def __reduce__(self) -> Any:
        return Recipe.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        fields = self.fields()
        shape = tuple(fields.pop("shape"))
        mode = fields.pop("mode", None)
        if fields["name"] == NAME:
            del fields["name"]
        shown = [f"{key}={value!r}" for key, value in fields.items()]
        return f"detinit.Recipe({', '.join([repr(shape), *([repr(mode)] if mode else []), *shown])})"

    def _repr_html_(self) -> str:
        from .plot import fields_table
        return fields_table(self)

    def plot(self, threads: Optional[int] = None, progress: Progress = None) -> "Plot":
        """A histogram of the weights beside the curve that theory expects, as SVG."""
        from .plot import Plot
        return Plot(self, threads, progress)

    def statistics(self, exact: bool = False, threads: Optional[int] = None, progress: Progress = None) -> Statistics:
        """Figures of all weights as they are stored; above 2^26 of them, unless `exact`, of a reproducible sample."""
        survey = self._survey(exact, Run(threads, progress))
        return record(Statistics, survey.statistics)

    def _survey(self, exact: bool, run: Run) -> Any:
        survey = ffi.gc(ffi.new("detinit_survey *"), lib.detinit_survey_free)
        run.call(lib.detinit_matrix_survey, self._matrix(), exact, run.run, survey)
        return survey

    def reproduce(self, saved: Optional[str] = None, threads: Optional[int] = None,
                  progress: Progress = None) -> Reproducibility:
        """Compares the tensor, bit for bit, with itself made by other means, and with the file `saved`."""
        run, out = Run(threads, progress), ffi.new("detinit_reproducibility *")
        path = ffi.NULL if saved is None else os.fsencode(saved)
        run.call(lib.detinit_matrix_reproduce, self._matrix(), path, run.run, out)
        return Reproducibility(out.equal, out.compared, out.max_difference, text(out.sha256))

    # ------------------------------------------------------------ what it makes

    def _matrix(self) -> Any:
        """The detinit_matrix, made when it is first needed."""
        if self._made is None:
            run = Run()
            made = ffi.new("detinit_matrix **")
            run.call(lib.detinit_matrix_new, self._c, run.run, made)
            self._made = ffi.gc(made[0], lib.detinit_matrix_free)
        return self._made

    def _place(self, index: Sequence[int]) -> Tuple[int, int]:
        """Row and column, in the tensor seen as a matrix, of an index of it."""
        axes = parse_index(tuple(index), self.shape)
        if len(index) != len(self.shape) or any(axis.keep for axis in axes):
            raise InvalidError(f"{len(self.shape)} whole numbers were expected, one for each dimension")
        row = 0
        for axis, size in zip(axes[:-1], self.shape[:-1]):
            row = row * size + axis.first
        return row, axes[-1].first if axes else 0

    def weight(self, *index: int) -> float:
        """One weight, as it is stored, widened to a Python float. Negative indices count from the end."""
        out = ffi.new("double *")
        if lib.detinit_matrix_weight(self._matrix(), *self._place(index), out) != lib.DETINIT_OK:
            raise InvalidError("the weight lies beyond row 2^64 - 1")
        return float(out[0])

    def trace(self, *index: int) -> Trace:
        """How one weight is made, step by step."""
        out = ffi.new("detinit_trace *")
        if lib.detinit_matrix_trace(self._matrix(), *self._place(index), out) != lib.DETINIT_OK:
            raise InvalidError("the weight lies beyond row 2^64 - 1")
        trace = record(Trace, out)
        return trace._replace(index=trace.index[:out.rank], key=trace.key[:out.rank])

    def array(self, threads: Optional[int] = None, progress: Progress = None) -> Array:
        """All weights, as a new array of this shape and dtype; of bfloat16 see buffers.numpy_dtype.

        threads: None for one for each processor; no bit depends on it.  progress(done, total) is
        called now and then; where it returns False, CancelledError is raised.
        """
        return self.block(threads=threads, progress=progress)

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> Array:
        made = self.array()
        return made if dtype is None else made.astype(dtype)

    def block(self, offsets: Optional[Sequence[int]] = None, sizes: Optional[Sequence[int]] = None, *,
              out: Any = None, threads: Optional[int] = None, progress: Progress = None) -> Array:
        """A block: sizes[d] indices from offsets[d] on in each dimension; by default all.

        out: an array of shape `sizes` and this dtype, with any strides, or a writable buffer of
        the right number of bytes; by default a new array.  Returns the array.
        """
        offsets = [0] * self.ndim if offsets is None else list(offsets)
        if sizes is None:
            sizes = [size - offset for size, offset in zip(self.shape, offsets)]
        shape = tuple(sizes)
        array: Any
        if out is None:
            if math.prod(shape) * buffers.item_size(self.dtype) >= 2**63:
                raise InvalidError(f"a block of shape {shape} does not fit into memory")
            array = np.empty(shape, buffers.numpy_dtype(self.dtype))
        else:
            array = buffers.writable_array(out, self.dtype, shape)
        fill_into(self, array.__array_interface__["data"][0], self.dtype, array.strides, offsets, sizes,
                  threads=threads, progress=progress)
        return array  # type: ignore[no-any-return]

    def fill(self, out: Any, threads: Optional[int] = None, progress: Progress = None) -> Any:
        """Writes all weights into `out`, an array or a writable buffer as block takes it, and returns it."""
        self.block(out=out, threads=threads, progress=progress)
        return out

    def __getitem__(self, index: Any) -> Any:
        """recipe[10:20, :], recipe[..., -1], recipe[::2]: an array, or a scalar, of what is asked for alone."""
        axes = parse_index(index, self.shape)
        made = np.empty([axis.count for axis in axes], buffers.numpy_dtype(self.dtype))
        forward = made[tuple(slice(None, None, -1) if axis.backward else slice(None) for axis in axes)]
        if made.size > 0:
            self._make_steps(axes, forward)
        return made[tuple(slice(None) if axis.keep else 0 for axis in axes)]

    def _make_steps(self, axes: List[Axis], out: Array) -> None:
        """Fills `out` with ascending indices, index by index along the first dimension that is stepped."""
        stepped = [n for n, axis in enumerate(axes) if abs(axis.step) > 1]
        if not stepped:
            self.block([axis.low for axis in axes], [axis.count for axis in axes], out=out)
            return
        n, axis = stepped[0], axes[stepped[0]]
        step = abs(axis.step)
        if n == len(axes) - 1 and step <= COVERED_STEP:
            cover = Axis(axis.low, 1, (axis.count - 1) * step + 1, True)
            wide = np.empty([*out.shape[:-1], cover.count], out.dtype)
            self._make_steps([*axes[:-1], cover], wide)
            out[...] = wide[..., ::step]
            return
        for k in range(axis.count):
            one = [*axes[:n], Axis(axis.low + k * step, 1, 1, True), *axes[n + 1:]]
            self._make_steps(one, out[(slice(None),) * n + (slice(k, k + 1),)])

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a recipe of rank 0 has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[n] for n in range(len(self)))

    def blocks(self, rows: Optional[int] = None, *, threads: Optional[int] = None,
               progress: Progress = None) -> Iterator[Array]:
        """All weights in order, `rows` indices of the first dimension at a time; by default some 16 MB.

        progress(done, total), in rows, is called after each.
        """
        if not self.shape:
            yield self.array(threads)
            return
        row_bytes = max(1, math.prod(self.shape[1:]) * buffers.item_size(self.dtype))
        step = max(1, (1 << 24) // row_bytes) if rows is None else rows
        if step < 1:
            raise InvalidError(f"rows must be at least 1, not {rows}")
        zeros = [0] * (self.ndim - 1)
        for first in range(0, self.shape[0], step):
            count = min(step, self.shape[0] - first)
            yield self.block([first, *zeros], [count, *self.shape[1:]], threads=threads)
            if progress is not None and progress(first + count, self.shape[0]) is False:
                return

    def digest(self, threads: Optional[int] = None, progress: Progress = None) -> str:
        """SHA-256, in hex, of all weights as little-endian row-major data of the dtype; in a few MB of memory."""
        import hashlib  # not at the top: it loads OpenSSL, which takes its time
        sha256 = hashlib.sha256()
        size = buffers.item_size(self.dtype)
        run = Run(threads, progress)
        run.take = lambda block: sha256.update(ffi.buffer(block.stored, block.rows * block.cols * size))
        sink = ffi.new("detinit_sink *", {"take": lib.detinit_python_take, "context": run.handle})
        run.call(lib.detinit_matrix_stream, self._matrix(), run.run, sink)
        return sha256.hexdigest()


def fill_into(recipe: Recipe, address: int, dtype: Any, strides: Optional[Sequence[int]] = None,
              offsets: Optional[Sequence[int]] = None, sizes: Optional[Sequence[int]] = None, *,
              threads: Optional[int] = None, progress: Progress = None) -> None:
    """Writes a block of a recipe's tensor into memory at `address`: what frameworks' tensors are filled with.

    Weight (i0, i1, ...) of the block goes to address + sum of i[d] * strides[d], in bytes; None packs
    them row by row.  offsets and sizes: the block; None for the whole tensor.  dtype must be
    the recipe's.  The memory is the caller's, must have room, and must stay until this returns.
    """
    if buffers.parse_dtype(dtype) != recipe.dtype:
        raise InvalidError(f"the memory must hold {recipe.dtype}, not {buffers.parse_dtype(dtype)}")
    offsets = [0] * recipe.ndim if offsets is None else offsets
    sizes = [size - offset for size, offset in zip(recipe.shape, offsets)] if sizes is None else sizes
    for given in (offsets, sizes, *([] if strides is None else [strides])):
        if len(given) != recipe.ndim:
            raise InvalidError(f"{recipe.ndim} offsets, sizes and strides were expected, not {len(given)}")
    if any(one < 0 for one in (*offsets, *sizes)):
        raise InvalidError("offsets and sizes must be 0 or more")
    run = Run(threads, progress)
    run.call(lib.detinit_matrix_block, recipe._matrix(), buffers.uint64s(offsets), buffers.uint64s(sizes),
             buffers.int64s(strides), run.run, ffi.cast("void *", address))


def parse_network(manifest: str, shown: str) -> Any:
    """A detinit_network from the text of a manifest; `shown` stands for it in sentences."""
    error = ffi.new("detinit_error *")
    network = ffi.gc(ffi.new("detinit_network *"), lib.detinit_network_free)
    encoded = manifest.encode("utf-8", "surrogatepass")
    check(lib.detinit_network_parse(encoded, len(encoded), shown.encode(), network, error), error)
    return network


def parse_recipe(tensor: Mapping[str, Any]) -> Any:
    """The same of one tensor, which sentences do not name."""
    try:
        return parse_network(json.dumps({"tensors": [tensor]}), "recipe")
    except InvalidError as error:
        raise InvalidError(re.sub("^'recipe', tensor 1 '.*?'(: |, )", "", str(error))) from None
