"""Which activation follows a layer: from a trace of the model, or from the order of its modules."""

from __future__ import annotations

from collections import deque
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import torch
import torch.fx
from torch import nn

from ..errors import InvalidError
from .walk import Parameter, modules, unwrapped

# Families of activations, by which schemes are chosen, and their names in lower case without underscores.
_FAMILIES = {
    "relu": ("relu", "relu6", "gelu", "silu", "swish", "mish", "elu", "celu", "hardswish", "softplus"),
    "leaky_relu": ("leakyrelu", "prelu", "rrelu"),
    "tanh": ("tanh", "hardtanh", "softsign"),
    "sigmoid": ("sigmoid", "hardsigmoid", "logsigmoid", "glu"),
    "selu": ("selu",),
    "linear": ("identity", "linear", "softmax", "logsoftmax", "scaleddotproductattention"),
}
_FAMILY = {name: family for family, names in _FAMILIES.items() for name in names}
# Modules that have weights of their own: a signal ends there.
_LAYERS = (nn.Linear, nn.modules.conv._ConvNd, nn.Bilinear, nn.MultiheadAttention, nn.RNNBase, nn.RNNCellBase)


class Found(NamedTuple):
    """The family of the activation that follows, its slope where it is leaky_relu, and how that is known."""

    family: str
    slope: float
    why: str


class _Activation(NamedTuple):
    shown: str
    family: str
    slope: float = 0.0


def _activation(shown: str, slope: float = 0.01) -> Optional[_Activation]:
    """Of a function's or a class' name; NewGELUActivation is one as well."""
    name = shown.lower().replace("_", "")
    if name.endswith("activation"):
        name = max((key for key in _FAMILY if key in name), key=len, default="")
    return _Activation(shown, _FAMILY[name], slope) if name in _FAMILY else None


def _of_module(module: nn.Module) -> Optional[_Activation]:
    if isinstance(module, (nn.Identity, *_LAYERS)):
        return None
    slope = getattr(module, "negative_slope", getattr(module, "init", 0.01))
    if isinstance(module, nn.RReLU):
        slope = (module.lower + module.upper) / 2
    return _activation(type(module).__name__, slope)


class _Tracer(torch.fx.Tracer):
    """Goes into all modules but layers, activations and PyTorch's own."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, _LAYERS) or _of_module(m) is not None or super().is_leaf_module(m, module_qualified_name)


class Following:
    """Answers which activation follows a layer of one model; traces it when first asked.

    activation: what follows where neither a trace nor the order of modules tells: "relu".
    """

    def __init__(self, model: nn.Module, activation: Optional[str] = None) -> None:
        self._model = unwrapped(model)
        self._asked = None if activation is None else _activation(activation.partition(":")[0], _slope(activation))
        if activation is not None and self._asked is None:
            known = ", ".join(name for names in _FAMILIES.values() for name in names)
            raise InvalidError(f"activation must be one of {known}, or leaky_relu:SLOPE, not {activation!r}")
        self._traced: Optional[Dict[nn.Module, Optional[_Activation]]] = None
        self._failure = ""
        self._in_order: List[nn.Module] = []

    def of(self, one: Parameter) -> Found:
        """What follows the layer that owns a parameter. Raises InvalidError where nothing tells."""
        if self._traced is None:
            self._traced, self._failure = _trace(self._model)
            self._in_order = [path[-1] for _, path in modules(self._model)]
        inner = _in_fused_code(one)
        if inner is not None:
            return inner
        if one.owner in self._traced:
            return _found(self._traced[one.owner], "in the trace")
        near = self._next_in_order(one.owner)
        if near is not None:
            return _found(near, "in the order of modules")
        if self._asked is not None:
            return _found(self._asked, "as asked")
        raise InvalidError(f"nothing tells which activation follows {one.name} ({self._failure}): give "
                           f'activation="relu", or a rule, rules={{"{one.name}": "he"}}')

    def _next_in_order(self, owner: nn.Module) -> Optional[_Activation]:
        """The activation that is registered behind a layer, before the next layer."""
        for module in self._in_order[self._in_order.index(owner) + 1:]:
            activation = _of_module(module)
            if activation is not None or isinstance(module, _LAYERS):
                return activation
        return None


def _slope(activation: str) -> float:
    try:
        return float(activation.partition(":")[2] or 0.01)
    except ValueError:
        raise InvalidError(f"the slope of leaky_relu must be a number, not {activation!r}") from None


def _found(activation: Optional[_Activation], how: str) -> Found:
    if activation is None:
        return Found("linear", 0.0, f"no activation follows {how}")
    return Found(activation.family, activation.slope, f"{activation.shown} follows {how}")


def _in_fused_code(one: Parameter) -> Optional[Found]:
    """What is inside PyTorch's attention and Transformer layers, which call their parts in fused code."""
    layer: Any = one.owners[-2] if len(one.owners) > 1 else None
    activation = None
    if isinstance(layer, (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)):
        called = layer.activation
        if one.owner is layer.linear1:
            activation = _activation(getattr(called, "__name__", type(called).__name__))
    elif not isinstance(layer, nn.MultiheadAttention):
        return None
    return _found(activation, f"in {type(layer).__name__}")


def _trace(model: nn.Module) -> Tuple[Dict[nn.Module, Optional[_Activation]], str]:
    """What follows each layer that a symbolic trace meets; why there is none, where it fails."""
    try:
        graph = _Tracer().trace(model)
    except Exception as error:  # whatever a model's forward does with what is no tensor
        return {}, f"torch.fx cannot trace the model: {type(error).__name__}"
    found: Dict[nn.Module, Optional[_Activation]] = {}
    for node in graph.nodes:
        module = _module_of(model, node)
        if isinstance(module, _LAYERS) and found.get(module) is None:
            found[module] = _next_in_graph(model, node)
    return found, "the trace does not meet it"


def _module_of(model: nn.Module, node: torch.fx.Node) -> Optional[nn.Module]:
    return model.get_submodule(str(node.target)) if node.op == "call_module" else None


def _next_in_graph(model: nn.Module, node: torch.fx.Node) -> Optional[_Activation]:
    """The nearest activation on the ways from a node that do not pass another layer."""
    ahead, seen = deque(node.users), {node}
    while ahead:
        user = ahead.popleft()
        if user in seen or user.op == "output":
            continue
        seen.add(user)
        module = _module_of(model, user)
        activation = _of_node(user, module)
        if activation is not None:
            return activation
        if not isinstance(module, _LAYERS):
            ahead.extend(user.users)
    return None


def _of_node(node: torch.fx.Node, module: Optional[nn.Module]) -> Optional[_Activation]:
    if module is not None:
        return _of_module(module)
    if node.op not in ("call_function", "call_method"):
        return None
    target: Any = node.target
    name = target if isinstance(target, str) else getattr(target, "__name__", "")
    return _activation(name.rstrip("_"), _slope_of_call(node))


def _slope_of_call(node: torch.fx.Node) -> float:
    """negative_slope of a call of leaky_relu: its second argument."""
    slope = node.kwargs.get("negative_slope", node.args[1] if len(node.args) > 1 else 0.01)
    return float(slope) if isinstance(slope, (int, float)) else 0.01
