"""A Llama over several processes, spread in all ways, begins with the bits of one process and of `detinit init`."""

import subprocess
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

import llama  # noqa: E402
import ranks  # noqa: E402

from detinit.torch import fill_, init_, materialize_, plan  # noqa: E402

PROGRAM = Path(__file__).resolve().parents[3] / "detinit"
# Orthogonal tensors too, and those that are not drawn.
RULES = {"*norm.weight": "ones", "*.q_proj.weight": {"mode": "he", "orthogonal": True}}


def in_torch(model):
    """PyTorch's own: the same seed, the same calls in the same order."""
    torch.manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.02)
    return model


def spread(rank, world, manifest):
    """For each way: the manifest and what is gathered, of init_, fill_, PyTorch, and from the meta device."""
    found = {}
    for name, way in llama.spreads(world).items():
        model = way(llama.build())
        made = init_(model, seed=7, rules=RULES).to_json()
        results = {"init_": llama.gathered(model)}
        if not name.endswith("TP"):  # whose uneven shards PyTorch cannot multiply
            llama.loss(model)
        fill_(model, manifest)
        results["fill_"] = llama.gathered(model)
        if not name.endswith("TP"):
            results["fill_"]["loss"] = torch.tensor(llama.loss(model))
        results["torch"] = llama.gathered(in_torch(model))
        if not name.startswith("FSDP1"):
            with torch.device("meta"):
                model = way(llama.build())
            model.to_empty(device="cpu")
            init_(model, seed=7, rules=RULES)
            results["meta"] = llama.gathered(model)
            with torch.device("meta"):
                model = way(llama.build())
            materialize_(model, seed=7, rules=RULES)
            results["materialize_"] = llama.gathered(model)
        found[name] = made, results
    return found


@pytest.fixture(scope="module")
def runs():
    """What all processes of the three worlds found, and what one process without any mesh has."""
    with torch.device("meta"):
        planned = plan(llama.build(), seed=7, policy="transformers")
    manifest = {item.recipe.name: item.recipe for item in planned}
    model = llama.build()
    alone = {"manifest": init_(model, seed=7, rules=RULES), "init_": llama.gathered(model)}
    fill_(model, manifest)
    alone["fill_"] = llama.gathered(model)
    alone["loss"] = torch.tensor(llama.loss(model))
    alone["torch"] = llama.gathered(in_torch(model))
    alone["meta"] = alone["materialize_"] = alone["init_"]
    return alone, {world: ranks.run(world, spread, manifest) for world in (1, 2, 4)}


def equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_all_meshes_hold_the_same_bits(runs):
    alone, worlds = runs
    for world, processes in worlds.items():
        for process in processes:
            assert len(process) == 5 + 2 * (world > 1)
            for name, (manifest, results) in process.items():
                assert manifest == alone["manifest"].to_json(), (world, name)
                loss = results["fill_"].pop("loss", alone["loss"])
                assert torch.isclose(loss, alone["loss"], rtol=1e-6), (world, name)
                for how in set(results) - {"torch"}:
                    assert equal(results[how], alone[how]), (world, name, how)


def test_pytorch_depends_on_the_mesh(runs):
    """Else the test above would prove nothing."""
    alone, worlds = runs
    differing = {name for process in worlds[4] for name, (_, results) in process.items()
                 if not equal(results["torch"], alone["torch"])}
    assert differing == set(worlds[4][0])


def test_the_program_makes_the_same(runs, tmp_path):
    if not PROGRAM.exists():
        pytest.skip("the program detinit is not built")
    safetensors = pytest.importorskip("safetensors.torch")
    alone, _ = runs
    alone["manifest"].write(tmp_path / "manifest.json")
    subprocess.run([PROGRAM, "init", "--manifest", tmp_path / "manifest.json", "--save", tmp_path / "w.safetensors"],
                   check=True, stdout=subprocess.DEVNULL, timeout=60)
    assert equal(safetensors.load_file(tmp_path / "w.safetensors"), alone["init_"])


class Adapted(torch.nn.Module):
    """A linear layer with LoRA, whose A is of shape (rank, in): cut along its inputs, a process sees fewer."""

    def __init__(self, inputs, rank, outputs):
        super().__init__()
        self.lora_A = torch.nn.Linear(inputs, rank, bias=False)
        self.lora_B = torch.nn.Linear(rank, outputs, bias=False)


def adapted(rank, world):
    """std of A by detinit, and by PyTorch's he on what each process holds, gathered; A itself."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor.parallel import RowwiseParallel, parallelize_module
    model = parallelize_module(Adapted(2048, 64, 32), init_device_mesh("cpu", (world,)), {"lora_A": RowwiseParallel()})
    weight = model.lora_A.weight
    assert weight.to_local().shape == (64, 2048 // world)
    with torch.no_grad():
        torch.nn.init.kaiming_uniform_(weight.to_local(), a=5**0.5)
    locally = float(weight.full_tensor().std())
    init_(model, seed=1, rules={"*lora_B.weight": "zeros"})
    return locally, weight.full_tensor().detach()


def test_fans_are_those_of_the_whole():
    """Tensor parallelism leaves a process 1/4 of the inputs: fans of what it holds would double the std."""
    model = Adapted(2048, 64, 32)
    init_(model, seed=1, rules={"*lora_B.weight": "zeros"})
    std = (1 / (3 * 2048))**0.5
    for locally, whole in ranks.run(4, adapted):
        assert abs(locally / std - 2) < 0.03
        assert abs(float(whole.std()) / std - 1) < 0.01
        assert torch.equal(whole, model.lora_A.weight)
