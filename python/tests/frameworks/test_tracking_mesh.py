"""What changed in a model over four processes is what NumPy finds in the gathered weights, on each of them."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

import llama  # noqa: E402
import numpy as np  # noqa: E402
import ranks  # noqa: E402

import detinit  # noqa: E402
from detinit.torch import (Tracker, analyze, init_, load_packed, mask, prune_to_init_, save_packed,  # noqa: E402
                           threshold)
from detinit.torch.mesh import FlatShard  # noqa: E402
from detinit.torch.walk import parameters  # noqa: E402

RULES = {"*norm.weight": "ones", "*.q_proj.weight": {"mode": "he", "orthogonal": True}}
WAYS = ("FSDP2 x TP", "HSDP", "TP", "FSDP1, flat parameters")


def held(tensor):
    """The memory of this process of a parameter."""
    return tensor.flat if isinstance(tensor, FlatShard) else getattr(tensor, "_local_tensor", tensor).detach()


def move(model):
    """Changes some weights by what they are, so that copies on several processes stay alike."""
    for one in parameters(model):
        local = held(one.tensor)
        local += (torch.sin(1e4 * local) > 0.3) * 0.01 * local.abs()



def track(rank, world, folder):
    found = {}
    for name in WAYS:
        model = llama.spreads(world)[name](llama.build())
        manifest = init_(model, seed=7, rules=RULES)
        path = Path(folder) / name
        tracker = Tracker(model, manifest, path=f"{path}.jsonl")
        tracker.step(0)
        move(model)
        tracker.step(100)
        tracker.save(f"{path}.npz")
        level = threshold(model, manifest, 0.8)
        made = {"moved": llama.gathered(model), "level": level, "auto": threshold(model, manifest),
                "changes": dict(analyze(model, manifest, level, decay=True))}
        masks = mask(model, manifest, level)
        made["mask shapes"] = all(masks[one.name].shape == (one.tensor.flat if isinstance(one.tensor, FlatShard) else
                                                            one.tensor).shape for one in parameters(model))
        made["masks"] = {key: value.full_tensor() if hasattr(value, "full_tensor") else value
                         for key, value in masks.items()}
        packing = save_packed(model, manifest, f"{path}.safetensors", level)
        assert (packing is None) == (rank != 0)
        made["counts"] = prune_to_init_(model, manifest, level)
        made["pruned"] = llama.gathered(model)
        torch.distributed.barrier()
        init_(model, seed=8, rules=RULES)
        made["missing"] = load_packed(model, f"{path}.safetensors")
        made["loaded"] = llama.gathered(model)
        found[name] = made
    return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracked")
    return folder, ranks.run(4, track, str(folder))


def numpy_of(tensors):
    return {name: tensor.numpy().astype(np.float64) for name, tensor in tensors.items()}


@pytest.mark.parametrize("way", WAYS)
def test_a_mesh_is_tracked_as_the_whole(runs, way):
    folder, processes = runs
    alone = llama.build()
    manifest = init_(alone, seed=7, rules=RULES)
    start = numpy_of(llama.gathered(alone))
    for made in (process[way] for process in processes):
        level = made["level"]
        moved = numpy_of(made["moved"])
        delta = {name: np.abs(moved[name] - start[name]) for name in start}
        every = np.sort(np.concatenate([one.ravel() for one in delta.values()]))
        assert level == every[int(np.ceil(0.8 * every.size)) - 1]
        pairs = {name: (made["moved"][name], recipe) for name, recipe in manifest.items()}
        assert made["auto"] == detinit.threshold(pairs)
        assert list(made["changes"]) == list(start) and made["mask shapes"] and made["missing"] == []
        for name, change in made["changes"].items():
            whole = detinit.analyze(made["moved"][name], manifest[name], level, decay=True)
            assert change.changed_weights == (delta[name] > level).sum()
            assert change.decay_sleeping == (np.abs(moved[name] - change.decay * start[name]) <= level).sum()
            assert abs(change.decay - whole.decay) < 1e-12 and abs(change.mean_delta - whole.mean_delta) < 1e-12
            assert change._replace(decay=0, mean_delta=0, decay_sleeping=0) == \
                whole._replace(decay=0, mean_delta=0, decay_sleeping=0)
            assert made["counts"][name] == (delta[name] <= level).sum()
            expected = np.where(delta[name] > level, moved[name], start[name])
            assert np.array_equal(made["pruned"][name].numpy(), expected)
            assert np.array_equal(made["loaded"][name].numpy(), expected)
            if not way.startswith("FSDP1"):
                assert np.array_equal(made["masks"][name].numpy(), delta[name] > level)
    if way.startswith("FSDP1"):
        counted = sum(int(one.sum()) for process in processes for one in process[way]["masks"].values())
        assert counted == sum(one.changed_weights for one in processes[0][way]["changes"].values())


@pytest.mark.parametrize("way", WAYS)
def test_the_first_process_writes(runs, way):
    folder, processes = runs
    lines = [json.loads(line) for line in (folder / f"{way}.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [0, 100] and lines[0]["changed"] == 0 < lines[1]["changed"]
    assert list(np.load(folder / f"{way}.npz")["step"]) == [0, 100]
    manifest = init_(llama.build(), seed=7, rules=RULES)
    pairs = {name: (processes[0][way]["moved"][name], recipe) for name, recipe in manifest.items()}
    detinit.pack(folder / "whole.safetensors", pairs, processes[0][way]["level"])
    assert (folder / "whole.safetensors").read_bytes() == (folder / f"{way}.safetensors").read_bytes()


def stage(rank, world):
    """A pipeline: each process has a layer of its own, and one that is not spread."""
    model = torch.nn.Sequential(torch.nn.Linear(6, 6))
    manifest = init_(model, seed=3, prefix=f"layers.{rank}.")
    with torch.no_grad():
        model[0].weight[:rank] += 1
    changes = analyze(model, manifest, prefix=f"layers.{rank}.", group=torch.distributed.group.WORLD)
    return {name: change.changed_weights for name, change in changes.items()}


def test_pipelines():
    expected = {"layers.0.0.weight": 0, "layers.0.0.bias": 0, "layers.1.0.weight": 6, "layers.1.0.bias": 0}
    assert ranks.run(2, stage) == [expected] * 2
