"""Two checkpoints side by side, and patches."""

import tempfile
from pathlib import Path

import numpy as np
from checks import refused

import detinit


def test_checkpoints_are_compared():
    rng = np.random.default_rng(1)
    a = {"w": rng.standard_normal((30, 40)).astype("f4"), "n": np.arange(5), "old": np.ones(2)}
    b = {"w": a["w"].copy(), "n": a["n"], "new": np.zeros(3)}
    b["w"][3] += np.float32(0.25)
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / "a.npz", Path(folder) / "b.npz"
        np.savez(first, **a)
        np.savez(second, **b)
        found = detinit.diff(first, second, threshold=0.1, threads=2)
        assert {name: t.kind for name, t in found.tensors.items()} == \
            {"w": "changed", "n": "unchanged", "old": "only in A", "new": "only in B"}
        w = found.tensors["w"]
        delta = b["w"].astype("f8") - a["w"]
        assert w.changed_items == 40 == found.total.changed_items and w.exactly_unchanged == 29 * 40
        assert np.isclose(w.norm_delta, np.linalg.norm(delta)) and w.max_delta == abs(delta).max()
        assert np.isclose(w.relative_norm, np.linalg.norm(delta) / np.linalg.norm(a["w"].astype("f8")))
        assert np.isclose(w.effective_rank, 1) and not w.rank_sampled
        assert sum(w.histogram) == 1200 and not found.equal and found.saved is None
        with detinit.open(first) as file:
            assert detinit.diff(file, first).equal


def test_patches_are_applied():
    a = {"w": np.arange(600, dtype="f4").reshape(20, 30)}
    b = {"w": a["w"].copy(), "more": np.array([True, False])}
    b["w"][7, 3:6] = np.nan
    with tempfile.TemporaryDirectory() as folder:
        first, second, patch, made = (Path(folder) / name for name in
                                      ("a.npz", "b.npz", "p.safetensors", "made.safetensors"))
        np.savez(first, **a)
        np.savez(second, **b)
        saved = detinit.diff(first, second, save=patch).saved
        assert saved.changed_items == 3 and (saved.tensors, saved.sparse, saved.whole, saved.gone) == (2, 1, 1, 0)
        assert saved.bytes == patch.stat().st_size
        assert detinit.patch(first, patch, made) == made.stat().st_size
        with detinit.open(made) as file:
            assert {name: tensor.array().tobytes() for name, tensor in file.items()} == \
                {name: array.tobytes() for name, array in b.items()}
        made.unlink()
        with refused(ValueError, "is not the base of"):
            detinit.patch(second, patch, made)
        with refused(ValueError, "is not a patch"):
            detinit.patch(first, second, made)
        with refused(ValueError, "is what is read"):
            detinit.patch(first, patch, patch)
        assert not made.exists()


def test_comparing_can_be_cancelled():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.npy"
        np.save(path, np.zeros((300, 4000)))
        with refused(detinit.CancelledError):
            detinit.diff(path, path, threads=1, progress=lambda done, total: False)
