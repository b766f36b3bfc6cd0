"""detinit.torch.init_: each layer's distribution beside PyTorch's, names, ties, rules, refusals."""

import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from torch_models import Everything, by_program, needs_program, nn, recipe_of, same_bits, state, torch  # noqa: E402

import detinit  # noqa: E402
import detinit.torch as dt  # noqa: E402
from torch.nn.utils import parametrizations, parametrize, prune  # noqa: E402


def drawn_by_torch(make):
    """The model, and by name the last call of filling that PyTorch made for each of its parameters."""
    calls, originals = {}, {name: getattr(torch.Tensor, name) for name in ("normal_", "uniform_", "fill_", "zero_")}

    def spied(name):
        def spy(self, *args, **kwargs):
            if not (name == "zero_" and self.data_ptr() in calls):  # the row of padding_idx is not the whole
                calls[self.data_ptr()] = name, args, kwargs
            return originals[name](self, *args, **kwargs)
        return spy
    for name in originals:
        setattr(torch.Tensor, name, spied(name))
    try:
        model = make()
    finally:
        for name, original in originals.items():
            setattr(torch.Tensor, name, original)
    return model, {name: calls[parameter.data_ptr()] for name, parameter in model.named_parameters()
                   if parameter.data_ptr() in calls}


def test_distributions_of_torch():
    model, calls = drawn_by_torch(Everything)
    theirs = state(model)
    manifest = dt.init_(model)
    assert list(manifest) == [name for name, _ in model.named_parameters()]
    for name, recipe in manifest.items():
        kind, args, kwargs = calls.get(name, ("fill_", (), {}))
        if kind == "uniform_":
            low, high = kwargs.get("a", args[0] if args else 0.0), kwargs.get("b", args[1] if args else 0.0)
            assert recipe.dist == "uniform" and low == -high, name
            assert recipe.std == pytest.approx(high / math.sqrt(3), rel=1e-12), name
        elif kind == "normal_":
            std = kwargs.get("std", args[1] if len(args) > 1 else 1.0)
            assert recipe.dist == "normal" and recipe.std == pytest.approx(std, rel=1e-12), name
        elif theirs[name].min() < theirs[name].max():  # a copy: nn.Transformer clones its layers
            assert recipe.dist == "uniform", name
            assert 0.8 < theirs[name].abs().max() / (math.sqrt(3) * recipe.std) <= 1, name
        else:
            assert same_bits(model.get_parameter(name).detach(), theirs[name]), name
    assert len(calls) > 60
    rows = model.embedding.weight.detach()
    assert (rows[3] == 0).all() and (rows[:3] != 0).all() and (rows[4:] != 0).all()


@needs_program
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_program_makes_the_same(tmp_path, dtype):
    model = Everything().to(dtype)
    manifest = dt.init_(model, seed=7, rules={"linear.weight": "orthogonal"})
    made = by_program(manifest, tmp_path)
    assert set(made) == {name for name, _ in model.named_parameters()}
    for name, parameter in model.named_parameters():
        assert same_bits(parameter.detach(), made[name]), name


def test_a_layer_more_moves_no_other():
    small = nn.Sequential()
    small.add_module("first", nn.Linear(4, 5))
    small.add_module("last", nn.Linear(5, 6))
    large = nn.Sequential()
    for name, layer in (("first", nn.Linear(4, 5)), ("between", nn.Linear(5, 5)), ("last", nn.Linear(5, 6))):
        large.add_module(name, layer)
    dt.init_(small)
    dt.init_(large)
    assert same_bits(small.last.weight, large.last.weight) and same_bits(small.first.bias, large.first.bias)
    dt.init_(large, seed=43)
    assert not same_bits(small.last.weight, large.last.weight)


def test_linear_of_no_inputs_and_scalars():
    model = nn.Module()
    model.empty = nn.Linear(0, 3)
    model.scale = nn.Parameter(torch.tensor(5.0))
    dt.init_(model, rules={"scale": {"mode": "constant", "value": 2}})
    assert (model.empty.bias == 0).all() and model.scale.item() == 2


def test_strided_weights():
    model = nn.Conv2d(6, 8, 3)
    plain = nn.Conv2d(6, 8, 3)
    model = model.to(memory_format=torch.channels_last)
    dt.init_(model), dt.init_(plain)
    assert not model.weight.is_contiguous() and same_bits(model.weight, plain.weight)


# ------------------------------------------------------------ names


def linear():
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4))
    return model, ["0.weight", "0.bias", "2.weight", "2.bias"]


@pytest.mark.parametrize("wrap", [torch.compile, nn.DataParallel, torch.optim.swa_utils.AveragedModel,
                                  lambda model: torch.compile(nn.DataParallel(torch.compile(model)))],
                         ids=["compile", "DataParallel", "AveragedModel", "nested"])
def test_names_without_wrappers(wrap):
    model, names = linear()
    wrapped = wrap(linear()[0])
    dt.init_(model)
    assert list(dt.init_(wrapped)) == names
    for ours, theirs in zip(model.parameters(), wrapped.parameters()):
        assert same_bits(ours, theirs)


def test_a_child_called_module_keeps_its_name():
    model = nn.Module()
    model.module = nn.Linear(3, 3)
    assert list(dt.init_(model)) == ["module.weight", "module.bias"]


def test_pruned_weights():
    model, names = linear()
    plain = linear()[0]
    prune.l1_unstructured(model[0], "weight", amount=0.5)
    prune.custom_from_mask(model[2], "bias", torch.tensor([1, 0, 1, 0]))
    manifest = dt.init_(model)
    dt.init_(plain)
    assert sorted(manifest) == sorted(names)
    assert same_bits(model[0].weight_orig, plain[0].weight)
    assert same_bits(model[0].weight, plain[0].weight * model[0].weight_mask)
    assert (model[0].weight == 0).sum() == 15
    assert same_bits(model[2].bias, plain[2].bias * torch.tensor([1, 0, 1, 0]))


@pytest.mark.parametrize("weight_norm", [parametrizations.weight_norm, nn.utils.weight_norm],
                         ids=["parametrization", "hook"])
@pytest.mark.parametrize("dim", [0, 1, None])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_weight_norm(weight_norm, dim):
    model, names = linear()
    plain = linear()[0]
    weight_norm(model[0], "weight", dim)
    manifest = dt.init_(model)
    dt.init_(plain)
    assert sorted(manifest) == sorted(names)
    assert torch.allclose(model[0].weight, plain[0].weight, rtol=1e-6, atol=0)
    held = model[0].parametrizations.weight.original1 if hasattr(model[0], "parametrizations") else model[0].weight_v
    assert same_bits(held, plain[0].weight)


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).T


@pytest.mark.parametrize("put", [parametrizations.orthogonal, parametrizations.spectral_norm,
                                 lambda m: parametrize.register_parametrization(m, "weight", Symmetric()),
                                 nn.utils.spectral_norm], ids=["orthogonal", "spectral", "own", "spectral hook"])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_unknown_parametrizations(put):
    model = nn.Sequential(nn.Linear(5, 5))
    put(model[0])
    before = state(model)
    with pytest.raises(detinit.InvalidError, match=r"^0\.weight is behind the parametrization .*rules="):
        dt.init_(model)
    assert all(same_bits(before[name], now) for name, now in state(model).items())
    manifest = dt.init_(model, rules={"0.weight": "xavier"})
    held = model[0].parametrizations.weight.original if hasattr(model[0], "parametrizations") else model[0].weight_orig
    assert same_bits(held.detach(), torch.from_numpy(manifest["0.weight"].array()))


# ------------------------------------------------------------ ties


def test_ties_are_made_once_by_their_first_name():
    model = nn.Module()
    model.embed = nn.Embedding(7, 5)
    model.head = nn.Linear(5, 7, bias=False)
    model.head.weight = model.embed.weight
    model.shared = nn.ModuleList([nn.Linear(5, 5)])
    model.shared.append(model.shared[0])
    manifest = dt.init_(model)
    assert list(manifest) == ["embed.weight", "shared.0.weight", "shared.0.bias"]
    assert same_bits(model.head.weight.detach(), torch.from_numpy(manifest["embed.weight"].array()))
    assert manifest["embed.weight"].std == 1
    assert dt.init_(model, rules={"head.weight": "zeros"})["embed.weight"].mode == "constant"


def test_ties_by_memory():
    model = nn.ModuleList([nn.Linear(5, 5, bias=False), nn.Linear(5, 5, bias=False)])
    model[1].weight = nn.Parameter(model[0].weight.detach())
    assert list(dt.init_(model)) == ["0.weight"]


# ------------------------------------------------------------ rules


def test_rules():
    model, _ = linear()
    given = detinit.Recipe((5, 6), "he", seed=3, layer=9)
    manifest = dt.init_(model, rules={
        "0.weight": given, "2.weight": lambda name, module, tensor: {"mode": "xavier", "gain": module.out_features},
        "0.bias": lambda name, module, tensor: None, "*.bias": "zeros"})
    assert same_bits(model[0].weight.detach(), torch.from_numpy(given.replace(dtype="float32").array()))
    assert manifest["2.weight"] == recipe_of("2.weight", model[2].weight, mode="xavier", gain=4)
    assert (model[2].bias == 0).all() and manifest["0.bias"].mode == "torch"


@pytest.mark.parametrize("rules,words", [
    ({"1.weight": "he"}, "the rule '1.weight' is of no parameter"),
    ({"*": "he", "0.weight": "he"}, "the rule '0.weight' is of no parameter"),
    ({"0.weight": 3}, "must say a mode, fields of a recipe or a recipe for 0.weight, not 3"),
    ({"0.weight": "hee"}, "0.weight, the rule '0.weight': mode must be"),
    ({"0.weight": {"mod": "he"}}, "0.weight, the rule '0.weight': .*mod"),
    ({"0.weight": detinit.Recipe((6, 5))}, r"0.weight is of shape \(5, 6\), and the rule '0.weight' of \(6, 5\)"),
])
def test_bad_rules(rules, words):
    model, _ = linear()
    before = state(model)
    with pytest.raises(detinit.InvalidError, match=words):
        dt.init_(model, rules=rules)
    assert all(same_bits(before[name], now) for name, now in state(model).items())


class Own(nn.Module):
    def __init__(self, dtype=torch.float32):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3, dtype=dtype))


@pytest.mark.parametrize("make,arguments,words", [
    (Own, {}, r'inner\.scale of Own, of shape \(3,\), is of no kind .*rules=\{"inner\.scale"'),
    (Own, {"policy": "auto", "activation": "relu"}, r"inner\.scale of Own"),
    (Own, {"policy": "auto"}, r'nothing tells which activation follows before\.weight .*give activation="relu"'),
    (lambda: Own(torch.complex64), {"rules": {"*": "ones"}}, r"inner\.scale: dtype must be .*complex64"),
    (lambda: nn.LazyLinear(4), {}, r"inner\.weight has no shape yet"),
    (lambda: nn.Linear(3, 3, device="meta"), {}, r"inner\.weight is on the meta device: .*materialize_"),
    (lambda: nn.Linear(3, 3), {"policy": "best"}, "policy must be torch, auto, transformers, not 'best'"),
    (lambda: nn.Linear(3, 3), {"activation": "relu"}, "activation is for the policy auto alone"),
    (lambda: nn.Linear(3, 3), {"policy": "auto", "activation": "rely"}, "activation must be one of relu"),
    (lambda: nn.Linear(3, 3), {"policy": "transformers"}, "for models of transformers"),
    (lambda: nn.Linear(3, 3), {"seed": -1}, "^seed must be a whole number"),
])
def test_refusals(make, arguments, words):
    model = nn.Module()
    model.before = nn.Linear(3, 3)
    model.inner = make()
    before = state(model.before)
    with pytest.raises(detinit.InvalidError, match=words) as error:
        dt.init_(model, **arguments)
    assert isinstance(error.value, ValueError) and "\n" not in str(error.value)
    assert all(same_bits(before[name], now) for name, now in state(model.before).items())


def test_two_of_one_name():
    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self._orig_mod = nn.Linear(3, 3)
            self.weight = nn.Parameter(torch.ones(3, 3))
    with pytest.raises(detinit.InvalidError, match="two parameters are called weight"):
        dt.init_(Wrapped())


def test_what_autograd_sees():
    model = nn.Linear(3, 3)
    model.bias.requires_grad_(False)
    versions = model.weight._version
    dt.init_(model)
    assert model.weight.requires_grad and not model.bias.requires_grad and model.weight.grad_fn is None
    assert model.weight._version > versions


def test_report_and_initializer():
    model, names = linear()
    lines = []
    make = dt.Initializer(seed=5, report=lines.append)
    make.setup(None, model, "validate")
    assert make.manifest is None
    make.setup(None, model, "fit")
    again = linear()[0]
    assert dt.init_(again, 5) == make.manifest and same_bits(again[2].weight, model[2].weight)
    assert [line.split()[0] for line in lines] == names
    assert lines[0] == "0.weight  5x6  mode torch: PyTorch's own for Linear"
    model[0].weight.data.zero_()
    make.setup(None, model, "fit")
    assert (model[0].weight == 0).all()
