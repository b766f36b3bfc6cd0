"""Recipes, their fields, and the ways to the same weights."""

import hashlib
import json
import pickle

import numpy as np
from checks import PROJECT_TESTS, refused

import detinit

KINDS = [{}, {"dtype": "float32"}, {"dtype": "float16"}, {"dtype": "bfloat16"}, {"orthogonal": True},
         {"dist": "uniform", "dtype": "float32"}, {"zero": 0.5}, {"via": "bfloat16", "dtype": "float32"}]


def bits(array):
    return np.ascontiguousarray(array).tobytes()


def test_golden_weights():
    """Every digest of the table that an independent program made."""
    lines = (PROJECT_TESTS / "golden" / "weights.txt").read_text().splitlines()
    for line in lines[1:]:
        seed, layer, shape, mode, dist, fan_in, std, gain, zero_mean, dtype, sha256 = line.split()
        recipe = detinit.Recipe([int(n) for n in shape.split("x")], mode, seed=int(seed), layer=int(layer), dist=dist,
                                fan_in=fan_in, std=float(std) if mode == "normal" else None, gain=float(gain),
                                zero_mean=zero_mean == "1", dtype=dtype)
        assert hashlib.sha256(bits(recipe.array())).hexdigest() == sha256, line
        assert recipe.digest(threads=3) == sha256, line
    assert len(lines) > 90


def test_golden_recipes():
    lines = (PROJECT_TESTS / "golden" / "recipes.txt").read_text().splitlines()
    for line in lines[1:]:
        tensor, sha256 = line.split("\t")
        recipe = detinit.Recipe.from_json(tensor)
        assert hashlib.sha256(bits(recipe.array())).hexdigest() == sha256, line
        assert detinit.Recipe(**json.loads(tensor)) == recipe, line
        assert eval(repr(recipe)) == recipe, line
    assert len(lines) > 200


def test_blocks_are_parts_of_the_whole():
    for fields in KINDS:
        recipe = detinit.Recipe((30, 50), layer=3, **fields)
        whole = recipe.array()
        assert recipe.weight(7, -1) == recipe.weight(7, 49)
        for index in [(5, 6), (slice(3, 20), slice(None)), (slice(None, None, 3), slice(45, 2, -7)), (Ellipsis, 2),
                      (-1,), (slice(5, 5),), (slice(None, None, -1), slice(None, None, 20)), ()]:
            assert bits(recipe[index]) == bits(whole[index]), (fields, index)
            assert recipe[index].shape == whole[index].shape, (fields, index)
        assert b"".join(map(bits, recipe.blocks(7))) == bits(whole)


def test_strided_memory_is_filled():
    recipe = detinit.Recipe((20, 30), dtype="float32")
    room = np.zeros((100, 100), np.float32)
    view = room[80:20:-3, 5:65:2]
    assert recipe.fill(view) is view
    assert (view == recipe.array()).all()
    assert np.count_nonzero(room) == 600
    held = bytearray(2400)
    recipe.fill(held)
    assert held == recipe.array().tobytes()
    with refused(ValueError, "2400 bytes"):
        recipe.fill(bytearray(2399))
    with refused(ValueError, "writable"):
        recipe.fill(bytes(2400))
    with refused(ValueError, "float32"):
        recipe.fill(np.zeros((20, 30)))
    with refused(ValueError, "shape"):
        recipe.fill(np.zeros((30, 20), np.float32))


def test_huge_shapes_are_lazy():
    recipe = detinit.Recipe((2**63 - 1, 2**63 - 1), seed=7, std=1, mode="normal")
    corner = recipe[-2:, -3:]
    assert corner.shape == (2, 3)
    assert corner[1, 2] == recipe.weight(2**63 - 2, 2**63 - 2)
    assert recipe[::2**61, 5].shape == (4,)
    with refused(ValueError, "memory"):
        recipe.array()


def test_refusals_carry_the_sentence():
    with refused(ValueError, "mode must be he"):
        detinit.Recipe((3, 3), "hee")
    with refused(detinit.InvalidError, "std needs the mode normal"):
        detinit.Recipe((3, 3), std=0.02)
    with refused(ValueError, "gain must be"):
        detinit.Recipe((3, 3), gain=float("nan"))
    for shape in (1.5, "ab", (2, -1), (2.5,), [1] * 9):
        with refused(ValueError, "shape must be"):
            detinit.Recipe(shape)
    with refused(TypeError, "unknown"):
        detinit.Recipe((3, 3), unknown=1)
    with refused(IndexError, "out of range"):
        detinit.Recipe((3, 3))[3]
    with refused(ValueError, "2 whole numbers"):
        detinit.Recipe((3, 3)).weight(1)


def test_recipes_are_values():
    recipe = detinit.Recipe((3, 4), seed=2**64 - 1, layer=2**64 - 1, gain=0.1)
    assert (recipe.seed, recipe.layer, recipe.shape) == (2**64 - 1, 2**64 - 1, (3, 4))
    assert detinit.Recipe.from_json(recipe.to_json()) == recipe == pickle.loads(pickle.dumps(recipe))
    assert hash(recipe.replace(gain=0.1)) == hash(recipe)
    assert recipe.replace(gain=0.1) == recipe == eval(repr(recipe))
    assert recipe.fields()["seed"] == recipe.seed and "seed" not in detinit.Recipe((3, 4)).fields()
    assert recipe.replace(layer=5) != recipe
    assert recipe.replace(gain=None).std == np.sqrt(2 / 4)
    # Numbers of NumPy are numbers.
    assert detinit.Recipe(np.array([3, 4]), seed=np.int64(2), gain=np.float32(0.5), orthogonal=np.bool_(True)) == \
        detinit.Recipe([3, 4], seed=2, gain=0.5, orthogonal=True)
    fused = detinit.Recipe((np.int64(6), 4), parts=[{"rows": np.int64(2), "layer": np.uint64(7)}, {"rows": 4}])
    assert (fused.array()[:2] == detinit.Recipe((2, 4), layer=7).array()).all()


def test_trace_is_the_weight():
    recipe = detinit.Recipe((3, 4), dtype="float32")
    trace = recipe.trace(2, -1)
    assert trace.index == (2, 3)
    assert np.float32(trace.std * trace.z) == trace.weight == recipe.weight(2, 3)
    u1, u2 = (trace.u1_key >> 11) * 2.0**-53, (trace.u2_key >> 11) * 2.0**-53
    assert (trace.u1, trace.u2) == (u1, u2)
    assert abs(np.sqrt(-2 * np.log(u1)) * np.cos(2 * np.pi * u2) - trace.z) < 1e-14
