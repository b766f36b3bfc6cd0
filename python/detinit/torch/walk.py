"""The parameters of a model, each once, by the names that they have without wrappers around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.prune import BasePruningMethod
from torch.nn.utils.weight_norm import WeightNorm
from torch.optim.swa_utils import AveragedModel

from ..errors import InvalidError
from .distributed import is_a
from .mesh import FlatShard, flat_shards, reshard

# Children that a wrapper puts around a model: they are no part of a name.
_WRAPPED = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
_WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel, AveragedModel)


@dataclass
class Parameter:
    """One tensor that is filled: what it is called, who owns it, and what is to be done beside it.

    name: as the model has it without wrappers, pruning and parametrizations: "encoder.0.weight".
    owners: the modules from the model to the owner.   attribute: its name in the owner, "weight".
    places: (module, key) of all modules that hold the tensor itself, the first one first; other names
    than owner and attribute where it is parametrized.  ties: the other names of the same tensor.
    norms: (module, key, dim) of the tensor in which weight_norm keeps its norms.
    parametrization: the kind of one that is not known; else "".
    flat: where FullyShardedDataParallel has flattened it.
    """

    name: str
    owners: Tuple[nn.Module, ...]
    attribute: str
    places: List[Tuple[nn.Module, str]]
    ties: List[str] = field(default_factory=list)
    norms: Optional[Tuple[nn.Module, str, int]] = None
    parametrization: str = ""
    flat: Optional[FlatShard] = None

    @property
    def tensor(self) -> Any:
        """The tensor as it is now, materialize_ puts others in place; or the FlatShard that stands for it."""
        module, key = self.places[0]
        return module._parameters[key] if self.flat is None else self.flat

    @property
    def owner(self) -> nn.Module:
        return self.owners[-1]


def modules(model: nn.Module) -> Iterator[Tuple[str, Tuple[nn.Module, ...]]]:
    """(name, the modules from the model to this one) of each module, those of wrappers left out of names.

    A module that has several names comes once for each, so that ties are found.
    """
    def visit(prefix: str, path: Tuple[nn.Module, ...]) -> Iterator[Tuple[str, Tuple[nn.Module, ...]]]:
        yield prefix, path
        is_parametrized = parametrize.is_parametrized(path[-1])
        for name, child in path[-1]._modules.items():
            if child is None or child in path or (is_parametrized and name == "parametrizations"):
                continue
            yield from visit(prefix if _is_wrapped(path[-1], name) else _joined(prefix, name), (*path, child))
    return visit("", (model,))


def unwrapped(model: nn.Module) -> nn.Module:
    """The model inside its wrappers."""
    for name, child in model._modules.items():
        if child is not None and _is_wrapped(model, name):
            return unwrapped(child)
    return model


def parameters(model: nn.Module, prefix: str = "") -> List[Parameter]:
    """All parameters in the order of registration; tied ones once, under their first name.

    prefix: is put before all names, "model.layers.4." where the model is a part of another.
    """
    reshard(model)
    flat = flat_shards(model)
    found: Dict[Any, Parameter] = {}
    for path, owners in modules(model):
        for one in [*_own(path, owners, flat), *_parametrized(path, owners)]:
            one.name = prefix + one.name
            if nn.parameter.is_lazy(one.tensor):
                raise InvalidError(f"{one.name} has no shape yet, as it is lazy: call the model once first")
            first = found.setdefault(_identity(one.tensor), one)
            if first is not one:
                first.places += one.places
                first.ties += [one.name] if one.name != first.name else []
    names: Dict[str, Parameter] = {}
    for one in found.values():
        if names.setdefault(one.name, one) is not one:
            raise InvalidError(f"two parameters are called {one.name} once the names of wrappers are taken away")
    return list(found.values())


def reapply_masks(model: nn.Module) -> None:
    """What torch.nn.utils.prune does before each call: weight = weight_orig * mask; weight_norm's likewise."""
    for _, path in modules(model):
        for hook in path[-1]._forward_pre_hooks.values():
            if isinstance(hook, (BasePruningMethod, WeightNorm)):
                hook(path[-1], None)


def _is_wrapped(module: nn.Module, name: str) -> bool:
    return name in _WRAPPED or (name == "module" and isinstance(module, _WRAPPERS))


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _identity(tensor: Any) -> Any:
    """Equal for the same memory; of tensors without plain storage (DTensors) the object itself."""
    if isinstance(tensor, FlatShard) or type(tensor) not in (torch.Tensor, nn.Parameter):
        return id(tensor)
    return tensor.untyped_storage()._cdata, tensor.storage_offset(), tensor.shape, tensor.stride()


def _own(prefix: str, owners: Tuple[nn.Module, ...], flat: Mapping[Tuple[nn.Module, str], FlatShard] = {},
         ) -> Iterator[Parameter]:
    """The parameters that a module holds itself; of torch.nn.utils.weight_norm's two, the direction."""
    owner = owners[-1]
    dims = {hook.name: hook.dim for hook in owner._forward_pre_hooks.values() if isinstance(hook, WeightNorm)}
    for key in _keys(owner, flat):
        stem, _, ending = key.rpartition("_")
        if stem in dims and ending == "g":
            continue
        one = Parameter(_joined(prefix, key), owners, key, [(owner, key)], flat=flat.get((owner, key)))
        if stem in dims and ending == "v":
            one.norms = (owner, stem + "_g", int(dims[stem]))
        elif ending == "orig" and f"{stem}_u" in owner._buffers:
            one.parametrization = "spectral_norm"
        elif ending != "orig" or f"{stem}_mask" not in owner._buffers:
            yield one
            continue
        one.name, one.attribute = _joined(prefix, stem), stem
        yield one


def _parametrized(prefix: str, owners: Tuple[nn.Module, ...]) -> Iterator[Parameter]:
    """The parameters behind torch.nn.utils.parametrize: weight_norm's direction, and originals of others."""
    if not parametrize.is_parametrized(owners[-1]):
        return
    chains: Any = owners[-1].parametrizations
    for attribute, chain in chains.items():
        kinds = [type(step).__name__ for step in chain.children()]
        name = _joined(prefix, attribute)
        if kinds == ["_WeightNorm"]:
            norms = (chain, "original0", int(next(chain.children()).dim))
            yield Parameter(name, owners, attribute, [(chain, "original1")], norms=norms)
            continue
        for key, tensor in chain._parameters.items():
            if tensor is not None:
                whole = name if key == "original" else f"{name}.{key}"
                yield Parameter(whole, owners, attribute, [(chain, key)], parametrization=", ".join(kinds))
        for number, step in enumerate(chain.children()):
            for inner, path in modules(step):
                yield from _own(_joined(f"{prefix}.parametrizations.{attribute}.{number}".lstrip("."), inner),
                                (*owners, *path))


def _keys(owner: nn.Module, flat: Mapping[Tuple[nn.Module, str], FlatShard]) -> List[str]:
    """The attributes of a module that are parameters, or were before FullyShardedDataParallel took them away."""
    own = [key for key, tensor in owner._parameters.items()
           if tensor is not None and not is_a(tensor, "FlatParameter")]
    return own + [key for module, key in flat if module is owner and key not in own]
