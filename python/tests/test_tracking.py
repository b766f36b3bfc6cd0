"""Stored weights against their initial values, beside the same figures by NumPy."""

import tempfile
from pathlib import Path

import numpy as np
from checks import refused

import detinit

RECIPES = {"fc1": detinit.Recipe((40, 30), layer=1, dtype="float32"),
           "conv": detinit.Recipe((8, 4, 3, 3), "xavier", layer=2, dtype="float32", zero_mean=True),
           "bias": detinit.Recipe((40,), "zeros", layer=3, dtype="float32")}


def trained(seed=0):
    """Weights of which some moved a little, some more, and many not at all."""
    random = np.random.default_rng(seed)
    weights = {}
    for name, recipe in RECIPES.items():
        moves = random.normal(0, 1e-2, recipe.shape) * (random.random(recipe.shape) < 0.6)
        weights[name] = (recipe.array() + moves).astype(np.float32)
    return weights


def deltas(name, weights):
    return np.abs(weights.astype(np.float64) - RECIPES[name].array().astype(np.float64))


def test_analyze_against_numpy():
    for name, weights in trained().items():
        delta = deltas(name, weights)
        change = detinit.analyze(weights, RECIPES[name], 1e-3, decay=True)
        assert change.total_weights == delta.size == sum(change.histogram)
        assert change.changed_weights == (delta > 1e-3).sum()
        assert change.sleeping_weights == (delta <= 1e-3).sum()
        assert change.exactly_unchanged == (delta == 0).sum()
        assert change.max_delta == delta.max() and change.max_position == delta.argmax()
        assert abs(change.mean_delta - delta.mean()) < 1e-12
        assert abs(change.changed_percentage + change.sleeping_percentage - 100) < 1e-9
        start = RECIPES[name].array().astype(np.float64).ravel()
        if start.any():
            assert abs(change.decay - start @ weights.ravel() / (start @ start)) < 1e-9
        assert (detinit.mask(weights, RECIPES[name], 1e-3) == (delta > 1e-3)).all()


def test_strided_weights_and_blocks():
    recipe = RECIPES["fc1"]
    weights = trained()["fc1"]
    wide = np.zeros((80, 90), np.float32)
    wide[::2, ::-3] = weights
    assert detinit.analyze(wide[::2, ::-3], recipe) == detinit.analyze(weights, recipe)
    part = detinit.mask(weights[5:20, 7:], recipe, offsets=(5, 7))
    assert (part == detinit.mask(weights, recipe)[5:20, 7:]).all()
    memory = detinit.Memory(weights.ctypes.data, "float32", weights.shape)
    assert detinit.analyze(memory, recipe) == detinit.analyze(weights, recipe)


def test_a_cast_model_has_not_changed():
    recipe = detinit.Recipe((50, 60))
    assert detinit.verify(recipe.array().astype(np.float32), recipe).equal
    assert detinit.analyze(recipe.array().astype(np.float16), recipe, 0.0).exactly_unchanged == 3000
    other = recipe.array()
    other[3, 4] = np.nextafter(other[3, 4], 1)
    found = detinit.verify(other, recipe)
    assert (found.equal, found.different, found.first) == (False, 1, 3 * 60 + 4)
    assert (found.found_value, found.expected_value) == (other[3, 4], recipe.weight(3, 4))


def test_thresholds_against_numpy():
    weights = trained()
    pairs = {name: (weights[name], RECIPES[name]) for name in weights}
    all_deltas = np.sort(np.concatenate([deltas(name, one).ravel() for name, one in weights.items()]))
    for share in (0.0, 0.25, 0.623, 1.0):
        expected = all_deltas[max(0, int(np.ceil(share * len(all_deltas))) - 1)] if share > 0 else 0.0
        assert detinit.threshold(pairs, share) == expected, share
    found = detinit.threshold(pairs.values())
    held = (all_deltas[all_deltas <= found] ** 2).sum() / (all_deltas ** 2).sum()
    above = (all_deltas[all_deltas <= found * 2 ** (1 / 16)] ** 2).sum() / (all_deltas ** 2).sum()
    assert held <= 0.01 < above
    with refused(ValueError, "'auto'"):
        detinit.threshold(pairs, "best")


def test_pruning_in_memory():
    for way in ("init", "zero"):
        weights = trained()
        expected = {name: np.where(deltas(name, one) <= 1e-3, RECIPES[name].array() if way == "init" else 0, one)
                    for name, one in weights.items()}
        sleeping = detinit.restore([(weights[name], RECIPES[name]) for name in weights], 1e-3, way)
        assert sleeping == sum((deltas(name, one) <= 1e-3).sum() for name, one in trained().items())
        for name in weights:
            assert weights[name].tobytes() == expected[name].astype(np.float32).tobytes()
    weights = trained()
    magnitudes = np.sort(np.concatenate([np.abs(one).ravel() for one in weights.values()]))
    sleeping = detinit.restore([(weights[name], RECIPES[name]) for name in weights], 1e-3, "magnitude")
    left = np.concatenate([np.abs(one).ravel() for one in weights.values()])
    assert (np.sort(left[left > 0]) == magnitudes[sleeping:]).all()
    with refused(ValueError, "way must be init"):
        detinit.restore([(weights["fc1"], RECIPES["fc1"])], 1e-3, "best")
    weights["fc1"].flags.writeable = False
    with refused(ValueError, "writable"):
        detinit.restore([(weights["fc1"], RECIPES["fc1"])], 1e-3)


def test_packed_files():
    weights = trained()
    pairs = {name: (weights[name], RECIPES[name]) for name in weights}
    with tempfile.TemporaryDirectory() as folder:
        packed, whole, pruned = (Path(folder) / name for name in ("p.safetensors", "w.safetensors", "q.safetensors"))
        packing = detinit.pack(packed, pairs, 1e-3)
        assert packing.bytes == packed.stat().st_size
        assert packing.stored_weights == sum((deltas(name, one) > 1e-3).sum() for name, one in weights.items())
        detinit.unpack(packed, whole)
        assert detinit.prune(pruned, pairs, 1e-3) == whole.stat().st_size
        every = detinit.pack(Path(folder) / "l.safetensors", pairs, lossless=True, level=9)
        assert every.lossless and every.stored_weights == every.total_weights
        for name, one in detinit.unpack(Path(folder) / "l.safetensors").items():
            assert one.tobytes() == weights[name].tobytes()
        with refused(ValueError, "level"):
            detinit.pack(Path(folder) / "l.safetensors", pairs, level=20)
        arrays = detinit.unpack(packed)
        detinit.restore(pairs, 1e-3)
        with detinit.open(whole) as file, detinit.open(packed) as held:
            assert held.is_packed and not file.is_packed
            for name in weights:
                assert arrays[name].tobytes() == weights[name].tobytes() == file[name].array().tobytes()
                assert detinit.verify(file[name], RECIPES[name]).different == \
                    detinit.verify(weights[name], RECIPES[name]).different
        assert detinit.save_masks(Path(folder) / "m.npy", [(weights["fc1"], RECIPES["fc1"])], 1e-3) > 0
        assert (np.load(Path(folder) / "m.npy") == detinit.mask(weights["fc1"], RECIPES["fc1"], 1e-3)).all()


def test_refusals():
    with refused(ValueError, "(40, 30) was expected"):
        detinit.analyze(np.zeros((3, 4)), RECIPES["fc1"])
    with refused(ValueError, "threshold"):
        detinit.analyze(trained()["fc1"], RECIPES["fc1"], -1.0)
    with refused(ValueError, "int64"):
        detinit.analyze(np.zeros((40, 30), np.int64), RECIPES["fc1"])
    with refused(ValueError, "2 offsets"):
        detinit.mask(trained()["fc1"], RECIPES["fc1"], offsets=(0,))


def test_names_of_training_tools():
    manifest = detinit.Manifest({"q": detinit.Recipe((4, 6), layer=1, dtype="float32"),
                                 "k": detinit.Recipe((2, 6), layer=2, dtype="float32"),
                                 "fc1": detinit.Recipe((5, 3), layer=3, dtype="float32"),
                                 "left": detinit.Recipe((5, 3), layer=4, dtype="float32"),
                                 "right": detinit.Recipe((5, 2), layer=5, dtype="float32")})
    made = manifest.arrays()
    held = {"module.fc1.weight": made["fc1"], "module.fc1.bias": np.zeros(5, np.float32),
            "qk": np.concatenate([made["q"], made["k"]]), "wide": np.concatenate([made["left"], made["right"]], 1)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        np.savez(path, **held)
        with detinit.open(path) as file:
            pairs = detinit.pair(file, manifest, "qk = q + k, wide = left | right")
            assert sorted(pairs) == ["module.fc1.weight", "qk", "wide"]
            assert pairs["module.fc1.weight"][1] is manifest["fc1"]
            for name, (tensor, recipe) in pairs.items():
                assert (recipe.array() == held[name]).all()
                assert detinit.verify(tensor, recipe).equal
            packed = Path(folder) / "packed.safetensors"
            detinit.pack(packed, pairs, 0.0, file=file)
            again = detinit.unpack(packed)
            assert all((again[name] == one).all() for name, one in held.items())
            assert list(detinit.pair(file, manifest, partial=True)) == ["module.fc1.weight"]
            with refused(ValueError, "has no tensor 'q'; nearest: 'qk'"):
                detinit.pair(file, manifest)
            with refused(ValueError, "line 1, 'x = q': "):
                detinit.pair(file, manifest, "x = q")
            with refused(ValueError, "line 1, 'q': FILE-NAME = RECIPE-NAME was expected"):
                detinit.pair(file, manifest, "q")
