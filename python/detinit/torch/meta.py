"""Buffers of a model that was built on the meta device: there they have shapes, but no values."""

from __future__ import annotations

import inspect
from typing import Any, Dict, List, Optional, Tuple

import torch
from torch import nn

from ..errors import InvalidError
from . import walk

# Methods by which modules set their buffers, and their parameters, which are filled after.
_RESETS = ("reset_buffers", "_reset_buffers", "rope_init", "reset_parameters", "_reset_parameters")


def check_attributes(model: nn.Module) -> None:
    """Raises InvalidError for a tensor without values that is neither a parameter nor a buffer."""
    for name, path in walk.modules(model):
        for key, value in vars(path[-1]).items():
            if isinstance(value, torch.Tensor) and value.is_meta:
                raise InvalidError(f"{name}.{key} is on the meta device and no buffer, so that nothing tells its "
                                   f"values: make it a buffer, or set it after")


def make_buffers(model: nn.Module, device: Any) -> None:
    """Gives all buffers on the meta device values, or raises InvalidError and leaves them as they were."""
    before: List[Tuple[nn.Module, str, torch.Tensor]] = []
    try:
        for name, path in walk.modules(model):
            held = {key: buffer for key, buffer in path[-1]._buffers.items() if buffer is not None and buffer.is_meta}
            before += [(path[-1], key, buffer) for key, buffer in held.items()]
            if held:
                _make(name, path, list(held), device)
    except BaseException:
        for module, key, buffer in before:
            module._buffers[key] = buffer
        raise


def _make(name: str, path: Tuple[nn.Module, ...], keys: List[str], device: Any) -> None:
    """The buffers of one module: memory first, then whatever of the module sets it."""
    module = path[-1]
    empty: Dict[str, Tuple[torch.Tensor, int]] = {}
    for key in keys:
        made = torch.empty_like(module._buffers[key], device=device)  # type: ignore[arg-type]
        module._buffers[key] = made
        empty[key] = made, made._version
    with torch.no_grad(), torch.device(device):
        for reset in _resets(path):
            reset()
            unset = [key for key in keys if _is_unset(module._buffers.get(key), *empty[key])]
            if not unset:
                return
    again = _built_again(module, device)
    if again is None or not all(_is_alike(again._buffers.get(key), empty[key][0]) for key in keys):
        raise InvalidError(f"{f'{name}.'.lstrip('.')}{keys[0]}, a buffer of {type(module).__name__}, is on the meta "
                           f"device, and nothing tells its values: register it with them before, or give the "
                           f"module a reset_buffers()")
    for key in keys:
        module._buffers[key] = again._buffers[key]


def _is_unset(now: Optional[torch.Tensor], made: torch.Tensor, version: int) -> bool:
    return now is made and now._version == version


def _is_alike(buffer: Optional[torch.Tensor], made: torch.Tensor) -> bool:
    return buffer is not None and buffer.shape == made.shape and buffer.dtype == made.dtype


def _resets(path: Tuple[nn.Module, ...]) -> List[Any]:
    """What may set a module's buffers: methods of its own, and _init_weights of its model in transformers."""
    module = path[-1]
    resets = [getattr(module, name) for name in _RESETS if callable(getattr(module, name, None))]
    for owner in reversed(path):
        if hasattr(owner, "_init_weights") and hasattr(owner, "config"):
            return [*resets, lambda: owner._init_weights(module)]  # type: ignore[operator]
    return resets


def _built_again(module: nn.Module, device: Any) -> Optional[nn.Module]:
    """The same module on a device, of what it remembers of its arguments; None where that is not certain.

    It must have no parameters, and keep each argument of its constructor under its own name, unchanged.
    """
    if any(True for _ in module.parameters()):
        return None
    arguments: Dict[str, Any] = {}
    for name, parameter in inspect.signature(type(module).__init__).parameters.items():
        if name in ("self", "device"):
            continue
        has_name = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        if not has_name or not hasattr(module, name):
            return None
        arguments[name] = getattr(module, name)
    try:
        with torch.device(device):
            again = type(module)(**arguments)
    except Exception:  # whatever its constructor does with them
        return None
    same = all(getattr(again, name, None) is value or getattr(again, name, None) == value
               for name, value in arguments.items() if not isinstance(value, torch.Tensor))
    return again if same else None
