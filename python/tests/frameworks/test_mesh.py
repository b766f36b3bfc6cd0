"""What each process of a mesh fills is its own part of the weights that one process makes."""

import itertools
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

import ranks  # noqa: E402

import detinit  # noqa: E402
from detinit.torch import fill_, init_, mesh  # noqa: E402

RECIPES = [detinit.Recipe((12, 8), "he", dtype="float32", layer=3),
           detinit.Recipe((7, 5), "xavier", dtype="float32", layer=4),
           detinit.Recipe((3, 2), "he", dtype="bfloat16", layer=5),
           detinit.Recipe((9,), "normal", std=0.5, dtype="float16"),
           detinit.Recipe((9, 14), "he", orthogonal=True, dtype="float32"),
           detinit.Recipe((6, 5, 3, 3), "he", zero_mean=True, dtype="float32")]


def filled(recipe):
    """The whole tensor, by a way that does not go through the mesh."""
    whole = torch.empty(recipe.shape, dtype=getattr(torch, recipe.dtype))
    detinit.fill_into(recipe, whole.data_ptr(), whole.dtype)
    return whole


def differing(rank, world, shape, placements):
    """The recipes of which the DTensor, filled everywhere and gathered, is not the whole tensor."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import distribute_tensor
    device_mesh = init_device_mesh("cpu", shape)
    found = []
    for recipe, placed in itertools.product(RECIPES, placements):
        if any(getattr(one, "dim", 0) >= recipe.ndim for one in placed):
            continue
        tensor = distribute_tensor(torch.zeros(recipe.shape, dtype=getattr(torch, recipe.dtype)), device_mesh, placed)
        mesh.fill_tensor(tensor, recipe)
        if not torch.equal(tensor.full_tensor(), filled(recipe)):
            found.append((recipe.shape, placed))
    return found


@pytest.mark.parametrize("shape", [(3,), (2, 2)])
def test_placements(shape):
    from torch.distributed.tensor import Replicate, Shard
    kinds = [Shard(0), Shard(1), Shard(3), Replicate()]
    placements = list(itertools.product(kinds, repeat=len(shape)))
    world = int(torch.tensor(shape).prod())
    assert ranks.run(world, differing, shape, placements) == [[]] * world


def partial_refused(rank, world):
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import DTensor, Partial
    tensor = DTensor.from_local(torch.zeros(4, 3), init_device_mesh("cpu", (world,)), [Partial()])
    with pytest.raises(detinit.InvalidError, match="w must be sharded or replicated, not P"):
        mesh.fill_tensor(tensor, detinit.Recipe((4, 3), dtype="float32"), "w")
    return float(tensor.to_local().abs().max())


def test_partial_sums_are_refused():
    assert ranks.run(2, partial_refused) == [0.0, 0.0]


def test_strides_of_plain_tensors():
    recipe = detinit.Recipe((5, 7), dtype="float32")
    for tensor in (torch.empty(5, 7), torch.empty(7, 5).t(), torch.empty(10, 21)[::2, 1::3]):
        assert torch.equal(mesh.fill_tensor(tensor, recipe), filled(recipe))


def test_refusals():
    recipe = detinit.Recipe((5, 7), dtype="float32")
    for tensor, words in ((torch.empty(7, 5), "w is of shape"), (torch.empty(5, 7, device="meta"), "to_empty"),
                          (torch.empty(5, 7, dtype=torch.float16), "must hold float32")):
        with pytest.raises(detinit.InvalidError, match=words):
            mesh.fill_tensor(tensor, recipe, "w")


def test_flat_ranges():
    for shape in ((7,), (), (3, 4), (2, 3, 4), (3, 1, 2, 2), (0, 3)):
        recipe = detinit.Recipe(shape, "normal", std=1, dtype="float32")
        whole = filled(recipe).reshape(-1)
        for begin, end in itertools.combinations_with_replacement(range(recipe.size + 1), 2):
            flat = torch.zeros(end - begin)
            shard = mesh.fill_tensor(mesh.FlatShard(shape, flat, begin), recipe)
            assert torch.equal(flat, whole[begin:end]), (shape, begin, end)
            assert len(shard.blocks()) <= max(1, 2 * len(shape) - 1)
    with pytest.raises(detinit.InvalidError, match="weights 3 .. 6 are not all"):
        mesh.FlatShard((2, 3), torch.zeros(4), 3)


def test_partitions_of_flattened_tensors():
    """Any number of processes: what they fill, put together, is all tensors one after the other."""
    tensors = [RECIPES[0].replace(dtype="float32"), 5, RECIPES[1], RECIPES[4], 11]
    whole = torch.cat([torch.full((one,), 7.0) if isinstance(one, int) else filled(one).reshape(-1)
                       for one in tensors])
    for parts in (1, 2, 3, 8, 50):
        partitions = [torch.full_like(chunk, 7.0) for chunk in whole.chunk(parts)]
        starts = itertools.accumulate([0, *(one.numel() for one in partitions)])
        written = [mesh.fill_flat_(one, start, tensors) for one, start in zip(partitions, starts)]
        assert torch.equal(torch.cat(partitions), whole)
        assert sum(written) == whole.numel() - 16


def test_uneven_shards_of_shards():
    """fully_shard over tensor parallelism, of any size: what a process has is a chunk of its chunk."""
    import torch.distributed as dist
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.tensor.parallel import ColwiseParallel, parallelize_module
    from torch.testing._internal.distributed.fake_pg import FakeStore
    for rank, rows in itertools.product(range(8), (1, 9, 10, 16, 19)):
        dist.init_process_group("fake", store=FakeStore(), rank=rank, world_size=8)
        try:
            # Names of its own, as PyTorch keeps what it finds of a mesh, the rank included.
            plane = init_device_mesh("cpu", (4, 2), mesh_dim_names=(f"data{rank}", f"tensor{rank}"))
            model = torch.nn.Sequential(torch.nn.Linear(3, rows, bias=False))
            parallelize_module(model, plane[f"tensor{rank}"], {"0": ColwiseParallel()}, src_data_rank=None)
            weight = next(fully_shard(model, mesh=plane[f"data{rank}"]).parameters())
            recipe = detinit.Recipe((rows, 3), dtype="float32")
            mesh.fill_tensor(weight, recipe)
            chunks = [*filled(recipe).chunk(2), torch.empty(0, 3)]
            pieces = [*chunks[rank % 2].chunk(4), *[torch.empty(0, 3)] * 4]
            assert torch.equal(weight.to_local(), pieces[rank // 2]), (rank, rows)
        finally:
            dist.destroy_process_group()


def test_stages_of_a_pipeline_begin_as_the_whole():
    def block():
        return torch.nn.Sequential(torch.nn.Linear(6, 6), torch.nn.ReLU(), torch.nn.Linear(6, 6))
    whole = torch.nn.ModuleDict({"layers": torch.nn.ModuleList(block() for _ in range(4))})
    manifest = init_(whole, seed=3, rules={"layers.2.*.bias": "ones"})
    for prefix, stage, rules in (("layers.2.", block(), {"layers.2.*.bias": "ones"}), ("layers.3.", block(), {})):
        made = init_(stage, seed=3, prefix=prefix, rules=rules)
        other = block()
        fill_(other, manifest, prefix=prefix)
        assert dict(made) == {name: recipe for name, recipe in manifest.items() if name.startswith(prefix)}
        for a, b, c in zip(stage.parameters(), other.parameters(), whole["layers"][int(prefix[7])].parameters()):
            assert torch.equal(a, c) and torch.equal(b, c)
    with pytest.raises(detinit.InvalidError, match="the manifest has no layers.2.3.weight"):
        fill_(torch.nn.Sequential(*block(), torch.nn.Linear(6, 6)), manifest, prefix="layers.2.")
    with pytest.raises(detinit.InvalidError, match=r"0.weight is of shape \(5, 6\), and layers.2.0.weight of the"):
        fill_(torch.nn.Sequential(torch.nn.Linear(6, 5)), manifest, prefix="layers.2.")


def test_pytorch_without_meshes():
    """Where PyTorch has no DTensor, or nobody imported it, all else works, and it is not imported."""
    code = """if True:
        import sys, torch, detinit.torch
        hidden = {"torch.distributed.tensor": None, "torch.distributed.fsdp": None}
        assert not set(hidden) & set(sys.modules)
        sys.modules.update(hidden)
        model = torch.nn.Sequential(torch.nn.Linear(4, 3))
        manifest = detinit.torch.init_(model)
        model[0].weight.data[0] += 1
        assert detinit.torch.analyze(model, manifest).changed_weights == 4
        assert detinit.torch.mask(model, manifest)["0.weight"].sum() == 4
        assert detinit.torch.prune_to_init_(model, manifest, 2.0) == {"0.weight": 12, "0.bias": 3}
    """
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_filling_keeps_no_orthogonal_tensor():
    recipe = RECIPES[4].named("w")
    mesh.fill_tensor(torch.empty(recipe.shape), recipe)
    assert recipe._made is None
