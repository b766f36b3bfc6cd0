"""From the kind of a module and the name of its parameter to the fields of a recipe, and why."""

from __future__ import annotations

import math
from fnmatch import fnmatchcase
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Type, Union

import torch
from torch import nn
from torch.nn.modules.linear import NonDynamicallyQuantizableLinear

from ..errors import InvalidError
from ..recipe import Recipe
from .following import Following
from .walk import Parameter

Fields = Mapping[str, Any]
# A mode ("zeros"), fields of a recipe, a recipe, or a function of (name, module, tensor) that gives one
# of these, or None for what the policy says.
Said = Union[str, Fields, Recipe]
Rule = Union[Said, Callable[[str, nn.Module, torch.Tensor], Optional[Said]]]
Kind = Union[Type[nn.Module], Tuple[Type[nn.Module], ...]]

ZEROS: Fields = {"mode": "zeros"}
ONES: Fields = {"mode": "ones"}


class Choice(NamedTuple):
    """What a parameter is made by: the fields of its recipe, or a recipe; and why, in words."""

    said: Said
    why: str


# ------------------------------------------------------------ PyTorch's own distributions


def weight_shape(module: Any) -> Tuple[int, ...]:
    """The shape of the weight of a linear layer or a convolution, grouped and transposed ones included."""
    if isinstance(module, nn.Linear):
        return module.out_features, module.in_features
    first, second = module.out_channels, module.in_channels
    if module.transposed:
        first, second = second, first
    return (first, second // module.groups, *module.kernel_size)


def _weighted(module: Any, attribute: str) -> Optional[Fields]:
    """kaiming_uniform_(a=sqrt(5)), which is +-1/sqrt(fan_in), and the same for the bias."""
    if attribute == "weight":
        return {"mode": "torch"}
    if attribute != "bias":
        return None
    shape = weight_shape(module)
    fan_in, fan_out = math.prod(shape[1:]), shape[0] * math.prod(shape[2:])
    return {"mode": "torch", "fans": [fan_in, fan_out]} if fan_in > 0 else ZEROS


def _attention_out(module: Any, attribute: str) -> Optional[Fields]:
    return ZEROS if attribute == "bias" else _weighted(module, attribute)


def _bilinear(module: Any, attribute: str) -> Optional[Fields]:
    known = attribute in ("weight", "bias")
    return {"mode": "torch", "fans": [module.in1_features, module.out_features]} if known else None


def _recurrent(module: Any, attribute: str) -> Optional[Fields]:
    """+-1/sqrt(hidden_size) for all of an RNN, LSTM or GRU, or a cell of them."""
    known = attribute.startswith(("weight_", "bias_"))
    return {"mode": "torch", "fans": [module.hidden_size, 1]} if known else None


def _embedding(module: Any, attribute: str) -> Optional[Fields]:
    if attribute != "weight":
        return None
    fields: Dict[str, Any] = {"mode": "normal", "std": 1}
    if module.padding_idx is not None:
        fields["zero_row"] = module.padding_idx
    return fields


def _attention(module: Any, attribute: str) -> Optional[Fields]:
    if attribute in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
        return {"mode": "xavier_uniform"}
    return {"in_proj_bias": ZEROS, "bias_k": {"mode": "xavier_normal"},
            "bias_v": {"mode": "xavier_normal"}}.get(attribute)


def _norm(module: Any, attribute: str) -> Optional[Fields]:
    return {"weight": ONES, "bias": ZEROS}.get(attribute)


def _prelu(module: Any, attribute: str) -> Optional[Fields]:
    return {"mode": "constant", "value": module.init} if attribute == "weight" else None


CONVOLUTION = nn.modules.conv._ConvNd
_NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm,
          *([nn.RMSNorm] if hasattr(nn, "RMSNorm") else []))

# The first row that a module is one of counts.
_KINDS: Sequence[Tuple[Kind, Callable[[Any, str], Optional[Fields]]]] = (
    (NonDynamicallyQuantizableLinear, _attention_out),
    ((nn.Linear, CONVOLUTION), _weighted),
    (nn.Bilinear, _bilinear),
    ((nn.Embedding, nn.EmbeddingBag), _embedding),
    (nn.MultiheadAttention, _attention),
    ((nn.RNNBase, nn.RNNCellBase), _recurrent),
    (_NORMS, _norm),
    (nn.PReLU, _prelu),
)


def torch_choice(one: Parameter) -> Optional[Choice]:
    """What PyTorch starts a parameter with; None where that is not known."""
    if any(type(owner) is nn.Transformer for owner in one.owners) and one.tensor.dim() > 1:
        return Choice({"mode": "xavier_uniform"}, "nn.Transformer sets all its matrices so")
    for kind, fields_of in _KINDS:
        if isinstance(one.owner, kind):
            fields = fields_of(one.owner, one.attribute)
            name = next(c.__name__ for c in type(one.owner).__mro__ if c.__module__.startswith("torch.nn.modules"))
            return None if fields is None else Choice(fields, f"PyTorch's own for {name}")
    return None


# ------------------------------------------------------------ by the activation that follows

# The scheme for what follows a layer; the document's and the C library's table of purposes.
_SCHEMES = {"relu": "he", "leaky_relu": "he", "tanh": "xavier", "sigmoid": "xavier", "selu": "lecun",
            "linear": "lecun"}


def _true_fans(module: Any) -> Optional[List[int]]:
    """What a unit sees and feeds, where the shape of the weight does not tell: grouped, transposed."""
    if not isinstance(module, CONVOLUTION) or (module.groups == 1 and not module.transposed):
        return None
    field = math.prod(module.kernel_size)
    return [module.in_channels // module.groups * field, module.out_channels // module.groups * field]


def auto_choice(one: Parameter, following: Following) -> Optional[Choice]:
    """He, Xavier or LeCun for the matrices of a model, biases 0, all else as PyTorch has it."""
    if one.attribute == "in_proj_weight" and isinstance(one.owner, nn.MultiheadAttention):
        rows = one.owner.embed_dim
        return Choice({"parts": [{"rows": rows, "mode": "xavier"}] * 3}, "query, key and value, each by itself")
    if not isinstance(one.owner, (nn.Linear, CONVOLUTION, nn.Bilinear)) or one.attribute not in ("weight", "bias"):
        return torch_choice(one)
    if one.attribute == "bias":
        return Choice(ZEROS, "biases begin at 0")
    found = following.of(one)
    fields: Dict[str, Any] = {"mode": _SCHEMES[found.family]}
    if found.family == "leaky_relu":
        fields["nonlinearity"] = f"leaky_relu:{found.slope!r}"
    if isinstance(one.owner, nn.Bilinear):
        fields["fans"] = [one.owner.in1_features * one.owner.in2_features, one.owner.out_features]
    elif _true_fans(one.owner) is not None:
        fields["fans"] = _true_fans(one.owner)
    return Choice(fields, found.why)


# ------------------------------------------------------------ rules


def by_rule(one: Parameter, rules: Mapping[str, Rule], used: set[str]) -> Optional[Choice]:
    """What the first rule says whose pattern the name, or one of its other names, has; notes it in `used`."""
    for pattern, rule in rules.items():
        if not any(fnmatchcase(name, pattern) for name in (one.name, *one.ties)):
            continue
        used.add(pattern)
        said = rule(one.name, one.owner, one.tensor) if callable(rule) else rule
        if said is None:
            return None
        if not isinstance(said, (str, Mapping, Recipe)):
            raise InvalidError(f"the rule {pattern!r} must say a mode, fields of a recipe or a recipe for {one.name}, "
                               f"not {said!r}")
        return Choice(said, f"the rule {pattern!r}")
    return None


def refuse_unknown(one: Parameter) -> None:
    """Raises InvalidError for a parameter that nothing is known of."""
    if one.parametrization:
        raise InvalidError(f"{one.name} is behind the parametrization {one.parametrization}, which is not known: "
                           f"initialize before it is registered, or give a rule for its original, "
                           f'rules={{"{one.name}": "he"}}')
    raise InvalidError(f"{one.name} of {type(one.owner).__name__}, of shape {tuple(one.tensor.shape)}, is of no kind "
                       f"that the policy knows: give a rule, "
                       f'rules={{"{one.name}": {{"mode": "normal", "std": 0.02}}}}')
