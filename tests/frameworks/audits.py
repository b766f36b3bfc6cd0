"""detinit audit on models as these libraries make them, and on models with a fault planted.  Run by
pytest with DETINIT naming the program."""
import json
import math
import os
import re
import subprocess

import numpy as np
import pytest

torch = pytest.importorskip("torch")
safetensors_numpy = pytest.importorskip("safetensors.numpy")
safetensors_torch = pytest.importorskip("safetensors.torch")
nn = torch.nn

SEEDS = (0, 1, 2)


def run_audit(path, *options):
    """What audit says, as JSON."""
    done = subprocess.run([os.environ["DETINIT"], "audit", str(path), "--format", "json", *options],
                          check=True, capture_output=True, encoding="utf-8")
    return json.loads(done.stdout)


def audit_of(tensors, folder, *options):
    """Of a state_dict, or of arrays."""
    path = folder / "model.safetensors"
    if any(isinstance(value, torch.Tensor) for value in tensors.values()):
        safetensors_torch.save_file({name: value.contiguous().clone() for name, value in tensors.items()},
                                    path)
    else:
        safetensors_numpy.save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()},
                                    path)
    return run_audit(path, *options)


def warnings_of(told):
    """Findings that look wrong."""
    return [finding for finding in told["findings"] if finding["warning"]]


# ------------------------------------------------------------- what is meant, as regular expressions
def bound(fan):
    """PyTorch's default."""
    return rf"torch default, uniform, fan_in {fan}\b"


def normal(std):
    """A normal law of this std."""
    return rf"normal, std {std:.4g}$".replace(".", r"\.", 1)


def torch_default(name, shape, modules):
    """What torch.nn starts a parameter with, by the class of its module."""
    owner, _, own = name.rpartition(".")
    module = modules[owner]
    if isinstance(module, nn.Embedding):
        return normal(1)
    if isinstance(module, (nn.LSTM, nn.GRU, nn.RNN)):
        return bound(module.hidden_size)
    if isinstance(module, nn.MultiheadAttention):
        return "zeros" if own == "in_proj_bias" else rf"xavier .* uniform, fans {shape[1]} \+ {shape[0]}"
    if isinstance(module, nn.Bilinear):
        return bound(module.in1_features)
    if isinstance(module, (nn.LayerNorm, nn.BatchNorm2d)):
        return {"weight": "ones", "bias": "zeros", "running_mean": "zeros", "running_var": "ones"}.get(own)
    if own == "bias" and owner.endswith("self_attn.out_proj"):
        return "zeros"
    weight = module.weight
    return bound(math.prod(weight.shape[1:]))


class TorchNet(nn.Module):
    """A layer of every usual kind."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(500, 96, padding_idx=0)
        self.fc1, self.fc2, self.fc3 = nn.Linear(96, 256), nn.Linear(256, 200), nn.Linear(200, 10)
        self.conv1, self.conv2 = nn.Conv2d(3, 64, 7), nn.Conv2d(64, 96, 3, groups=4)
        self.norm, self.up = nn.BatchNorm2d(96), nn.ConvTranspose2d(96, 48, 3)
        self.conv1d, self.conv3d = nn.Conv1d(40, 80, 5), nn.Conv3d(8, 24, 3)
        self.lstm, self.gru = nn.LSTM(96, 120, num_layers=2, bidirectional=True), nn.GRU(70, 90)
        self.rnn, self.bilinear = nn.RNN(50, 60), nn.Bilinear(30, 20, 25)
        self.attention = nn.MultiheadAttention(96, 4)
        self.layer_norm = nn.LayerNorm(96)


def check(told, expected, tally):
    """Counts tensors of more than 1,000 weights, and those whose scheme is the one that is meant."""
    for tensor in told["tensors"]:
        if math.prod(tensor["shape"]) <= 1000:
            continue
        pattern = expected(tensor["name"], tensor["shape"])
        if pattern is None:
            continue
        tally[0] += 1
        words, _, also = tensor["consistent_with"].partition("; the same as ")
        good = re.search(pattern, words) is not None or ("fan_out" in pattern and "by fan_out" in also)
        tally[1] += good
        if not good:
            print("WRONG", tensor["name"], tensor["shape"], tensor["consistent_with"], "not", pattern)


def assert_right(tally):
    """At least 99 of 100."""
    print("named", tally[1], "of", tally[0])
    assert tally[0] > 0 and tally[1] >= 0.99 * tally[0]


def test_torch_layers(tmp_path):
    """Linear, Conv, LSTM and the like."""
    tally = [0, 0]
    for seed in SEEDS:
        torch.manual_seed(seed)
        model = TorchNet()
        modules = dict(model.named_modules())
        told = audit_of(model.state_dict(), tmp_path)
        check(told, lambda name, shape: torch_default(name, shape, modules), tally)
        assert not warnings_of(told), warnings_of(told)
    assert_right(tally)


def transformer_meant(name, shape):
    """nn.Transformer: all matrices xavier_uniform_; vectors as their layers."""
    if len(shape) == 2:
        return rf"xavier .* uniform, fans {shape[1]} \+ {shape[0]}"
    return None


def test_torch_transformer(tmp_path):
    """Encoder and decoder."""
    tally = [0, 0]
    for seed in SEEDS:
        torch.manual_seed(seed)
        told = audit_of(nn.Transformer(128, 4, 3, 3, 512).state_dict(), tmp_path)
        check(told, transformer_meant, tally)
        assert not warnings_of(told), warnings_of(told)
    assert_right(tally)


INITS = [
    (nn.init.kaiming_normal_, {}, r"^he .* normal, fan_in {i}\b"),
    (nn.init.kaiming_uniform_, {}, r"^he .* uniform, fan_in {i}\b"),
    (nn.init.kaiming_normal_, {"mode": "fan_out"}, r"^he .* normal, fan_out {o}\b"),
    (nn.init.xavier_normal_, {}, r"^xavier .* normal, fans {i} \+ {o}\b"),
    (nn.init.xavier_uniform_, {}, r"^xavier .* uniform, fans {i} \+ {o}\b"),
    (nn.init.xavier_uniform_, {"gain": 5 / 3}, r"gain of tanh|with a gain"),
    (nn.init.trunc_normal_, {"std": 0.02, "a": -0.04, "b": 0.04}, r"^normal cut at 2 std, std 0.02"),
    (nn.init.normal_, {"std": 0.02}, r"^normal, std 0.02"),
    (nn.init.orthogonal_, {}, r"^orthogonal, gain 1$"),
    (nn.init.orthogonal_, {"gain": 2 ** 0.5}, r"^orthogonal, gain 1.414"),
    (nn.init.zeros_, {}, "^zeros"),
    (nn.init.ones_, {}, "^ones"),
    (nn.init.eye_, {}, "^identity"),
]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_torch_init(tmp_path, dtype):
    """torch.nn.init, in every type of weights."""
    tally = [0, 0]
    for seed in SEEDS:
        torch.manual_seed(seed)
        weights, meant = {}, {}
        for n, (init, options, pattern) in enumerate(INITS):
            for rows, cols in ((64, 200), (300, 120), (128, 128)):
                name = f"w{n}x{rows}.weight"
                weights[name] = init(torch.empty(rows, cols), **options).to(getattr(torch, dtype))
                meant[name] = pattern.format(i=cols, o=rows)
        check(audit_of(weights, tmp_path), lambda name, _: meant[name], tally)
    assert_right(tally)


# ------------------------------------------------------------------------------------- transformers
def hugging_face(which):
    """A small model, and what its matrices start from."""
    transformers = pytest.importorskip("transformers")
    small = {"hidden_size": 96, "intermediate_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4}
    if which == "gpt2":
        config = transformers.GPT2Config(vocab_size=800, n_positions=128, n_embd=96, n_layer=4, n_head=4)
        model = transformers.GPT2LMHeadModel(config)
    elif which == "llama":
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(
            vocab_size=700, num_key_value_heads=2, **small))
    elif which == "bert":
        model = transformers.BertForMaskedLM(transformers.BertConfig(vocab_size=700, **small))
    else:
        model = transformers.ViTForImageClassification(transformers.ViTConfig(
            image_size=64, patch_size=8, num_labels=20, **small))
    return model


def scale_residuals(model):
    """GPT-2's own scheme, whether or not the library has it applied."""
    for name, weight in model.named_parameters():
        if name.endswith("c_proj.weight"):
            nn.init.normal_(weight, std=0.02 / math.sqrt(2 * model.config.n_layer))


def hugging_face_meant(which):
    """N(0, 0.02) but for GPT-2's residual projections, as its paper has it."""
    def meant(name, shape):
        if len(shape) < 2:
            return None
        if which == "gpt2" and name.endswith("c_proj.weight"):
            return normal(0.02 / math.sqrt(8))
        return normal(0.02)
    return meant


@pytest.mark.parametrize("which", ["gpt2", "llama", "bert", "vit"])
def test_transformers(tmp_path, which):
    """Named rightly, without a false alarm."""
    tally = [0, 0]
    for seed in SEEDS:
        torch.manual_seed(seed)
        model = hugging_face(which)
        if which == "gpt2":
            scale_residuals(model)
        told = audit_of(model.state_dict(), tmp_path)
        check(told, hugging_face_meant(which), tally)
        assert not warnings_of(told), warnings_of(told)
    assert_right(tally)


# ------------------------------------------------------------------------------------ Keras and Flax
def test_keras(tmp_path):
    """Keras' layers by their defaults."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    tally, layers = [0, 0], keras.layers
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([keras.Input((64, 64, 3)), layers.Conv2D(32, 5), layers.BatchNormalization(),
                                  layers.SeparableConv2D(64, 3), layers.Conv2D(48, 3),
                                  layers.Reshape((-1, 48)), layers.LSTM(80, return_sequences=True),
                                  layers.GRU(64, return_sequences=True), layers.Dense(100),
                                  layers.Dense(90), layers.Flatten(), layers.Dense(8)])
        words = keras.Sequential([keras.Input((10,)), layers.Embedding(300, 64), layers.Dense(77)])
        arrays = {weight.path: np.asarray(weight.value)
                  for part in (model, words) for weight in part.weights if "seed" not in weight.path}
        told = audit_of(arrays, tmp_path)

        def meant(name, _):
            if "recurrent_kernel" in name:
                return "^orthogonal, gain 1$"
            if "embedding" in name:
                return "^uniform within 0.05"
            return r"^xavier .* uniform" if "kernel" in name else None
        check(told, meant, tally)
        assert not warnings_of(told), warnings_of(told)
    assert_right(tally)


def test_flax(tmp_path):
    """Flax' layers by their defaults."""
    jax = pytest.importorskip("jax")
    flax_nn = pytest.importorskip("flax.linen")
    traverse = pytest.importorskip("flax.traverse_util")

    class Net(flax_nn.Module):
        """A layer of every usual kind."""

        @flax_nn.compact
        def __call__(self, ids, image):
            x = flax_nn.Embed(300, 64)(ids)
            x = flax_nn.MultiHeadDotProductAttention(num_heads=4)(x, x)
            x = flax_nn.LayerNorm()(flax_nn.Dense(200)(x))
            x = flax_nn.RNN(flax_nn.LSTMCell(72))(x)
            x = flax_nn.Dense(50)(x)
            return x, flax_nn.Conv(64, (3, 3))(flax_nn.Conv(32, (5, 5))(image))

    tally = [0, 0]
    for seed in SEEDS:
        made = Net().init(jax.random.PRNGKey(seed), np.zeros((1, 8), np.int32), np.zeros((1, 32, 32, 3)))
        told = audit_of({name: np.asarray(value) for name, value in
                         traverse.flatten_dict(made["params"], sep=".").items()}, tmp_path)

        def meant(name, _):
            if re.search(r"\.h[ifgo]\.kernel", name):
                return "^orthogonal, gain 1$"
            if "embedding" in name:
                return r"^lecun normal"
            return r"lecun normal cut at 2 std and rescaled, fan_in" if "kernel" in name else None
        check(told, meant, tally)
        assert not warnings_of(told), warnings_of(told)
    assert_right(tally)


# ------------------------------------------------------------------------------------ planted faults
def found(told, kind, name):
    """Whether a warning of this kind begins at a tensor, and no other warning does at any other."""
    warnings = warnings_of(told)
    print(warnings)
    return any(one["kind"] == kind and one["tensor"] == name for one in warnings) and \
        all(one["tensor"] == name for one in warnings)


@pytest.mark.parametrize("seed", range(5))
def test_residual_scaling_left_out(tmp_path, seed):
    """GPT-2 as it must not be, all layers or one."""
    torch.manual_seed(seed)
    model = hugging_face("gpt2")
    for name, weight in model.named_parameters():
        if name.endswith("c_proj.weight"):
            nn.init.normal_(weight, std=0.02)
    told = audit_of(model.state_dict(), tmp_path)
    warnings = warnings_of(told)
    assert [one["kind"] for one in warnings] == ["residual"] * 2
    assert all(one["tensors"] == 4 and abs(one["factor"] - 8 ** 0.5) < 1e-9 for one in warnings)
    scale_residuals(model)
    nn.init.normal_(model.transformer.h[3].mlp.c_proj.weight, std=0.02)
    told = audit_of(model.state_dict(), tmp_path)
    assert found(told, "residual", "transformer.h.3.mlp.c_proj.weight")


def stack_of_linear(widths):
    """Linear layers of PyTorch's default."""
    return nn.Sequential(*(nn.Linear(a, b) for a, b in zip(widths, widths[1:])))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shards", [2, 4, 8])
def test_std_of_a_shard(tmp_path, seed, shards):
    """Layers whose fan_in was that of one shard: one of a kind, and a kind of its own."""
    torch.manual_seed(seed)
    model = stack_of_linear([256, 384, 384, 512, 128])
    nn.init.uniform_(model[2].weight, -1, 1).data.mul_((384 / shards) ** -0.5)
    told = audit_of(model.state_dict(), tmp_path)
    assert found(told, "shard", "2.weight")
    model = nn.ModuleDict({name: nn.Linear(256, 300) for name in ("query", "key", "value", "out")})
    nn.init.uniform_(model["out"].weight, -1, 1).data.mul_((256 / shards) ** -0.5)
    told = audit_of(model.state_dict(), tmp_path)
    assert found(told, "shard", "out.weight")


@pytest.mark.parametrize("seed", range(5))
def test_a_layer_initialized_twice(tmp_path, seed):
    """The same draws in two layers; a layer whose init was added, or multiplied, once more."""
    torch.manual_seed(seed)
    model = stack_of_linear([200] * 5)
    model[2].weight.data.copy_(model[1].weight.data)
    assert found(audit_of(model.state_dict(), tmp_path), "equal", "1.weight")
    model = stack_of_linear([200] * 5)
    for layer in model:
        nn.init.kaiming_normal_(layer.weight)
    model[2].weight.data.add_(torch.randn(200, 200) * (2 / 200) ** 0.5)
    assert found(audit_of(model.state_dict(), tmp_path), "shard", "2.weight")
    nn.init.kaiming_normal_(model[2].weight).data.mul_((2 / 200) ** 0.5)
    assert found(audit_of(model.state_dict(), tmp_path), "std", "2.weight")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("init", [lambda w: nn.init.kaiming_uniform_(w, a=5 ** 0.5), nn.init.kaiming_normal_,
                                  nn.init.kaiming_uniform_])
def test_fans_swapped(tmp_path, seed, init):
    """A weight that was initialized as its transpose."""
    torch.manual_seed(seed)
    model = stack_of_linear([128, 384, 200, 320, 64])
    for layer in model:
        init(layer.weight)
    model[1].weight.data.copy_(init(torch.empty(384, 200)).T)
    assert found(audit_of(model.state_dict(), tmp_path), "fans", "1.weight")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("value, kind", [(0.0, "zero"), (0.05, "constant")])
def test_a_constant_layer(tmp_path, seed, value, kind):
    """A layer of zeros, or of one value."""
    torch.manual_seed(seed)
    model = TorchNet()
    nn.init.constant_(model.fc2.weight, value)
    assert found(audit_of(model.state_dict(), tmp_path), kind, "fc2.weight")


@pytest.mark.parametrize("seed", range(5))
def test_damage(tmp_path, seed):
    """NaN, and dead units."""
    torch.manual_seed(seed)
    model = TorchNet()
    model.conv1.weight.data[3, 1, 2, 2] = math.nan
    assert found(audit_of(model.state_dict(), tmp_path), "not finite", "conv1.weight")
    model = TorchNet()
    model.fc1.weight.data[7:9] = 0
    assert found(audit_of(model.state_dict(), tmp_path), "dead", "fc1.weight")


def test_what_is_right_is_no_finding(tmp_path):
    """Tied weights are told as tied; LoRA's B starts at 0."""
    torch.manual_seed(0)
    model = hugging_face("gpt2")
    scale_residuals(model)
    state = model.state_dict()
    state["lm_head.weight"] = state["transformer.wte.weight"].clone()
    state["base.q_proj.lora_A.weight"] = nn.Linear(96, 16).weight.data
    state["base.q_proj.lora_B.weight"] = torch.zeros(96, 16)
    told = audit_of(state, tmp_path)
    assert not warnings_of(told), warnings_of(told)
    assert [one["kind"] for one in told["findings"]] == ["tied"]


def test_training_is_told(tmp_path):
    """After some steps of SGD no layer passes for a fresh one."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 96), nn.ReLU(), nn.Linear(96, 12))
    goal = torch.randn(64, 12)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(300):
        x = torch.randn(128, 64)
        loss = nn.functional.cross_entropy(model(x), (x @ goal).argmax(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    told = audit_of(model.state_dict(), tmp_path)
    assert {one["origin"] for one in told["tensors"] if len(one["shape"]) == 2} == {"none"}
