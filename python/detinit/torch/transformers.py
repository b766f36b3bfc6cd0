"""Models of Hugging Face's transformers, by the rules of their own architectures.

    import detinit.torch.transformers
    manifest = detinit.torch.transformers.init_weights_(model, seed=42)

    with detinit.torch.transformers.patch(GPT2LMHeadModel, seed=42):
        model = GPT2LMHeadModel(config)                 # from_pretrained as well, for what it misses

An architecture's `_init_weights` is asked what it would fill each parameter with, and is kept from doing it;
so initializer_range, GPT-2's scaling of residual projections and every other rule is the model's own.
"""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ..errors import InvalidError
from ..manifest import Manifest
from . import walk
from .nn_init import FIELDS
from .policy import Choice, Rule, torch_choice
from .walk import Parameter

# The methods of tensors that fill, as functions of torch.nn.init.
_METHODS = {"normal_": "normal_", "uniform_": "uniform_", "zero_": "zeros_", "fill_": "constant_"}
_DONE = "_is_hf_initialized"


class _Asked(TorchFunctionMode):
    """Takes down what would be done to parameters in place, and keeps it from being done.

    said: the last filling of each whole parameter, by its name.  unknown: what else was done to it since.
    """

    def __init__(self, found: List[Parameter], buffers: List[torch.Tensor]) -> None:
        super().__init__()
        self.said: Dict[str, Choice] = {}
        self.unknown: Dict[str, str] = {}
        self._buffers = {_memory(buffer) for buffer in buffers}
        self._of = {_memory(one.tensor): one for one in found}
        for one in found:
            pruned = vars(one.owner).get(one.attribute)
            if isinstance(pruned, torch.Tensor):
                self._of[_memory(pruned)] = one

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        target = args[0] if args else None
        writes = name == "__setitem__" or (name.endswith("_") and not name.endswith("__"))
        if writes and isinstance(target, torch.Tensor):
            if self.take(_METHODS.get(name, name), target, args[1:], kwargs) or _memory(target) in self._buffers:
                return target
        return func(*args, **kwargs)

    def take(self, name: str, target: torch.Tensor, args: Any, kwargs: Mapping[str, Any]) -> bool:
        """Takes down a call of a function of torch.nn.init, or of another; False where it is for no parameter."""
        one = self._of.get(_memory(target))
        if one is None:
            return False
        whole = one.tensor
        said = self.said.get(one.name)
        if name in FIELDS and target.shape == whole.shape:
            arguments = {key: value for key, value in kwargs.items() if key not in ("tensor", "generator")}
            words = ", ".join([*map(str, args), *(f"{key}={value}" for key, value in arguments.items())])
            try:
                said = Choice(FIELDS[name](target.shape, *args, **arguments), f"{name}({words}) in _init_weights")
            except (InvalidError, TypeError) as error:
                self.unknown[one.name] = f"{name}({words}): {error}"
            else:
                self.said[one.name] = said
                self.unknown.pop(one.name, None)
        elif name == "zeros_" and said is not None and target.shape == whole.shape[1:] and target.numel() > 0:
            row = (target.storage_offset() - whole.storage_offset()) // max(whole.stride(0), 1)
            self.said[one.name] = Choice({**said.said, "zero_row": row}, said.why)  # type: ignore[dict-item]
        else:
            self.unknown[one.name] = name
        return True


def _memory(tensor: torch.Tensor) -> int:
    """Equal for a tensor and its views."""
    plain = type(tensor) in (torch.Tensor, nn.Parameter)
    return int(tensor.untyped_storage()._cdata) if plain else id(tensor)


@contextlib.contextmanager
def _functions_taken(asked: _Asked) -> Iterator[None]:
    """torch.nn.init's functions, and those of transformers that hide them, told to `asked`."""
    def told(name: str, original: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        def function(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
            return tensor if asked.take(name, tensor, args, kwargs) else original(tensor, *args, **kwargs)
        return function
    originals = {name: getattr(nn.init, name) for name in FIELDS}
    try:
        from transformers.initialization import TORCH_INIT_FUNCTIONS as hidden
    except ImportError:  # transformers 4 calls PyTorch's
        hidden = {}
    kept = dict(hidden)
    try:
        for name, original in originals.items():
            function = told(name, original)
            setattr(nn.init, name, function)
            hidden[name] = function
        yield
    finally:
        hidden.clear()
        hidden.update(kept)
        for name, original in originals.items():
            setattr(nn.init, name, original)


@contextlib.contextmanager
def _unmarked(tensors: List[torch.Tensor]) -> Iterator[None]:
    """Without the marks that keep transformers from setting what was loaded."""
    marked = [tensor for tensor in tensors if tensor.__dict__.pop(_DONE, False)]
    try:
        yield
    finally:
        for tensor in marked:
            setattr(tensor, _DONE, True)


def _is_architecture(module: nn.Module) -> bool:
    return hasattr(module, "_init_weights") and hasattr(module, "config")


def architecture_choice(model: nn.Module, found: List[Parameter]) -> Callable[[Parameter], Optional[Choice]]:
    """What the _init_weights of a model's architectures say of each parameter.

    What they say nothing of begins as PyTorch has it.  Raises InvalidError for a model without
    any architecture of transformers, and, when asked for it, for a parameter that is filled in
    a way that no recipe can say.
    """
    paths = [path for _, path in walk.modules(model) if any(map(_is_architecture, path))]
    if not paths:
        raise InvalidError(f"{type(model).__name__} has no _init_weights and config: the policy transformers is for "
                           f"models of transformers")
    asked = _Asked(found, list(model.buffers()))
    with torch.no_grad(), _unmarked([one.tensor for one in found]), _functions_taken(asked), asked:
        # From the last to the first: a module comes behind all that it holds, and has the last word.
        for path in reversed(paths):
            architecture: Any = next(owner for owner in reversed(path) if _is_architecture(owner))
            architecture._init_weights(path[-1])

    def choose(one: Parameter) -> Optional[Choice]:
        if one.name in asked.unknown:
            raise InvalidError(f"_init_weights sets {one.name} by {asked.unknown[one.name]}, which no recipe can say: "
                               f'give a rule, rules={{"{one.name}": {{"mode": "normal", "std": 0.02}}}}')
        return asked.said.get(one.name) or torch_choice(one)
    return choose


def init_weights_(model: nn.Module, seed: int = 42, rules: Optional[Mapping[str, Rule]] = None,
                  report: Optional[Callable[[str], Any]] = None, threads: Optional[int] = None) -> Manifest:
    """init_ with the policy "transformers": every parameter by its architecture's own rule. Returns the manifest."""
    from .init import init_
    return init_(model, seed, "transformers", rules, report=report, threads=threads)


@contextlib.contextmanager
def patch(model_class: Any, seed: int = 42, rules: Optional[Mapping[str, Rule]] = None,
          threads: Optional[int] = None) -> Iterator[None]:
    """Within it, models of a class begin with the weights of init_weights_, and from_pretrained sets only
    what it did not load.

    model_class: a PreTrainedModel; PreTrainedModel itself for all.  Raises InvalidError for another.
    """
    original = getattr(model_class, "initialize_weights", None)
    if original is None:
        shown = getattr(model_class, "__name__", model_class)
        raise InvalidError(f"{shown} has no initialize_weights: a PreTrainedModel of transformers 4.53 or later was "
                           f"expected")

    def initialize_weights(self: Any) -> None:
        from .init import fill, plan
        missing = [item for item in plan(self, seed, "transformers", rules)
                   if not hasattr(item.parameter.tensor, _DONE)]
        fill(self, missing, threads=threads)
        for item in missing:
            setattr(item.parameter.tensor, _DONE, True)
        original(self)
        for item in missing:
            delattr(item.parameter.tensor, _DONE)
    is_own = "initialize_weights" in vars(model_class)
    model_class.initialize_weights = initialize_weights
    try:
        yield
    finally:
        if is_own:
            model_class.initialize_weights = original
        else:
            del model_class.initialize_weights
