"""Checkpoints of PyTorch and of the safetensors library compared and patched by the program, against
what PyTorch computes.  Run by pytest with DETINIT naming the program."""
import json
import os
import subprocess

import pytest

torch = pytest.importorskip("torch")
safetensors_torch = pytest.importorskip("safetensors.torch")
safetensors = pytest.importorskip("safetensors")


def run(*words):
    """What the program prints as JSON."""
    made = subprocess.run([os.environ["DETINIT"], *map(str, words), "--format", "json"], check=True,
                          capture_output=True, encoding="utf-8")
    return json.loads(made.stdout)


def states():
    """A model, and its copy with a LoRA merged, a bias trained, numbers counted and a head replaced."""
    torch.manual_seed(5)
    base = {"block.q.weight": torch.randn(384, 512) / 20, "block.q.bias": torch.zeros(384),
            "norm.weight": torch.ones(512), "steps": torch.tensor(3), "head.weight": torch.randn(10, 384)}
    tuned = {name: tensor.clone() for name, tensor in base.items()}
    tuned["block.q.weight"] += torch.randn(384, 8) @ torch.randn(8, 512) * 1e-3
    tuned["block.q.bias"][::7] -= 0.5
    tuned["steps"] += 1
    del tuned["head.weight"]
    tuned["head.out.weight"] = torch.randn(4, 384)
    return base, tuned


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_a_fine_tuned_model_is_its_base_and_a_patch(tmp_path, dtype):
    """From a .pt to what safetensors saves, which comes back byte for byte."""
    base, tuned = ({name: t.to(dtype) if t.is_floating_point() else t for name, t in state.items()}
                   for state in states())
    torch.save(base, tmp_path / "base.pt")
    safetensors_torch.save_file(tuned, tmp_path / "tuned.safetensors", {"format": "pt"})
    found = run("diff", tmp_path / "base.pt", tmp_path / "tuned.safetensors", "--save", tmp_path / "p.safetensors")
    tensors = {t["name"]: t for t in found["tensors"]}
    assert {name: t["kind"] for name, t in tensors.items()} == {
        "block.q.weight": "changed", "block.q.bias": "changed", "norm.weight": "unchanged", "steps": "changed",
        "head.weight": "only in A", "head.out.weight": "only in B"}
    a, b = base["block.q.weight"].double(), tuned["block.q.weight"].double()
    weight = tensors["block.q.weight"]
    assert weight["relative_norm"] == pytest.approx(((b - a).norm() / a.norm()).item(), rel=1e-12)
    assert weight["cosine"] == pytest.approx(torch.nn.functional.cosine_similarity(a.ravel(), b.ravel(), 0).item())
    s = torch.linalg.svdvals(b - a)
    assert weight["effective_rank"]["rank"] == pytest.approx(((s ** 2).sum() ** 2 / (s ** 4).sum()).item(), rel=0.25)
    assert weight["effective_rank"]["rank"] < 12
    run("patch", tmp_path / "base.pt", tmp_path / "p.safetensors", "--save", tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "tuned.safetensors").read_bytes()


def test_torch_applies_a_patch(tmp_path):
    """By the layout that README tells."""
    base, tuned = states()
    safetensors_torch.save_file(base, tmp_path / "a.safetensors")
    safetensors_torch.save_file(tuned, tmp_path / "b.safetensors")
    run("diff", tmp_path / "a.safetensors", tmp_path / "b.safetensors", "--save", tmp_path / "p.safetensors")
    patch, made = safetensors_torch.load_file(tmp_path / "p.safetensors"), {}
    with safetensors.safe_open(tmp_path / "p.safetensors", "pt") as file:
        about = json.loads(file.metadata()["detinit.patch"])
    for name in (tensor["name"] for tensor in about["tensors"]):
        made[name] = patch.get(name + ".values", base.get(name))
        if name + ".positions" in patch:
            made[name] = base[name].clone()
            made[name].view(-1)[patch[name + ".positions"]] = patch[name + ".values"]
    assert "block.q.bias.positions" in patch and set(made) == set(tuned)
    assert all(torch.equal(made[name], tuned[name]) for name in tuned)


def test_a_cast_is_told_by_its_rounding(tmp_path):
    """float32 beside its bfloat16: widened, and compared exactly."""
    base, _ = states()
    half = {name: t.bfloat16() if t.is_floating_point() else t for name, t in base.items()}
    safetensors_torch.save_file(base, tmp_path / "a.safetensors")
    safetensors_torch.save_file(half, tmp_path / "b.safetensors")
    found = run("diff", tmp_path / "a.safetensors", tmp_path / "b.safetensors", "--threshold", "0")
    for tensor in found["tensors"]:
        a, b = base[tensor["name"]].double(), half[tensor["name"]].double()
        assert tensor["kind"] == ("unchanged" if tensor["name"] == "steps" else "other type")
        assert tensor["exactly_unchanged"] == (a == b).sum().item()
        if tensor["kind"] == "other type":
            assert tensor["max_delta"] == (b - a).abs().max().item()
            assert tensor["norm_delta"] == pytest.approx((b - a).norm().item(), rel=1e-12)
