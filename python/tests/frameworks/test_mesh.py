"""What each process of a mesh fills is its own part of the weights that one process makes."""

import itertools
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
import ranks  # noqa: E402

import detinit  # noqa: E402
from detinit.torch import mesh  # noqa: E402

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


@pytest.mark.parametrize("shape", [(1,), (2,), (3,), (4,), (2, 2)])
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
