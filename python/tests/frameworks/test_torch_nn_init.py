"""detinit.torch.nn_init beside torch.nn.init: the same arguments, distributions and refusals, the program's bits."""

import inspect
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from torch_models import PROGRAM, needs_program, nn, same_bits, torch  # noqa: E402

import detinit  # noqa: E402
from detinit.torch import nn_init  # noqa: E402

NAMES = [name for name in nn.init.__all__ if name.endswith("_")]
CONSTANT = ("constant_", "ones_", "zeros_", "eye_", "dirac_")


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_those_of_pytorch(name):
    theirs = list(inspect.signature(getattr(nn.init, name)).parameters.values())
    ours = list(inspect.signature(getattr(nn_init, name)).parameters.values())
    assert [(p.name, p.default) for p in ours[:len(theirs)]] == [(p.name, p.default) for p in theirs]
    assert [p.name for p in ours[len(theirs):]] == ([] if name in CONSTANT else ["layer", "seed"])


# (function, shape, arguments, what the program takes for the same)
CALLS = [
    ("uniform_", (300, 400), {"a": -0.5, "b": 0.5}, "--mode normal --dist uniform --std 0.28867513459481287"),
    ("normal_", (300, 400), {"std": 0.02}, "--mode normal --std 0.02"),
    ("trunc_normal_", (300, 400), {"std": 0.02, "a": -0.02, "b": 0.02},
     "--mode normal --std 0.02 --dist trunc_normal --cut 1"),
    ("trunc_normal_", (300, 400), {"std": 0.02}, "--mode normal --std 0.02"),
    ("constant_", (30, 40), {"val": 0.3}, "--mode constant --value 0.3"),
    ("ones_", (30,), {}, "--mode ones"),
    ("zeros_", (30,), {}, "--mode zeros"),
    ("eye_", (30, 40), {}, "--mode eye"),
    ("dirac_", (7, 5, 3, 4), {}, "--mode dirac"),
    ("xavier_uniform_", (300, 400), {"gain": 2.0}, "--mode xavier_uniform --gain 2"),
    ("xavier_normal_", (30, 40, 3, 3), {}, "--mode xavier"),
    ("kaiming_uniform_", (300, 400), {"a": math.sqrt(5)},
     f"--mode kaiming_uniform --nonlinearity leaky_relu:{math.sqrt(5)!r}"),
    ("kaiming_normal_", (300, 400), {"mode": "fan_out", "nonlinearity": "relu"}, "--mode he --fan-mode fan_out"),
    ("kaiming_normal_", (300, 400), {"nonlinearity": "tanh"}, "--mode he --nonlinearity tanh"),
    ("kaiming_normal_", (300, 400), {"nonlinearity": "conv2d"}, "--mode he --nonlinearity linear"),
    ("kaiming_normal_", (60, 40, 3, 3), {}, "--mode he"),
    ("orthogonal_", (60, 40), {"gain": 2}, "--mode orthogonal --gain 2"),
    ("sparse_", (300, 400), {"sparsity": 0.3}, "--mode normal --std 0.01 --zero 0.3"),
]


@pytest.mark.parametrize("name,shape,arguments,options", CALLS, ids=[f"{row[0]}{n}" for n, row in enumerate(CALLS)])
def test_distributions(name, shape, arguments, options):
    """Their std, and the largest and smallest weight, beside PyTorch's."""
    ours, theirs = torch.empty(shape), torch.empty(shape)
    drawn = {} if name in CONSTANT else {"layer": 5}
    assert getattr(nn_init, name)(ours, **arguments, **drawn) is ours
    torch.manual_seed(0)
    getattr(nn.init, name)(theirs, **arguments)
    if name in CONSTANT:
        assert same_bits(ours, theirs)
        return
    assert float(ours.std()) == pytest.approx(float(theirs.std()), rel=0.02)
    chance = 6 * float(theirs.std()) / math.sqrt(theirs.numel() / 2)
    assert float(ours.mean()) == pytest.approx(float(theirs.mean()), abs=chance)
    if name != "orthogonal_":
        assert float(ours.max()) == pytest.approx(float(theirs.max()), rel=0.25)
    assert float((ours == 0).float().mean()) == pytest.approx(float((theirs == 0).float().mean()), abs=0.01)


@needs_program
@pytest.mark.parametrize("name,shape,arguments,options", CALLS, ids=[f"{row[0]}{n}" for n, row in enumerate(CALLS)])
def test_bits_of_the_program(name, shape, arguments, options, tmp_path):
    ours = torch.empty(shape)
    getattr(nn_init, name)(ours, **arguments, **({} if name in CONSTANT else {"layer": 5, "seed": 7}))
    subprocess.run([PROGRAM, "--shape", ",".join(map(str, shape)), "--seed", "7", "--layer", "5", "--dtype", "float32",
                    *options.split(), "--save", tmp_path / "w.npy", "-q"], check=True)
    assert (np.load(tmp_path / "w.npy") == ours.numpy()).all()


def test_shifted():
    made = nn_init.uniform_(torch.empty(1000, 100, dtype=torch.float64), 1, 3, layer=1)
    assert 1 <= made.min() < 1.001 and 2.999 < made.max() <= 3
    made = nn_init.trunc_normal_(torch.empty(1000, 100), 5, 2, 3, 7, layer=1)
    assert 3 <= made.min() < 3.01 and 6.99 < made.max() <= 7 and abs(made.mean() - 5) < 0.02
    assert (nn_init.uniform_(torch.empty(5), 2, 2, layer=1) == 2).all()
    assert (nn_init.normal_(torch.empty(5), 2, 0, layer=1) == 2).all()


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_dirac_of_groups(groups):
    shape = (12, 5, 3, 4)
    assert same_bits(nn_init.dirac_(torch.empty(shape), groups), nn.init.dirac_(torch.empty(shape), groups))


def test_layers_seeds_types_and_strides():
    shape = (20, 30)
    named = nn_init.normal_(torch.empty(shape), layer="fc.weight")
    assert same_bits(named, nn_init.normal_(torch.empty(shape), layer=detinit.layer_of_name("fc.weight"), seed=42))
    assert not (named == nn_init.normal_(torch.empty(shape), layer="fc.bias")).all()
    assert not (named == nn_init.normal_(torch.empty(shape), layer="fc.weight", seed=1)).all()
    turned = nn_init.normal_(torch.empty(30, 20).t(), layer="fc.weight")
    assert not turned.is_contiguous() and same_bits(turned, named)
    half = nn_init.normal_(torch.empty(shape, dtype=torch.bfloat16), layer="fc.weight")
    wide = nn_init.normal_(torch.empty(shape, dtype=torch.float64), layer="fc.weight")
    assert same_bits(half, wide.to(torch.bfloat16))
    parameter = nn.Parameter(torch.empty(shape))
    assert nn_init.normal_(parameter, layer="fc.weight") is parameter and parameter.grad_fn is None


@pytest.mark.parametrize("call,words", [
    (lambda t: nn_init.kaiming_normal_(t[0], layer=0), "expects 2 dimensions or more"),
    (lambda t: nn_init.xavier_uniform_(t[0], layer=0), "expects 2 dimensions or more"),
    (lambda t: nn_init.orthogonal_(t[0], layer=0), "expects 2 dimensions or more, not 1"),
    (lambda t: nn_init.eye_(t[0]), "expects 2 dimensions, not 1"),
    (lambda t: nn_init.sparse_(t[0], 0.1, layer=0), "expects 2 dimensions, not 1"),
    (lambda t: nn_init.dirac_(t), "expects 3, 4 or 5 dimensions, not 2"),
    (lambda t: nn_init.dirac_(t.view(4, 5, 1), 3), "groups that divide dim 0, 4, not 3"),
    (lambda t: nn_init.uniform_(t, 1, 0, layer=0), "expects a <= b"),
    (lambda t: nn_init.normal_(t, std=-1, layer=0), "std of 0 or more, not -1"),
    (lambda t: nn_init.normal_(t, std=math.nan, layer=0), "std of 0 or more, not nan"),
    (lambda t: nn_init.trunc_normal_(t, a=-1, b=2, layer=0), "equally far from mean"),
    (lambda t: nn_init.kaiming_normal_(t, mode="fan", layer=0), "fan_mode must be"),
    (lambda t: nn_init.kaiming_normal_(t, nonlinearity="cosine", layer=0), "nonlinearity must be"),
    (lambda t: nn_init.normal_(t, layer=-1), "layer must be"),
    (lambda t: nn_init.normal_(t, generator=torch.Generator(), layer=0), "no generator is taken"),
    (lambda t: nn_init.normal_(t.to(torch.int32), layer=0), "dtype must be"),
    (lambda t: nn_init.normal_(t.to("meta"), layer=0), "on the meta device"),
])
def test_refusals(call, words):
    tensor = torch.full((4, 5), 3.0)
    with pytest.raises(detinit.InvalidError, match=words) as error:
        call(tensor)
    assert isinstance(error.value, ValueError) and (tensor == 3).all()


def test_a_layer_must_be_told():
    with pytest.raises(TypeError, match="layer"):
        nn_init.normal_(torch.empty(3))
