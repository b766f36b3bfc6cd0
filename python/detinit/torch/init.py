"""All parameters of a model from one seed, each by its name."""

from __future__ import annotations

import ctypes
import mmap
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable, Dict, List, Mapping, Optional, Set

import torch
from torch import nn

from .. import buffers
from ..errors import InvalidError
from ..manifest import Manifest, PathLike
from ..recipe import Recipe
from . import walk
from .following import Following
from .mesh import fill_tensor, local_blocks
from .meta import check_attributes, make_buffers
from .policy import Choice, Rule, auto_choice, by_rule, refuse_unknown, torch_choice
from .walk import Parameter

Report = Callable[[str], Any]

# Bytes from which on memory is worth asking for large pages.
_LARGE = 1 << 22


@dataclass(frozen=True)
class Planned:
    """One parameter, the recipe that makes it, and why it is this one."""

    parameter: Parameter
    recipe: Recipe
    why: str

    def __str__(self) -> str:
        fields = self.recipe.fields()
        told = {key: value for key, value in fields.items() if key not in ("name", "layer", "seed", "shape", "dtype")}
        shape = "x".join(map(str, self.recipe.shape)) or "1"
        words = ", ".join(f"{key} {value}" for key, value in told.items())
        return f"{self.recipe.name}  {shape}  {words}: {self.why}"


def _of_torch(model: nn.Module, found: List[Parameter], activation: Optional[str]) -> Any:
    return torch_choice


def _of_auto(model: nn.Module, found: List[Parameter], activation: Optional[str]) -> Any:
    return partial(auto_choice, following=Following(model, activation))


def _of_transformers(model: nn.Module, found: List[Parameter], activation: Optional[str]) -> Any:
    from .transformers import architecture_choice
    return architecture_choice(model, found)


_POLICIES = {"torch": _of_torch, "auto": _of_auto, "transformers": _of_transformers}


def plan(model: nn.Module, seed: int = 42, policy: str = "torch", rules: Optional[Mapping[str, Rule]] = None,
         activation: Optional[str] = None, dtype: Optional[torch.dtype] = None, prefix: str = "") -> List[Planned]:
    """What init_ would fill each parameter with, and why; nothing is changed, and no weight is made.

    Arguments and errors are those of init_; dtype: of materialize_.
    """
    if policy not in _POLICIES:
        raise InvalidError(f"policy must be {', '.join(_POLICIES)}, not {policy!r}")
    if activation is not None and policy != "auto":
        raise InvalidError("activation is for the policy auto alone")
    rules = {} if rules is None else rules
    Recipe((), seed=seed)  # which says what is wrong with a seed
    found = walk.parameters(model, prefix)
    used: Set[str] = set()
    choose: Callable[[Parameter], Optional[Choice]] = _POLICIES[policy](model, found, activation)
    planned = []
    for one in found:
        choice = by_rule(one, rules, used)
        if choice is None and not one.parametrization:
            choice = choose(one)
        if choice is None:
            refuse_unknown(one)
        else:
            planned.append(Planned(one, _recipe(one, choice, seed, dtype), choice.why))
    idle = [pattern for pattern in rules if pattern not in used]
    if idle:
        raise InvalidError(f"the rule {idle[0]!r} is of no parameter, or comes behind others that take all of its")
    return planned


def _recipe(one: Parameter, choice: Choice, seed: int, dtype: Optional[torch.dtype]) -> Recipe:
    """The recipe of a choice for a parameter, by its name, of its shape and type."""
    tensor = one.tensor
    try:
        stored = buffers.parse_dtype(tensor.dtype if dtype is None else dtype)
    except InvalidError as error:
        raise InvalidError(f"{one.name}: {error}") from None
    if isinstance(choice.said, Recipe):
        if choice.said.shape != tuple(tensor.shape):
            raise InvalidError(f"{one.name} is of shape {tuple(tensor.shape)}, "
                               f"and {choice.why} of {choice.said.shape}")
        return choice.said.replace(name=one.name, dtype=stored)
    fields = {"mode": choice.said} if isinstance(choice.said, str) else choice.said
    made: Dict[str, Any] = {"seed": seed, "layer": "name", **fields, "name": one.name, "dtype": stored}
    try:
        return Recipe(tuple(tensor.shape), **made)
    except (InvalidError, TypeError) as error:
        raise InvalidError(f"{one.name}, {choice.why}: {error}") from None


def init_(model: nn.Module, seed: int = 42, policy: str = "torch", rules: Optional[Mapping[str, Rule]] = None,
          activation: Optional[str] = None, report: Optional[Report] = None,
          threads: Optional[int] = None, prefix: str = "") -> Manifest:
    """Fills every parameter of a model in place, and returns the manifest that makes the same weights.

    The layer of a tensor is made of its name, so that a layer more leaves all others as they are.
    Names are those of the model alone: without what torch.compile, DataParallel, FSDP, pruning and
    weight_norm put into them.  Of tensors that are tied, the first name counts.

    policy: "torch", each layer's own distribution in PyTorch; "auto", He, Xavier or LeCun by the
        activation that follows, found by torch.fx or in the order of the modules; "transformers",
        what the architecture's own _init_weights does (Hugging Face).
    rules: {pattern of names: a mode, or fields of a detinit.Recipe as a mapping, or a Recipe, or a
        function (name, module, tensor) that gives one of these or None}; the first pattern counts.
    activation: what follows where "auto" does not find out: "relu", "leaky_relu:0.2".
    report: is called with a line for each parameter that says its recipe and why: print.
    threads: None for one for each processor; no bit depends on it.
    prefix: is put before all names: of a stage of a pipeline, "model.layers.4.", so that it begins as it
        does in the whole model.

    Of a model that is spread over a mesh (DTensor, FSDP), each process fills what it holds.

    Raises InvalidError, and nothing is changed, for a parameter of a kind that is not known, of no
    type that is one of float64, float32, float16 and bfloat16, or on the meta device; for a rule
    that is of no parameter.
    """
    planned = plan(model, seed, policy, rules, activation, prefix=prefix)
    for item in planned:
        if item.parameter.tensor.is_meta:
            raise InvalidError(f"{item.parameter.name} is on the meta device: detinit.torch.materialize_ makes it")
        local_blocks(item.parameter.tensor, item.parameter.name)
    return fill(model, planned, report, threads)


def fill(model: nn.Module, planned: List[Planned], report: Optional[Report] = None,
         threads: Optional[int] = None) -> Manifest:
    """Fills what is planned, tensor by tensor. Returns its manifest."""
    for item in planned:
        one = item.parameter
        fill_tensor(one.tensor, item.recipe, one.name, threads)
        if one.norms is not None:
            module, key, dim = one.norms
            with torch.no_grad():
                module._parameters[key].copy_(torch.norm_except_dim(one.tensor, 2, dim))  # type: ignore[union-attr]
        if report is not None:
            report(str(item))
    with torch.no_grad():
        walk.reapply_masks(model)
    return Manifest(item.recipe for item in planned)


def materialize_(model: nn.Module, seed: int = 42, policy: str = "torch", dtype: Optional[torch.dtype] = None,
                 rules: Optional[Mapping[str, Rule]] = None, activation: Optional[str] = None,
                 report: Optional[Report] = None, threads: Optional[int] = None, device: Any = "cpu",
                 prefix: str = "") -> Manifest:
    """Makes a model that was built under torch.device("meta") straight into its weights, tensor by tensor.

    At no time is there more than the model and a few MB.  What is not on the meta device is filled
    where it is; ties stay.  Arguments, manifest and errors are those of init_, and:

    dtype: of the parameters; None keeps theirs.  Buffers keep their own.
    device: where tensors are made.

    Buffers are made by their module's own reset_parameters, reset_buffers or rope_init, by
    transformers' _init_weights, or, where a module has no parameters, by building it again.
    Raises InvalidError for a buffer that none of these makes, and then leaves the model on the
    meta device; register it with its values before.
    """
    planned = plan(model, seed, policy, rules, activation, dtype, prefix)
    check_attributes(model)
    make_buffers(model, device)
    for item in planned:
        one = item.parameter
        _empty(one.tensor, one.places, dtype, device)
        if one.norms is not None:
            module, key, _ = one.norms
            _empty(module._parameters[key], [(module, key)], dtype, device)
    return fill(model, planned, report, threads)


def _empty(tensor: Any, places: Any, dtype: Optional[torch.dtype], device: Any) -> None:
    """Puts memory in all places of a parameter that has none, or has another type."""
    wanted = tensor.dtype if dtype is None else dtype
    if not tensor.is_meta and tensor.dtype == wanted:
        return
    with torch.no_grad():
        made = torch.empty_like(tensor, dtype=wanted, device=device if tensor.is_meta else tensor.device)
    if made.numel() * made.element_size() >= _LARGE:
        for block in local_blocks(made):
            _ask_for_large_pages(block.tensor.untyped_storage())
    parameter = nn.Parameter(made, requires_grad=tensor.requires_grad)
    parameter.__dict__.update(tensor.__dict__)
    for module, key in places:
        module._parameters[key] = parameter


def _ask_for_large_pages(memory: torch.UntypedStorage) -> None:
    """Asks Linux for pages of 2 MB, as NumPy does for its arrays: new memory is written to several times as fast."""
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is None or memory.device.type != "cpu" or memory.nbytes() < _LARGE:
        return
    begin = -(-memory.data_ptr() // mmap.PAGESIZE) * mmap.PAGESIZE
    ctypes.CDLL(None).madvise(ctypes.c_void_p(begin), ctypes.c_size_t(memory.nbytes() - mmap.PAGESIZE), advice)


def save_manifest(manifest: Manifest, path: PathLike) -> None:
    """Writes a manifest for `detinit init --manifest PATH --save FILE.safetensors`, which needs no Python."""
    manifest.write(path)


class Initializer:
    """init_ with its arguments, to be called with a model later, by a training loop or a callback of it.

        make = Initializer(seed=7, policy="auto")
        make(model); make.manifest

    `setup(trainer, model, stage)` is the hook of that name that trainers have.
    """

    def __init__(self, seed: int = 42, **arguments: Any) -> None:
        self.seed = seed
        self.arguments = arguments
        self.manifest: Optional[Manifest] = None

    def __call__(self, model: nn.Module) -> Manifest:
        self.manifest = init_(model, self.seed, **self.arguments)
        return self.manifest

    def setup(self, trainer: Any, model: nn.Module, stage: Optional[str] = None) -> None:
        """Initializes before the first fit alone."""
        if self.manifest is None and stage in (None, "fit"):
            self(model)
