"""detinit.jax beside jax.nn.initializers and Flax, and the program's own bits."""

import warnings

import numpy as np
import pytest
from laws import bits, gram, made_by_program, run_python, same_distribution

jax = pytest.importorskip("jax")

import jax.numpy as jnp  # noqa: E402
import test_readme  # noqa: E402
from checks import refused  # noqa: E402

import detinit  # noqa: E402
import detinit.jax as ours  # noqa: E402

theirs = jax.nn.initializers
KEY = jax.random.key(0)
DENSE, CONV = (300, 400), (3, 3, 64, 128)

# (the initializer, its arguments, a shape): the same said to JAX and to detinit.
LAWS = [
    *[(name, (), {}, shape)
      for name in ("he_normal", "he_uniform", "kaiming_normal", "kaiming_uniform", "glorot_normal", "glorot_uniform",
                   "xavier_normal", "xavier_uniform", "lecun_normal", "lecun_uniform", "normal", "uniform",
                   "truncated_normal")
      for shape in (DENSE, CONV)],
    ("normal", (0.5,), {}, (1000,)),
    ("normal", (0,), {}, (5,)),
    ("uniform", (3,), {}, (1000,)),
    ("truncated_normal", (2,), {"lower": -1.0, "upper": 1.0}, DENSE),
    ("constant", (0.3,), {}, (7,)),
    *[("variance_scaling", (0.7, mode, dist), {}, (30, 2000))
      for mode in ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
      for dist in ("truncated_normal", "normal", "uniform")],
    ("variance_scaling", (2.0, "fan_out", "normal"), {}, DENSE),
    ("variance_scaling", (1.0, "fan_in", "normal"), {"out_axis": 0}, DENSE),
    ("he_normal", (), {"in_axis": 0, "out_axis": (1, 2)}, (300, 20, 20)),
    ("lecun_uniform", (), {"in_axis": (0, 1), "out_axis": -1}, (20, 20, 300)),
    ("glorot_normal", (), {"batch_axis": 0}, (3, 200, 300)),
    ("variance_scaling", (1.0, "fan_geo_avg", "uniform"), {"batch_axis": (0,)}, (3, 100, 300)),
]


@pytest.mark.parametrize("name,arguments,named,shape", LAWS, ids=[f"{row[0]} {row[1:]}" for row in LAWS])
def test_distribution(name, arguments, named, shape):
    mine = getattr(ours, name)(*arguments, **named)(KEY, shape)
    their = getattr(theirs, name)(*arguments, **named)(KEY, shape)
    assert (mine.shape, mine.dtype) == (their.shape, their.dtype)
    assert same_distribution(mine, their)


def test_every_name_of_jax():
    names = {name for name in dir(theirs) if not name.startswith("_")}
    assert names <= set(ours.__all__)
    for name in ("zeros", "ones"):
        assert (getattr(ours, name)(KEY, (3, 4)) == getattr(theirs, name)(KEY, (3, 4))).all()


def test_weights_are_the_programs(tmp_path):
    """Of every initializer and type; the manifest says what makes them."""
    made = {}
    for n, (name, arguments, named, shape) in enumerate(LAWS):
        address = {} if name == "constant" else {"seed": 7 + n, "layer": f"layer {n}"}
        made[f"layer {n}"] = (getattr(ours, name)(*arguments, **named, **address), shape)
    for name, shape in (("orthogonal", (6, 7, 20)), ("delta_orthogonal", (3, 3, 4, 6))):
        made[name] = (getattr(ours, name)(0.7, seed=3, layer=name), shape)
    dtypes = ("float32", "bfloat16", "float16")
    manifest = detinit.Manifest({f"{name} {dtype}": made[name][0].recipe(made[name][1], dtype)
                                 for name in made for dtype in dtypes})
    saved = made_by_program(manifest, tmp_path)
    for name, (initializer, shape) in made.items():
        for dtype in dtypes:
            weights = initializer(KEY, shape, getattr(jnp, dtype))
            assert weights.dtype == dtype
            assert bits(weights) == bits(saved[f"{name} {dtype}"]), (name, dtype)


def test_names_are_the_programs():
    """What JAX calls he_normal is what the program calls so."""
    for name in ("he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal", "lecun_uniform"):
        for shape in (DENSE, CONV):
            said = detinit.Recipe(shape, name, seed=7, layer=5, fan_in="rows", dtype="float32")
            assert getattr(ours, name)(seed=7, layer=5).recipe(shape) == said
    named = detinit.Recipe((3, 4), "he_normal", layer="name", name="a/b", fan_in="rows", dtype="float32")
    assert ours.he_normal(layer="a/b").recipe((3, 4)) == named


@pytest.mark.parametrize("shape,column_axis", [((30, 12), -1), ((12, 30), 1), ((3, 3, 5, 60), -1), ((3, 4, 5), -1),
                                               ((30, 12), 0), ((40, 3, 4), -3)])
def test_orthogonal(shape, column_axis):
    for made in (getattr(one, "orthogonal")(2.0, column_axis)(KEY, shape) for one in (ours, theirs)):
        product = gram(np.moveaxis(np.asarray(made), column_axis, -1))
        assert np.abs(product - 4 * np.eye(len(product))).max() < 1e-4


@pytest.mark.parametrize("shape", [(3, 4, 6), (3, 5, 4, 4), (1, 3, 5, 4, 7)])
def test_delta_orthogonal(shape):
    mine, their = (np.asarray(getattr(one, "delta_orthogonal")(2.0)(KEY, shape)) for one in (ours, theirs))
    assert ((mine == 0) == (their == 0)).all()
    middle = mine[tuple(size // 2 for size in shape[:-2])]
    assert np.abs(gram(middle) - 4 * np.eye(len(gram(middle)))).max() < 1e-4


def test_keys_are_ignored_or_folded():
    typed, raw = jax.random.key(5), jax.random.PRNGKey(5)
    ignores, folds = ours.he_normal(seed=7), ours.he_normal(seed=7, key="fold")
    assert (ignores(typed, (4, 5)) == ignores(None, (4, 5))).all()
    assert (folds(typed, (4, 5)) == folds(raw, (4, 5))).all()
    assert (folds(typed, (4, 5)) != folds(jax.random.key(6), (4, 5))).all()
    assert (folds(typed, (4, 5)) != ours.he_normal(seed=8, key="fold")(typed, (4, 5))).all()
    # SHA-256 of the 8 bytes of 7 and the words 0, 5: printf '\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\5' | sha256sum
    seed = 0xce4561620426d04c
    assert ours.folded_seed(7, typed) == seed
    assert (folds(typed, (4, 5)) == ours.he_normal(seed=seed)(None, (4, 5))).all()
    assert folds.recipe((4, 5), key=typed).seed == seed
    wide = jax.random.key(5, impl="rbg")
    assert folds(wide, (4, 5)).shape == (4, 5)


def test_under_jit():
    ignores, folds = ours.glorot_uniform(seed=7), ours.glorot_uniform(seed=7, key="fold")
    for make in (ignores, folds):
        for key in (KEY, jax.random.PRNGKey(5)):
            for dtype in (jnp.float32, jnp.bfloat16):
                jitted = jax.jit(lambda key: make(key, (30, 40), dtype))(key)
                assert bits(jitted) == bits(make(key, (30, 40), dtype))
    assert (jax.jit(lambda: ignores(None, (3, 4)))() == ignores(None, (3, 4))).all()
    assert (jax.jit(lambda: folds(KEY, (3, 4)))() == folds(KEY, (3, 4))).all()
    program = jax.jit(lambda key: ignores(key, (300, 400))).lower(KEY).as_text()
    assert len(program) < 10000  # which holds no weights
    huge = jax.eval_shape(lambda key: folds(key, (1 << 30, 1 << 30)), KEY)
    assert (huge.shape, huge.dtype) == ((1 << 30, 1 << 30), jnp.float32)


def test_under_vmap():
    """Folded keys differ; without them all copies are alike."""
    keys = jax.random.split(KEY, 3)
    folds = ours.he_normal(key="fold")
    for vmap in (jax.vmap, lambda function: jax.jit(jax.vmap(function))):
        made = vmap(lambda key: folds(key, (4, 5)))(keys)
        assert all((made[n] == folds(keys[n], (4, 5))).all() for n in range(3))
    alike = jax.vmap(lambda key: ours.he_normal()(key, (4, 5)))(keys)
    assert (alike == ours.he_normal()(None, (4, 5))).all()


def test_double_precision():
    make, recipe = ours.he_normal(), detinit.Recipe((3, 4), fan_in="rows", dist="truncated")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which says that JAX makes float32 of it
        assert make(KEY, (3, 4), jnp.float64).dtype == jnp.float32
    with refused(ValueError, "jax_enable_x64"):
        ours.array(recipe)
    jax.config.update("jax_enable_x64", True)
    try:
        for made in (make(KEY, (3, 4)), ours.array(recipe), jax.jit(lambda: make(None, (3, 4), "float64"))()):
            assert made.dtype == jnp.float64
            assert bits(made) == bits(recipe.array())
    finally:
        jax.config.update("jax_enable_x64", False)


SHARDED = """
import jax, jax.numpy as jnp, numpy as np, detinit, detinit.jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec as P
assert len(jax.devices()) == 4
made = []
whole = detinit.Recipe.__getitem__
detinit.Recipe.__getitem__ = lambda recipe, index: made.append(whole(recipe, index)) or made[-1]
mesh = Mesh(np.array(jax.devices()).reshape(2, 2), ("a", "b"))
for spec in (P("a", "b"), P("b"), P(None, ("a", "b")), P()):
    for fields in ({}, {"dtype": "bfloat16"}, {"mode": "orthogonal"}):
        recipe = detinit.Recipe((40, 80), **{"dtype": "float32", "layer": 3, **fields})
        sharding = NamedSharding(mesh, spec)
        array = detinit.jax.array(recipe, sharding)
        assert array.sharding == sharding and array.dtype == recipe.dtype
        assert np.asarray(array).tobytes() == recipe.array().tobytes()
        assert {part.shape for part in made} == {shard.data.shape for shard in array.addressable_shards}
        made.clear()

make = detinit.jax.he_normal(seed=3)
expected = make(None, (40, 80))
sharding = NamedSharding(mesh, P("a", "b"))
traced = jax.jit(lambda: make(None, (40, 80)), out_shardings=sharding)
for array in (make(None, (40, 80), out_sharding=sharding), traced()):
    assert array.sharding == sharding and (np.asarray(array) == np.asarray(expected)).all()
with jax.set_mesh(jax.make_mesh((4,), ("a",), axis_types=(AxisType.Explicit,))):
    traced = jax.jit(lambda: make(None, (40, 80), jnp.float32, P("a")))
    for array in (make(None, (40, 80), jnp.float32, P("a")), traced()):
        assert array.sharding.spec == P("a", None) and (np.asarray(array) == np.asarray(expected)).all()

made.clear()
abstract = {"kernel": jax.ShapeDtypeStruct((40, 80), jnp.float32, sharding=sharding)}
params, manifest = detinit.jax.init_params(abstract)
assert params["kernel"].sharding == sharding and {part.shape for part in made} == {(20, 40)}
assert (np.asarray(params["kernel"]) == manifest["kernel"].array()).all()
again, _ = detinit.jax.init_params(params)
assert again["kernel"].sharding == sharding and (again["kernel"] == params["kernel"]).all()
elsewhere, _ = detinit.jax.init_params(jax.device_put(params, jax.devices()[2]))
assert elsewhere["kernel"].devices() == {jax.devices()[2]}
"""


def test_each_device_makes_its_part():
    run_python(SHARDED, XLA_FLAGS="--xla_force_host_platform_device_count=4")


def test_refusals():
    he, fold = ours.he_normal(), ours.he_normal(key="fold")
    for words, mistake in [
            ("seed must be", lambda: ours.he_normal(seed=-1)),
            ("layer must be", lambda: ours.normal(layer=1.5)),
            ("key must be \"ignore\" or \"fold\"", lambda: ours.orthogonal(key="both")),
            ("2 dimensions or more", lambda: he(KEY, (3,))),
            ("dtype must be", lambda: he(KEY, (3, 4), jnp.int32)),
            ("shape must be", lambda: he(KEY, (3, -4))),
            ("a key of jax.random", lambda: fold(None, (3, 4))),
            ("one key", lambda: fold(jax.random.split(KEY, 3), (3, 4))),
            ("mode must be fan_in", lambda: ours.variance_scaling(1, "fan", "normal")),
            ("distribution must be", lambda: ours.variance_scaling(1, "fan_in", "cauchy")),
            ("scale must be above 0", lambda: ours.variance_scaling(-1, "fan_in", "normal")),
            ("scale must be a number", lambda: ours.variance_scaling("a", "fan_in", "normal")),
            ("in_axis must be dimensions", lambda: ours.he_normal(in_axis=7)(KEY, (3, 4))),
            ("not whole", lambda: ours.he_normal(out_axis=0, batch_axis=0)(KEY, (4, 3))),
            ("-cut and cut", lambda: ours.truncated_normal(lower=-1)),
            ("upper bound", lambda: ours.uniform(-1)),
            ("stddev must be a number", lambda: ours.normal("wide")),
            ("value must be a number", lambda: ours.constant([1, 2])),
            ("gain must be", lambda: ours.orthogonal(-1)(KEY, (3, 4))),
            ("column_axis", lambda: ours.orthogonal(column_axis=1)(KEY, (3, 4, 5))),
            ("2 dimensions", lambda: ours.orthogonal()(KEY, (3,))),
            ("odd sizes", lambda: ours.delta_orthogonal()(KEY, (2, 3, 3))),
            ("no more inputs than outputs", lambda: ours.delta_orthogonal()(KEY, (3, 4, 3))),
            ("3 to 5 dimensions", lambda: ours.delta_orthogonal()(KEY, (3, 3))),
            ("name that Flax' layers do not have", lambda: ours.init_params({"a": {"w": jnp.zeros(3)}})),
            ("outside of jit", lambda: jax.jit(lambda x: ours.init_params({"bias": x})[0])(jnp.zeros(3))),
            ("an array or", lambda: ours.init_params({"bias": 3.0})),
            ("'x' is of no weight", lambda: ours.init_params({"bias": jnp.zeros(3)}, rules={"x": "he"})),
            ("bias, the rule 'b*': mode must be",
             lambda: ours.init_params({"bias": jnp.zeros(3)}, rules={"b*": "hee"})),
            ("must say a mode", lambda: ours.init_params({"bias": jnp.zeros(3)}, rules={"*": 3})),
            ("is of shape (3,)", lambda: ours.init_params({"bias": jnp.zeros(3)}, rules={"*": detinit.Recipe((4,))})),
            ("seed must be", lambda: ours.init_params({}, seed=2**64))]:
        with refused(detinit.InvalidError, words):
            mistake()


def test_snippets_of_readme():
    pytest.importorskip("flax")
    chosen = [one for one in test_readme.snippets() if "detinit.jax" in one[1]]
    assert chosen
    test_readme.run(chosen)
