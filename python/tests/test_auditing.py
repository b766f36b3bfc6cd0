"""What a checkpoint was initialized by."""

import math
import tempfile
from pathlib import Path

import numpy as np
from checks import refused

import detinit


def state():
    """A small network as it starts, with one layer whose fan_in is that of a shard."""
    rng = np.random.default_rng(7)
    layers = {f"layers.{n}.weight": rng.normal(0, math.sqrt(2 / 256), (256, 256)).astype(np.float32) for n in range(4)}
    layers["layers.2.weight"] = layers["layers.2.weight"] * np.float32(math.sqrt(8))
    return {**layers, "norm.weight": np.ones(256, np.float32), "steps": np.arange(3)}


def test_a_state_dict_is_audited():
    told = detinit.audit(state(), threads=2)
    assert told.tensors["layers.0.weight"].consistent_with == "he (kaiming) normal, fan_in 256"
    assert told.tensors["layers.0.weight"].origin == "scheme"
    assert told.tensors["norm.weight"].consistent_with == "ones"
    assert "steps" not in told.tensors
    [finding] = told.warnings
    assert (finding.kind, finding.tensor, finding.tensors) == ("shard", "layers.2.weight", 1)
    assert abs(finding.factor - math.sqrt(8)) < 0.05 and "sqrt(8)" in finding.text
    values = state()["layers.1.weight"].astype(np.float64)
    tensor = told.tensors["layers.1.weight"]
    assert abs(tensor.mean - values.mean()) < 1e-12 and abs(tensor.std - values.std()) < 1e-12
    assert (tensor.min, tensor.max) == (values.min(), values.max())


def test_files_are_audited():
    weights = {name: value for name, value in state().items() if name != "steps"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.npz"
        np.savez(path, **weights)
        by_path = detinit.audit(path)
        with detinit.open(path) as file:
            assert repr(detinit.audit(file)) == repr(by_path)
        assert repr(detinit.audit(weights)).replace("nan", "") == repr(by_path).replace("nan", "")
        with refused(OSError, "missing"):
            detinit.audit(Path(folder) / "missing.pt")
    with refused(ValueError, "texts as names"):
        detinit.audit({1: np.ones(3)})
