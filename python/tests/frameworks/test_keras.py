"""detinit.keras beside keras.initializers, in models, and the program's own bits."""

import os

import numpy as np
import pytest
from laws import bits, gram, made_by_program, run_python, same_distribution

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = pytest.importorskip("keras")

import test_readme  # noqa: E402
from checks import refused  # noqa: E402

import detinit  # noqa: E402
import detinit.keras as ours  # noqa: E402

theirs, layers = keras.initializers, keras.layers
DENSE, CONV = (300, 400), (3, 3, 64, 128)

# (the initializer, its arguments, a shape): the same said to Keras and to detinit.
LAWS = [
    *[(name, {}, shape) for name in ("HeNormal", "HeUniform", "GlorotNormal", "GlorotUniform", "LecunNormal",
                                     "LecunUniform", "RandomNormal", "RandomUniform", "TruncatedNormal")
      for shape in (DENSE, CONV)],
    ("HeNormal", {}, (2000,)),
    ("GlorotUniform", {"input_axes": [0], "output_axes": [1, 2]}, (100, 20, 30)),
    ("RandomNormal", {"mean": 2.0, "stddev": 0.5}, (1000,)),
    ("RandomNormal", {"mean": 2.0, "stddev": 0.0}, (10,)),
    ("TruncatedNormal", {"mean": -1.0, "stddev": 0.5}, DENSE),
    ("RandomUniform", {"minval": 1.0, "maxval": 3.0}, (1000,)),
    *[("VarianceScaling", {"scale": 0.7, "mode": mode, "distribution": dist}, (30, 2000))
      for mode in ("fan_in", "fan_out", "fan_avg")
      for dist in ("truncated_normal", "untruncated_normal", "uniform", "normal")],
    ("Zeros", {}, (3, 4)), ("Ones", {}, (3,)), ("Constant", {"value": 0.3}, (3, 4)),
]
EXACT = [("Identity", {"gain": 2.0}, (4, 6)), ("Orthogonal", {"gain": 2.0}, (5, 6, 20))]


def address_of(name, seed, layer):
    return {} if name in ("Zeros", "Ones", "Constant", "Identity") else {"seed": seed, "layer": layer}


@pytest.mark.parametrize("name,named,shape", LAWS, ids=[f"{row[0]} {row[1:]}" for row in LAWS])
def test_distribution(name, named, shape):
    keras.utils.set_random_seed(1)
    mine, their = getattr(ours, name)(**named)(shape), getattr(theirs, name)(**named)(shape)
    assert (mine.shape, mine.dtype) == (their.shape, their.dtype)
    assert same_distribution(mine, their)


def test_identity_and_orthogonal():
    assert (np.asarray(ours.Identity(2.0)((4, 6))) == np.asarray(theirs.Identity(2.0)((4, 6)))).all()
    for shape in ((30, 12), (12, 30), (5, 6, 20)):
        for made in (one.Orthogonal(2.0, seed=3)(shape) for one in (ours, theirs)):
            assert np.abs(gram(made) - 4 * np.eye(len(gram(made)))).max() < 1e-4


def test_every_name_of_keras():
    """But for STFT, which nothing is drawn for."""
    classes = {kind.__name__ for kind in vars(theirs).values() if isinstance(kind, type)}
    assert classes - {"Initializer", "STFT"} <= set(ours.__all__)


def test_weights_are_the_programs(tmp_path):
    dtypes = ("float32", "bfloat16", "float16")
    made = {f"layer {n}": (getattr(ours, name)(**named, **address_of(name, 7 + n, f"layer {n}")), shape)
            for n, (name, named, shape) in enumerate(LAWS + EXACT)}
    manifest = detinit.Manifest({f"{name} {dtype}": initializer.recipe(shape, dtype)
                                 for name, (initializer, shape) in made.items() for dtype in dtypes})
    saved = made_by_program(manifest, tmp_path)
    for name, (initializer, shape) in made.items():
        for dtype in dtypes:
            weights = initializer(shape, dtype)
            assert weights.dtype == dtype
            assert bits(weights) == bits(saved[f"{name} {dtype}"]), (name, dtype)
    said = detinit.Recipe(CONV, "HeNormal", seed=7, layer="name", name="a/b", fan_in="rows", dtype="float32")
    assert ours.HeNormal(seed=7, layer="a/b").recipe(CONV) == said


@pytest.mark.parametrize("name,named,shape", LAWS + EXACT, ids=[f"{row[0]} {row[1:]}" for row in LAWS + EXACT])
def test_configurations(name, named, shape):
    one = getattr(ours, name)(**named, **address_of(name, 2**64 - 1, "a/b"))
    again = [type(one).from_config(one.get_config()), one.clone(),
             theirs.deserialize(theirs.serialize(one)),
             keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(one))]
    for other in again:
        assert type(other) is type(one) and other.recipe(shape) == one.recipe(shape)
    assert isinstance(one, getattr(theirs, name))


def network(**dense):
    """One of each kind of layer that Keras starts in a way of its own."""
    image, words = keras.Input((16, 16, 8)), keras.Input((6,))
    x = layers.Conv2D(32, 3)(image)
    x = layers.BatchNormalization()(x)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2)(x)
    x = layers.SeparableConv2D(48, 3, depth_multiplier=2)(x)
    x = layers.Conv2DTranspose(24, 3)(x)
    x = layers.PReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    y = layers.Embedding(200, 32)(words)
    y = layers.MultiHeadAttention(4, 24)(y, y)
    y = layers.GroupQueryAttention(8, 4, 2)(y, y)
    y = layers.LayerNormalization()(y)
    y = layers.Bidirectional(layers.LSTM(20, return_sequences=True))(y)
    y = layers.LSTM(20, unit_forget_bias=False, bias_initializer="ones", return_sequences=True)(y)
    y = layers.ConvLSTM1D(8, 3)(y[:, :, :, None])
    y = layers.GRU(20)(y)
    z = layers.Concatenate()([x, y])
    z = layers.Dense(100, kernel_initializer="he_normal", bias_initializer=theirs.RandomUniform(0, 1))(z)
    return keras.Model([image, words], layers.Dense(300, **dense)(z))


def test_models_begin_as_keras_has_them():
    keras.utils.set_random_seed(2)
    own, model = network(), network()
    manifest = ours.init_(model, seed=7)
    for name, mine, their in zip(ours.weight_names(model), model.weights, own.weights):
        assert bits(mine.value) == bits(manifest[name].array())
        if "recurrent" in name:
            assert np.abs(gram(mine.value) - np.eye(len(gram(mine.value)))).max() < 1e-4, name
        else:
            assert same_distribution(mine.value, their.value), name
    assert len(manifest) == len(model.weights)


def test_names_do_not_depend_on_the_process():
    """Keras counts names for as long as the process lives."""
    first, second = network(), network()
    assert [one.path for one in first.weights] != [one.path for one in second.weights]
    names = list(ours.weight_names(first))
    assert list(ours.weight_names(second)) == names
    assert {"conv2d/kernel", "dense/kernel", "dense_1/bias", "lstm/lstm_cell/kernel",
            "multi_head_attention/query/kernel", "bidirectional/forward_lstm/lstm_cell/kernel"} < set(names)
    assert ours.init_(first).to_json() == ours.init_(second).to_json()

    def sequential(**named):
        return keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(5, name="block_7"), layers.Dense(6)],
                                **named)
    expected = ["dense/kernel", "dense/bias", "block_7/kernel", "block_7/bias", "dense_1/kernel", "dense_1/bias"]
    for model in (sequential(), sequential(), sequential(name="mine")):
        assert list(ours.weight_names(model)) == expected


def test_models_are_saved_and_loaded(tmp_path):
    model = network(kernel_initializer=ours.HeNormal(seed=2**63, layer="head/kernel"))
    kernel = model.layers[-1].kernel
    assert bits(kernel.value) == bits(ours.HeNormal(seed=2**63, layer="head/kernel").recipe((100, 300)).array())
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert all(bits(a.value) == bits(b.value) for a, b in zip(model.weights, loaded.weights))
    initializer = loaded.layers[-1].kernel_initializer
    assert type(initializer) is ours.HeNormal and (initializer.seed, initializer.layer) == (2**63, "head/kernel")
    assert ours.init_(loaded).to_json() == ours.init_(model).to_json()


def half_network():
    """Without recurrent layers: Keras' own orthogonal matrices need float32."""
    return keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(16, 3), layers.BatchNormalization(),
                             layers.Flatten(), layers.Dense(40, kernel_initializer="he_normal"), layers.Dense(10)])


@pytest.mark.parametrize("make,dtype", [(network, "float32"), (half_network, "bfloat16"), (half_network, "float16")])
def test_models_are_the_programs(make, dtype, tmp_path):
    keras.config.set_dtype_policy(dtype)
    try:
        model = make()
    finally:
        keras.config.set_dtype_policy("float32")
    made = made_by_program(ours.init_(model, seed=7), tmp_path)
    names = ours.weight_names(model)
    assert set(made) == set(names)
    for name, weight in names.items():
        assert weight.value.dtype == dtype
        assert bits(weight.value) == bits(made[name]), name


def test_rules_and_weights_that_stay():
    normalization = layers.Normalization()
    normalization.adapt(np.arange(12.0).reshape(4, 3))
    model = keras.Sequential([keras.Input((3,)), normalization, layers.Dense(4), layers.Dense(5)])
    mean = np.asarray(normalization.mean)
    recipe = detinit.Recipe((5,), "ones", dtype="float32")
    manifest = ours.init_(model, rules={
        "dense/kernel": "he_uniform", "dense_1/bias": recipe,
        "*kernel": {"mode": "normal", "std": 0.02}, "*": lambda name, variable: None})
    assert (np.asarray(normalization.mean) == mean).all()
    assert set(manifest) == {"dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"}
    assert (manifest["dense/kernel"].mode, manifest["dense_1/kernel"].std) == ("he", 0.02)
    assert (np.asarray(model.layers[-1].bias) == 1).all()


class Own(keras.Model):
    def __init__(self, names=("fc", "fc")):
        super().__init__()
        self.parts = [layers.Dense(3, name=name) for name in names]
        self.scale = self.add_weight(shape=(3,), initializer="ones", name="scale")

    def build(self, shape):
        for part in self.parts:
            part.build((None, 3))


def test_refusals():
    built = keras.Sequential([keras.Input((3,)), layers.Dense(4)])
    before = bits(built.weights[0].value)
    own, twice = Own(("fc", "fd")), Own()
    own.build(None)
    twice.build(None)
    for words, mistake in [
            ("seed must be", lambda: ours.HeNormal(seed=-1)),
            ("SeedGenerator", lambda: ours.HeNormal(seed=keras.random.SeedGenerator(1))),
            ("layer must be", lambda: ours.RandomNormal(layer=-1)),
            ("mode must be fan_in, fan_out or fan_avg", lambda: ours.VarianceScaling(mode="fan_geo_avg")),
            ("distribution must be", lambda: ours.VarianceScaling(distribution="cauchy")),
            ("scale must be above 0", lambda: ours.VarianceScaling(0)),
            ("input_axes must be dimensions", lambda: ours.HeNormal(input_axes=[5], output_axes=[0])((3, 4))),
            ("stddev must be a number", lambda: ours.RandomNormal(stddev="wide")),
            ("std must be", lambda: ours.TruncatedNormal(stddev=-1)((3,))),
            ("upper bound", lambda: ours.RandomUniform(1, 0)),
            ("value must be a number", lambda: ours.Constant("a")),
            ("needs a matrix", lambda: ours.Identity()((3,))),
            ("2 dimensions", lambda: ours.Orthogonal()((3,))),
            ("dtype must be", lambda: ours.HeNormal()((3, 4), "int32")),
            ("a model or a layer", lambda: ours.init_([])),
            ("no weights yet", lambda: ours.init_(layers.Dense(3))),
            ("seed must be", lambda: ours.init_(built, seed=2**64)),
            ("scale, of shape (3,), has no initializer that is known", lambda: ours.init_(own)),
            ("two weights have the name 'fc/kernel'", lambda: ours.init_(twice)),
            ("'x' is of no weight", lambda: ours.init_(built, rules={"x": "he"})),
            ("dense/bias, the rule 'd*s': mode must be", lambda: ours.init_(built, rules={"d*s": "hee"})),
            ("must say a mode", lambda: ours.init_(built, rules={"*": 3})),
            ("is of shape (3, 4)", lambda: ours.init_(built, rules={"*": detinit.Recipe((4,))}))]:
        with refused(detinit.InvalidError, words):
            mistake()
    assert bits(built.weights[0].value) == before
    assert set(ours.init_(own, rules={"scale": "ones"})) == {"fc/kernel", "fc/bias", "fd/kernel", "fd/bias", "scale"}


OTHER = """
import os
import numpy as np
import keras, detinit.keras
assert keras.backend.backend() == os.environ["KERAS_BACKEND"]
for dtype in ("float64", "float32", "float16", "bfloat16"):
    make = detinit.keras.HeNormal(seed=3)
    made = make((1000, 1000), dtype)
    assert keras.backend.standardize_dtype(made.dtype) == dtype
    expected = make.recipe((1000, 1000), dtype).array().astype("float64")
    assert (keras.ops.convert_to_numpy(keras.ops.cast(made, "float64")) == expected).all()
"""


@pytest.mark.parametrize("backend", ["numpy", "torch", "tensorflow"])
def test_other_backends(backend):
    pytest.importorskip(backend)
    run_python(OTHER, KERAS_BACKEND=backend)


SHARDED = """
import jax, keras, numpy as np, detinit.keras
assert len(jax.devices()) == 4
mesh = keras.distribution.DeviceMesh((4,), ["model"])
layout = keras.distribution.LayoutMap(mesh)
layout[".*dense.*kernel"] = (None, "model")
keras.distribution.set_distribution(keras.distribution.ModelParallel(layout_map=layout, batch_dim_name=None))
make = detinit.keras.HeNormal(seed=3)
model = keras.Sequential([keras.Input((30,)), keras.layers.Dense(40, kernel_initializer=make)])
kernel = model.layers[0].kernel
assert kernel.value.addressable_shards[0].data.shape == (30, 10)
assert (np.asarray(kernel.value) == make.recipe((30, 40)).array()).all()
manifest = detinit.keras.init_(model)
assert kernel.value.addressable_shards[0].data.shape == (30, 10)
assert (np.asarray(kernel.value) == manifest["dense/kernel"].array()).all()
"""


def test_distributed_models():
    pytest.importorskip("jax")
    run_python(SHARDED, KERAS_BACKEND="jax", XLA_FLAGS="--xla_force_host_platform_device_count=4")


def test_snippets_of_readme():
    chosen = [one for one in test_readme.snippets() if "detinit.keras" in one[1]]
    assert chosen
    test_readme.run(chosen)
