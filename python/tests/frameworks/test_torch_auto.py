"""The policy "auto": which activation follows each layer, and the scheme that it asks for."""

import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from torch_models import nn, torch  # noqa: E402

import detinit  # noqa: E402
import detinit.torch as dt  # noqa: E402

F = torch.nn.functional


def why(model, **arguments):
    return {item.recipe.name: item.why for item in dt.plan(model, policy="auto", **arguments)}


def recipes(model, **arguments):
    return {item.recipe.name: item.recipe for item in dt.plan(model, policy="auto", **arguments)}


@pytest.mark.parametrize("activation,mode,gain", [
    (nn.ReLU(), "he", math.sqrt(2)), (nn.GELU(), "he", math.sqrt(2)), (nn.SiLU(), "he", math.sqrt(2)),
    (nn.LeakyReLU(0.3), "he", math.sqrt(2 / (1 + 0.3**2))), (nn.PReLU(), "he", math.sqrt(2 / (1 + 0.25**2))),
    (nn.Tanh(), "xavier", 1), (nn.Sigmoid(), "xavier", 1), (nn.SELU(), "lecun", 1), (nn.Softmax(-1), "lecun", 1),
    (nn.Identity(), "lecun", 1)])
def test_schemes(activation, mode, gain):
    model = nn.Sequential(nn.Linear(30, 50), nn.LayerNorm(50), nn.Dropout(0.1), activation, nn.Linear(50, 10))
    made = recipes(model)
    fan = 40 if mode == "xavier" else 30
    assert made["0.weight"].mode == mode and made["0.weight"].std == pytest.approx(gain / math.sqrt(fan), rel=1e-12)
    assert made["4.weight"].mode == "lecun" and made["0.bias"].mode == "constant"


class Functional(nn.Module):
    """A residual block whose activations are functions and methods."""

    def __init__(self):
        super().__init__()
        self.up = nn.Conv2d(4, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.down = nn.Conv2d(8, 4, 3, padding=1)
        self.leaky = nn.Conv2d(4, 4, 1)
        self.gate, self.value = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        y = F.relu(self.norm(self.up(x)))
        x = (self.down(y) + x).tanh_()
        x = F.leaky_relu(self.leaky(x), 0.2)
        x = F.silu(self.gate(x)) * self.value(x)
        return self.head(x.mean((2, 3)))


def test_a_trace_finds_functions_and_methods():
    told, made = why(Functional()), recipes(Functional())
    assert told["up.weight"] == "relu follows in the trace"
    assert told["down.weight"] == "tanh follows in the trace"
    assert told["leaky.weight"] == "leaky_relu follows in the trace"
    assert made["leaky.weight"].fields()["nonlinearity"].startswith("leaky_relu:0.2")
    assert told["gate.weight"] == "silu follows in the trace"
    assert told["value.weight"] == told["head.weight"] == "no activation follows in the trace"


class Untraceable(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.activation, self.second = nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4)

    def forward(self, x):
        return self.second(self.activation(self.first(x))) if x.sum() > 0 else x


def test_order_of_modules_and_what_is_asked():
    told = why(Untraceable(), activation="leaky_relu:0.1")
    assert told["first.weight"] == "Tanh follows in the order of modules"
    assert told["second.weight"] == "leaky_relu follows as asked"
    with pytest.raises(detinit.InvalidError, match=r"second\.weight \(torch\.fx cannot trace .*activation=\"relu\""):
        dt.plan(Untraceable(), policy="auto")
    assert why(Untraceable(), rules={"second.weight": "he"})["second.weight"] == "the rule 'second.weight'"
    with pytest.raises(detinit.InvalidError, match="slope of leaky_relu must be a number"):
        dt.plan(Untraceable(), policy="auto", activation="leaky_relu:x")


def test_activations_of_their_own_classes():
    class NewGELUActivation(nn.Module):
        def forward(self, x):
            return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))

    class MyLinear(nn.Linear):
        pass
    model = nn.Sequential(MyLinear(4, 4), NewGELUActivation(), nn.Linear(4, 4))
    assert why(model)["0.weight"] == "NewGELUActivation follows in the trace"


def test_wrapped_models_are_traced():
    model = nn.DataParallel(nn.Sequential(nn.Linear(4, 4), nn.Tanh()))
    assert why(model)["0.weight"] == "Tanh follows in the trace"


def test_grouped_and_transposed_fans():
    model = nn.Sequential(nn.Conv2d(8, 12, 3, groups=4), nn.Tanh(), nn.ConvTranspose2d(12, 6, 5, groups=2), nn.Tanh())
    made = recipes(model)
    assert made["0.weight"].fans == (2 * 9, 3 * 9) and made["2.weight"].fans == (6 * 25, 3 * 25)


def test_attention_and_transformer_layers():
    model = nn.TransformerEncoderLayer(32, 4, 64, activation=F.gelu)
    told, made = why(model), recipes(model)
    assert told["linear1.weight"] == "gelu follows in TransformerEncoderLayer"
    assert told["self_attn.out_proj.weight"] == "no activation follows in MultiheadAttention"
    assert made["linear1.weight"].mode == "he" and made["linear2.weight"].mode == "lecun"
    parts = made["self_attn.in_proj_weight"].fields()["parts"]
    assert [part["rows"] for part in parts] == [32, 32, 32]
    assert made["self_attn.in_proj_weight"].std == pytest.approx(math.sqrt(2 / 64), rel=1e-12)
    dt.init_(model, policy="auto")
    q, k, v = model.self_attn.in_proj_weight.detach().chunk(3)
    assert not (q == k).all() and not (k == v).all()


def test_the_signal_lives_through_fifty_layers():
    """What schemes are for, by PyTorch's own products; of the policy torch biases alone are left."""
    def spread(activation, policy):
        layers = [layer for _ in range(50) for layer in (nn.Linear(256, 256), activation())]
        model = nn.Sequential(*layers)
        dt.init_(model, policy=policy)
        with torch.no_grad():
            return float(model(torch.randn(64, 256, generator=torch.Generator().manual_seed(1))).std())
    assert 0.2 < spread(nn.ReLU, "auto") < 5 and spread(nn.ReLU, "torch") < 0.05
    assert 0.05 < spread(nn.Tanh, "auto") < 1
