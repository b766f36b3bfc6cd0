"""What a training in PyTorch changed, beside the same figures by NumPy from arrays that were saved."""

import gzip
import json
import subprocess
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import numpy as np  # noqa: E402

import detinit  # noqa: E402
from detinit.torch import (Tracker, analyze, init_, load_packed, mask, prune_to_init_, prune_to_zero_,  # noqa: E402
                           save_packed, threshold)

PROGRAM = Path(__file__).resolve().parents[3] / "detinit"
FASHION = Path("/usr/share/datasets/fashion-mnist")
OPTIMIZERS = {"SGD": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
              "AdamW": lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=0.1)}


def images(count=2048):
    """Fashion-MNIST where Debian's package of it is there, else blobs of as many classes."""
    torch.set_num_threads(1)
    if FASHION.exists():
        def read(name, skipped):
            return np.frombuffer(gzip.decompress((FASHION / name).read_bytes()), np.uint8, offset=skipped)
        pixels = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)[:count].astype(np.float32) / 255
        labels = read("t10k-labels-idx1-ubyte.gz", 8)[:count].astype(np.int64)
    else:
        random = np.random.default_rng(0)
        labels = random.integers(0, 10, count)
        pixels = (random.random((10, 1, 28, 28)) > 0.7).astype(np.float32)[labels] * random.random((count, 1, 28, 28))
        pixels[..., :3] = 0
    return torch.tensor(pixels, dtype=torch.float32), torch.tensor(labels)


def network():
    return torch.nn.Sequential(torch.nn.Conv2d(1, 8, 5, stride=3), torch.nn.ReLU(), torch.nn.Flatten(),
                               torch.nn.Linear(512, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))


def train(model, optimizer, steps=40):
    pixels, labels = images()
    for n in range(steps):
        batch = slice(n * 32 % 2048, n * 32 % 2048 + 32)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(pixels[batch]), labels[batch]).backward()
        optimizer.step()


def arrays(model):
    return {name: p.detach().numpy().copy() for name, p in model.named_parameters()}


@pytest.fixture(scope="module", params=OPTIMIZERS)
def trained(request, tmp_path_factory):
    """(model, manifest, arrays before, arrays after), the arrays by way of files."""
    model = network()
    manifest = init_(model, seed=5, policy="auto")
    folder = tmp_path_factory.mktemp("trained")
    np.savez(folder / "before.npz", **arrays(model))
    train(model, OPTIMIZERS[request.param](model.parameters()))
    np.savez(folder / "after.npz", **arrays(model))
    return model, manifest, dict(np.load(folder / "before.npz")), dict(np.load(folder / "after.npz"))


def deltas(before, after):
    return {name: np.abs(after[name].astype(np.float64) - before[name].astype(np.float64)) for name in before}


def test_figures(trained):
    model, manifest, before, after = trained
    delta = deltas(before, after)
    for level in (0.0, 1e-4, 3e-3):
        changes = analyze(model, manifest, level, decay=True)
        assert list(changes) == list(before)
        for name, change in changes.items():
            start, stored = before[name].astype(np.float64), after[name].astype(np.float64)
            assert change.total_weights == delta[name].size
            assert change.changed_weights == (delta[name] > level).sum()
            assert change.exactly_unchanged == (before[name] == after[name]).sum()
            assert change.max_delta == delta[name].max()
            assert abs(change.mean_delta - delta[name].mean()) <= 1e-12
            if start.any():
                assert abs(change.decay - (start * stored).sum() / (start * start).sum()) < 1e-9
                assert change.decay_sleeping == (np.abs(stored - change.decay * start) <= level).sum()
        assert changes.changed_weights == sum((one > level).sum() for one in delta.values())
        assert changes.awake == changes.changed_weights / sum(one.size for one in delta.values())


def test_thresholds(trained):
    model, manifest, before, after = trained
    every = np.sort(np.concatenate([one.ravel() for one in deltas(before, after).values()]))
    for share in (0.1, 0.5, 0.9):
        assert threshold(model, manifest, share) == every[int(np.ceil(share * every.size)) - 1]
    level = threshold(model, manifest)
    squares = np.cumsum(every**2)
    larger = np.searchsorted(squares, 0.01 * squares[-1], "right")
    # On a scale of 16 steps an octave.
    assert every[larger] / 2**(1 / 8) <= level <= every[larger]


def test_masks_and_packed_files(trained, tmp_path):
    model, manifest, before, after = trained
    delta, level = deltas(before, after), threshold(model, manifest, 0.6)
    masks = mask(model, manifest, level)
    expected = {name: np.where(delta[name] > level, after[name], before[name]) for name in before}
    for name in before:
        assert masks[name].dtype == torch.bool and np.array_equal(masks[name].numpy(), delta[name] > level)
    packing = save_packed(model, manifest, tmp_path / "packed.safetensors", level)
    assert packing.stored_weights == sum((one > level).sum() for one in delta.values())
    assert packing.bytes < 0.6 * sum(one.nbytes for one in after.values())
    other = network()
    assert load_packed(other, tmp_path / "packed.safetensors") == []
    for name, held in arrays(other).items():
        assert held.tobytes() == expected[name].tobytes()


def test_the_program_reads_packed_files(trained, tmp_path):
    if not PROGRAM.exists():
        pytest.skip("the program detinit is not built")
    model, manifest, before, after = trained
    level = threshold(model, manifest, 0.6)
    for name, kept in (("all", level), ("none", 1e9)):
        save_packed(model, manifest, tmp_path / f"{name}.packed.safetensors", kept)
        subprocess.run([PROGRAM, "unpack", tmp_path / f"{name}.packed.safetensors", "--save",
                        tmp_path / f"{name}.safetensors"], check=True, stdout=subprocess.DEVNULL, timeout=60)
    manifest.write(tmp_path / "manifest.json")
    delta = deltas(before, after)
    with detinit.open(tmp_path / "all.safetensors") as file:
        for name in before:
            expected = np.where(delta[name] > level, after[name], before[name])
            assert file[name].array().tobytes() == expected.tobytes()

    def verify(name):
        return subprocess.run([PROGRAM, "verify", tmp_path / name, "--manifest", tmp_path / "manifest.json"],
                              stdout=subprocess.DEVNULL, timeout=60).returncode
    assert verify("none.safetensors") == 0 and verify("all.safetensors") == 1


@pytest.mark.parametrize("prune, value", [(prune_to_init_, None), (prune_to_zero_, 0)])
def test_pruning_in_place(prune, value):
    model = network()
    manifest = init_(model, seed=5, policy="auto")
    before = arrays(model)
    optimizer = OPTIMIZERS["AdamW"](model.parameters())
    train(model, optimizer, 10)
    after, level = arrays(model), threshold(model, manifest, 0.5)
    state = [tensor.clone() for one in optimizer.state.values() for tensor in one.values()]
    sleeping = {name: one <= level for name, one in deltas(before, after).items()}
    counts = prune(model, manifest, level)
    assert counts == {name: one.sum() for name, one in sleeping.items()}
    for name, held in arrays(model).items():
        assert np.array_equal(held, np.where(sleeping[name], before[name] if value is None else value, after[name]))
    now = [tensor for one in optimizer.state.values() for tensor in one.values()]
    assert len(state) > 10 and all(torch.equal(a, b) for a, b in zip(state, now))
    assert all(p.requires_grad and p.is_leaf for p in model.parameters())
    train(model, optimizer, 1)


def test_what_only_decayed_sleeps():
    """A layer without gradients: AdamW shrinks it by 1 - lr * decay each step."""
    model = torch.nn.Linear(30, 20)
    manifest = init_(model, seed=1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.1)
    for _ in range(25):
        optimizer.zero_grad()
        (0 * model(torch.ones(1, 30)).sum()).backward()
        optimizer.step()
    changes = analyze(model, manifest, 1e-6, decay=True)
    assert changes.changed_weights > 600 and changes.decay_sleeping == changes.total_weights == 620
    for change in changes.values():
        assert abs(change.decay - (1 - 1e-3)**25) < 1e-6


def test_names_below_wrappers():
    """torch.compile, DataParallel, torch.nn.utils.prune and parametrizations put words into names."""
    def changed(model):
        return {name: change.changed_weights for name, change in analyze(model, manifest).items()}
    model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Linear(5, 4))
    manifest = init_(model, seed=2)
    with torch.no_grad():
        model[0].weight[0] += 1
    expected = {"0.weight": 6, "0.bias": 0, "1.weight": 0, "1.bias": 0}
    assert changed(model) == changed(torch.compile(model)) == changed(torch.nn.DataParallel(model)) == expected
    torch.nn.utils.prune.l1_unstructured(model[1], "weight", amount=7)
    assert changed(model) == {**expected, "1.weight": 0}
    assert prune_to_init_(torch.compile(model), manifest, 10.0) == {"0.weight": 30, "0.bias": 5, "1.weight": 20,
                                                                     "1.bias": 4}
    assert int((model[1].weight == 0).sum()) == 7 and analyze(model, manifest, 0).changed_weights == 0
    torch.nn.utils.parametrize.register_parametrization(model[0], "weight", torch.nn.Identity())
    assert changed(model) == dict.fromkeys(expected, 0)


@pytest.mark.parametrize("called", ["{}", "module.{}", "model.{}.weight"])
def test_names_are_found_as_the_program_finds_them(called, tmp_path):
    """A manifest of other names than the model's, in a compiled or wrapped model or not."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Linear(5, 4))
    own = init_(model, seed=3)
    manifest = detinit.Manifest({called.format("0"): own["0.weight"], called.format("1"): own["1.weight"]})
    for one in (model, torch.compile(model), torch.nn.DataParallel(model)):
        changes = analyze(one, manifest)
        assert list(changes) == ["0.weight", "1.weight"] and changes.changed_weights == 0
    torch.save({"state_dict": torch.compile(torch.nn.DataParallel(model)).state_dict()}, tmp_path / "model.pt")
    with detinit.open(tmp_path / "model.pt") as file:
        pairs = detinit.pair(file, manifest)
        assert sorted(pairs) == [f"state_dict._orig_mod.module.{n}.weight" for n in (0, 1)]
        assert all(detinit.verify(*pair).equal for pair in pairs.values())
    twice = detinit.Manifest({"module.0": own["0.weight"], "model.0": own["0.weight"]})
    with pytest.raises(ValueError, match="'0.weight' may be 'module.0' and 'model.0' of the manifest"):
        analyze(model, twice)


def test_refusals(tmp_path):
    model = torch.nn.Linear(3, 2)
    manifest = init_(model, seed=2)
    with pytest.raises(detinit.InvalidError, match="the manifest has no parameter of the model: 0.weight"):
        analyze(torch.nn.Sequential(model), manifest)
    with pytest.raises(detinit.InvalidError, match=r"weight is of shape \(3, 2\), and weight of the manifest of"):
        mask(torch.nn.Linear(2, 3), manifest)
    with pytest.raises(detinit.InvalidError, match="threshold"):
        analyze(model, manifest, -1)
    with pytest.raises(detinit.InvalidError, match="sparsity"):
        threshold(model, manifest, "much")
    with pytest.raises(detinit.InvalidError, match="sparsity"):
        threshold(model, manifest, -1.0)
    with pytest.raises(detinit.InvalidError, match="every"):
        Tracker(model, manifest, every=0)
    save_packed(model, manifest, tmp_path / "p.safetensors", 0)
    with pytest.raises(detinit.InvalidError, match=r"weight is \(3, 2\) of torch.float32, and \(2, 3\) of float32 in"):
        load_packed(torch.nn.Linear(2, 3), tmp_path / "p.safetensors")


def test_packed_bfloat16(tmp_path):
    model = torch.nn.Linear(30, 20).bfloat16()
    manifest = init_(model, seed=2)
    with torch.no_grad():
        model.weight[:3] += 0.5
    expected = model.weight.clone()
    save_packed(model, manifest, tmp_path / "p.safetensors", 0)
    init_(model, seed=3)
    other = torch.nn.Sequential(model)
    assert load_packed(other[0], tmp_path / "p.safetensors") == []
    assert torch.equal(model.weight, expected)


class Writer:
    def __init__(self):
        self.scalars = []

    def add_scalar(self, name, value, step):
        self.scalars.append((name, value, step))


def check_watched(path, records):
    """The program's `watch` tells the Tracker's own figures."""
    if PROGRAM.exists():
        run = subprocess.run([PROGRAM, "watch", path, "--format", "json"], check=True, capture_output=True, timeout=60)
        told = json.loads(run.stdout)
        assert told["wrong_lines"] == 0 and told["points"] == records and run.stderr == b""


def test_tracker(tmp_path):
    model = network()
    manifest = init_(model, seed=5, policy="auto")
    before, optimizer, writer = arrays(model), OPTIMIZERS["SGD"](model.parameters()), Writer()
    tracker = Tracker(model, manifest, every=4, threshold=1e-3, path=tmp_path / "awake.jsonl",
                      folder=tmp_path / "weights", writer=writer)
    handle = tracker.attach(optimizer)
    train(model, optimizer, 9)
    handle.remove()
    train(model, optimizer, 9)
    lines = [json.loads(line) for line in (tmp_path / "awake.jsonl").read_text().splitlines()]
    assert lines == tracker.records and [line["step"] for line in lines] == [0, 4, 8]
    tracker.save(tmp_path / "awake.npz")
    table = np.load(tmp_path / "awake.npz")
    for n, line in enumerate(lines):
        with detinit.open(tmp_path / "weights" / f"step-{line['step']:08d}.safetensors") as file:
            delta = deltas(before, {name: file[name].array() for name in before})
        changed = {name: int((one > 1e-3).sum()) for name, one in delta.items()}
        assert {name: one["changed"] for name, one in line["tensors"].items()} == changed
        assert line["changed"] == sum(changed.values()) and line["awake"] == line["changed"] / line["weights"]
        assert dict(zip(table["name"], table["changed"][n])) == changed and table["step"][n] == line["step"]
        assert ("awake", line["awake"], line["step"]) in writer.scalars
    assert lines[0]["changed"] == 0 < lines[1]["changed"] and len(writer.scalars) == 3 * (1 + len(before))
    check_watched(tmp_path / "awake.jsonl", tracker.records)
    again = Tracker(model, manifest, every=10, threshold="auto", path=tmp_path / "awake.jsonl", resume=True)
    assert [again.step(n) is not None for n in (11, 19, 20, 20, 21)] == [False, False, True, False, False]
    lines = [json.loads(line) for line in (tmp_path / "awake.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [0, 4, 8, 20] and lines[3]["threshold"] == threshold(model, manifest)
