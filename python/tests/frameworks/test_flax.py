"""detinit.jax with Flax: initializers in its layers, and trees of parameters beside Flax' own."""

import numpy as np
import pytest
from laws import bits, gram, made_by_program, same_distribution

jax = pytest.importorskip("jax")
nn = pytest.importorskip("flax.linen")

import jax.numpy as jnp  # noqa: E402
from flax import nnx  # noqa: E402

import detinit  # noqa: E402
import detinit.jax  # noqa: E402

KEY = jax.random.key(1)


class Model(nn.Module):
    """One of each kind of layer that Flax starts in a way of its own."""

    @nn.compact
    def __call__(self, tokens):
        x = nn.Embed(300, 64)(tokens)
        x = nn.MultiHeadDotProductAttention(4, qkv_features=128)(x)
        x = nn.LayerNorm()(x)
        x = nn.RNN(nn.OptimizedLSTMCell(40))(x)
        x = nn.RNN(nn.LSTMCell(40))(x)
        x = nn.RNN(nn.GRUCell(40))(x)
        x = nn.RNN(nn.SimpleCell(40))(x)
        x = nn.RNN(nn.MGUCell(40))(x)
        x = nn.Conv(64, (5,))(x)
        x = nn.Conv(64, (3, 3))(x[:, None])
        x = nn.ConvTranspose(32, (3, 3))(x)
        x = nn.BatchNorm(use_running_average=True)(x)
        x = nn.PReLU()(x)
        x = nn.DenseGeneral((8, 16), axis=-1, name="query")(x)
        return nn.Dense(50, kernel_init=nn.with_partitioning(nn.initializers.lecun_normal(), ("a", "b")))(
            x.reshape(x.shape[0], -1))


TOKENS = jnp.zeros((2, 6), jnp.int32)


def named(tree):
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf
            for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]}


def test_parameters_begin_as_flax_has_them():
    own = Model().init(KEY, TOKENS)
    params, manifest = detinit.jax.init_params(jax.eval_shape(Model().init, KEY, TOKENS))
    assert jax.tree.structure(params) == jax.tree.structure(own)
    for name, leaf in named(own).items():
        mine = named(params)[name]
        assert (mine.shape, mine.dtype) == (leaf.shape, leaf.dtype)
        product = gram(leaf) if leaf.ndim == 2 else np.zeros(1)
        if np.abs(product - np.eye(len(product))).max() < 1e-4:
            assert np.abs(gram(mine) - np.eye(len(product))).max() < 1e-4, name
        else:
            assert same_distribution(mine, leaf), name
    assert len(manifest) == len(named(own))
    assert "batch_stats/BatchNorm_0/mean" in manifest and "Conv_0/kernel" in manifest
    alone, part = detinit.jax.init_params(own["params"])
    assert all(part[name] == manifest[name] for name in part)
    assert jax.tree.all(jax.tree.map(lambda a, b: (a == b).all(), alone, params["params"]))
    assert np.isfinite(Model().apply(params, TOKENS)).all()


def test_parameters_are_the_programs(tmp_path):
    params, manifest = detinit.jax.init_params(
        {"params": {"Dense_0": {"kernel": jax.ShapeDtypeStruct((30, 40), jnp.bfloat16), "bias": jnp.ones(40)},
                    "token": jnp.zeros((3, 8)), "step": jnp.zeros((), jnp.int32)}}, seed=7,
        rules={"token": {"mode": "normal", "std": 0.02}, "*/bias": "normal"})
    made = made_by_program(manifest, tmp_path)
    assert set(made) == {"Dense_0/kernel", "Dense_0/bias", "token"}
    assert bits(params["params"]["Dense_0"]["kernel"]) == bits(made["Dense_0/kernel"])
    assert bits(params["params"]["Dense_0"]["bias"]) == bits(made["Dense_0/bias"])
    assert bits(params["params"]["token"]) == bits(made["token"])
    assert params["params"]["step"].dtype == jnp.int32
    assert manifest["Dense_0/kernel"] == detinit.jax.lecun_normal(seed=7, layer="Dense_0/kernel").recipe(
        (30, 40), "bfloat16")


def test_rules_are_functions_and_recipes():
    recipe = detinit.Recipe((40,), "ones", dtype="float32")
    _, manifest = detinit.jax.init_params(
        {"a": {"kernel": jnp.zeros((30, 40)), "bias": jnp.zeros(40)}, "b": {"kernel": jnp.zeros((30, 40))}},
        rules={"*/bias": recipe, "b/*": "he_uniform", "*": lambda name, leaf: None if leaf.ndim == 2 else "zeros"})
    assert manifest["a/bias"] == recipe
    assert (manifest["a/kernel"].mode, manifest["b/kernel"].mode) == ("lecun", "he")


def test_initializers_in_linen():
    class Two(nn.Module):
        make: object

        @nn.compact
        def __call__(self, x):
            for _ in range(2):
                x = nn.Dense(20, kernel_init=self.make, bias_init=detinit.jax.zeros)(x)
            return x

    for init in (lambda model: model.init, lambda model: jax.jit(model.init)):
        make = detinit.jax.he_normal(seed=7)
        alike = init(Two(make))(KEY, jnp.zeros((1, 20)))["params"]
        assert (alike["Dense_0"]["kernel"] == make(None, (20, 20))).all()
        assert (alike["Dense_0"]["kernel"] == alike["Dense_1"]["kernel"]).all()
        folds = Two(detinit.jax.he_normal(seed=7, key="fold"))
        first, again = (init(folds)(KEY, jnp.zeros((1, 20)))["params"] for _ in range(2))
        assert (first["Dense_0"]["kernel"] != first["Dense_1"]["kernel"]).all()
        assert jax.tree.all(jax.tree.map(lambda a, b: (a == b).all(), first, again))


def test_nnx():
    class Network(nnx.Module):
        def __init__(self, rngs):
            self.first = nnx.Linear(30, 40, kernel_init=detinit.jax.he_normal(seed=7, layer="first"), rngs=rngs)
            self.norm = nnx.BatchNorm(40, rngs=rngs)
            self.drop = nnx.Dropout(0.5, rngs=rngs)
            self.last = nnx.Linear(40, 10, rngs=rngs)

    model = Network(nnx.Rngs(0))
    assert (model.first.kernel[...] == detinit.jax.he_normal(seed=7, layer="first")(None, (30, 40))).all()
    state, manifest = detinit.jax.init_params(nnx.state(model), seed=3)
    nnx.update(model, state)
    assert set(manifest) == {"first/kernel", "first/bias", "norm/scale", "norm/bias", "norm/mean", "norm/var",
                             "last/kernel", "last/bias"}
    assert bits(model.last.kernel[...]) == bits(manifest["last/kernel"].array())
    assert (model.norm.var[...] == 1).all()
    model.drop(jnp.ones(3))
