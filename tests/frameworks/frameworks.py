"""What PyTorch, JAX and Keras start from, and the options that say the same to detinit.

PyTorch is asked for the very numbers that it gives to normal_, uniform_ and fill_; of JAX' and
Keras' initializers, which are functions, a large sample is compared.  Run by pytest with DETINIT
naming the program; what is not installed is skipped.
"""
import json
import math
import os
import subprocess

import numpy as np
import pytest

DETINIT = os.environ.get("DETINIT", "./detinit")


def told(shape, options):
    """What detinit says of a recipe: its statistics over all weights."""
    text = ",".join(map(str, shape))
    out = subprocess.run([DETINIT, "--shape", text, *options.split(), "--format", "json"],
                         check=True, capture_output=True, text=True).stdout
    return json.loads(out)["statistics"]


# ------------------------------------------------------------------- PyTorch

torch = pytest.importorskip("torch")
nn = torch.nn


def recorded(make, pick):
    """The calls of random or constant filling that the picked tensor got while it was made."""
    calls = []
    originals = {}
    for name in ("normal_", "uniform_", "fill_", "zero_", "trunc_normal_"):
        if not hasattr(torch.Tensor, name):
            continue
        originals[name] = getattr(torch.Tensor, name)

        def spy(self, *args, _name=name, **kwargs):
            calls.append((self.data_ptr(), _name, args, kwargs))
            return originals[_name](self, *args, **kwargs)
        setattr(torch.Tensor, name, spy)
    try:
        module = make()
    finally:
        for name, original in originals.items():
            setattr(torch.Tensor, name, original)
    tensor = pick(module)
    own = [c for c in calls if c[0] == tensor.data_ptr()]
    return tensor, own


def drawn_with(tensor, calls):
    """(kind, std, bound) of the last random call on a tensor."""
    for _, name, args, kwargs in reversed(calls):
        if name == "normal_":
            mean = kwargs.get("mean", args[0] if args else 0.0)
            std = kwargs.get("std", args[1] if len(args) > 1 else 1.0)
            assert mean == 0
            return "normal", float(std), None
        if name == "uniform_":
            low = kwargs.get("from", args[0] if args else 0.0)
            high = kwargs.get("to", args[1] if len(args) > 1 else 1.0)
            assert low == -high
            return "uniform", float(high) / math.sqrt(3), float(high)
    return "constant", 0.0, None


def initialized(make_tensor, init):
    def make():
        holder = nn.Module()
        holder.weight = nn.Parameter(make_tensor())
        with torch.no_grad():
            init(holder.weight)
        return holder
    return make


W = lambda m: m.weight          # noqa: E731
B = lambda m: m.bias            # noqa: E731
E = torch.empty

TORCH = [
    # name, how PyTorch makes it, which tensor, detinit's options
    ("Linear", lambda: nn.Linear(20, 30), W, "--mode torch"),
    ("Linear bias", lambda: nn.Linear(20, 30), B, "--mode torch --fans 20,30"),
    ("Conv1d", lambda: nn.Conv1d(6, 8, 5), W, "--mode torch"),
    ("Conv1d bias", lambda: nn.Conv1d(6, 8, 5), B, "--mode torch --fans 30,40"),
    ("Conv2d", lambda: nn.Conv2d(6, 8, 3), W, "--mode torch"),
    ("Conv2d bias", lambda: nn.Conv2d(6, 8, 3), B, "--mode torch --fans 54,72"),
    ("Conv3d", lambda: nn.Conv3d(4, 6, 3), W, "--mode torch"),
    ("Conv2d grouped", lambda: nn.Conv2d(8, 12, 3, groups=4), W, "--mode torch"),
    ("Conv2d grouped bias", lambda: nn.Conv2d(8, 12, 3, groups=4), B, "--mode torch --fans 18,108"),
    ("Conv2d depthwise", lambda: nn.Conv2d(8, 8, 3, groups=8), W, "--mode torch"),
    ("Conv2d 1x1", lambda: nn.Conv2d(16, 8, 1), W, "--mode torch"),
    ("Conv2d rectangular", lambda: nn.Conv2d(6, 8, (1, 7)), W, "--mode torch"),
    ("ConvTranspose1d", lambda: nn.ConvTranspose1d(6, 8, 5), W, "--mode torch"),
    ("ConvTranspose2d", lambda: nn.ConvTranspose2d(6, 8, 3), W, "--mode torch"),
    ("ConvTranspose2d grouped", lambda: nn.ConvTranspose2d(8, 12, 3, groups=4), W, "--mode torch"),
    ("ConvTranspose3d", lambda: nn.ConvTranspose3d(4, 6, 3), W, "--mode torch"),
    ("Bilinear", lambda: nn.Bilinear(5, 7, 9), W, "--mode torch --fans 5,9"),
    ("Embedding", lambda: nn.Embedding(50, 16), W, "--mode normal --std 1"),
    ("EmbeddingBag", lambda: nn.EmbeddingBag(50, 16), W, "--mode normal --std 1"),
    ("LSTM weight_ih", lambda: nn.LSTM(20, 30), lambda m: m.weight_ih_l0, "--mode torch --fans 30,1"),
    ("LSTM weight_hh", lambda: nn.LSTM(20, 30), lambda m: m.weight_hh_l0, "--mode torch --fans 30,1"),
    ("LSTM bias", lambda: nn.LSTM(20, 30), lambda m: m.bias_ih_l0, "--mode torch --fans 30,1"),
    ("GRU weight_ih", lambda: nn.GRU(20, 30), lambda m: m.weight_ih_l0, "--mode torch --fans 30,1"),
    ("GRU weight_hh", lambda: nn.GRU(20, 30), lambda m: m.weight_hh_l0, "--mode torch --fans 30,1"),
    ("RNN weight_ih", lambda: nn.RNN(20, 30), lambda m: m.weight_ih_l0, "--mode torch --fans 30,1"),
    ("LSTMCell", lambda: nn.LSTMCell(20, 30), lambda m: m.weight_ih, "--mode torch --fans 30,1"),
    ("MultiheadAttention in", lambda: nn.MultiheadAttention(32, 4), lambda m: m.in_proj_weight,
     "--mode xavier --dist uniform --fans 32,96"),
    ("MultiheadAttention out", lambda: nn.MultiheadAttention(32, 4), lambda m: m.out_proj.weight,
     "--mode torch"),
    ("MultiheadAttention kdim", lambda: nn.MultiheadAttention(32, 4, kdim=24),
     lambda m: m.k_proj_weight, "--mode xavier --dist uniform"),
    ("Transformer linear1", lambda: nn.TransformerEncoderLayer(32, 4, 64), lambda m: m.linear1.weight,
     "--mode torch"),
    ("kaiming_normal_", initialized(lambda: E(40, 50), nn.init.kaiming_normal_), W, "--mode he"),
    ("kaiming_normal_ fan_out",
     initialized(lambda: E(40, 50), lambda t: nn.init.kaiming_normal_(t, mode="fan_out")), W,
     "--mode he --fan-mode fan_out"),
    ("kaiming_uniform_", initialized(lambda: E(40, 50), nn.init.kaiming_uniform_), W,
     "--mode kaiming_uniform"),
    ("kaiming_uniform_ a=sqrt(5)",
     initialized(lambda: E(40, 50), lambda t: nn.init.kaiming_uniform_(t, a=math.sqrt(5))), W,
     "--mode kaiming_uniform --nonlinearity leaky_relu:2.23606797749979"),
    ("kaiming_normal_ leaky_relu 0.2",
     initialized(lambda: E(40, 50), lambda t: nn.init.kaiming_normal_(t, a=0.2)), W,
     "--mode kaiming_normal --nonlinearity leaky_relu:0.2"),
    ("kaiming_normal_ tanh",
     initialized(lambda: E(40, 50), lambda t: nn.init.kaiming_normal_(t, nonlinearity="tanh")), W,
     "--mode kaiming_normal --nonlinearity tanh"),
    ("kaiming_normal_ selu",
     initialized(lambda: E(40, 50), lambda t: nn.init.kaiming_normal_(t, nonlinearity="selu")), W,
     "--mode kaiming_normal --nonlinearity selu"),
    ("kaiming_normal_ linear",
     initialized(lambda: E(40, 50), lambda t: nn.init.kaiming_normal_(t, nonlinearity="linear")), W,
     "--mode kaiming_normal --nonlinearity linear"),
    ("kaiming_normal_ sigmoid",
     initialized(lambda: E(40, 50), lambda t: nn.init.kaiming_normal_(t, nonlinearity="sigmoid")), W,
     "--mode kaiming_normal --nonlinearity sigmoid"),
    ("kaiming_normal_ conv", initialized(lambda: E(8, 6, 3, 3), nn.init.kaiming_normal_), W,
     "--mode he"),
    ("kaiming_normal_ conv fan_out",
     initialized(lambda: E(8, 6, 3, 3), lambda t: nn.init.kaiming_normal_(t, mode="fan_out")), W,
     "--mode he --fan-mode fan_out"),
    ("xavier_normal_", initialized(lambda: E(40, 50), nn.init.xavier_normal_), W, "--mode xavier"),
    ("xavier_uniform_", initialized(lambda: E(40, 50), nn.init.xavier_uniform_), W,
     "--mode xavier_uniform"),
    ("xavier_normal_ tanh",
     initialized(lambda: E(40, 50),
                 lambda t: nn.init.xavier_normal_(t, gain=nn.init.calculate_gain("tanh"))), W,
     "--mode xavier --nonlinearity tanh"),
    ("xavier_uniform_ conv", initialized(lambda: E(8, 6, 3, 3), nn.init.xavier_uniform_), W,
     "--mode xavier_uniform"),
    ("xavier_normal_ rank 5", initialized(lambda: E(4, 3, 2, 3, 2), nn.init.xavier_normal_), W,
     "--mode xavier"),
    ("normal_ 0.02", initialized(lambda: E(40, 50), lambda t: nn.init.normal_(t, std=0.02)), W,
     "--mode normal --std 0.02"),
]


@pytest.mark.parametrize("name,make,pick,options", TORCH, ids=[row[0] for row in TORCH])
def test_torch(name, make, pick, options):
    tensor, calls = recorded(make, pick)
    kind, std, bound = drawn_with(tensor, calls)
    says = told(tensor.shape, options)
    assert says["target_std"] == pytest.approx(std, rel=1e-14)
    assert says["count"] == tensor.numel()
    if kind == "uniform":
        assert says["max"] <= bound and says["min"] >= -bound
        if says["count"] >= 100:
            assert says["max"] > 0.8 * bound


CONSTANT = [
    ("LayerNorm weight", lambda: nn.LayerNorm(32), W, "--mode ones"),
    ("LayerNorm bias", lambda: nn.LayerNorm(32), B, "--mode zeros"),
    ("BatchNorm2d weight", lambda: nn.BatchNorm2d(32), W, "--mode constant --value 1"),
    ("MultiheadAttention bias", lambda: nn.MultiheadAttention(32, 4), lambda m: m.in_proj_bias,
     "--mode zeros"),
    ("eye_", initialized(lambda: E(7, 9), nn.init.eye_), W, "--mode eye"),
    ("dirac_", initialized(lambda: E(7, 5, 3, 4), nn.init.dirac_), W, "--mode dirac"),
    ("dirac_ rank 3", initialized(lambda: E(4, 6, 5), nn.init.dirac_), W, "--mode dirac"),
    ("dirac_ rank 5", initialized(lambda: E(4, 6, 3, 3, 3), nn.init.dirac_), W, "--mode dirac"),
    ("constant_", initialized(lambda: E(4, 6), lambda t: nn.init.constant_(t, 0.3)), W,
     "--mode constant --value 0.3 --dtype float32"),
]


def made(shape, options, folder):
    path = folder / "w.npy"
    subprocess.run([DETINIT, "--shape", ",".join(map(str, shape)), *options.split(), "--save",
                    str(path), "-q"], check=True)
    return np.load(path)


@pytest.mark.parametrize("name,make,pick,options", CONSTANT, ids=[row[0] for row in CONSTANT])
def test_torch_constants(name, make, pick, options, tmp_path):
    tensor = pick(make()).detach().numpy()
    assert (made(tensor.shape, options, tmp_path) == tensor).all()


def test_torch_padding_row(tmp_path):
    w = nn.Embedding(20, 8, padding_idx=3).weight.detach().numpy()
    ours = made((20, 8), "--mode normal --std 1 --zero-row 3", tmp_path)
    assert ((w == 0).all(axis=1) == (ours == 0).all(axis=1)).all()


@pytest.mark.parametrize("cut", [0.5, 1, 2, 3])
def test_torch_trunc_normal(cut, tmp_path):
    """PyTorch's trunc_normal_ is cut, not rescaled: its std and bounds are ours."""
    std = 0.02
    w = nn.init.trunc_normal_(E(500, 600), std=std, a=-cut * std, b=cut * std).numpy()
    options = f"--mode normal --std {std} --dist trunc_normal --cut {cut}"
    says = told((500, 600), options)
    assert says["target_std"] == pytest.approx(float(w.std()), rel=0.01)
    assert says["max"] <= cut * std and says["max"] == pytest.approx(w.max(), rel=0.01)


@pytest.mark.parametrize("shape", [(12, 30), (30, 12), (8, 4, 3, 3), (6, 5, 4)])
def test_torch_orthogonal(shape, tmp_path):
    """Both flatten (first) x (others) and have orthonormal rows or columns."""
    theirs = nn.init.orthogonal_(E(*shape)).numpy().reshape(shape[0], -1)
    ours = made(shape, "--orthogonal --mode xavier", tmp_path).reshape(shape[0], -1)
    for w in (theirs, ours):
        w = w if w.shape[0] <= w.shape[1] else w.T
        assert np.abs(w @ w.T - np.eye(len(w))).max() < 1e-5


def test_torch_sparse(tmp_path):
    """PyTorch zeros a share of each column, detinit a share of all: the share is the same."""
    theirs = nn.init.sparse_(E(400, 300), sparsity=0.3).numpy()
    ours = made((400, 300), "--mode normal --std 0.01 --zero 0.3", tmp_path)
    assert (theirs == 0).mean() == pytest.approx(0.3, abs=1e-6)
    assert (ours == 0).mean() == pytest.approx(0.3, abs=0.01)


# ---------------------------------------------------------------- JAX, Keras

JAX = [
    ("he_normal", "he_normal()", (300, 400), "--mode he --dist truncated --fan-in rows"),
    ("he_uniform", "he_uniform()", (300, 400), "--mode he_uniform --fan-in rows"),
    ("glorot_normal", "glorot_normal()", (300, 400), "--mode xavier --dist truncated --fan-in rows"),
    ("glorot_uniform", "glorot_uniform()", (300, 400), "--mode glorot_uniform --fan-in rows"),
    ("lecun_normal", "lecun_normal()", (300, 400), "--mode lecun --dist truncated --fan-in rows"),
    ("lecun_uniform", "lecun_uniform()", (300, 400), "--mode lecun --dist uniform --fan-in rows"),
    ("he_normal conv", "he_normal()", (3, 3, 64, 128), "--mode he --dist truncated --fan-in rows"),
    ("glorot_uniform conv", "glorot_uniform()", (3, 3, 64, 128),
     "--mode glorot_uniform --fan-in rows"),
    ("variance_scaling fan_out", "variance_scaling(2.0, 'fan_out', 'normal')", (300, 400),
     "--mode he --fan-mode fan_out --fan-in rows"),
    ("variance_scaling fan_avg", "variance_scaling(1.0, 'fan_avg', 'uniform')", (300, 400),
     "--mode lecun --dist uniform --fan-mode fan_avg --fan-in rows"),
    ("truncated_normal", "truncated_normal(0.02)", (300, 400),
     "--mode normal --std 0.02 --dist trunc_normal"),
]


@pytest.mark.parametrize("name,text,shape,options", JAX, ids=[row[0] for row in JAX])
def test_jax(name, text, shape, options):
    jax = pytest.importorskip("jax")
    w = np.asarray(eval("jax.nn.initializers." + text)(jax.random.key(0), shape))  # noqa: S307
    says = told(shape, options)
    assert says["target_std"] == pytest.approx(float(w.std()), rel=0.01)
    assert says["max"] == pytest.approx(float(w.max()), rel=0.15)


KERAS = [
    ("HeNormal", "HeNormal()", (300, 400), "--mode he --dist truncated --fan-in rows"),
    ("HeUniform", "HeUniform()", (300, 400), "--mode he_uniform --fan-in rows"),
    ("GlorotNormal", "GlorotNormal()", (300, 400), "--mode xavier --dist truncated --fan-in rows"),
    ("GlorotUniform", "GlorotUniform()", (300, 400), "--mode glorot_uniform --fan-in rows"),
    ("LecunNormal", "LecunNormal()", (300, 400), "--mode lecun --dist truncated --fan-in rows"),
    ("GlorotUniform conv", "GlorotUniform()", (3, 3, 64, 128), "--mode glorot_uniform --fan-in rows"),
    ("HeNormal conv1d", "HeNormal()", (5, 64, 128), "--mode he --dist truncated --fan-in rows"),
    ("VarianceScaling fan_out",
     "VarianceScaling(2.0, 'fan_out', 'untruncated_normal')", (300, 400),
     "--mode he --fan-mode fan_out --fan-in rows"),
    ("RandomNormal", "RandomNormal(stddev=0.05)", (300, 400), "--mode normal --std 0.05"),
    ("TruncatedNormal", "TruncatedNormal(stddev=0.05)", (300, 400),
     "--mode normal --std 0.05 --dist trunc_normal"),
    # DepthwiseConv2D's kernel is (h, w, in, multiplier); Keras counts fans as of any kernel.
    ("DepthwiseConv2D", "GlorotUniform()", (3, 3, 256, 1), "--mode glorot_uniform --fan-in rows"),
]


@pytest.mark.parametrize("name,text,shape,options", KERAS, ids=[row[0] for row in KERAS])
def test_keras(name, text, shape, options):
    os.environ.setdefault("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(1)
    w = np.asarray(eval("keras.initializers." + text)(shape))  # noqa: S307
    says = told(shape, options)
    assert says["target_std"] == pytest.approx(float(w.std()), rel=0.025)
    assert says["max"] == pytest.approx(float(w.max()), rel=0.15)


# Layers as they are built: (input shape, layer, its weight, the same said to detinit).  Keras
# counts the fans of a depthwise kernel (h, w, in, multiplier) as of any other, so that xavier's
# variance falls with the channels that a unit never sees; detinit's layout does the same, and
# --fans 9,18 states what is so.
KERAS_LAYERS = [
    ("Dense", (300,), "Dense(400)", "kernel", "--mode glorot_uniform --fan-in rows"),
    ("Dense bias", (300,), "Dense(400)", "bias", "--mode zeros"),
    ("Conv1D", (20, 64), "Conv1D(128, 5)", "kernel", "--mode glorot_uniform --fan-in rows"),
    ("Conv2D", (8, 8, 64), "Conv2D(128, 3)", "kernel", "--mode glorot_uniform --fan-in rows"),
    ("Conv2D grouped", (8, 8, 64), "Conv2D(128, 3, groups=4)", "kernel",
     "--mode glorot_uniform --fan-in rows"),
    ("Conv3D", (8, 8, 8, 16), "Conv3D(32, 3)", "kernel", "--mode glorot_uniform --fan-in rows"),
    ("Conv2DTranspose", (8, 8, 64), "Conv2DTranspose(128, 3)", "kernel",
     "--mode glorot_uniform --fan-in rows"),
    ("DepthwiseConv2D", (8, 8, 512), "DepthwiseConv2D(3, depth_multiplier=2)", "kernel",
     "--mode glorot_uniform --fan-in rows"),
    ("SeparableConv2D", (8, 8, 128), "SeparableConv2D(256, 3)", "pointwise_kernel",
     "--mode glorot_uniform --fan-in rows"),
    ("Embedding", (5,), "Embedding(1000, 64)", "embeddings",
     "--mode normal --dist uniform --std 0.028867513459481287"),
    ("LSTM kernel", (7, 300), "LSTM(100)", "cell.kernel", "--mode glorot_uniform --fan-in rows"),
    ("GRU kernel", (7, 300), "GRU(100)", "cell.kernel", "--mode glorot_uniform --fan-in rows"),
    ("LayerNormalization", (300,), "LayerNormalization()", "gamma", "--mode ones"),
    ("MultiHeadAttention", ((9, 64), (9, 64)), "MultiHeadAttention(4, 32)", "_query_dense.kernel",
     "--mode glorot_uniform --fans 64,128"),
]


def keras_weight(text, shape, path):
    os.environ.setdefault("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(1)
    layer = eval("keras.layers." + text)  # noqa: S307
    shapes = shape if isinstance(shape[0], tuple) else (shape,)
    layer.build(*((None, *one) for one in shapes))
    weight = layer
    for name in path.split("."):
        weight = getattr(weight, name)
    return np.asarray(weight)


@pytest.mark.parametrize("name,shape,text,path,options", KERAS_LAYERS,
                         ids=[row[0] for row in KERAS_LAYERS])
def test_keras_layer(name, shape, text, path, options, tmp_path):
    w = keras_weight(text, shape, path)
    if w.std() == 0:
        assert (made(w.shape, options, tmp_path) == w).all()
        return
    says = told(w.shape, options)
    assert says["target_std"] == pytest.approx(float(w.std()), rel=0.03)
    assert says["max"] == pytest.approx(float(w.max()), rel=0.02)


@pytest.mark.parametrize("text", ["LSTM(100)", "GRU(100)", "SimpleRNN(100)"])
def test_keras_recurrent(text, tmp_path):
    theirs = keras_weight(text, (7, 30), "cell.recurrent_kernel")
    ours = made(theirs.shape, "--orthogonal --mode xavier --fan-in rows", tmp_path)
    for w in (theirs, ours):
        assert np.abs(w @ w.T - np.eye(len(w))).max() < 1e-5


def test_flax_dense_and_depthwise():
    """Flax' Dense and a depthwise Conv (feature_group_count) start from lecun_normal of their shape."""
    jax = pytest.importorskip("jax")
    linen = pytest.importorskip("flax.linen")
    x = jax.numpy.zeros((1, 8, 8, 256))
    dense = linen.Dense(512).init(jax.random.key(1), x)["params"]["kernel"]
    conv = linen.Conv(256, (3, 3), feature_group_count=256).init(jax.random.key(2), x)
    conv = conv["params"]["kernel"]
    for w in (dense, conv):
        says = told(w.shape, "--mode lecun --dist truncated --fan-in rows")
        assert says["target_std"] == pytest.approx(float(np.asarray(w).std()), rel=0.03)
