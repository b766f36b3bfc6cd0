"""detinit.torch.materialize_: models built on the meta device."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from torch_models import Everything, nn, same_bits, torch  # noqa: E402

import detinit  # noqa: E402
import detinit.torch as dt  # noqa: E402


def on_meta(make):
    with torch.device("meta"):
        return make()


def test_the_same_as_init():
    model, plain = on_meta(Everything), Everything()
    manifest = dt.materialize_(model, seed=9)
    assert dt.init_(plain, seed=9) == manifest
    for (name, ours), theirs in zip(model.named_parameters(), plain.parameters()):
        assert same_bits(ours.detach(), theirs.detach()) and ours.requires_grad, name
    for (name, ours), theirs in zip(model.named_buffers(), plain.buffers()):
        assert same_bits(ours, theirs), name


def test_dtype_is_of_parameters_alone():
    model = on_meta(lambda: nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5)))
    manifest = dt.materialize_(model, dtype=torch.bfloat16)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert model[1].running_var.dtype == torch.float32 and model[1].num_batches_tracked.dtype == torch.int64
    made = torch.empty(5, 4, dtype=torch.bfloat16)
    dt.fill_tensor(made, manifest["0.weight"])
    assert same_bits(model[0].weight.detach(), made) and manifest["0.weight"].dtype == "bfloat16"


def test_ties_frozen_parameters_and_what_they_carry():
    def make():
        model = nn.Sequential(nn.Embedding(7, 5), nn.Linear(5, 7, bias=False))
        model[1].weight = model[0].weight
        model[0].weight.requires_grad_(False)
        model[0].weight.mark = "kept"
        return model
    model = on_meta(make)
    assert list(dt.materialize_(model)) == ["0.weight"]
    assert model[0].weight is model[1].weight and model[0].weight.mark == "kept"
    assert not model[0].weight.requires_grad and isinstance(model[0].weight, nn.Parameter)


def test_what_is_not_on_meta_stays_where_it_is():
    real = nn.Linear(4, 4)
    model = nn.Sequential(on_meta(lambda: nn.Linear(4, 4)), real)
    address = real.weight.data_ptr()
    dt.materialize_(model)
    assert real.weight.data_ptr() == address and not model[0].weight.is_meta


def test_weight_norm():
    from torch.nn.utils import parametrizations
    model, plain = on_meta(lambda: parametrizations.weight_norm(nn.Linear(4, 4))), nn.Linear(4, 4)
    dt.materialize_(model)
    dt.init_(plain)
    assert torch.allclose(model.weight, plain.weight, rtol=1e-6, atol=0)


def test_fully_sharded(tmp_path):
    """A process that is a mesh of its own; test_mesh.py has several."""
    sharding = pytest.importorskip("torch.distributed.fsdp")
    if not torch.distributed.is_available() or not hasattr(sharding, "fully_shard"):
        pytest.skip("this PyTorch has no fully_shard")
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        mesh = torch.distributed.device_mesh.init_device_mesh("cpu", (1,))
        model = on_meta(lambda: nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4)))
        for layer in (model[0], model[2], model):
            sharding.fully_shard(layer, mesh=mesh)
        plain = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4))
        assert dt.materialize_(model, seed=3) == dt.init_(plain, seed=3)
        x = torch.ones(2, 6)
        assert same_bits(model(x), plain(x))
        dt.init_(model, seed=4), dt.init_(plain, seed=4)
        assert same_bits(model[2].weight.to_local(), plain[2].weight)
        names = [name for name, _ in plain.named_parameters()]
        assert list(dt.init_(nn.parallel.DistributedDataParallel(plain))) == names
    finally:
        torch.distributed.destroy_process_group()


# ------------------------------------------------------------ buffers


class Rotary(nn.Module):
    def __init__(self, dim, base=10000.0):
        super().__init__()
        self.dim, self.base = dim, base
        self.register_buffer("inv_freq", 1.0 / base ** (torch.arange(0, dim, 2).float() / dim), persistent=False)


class HalfRotary(Rotary):
    """Whose attribute is not the argument of its constructor."""

    def __init__(self, dim, base=10000.0):
        super().__init__(dim // 2, base)


class DoubledBase(Rotary):
    """The same, whose buffer has the right shape all the same."""

    def __init__(self, dim, base=10000.0):
        super().__init__(dim, 2 * base)


class RegisteredAgain(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Linear(3, 3)
        self.reset_buffers()

    def reset_buffers(self):
        self.register_buffer("mask", torch.ones(3, 3).tril(), persistent=False)


class WithTable(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.register_buffer("table", torch.arange(3.0))


@pytest.mark.parametrize("make", [lambda: Rotary(8), lambda: Rotary(8, base=500.0), RegisteredAgain,
                                  lambda: nn.BatchNorm2d(3), lambda: nn.InstanceNorm1d(3, track_running_stats=True)])
def test_buffers(make):
    model, plain = nn.ModuleDict({"inner": on_meta(make)}), make()
    dt.materialize_(model)
    held = dict(model["inner"].named_buffers())
    assert held and all(same_bits(buffer, held[name]) for name, buffer in plain.named_buffers())
    assert set(model.state_dict()) == {f"inner.{name}" for name in plain.state_dict()}


@pytest.mark.parametrize("make,name", [(lambda: HalfRotary(8), "inv_freq"), (lambda: DoubledBase(8), "inv_freq"),
                                       (WithTable, "table")])
def test_buffers_that_nothing_tells(make, name):
    model = nn.ModuleDict({"norm": on_meta(lambda: nn.BatchNorm1d(3)), "inner": on_meta(make)})
    with pytest.raises(detinit.InvalidError, match=rf"^inner\.{name}, a buffer of .*register it"):
        dt.materialize_(model)
    assert all(tensor.is_meta for tensor in [*model.parameters(), *model.buffers()])
    model["inner"].register_buffer(name, torch.ones(getattr(model["inner"], name).shape))
    dt.materialize_(model)
    assert (getattr(model["inner"], name) == 1).all()


def test_tensors_that_are_no_buffers():
    model = on_meta(lambda: nn.Linear(3, 3))
    model.scale = torch.ones(3, device="meta")
    with pytest.raises(detinit.InvalidError, match="scale is on the meta device and no buffer"):
        dt.materialize_(model)
    assert model.weight.is_meta


def test_refusals_leave_all_on_meta():
    model = on_meta(lambda: nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)))
    with pytest.raises(detinit.InvalidError, match="is of no parameter"):
        dt.materialize_(model, rules={"3.weight": "he"})
    with pytest.raises(detinit.InvalidError, match=r"0\.weight: dtype must be"):
        dt.materialize_(model, dtype=torch.int32)
    assert all(parameter.is_meta for parameter in model.parameters())


MEMORY = """
import resource, sys, torch, detinit.torch
torch.set_num_threads(1)
with torch.device("meta"):
    model = torch.nn.Sequential(*(torch.nn.Linear(4096, 1024) for _ in range(16)))
detinit.torch.materialize_(torch.nn.Linear(8, 8, device="meta"), threads=2)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
detinit.torch.materialize_(model, threads=2)
held = sum(p.numel() * p.element_size() for p in model.parameters())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before * 1024 - held)
"""


def test_memory():
    """256 MB of weights: beside them at most 64 MB."""
    run = subprocess.run([sys.executable, "-c", MEMORY], check=True, capture_output=True, text=True)
    assert int(run.stdout) < 64e6
