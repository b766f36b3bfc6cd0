"""What this process holds of a tensor that is spread over a mesh, and filling just that.

A process needs no other for it: a weight depends on its place in the whole tensor alone.
"""

from __future__ import annotations

import itertools
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

import torch
from torch.distributed.tensor import DTensor, Replicate, Shard

from ..errors import InvalidError
from ..recipe import Recipe, fill_into

try:
    from torch.distributed.tensor.placement_types import _StridedShard as StridedShard
except ImportError:  # where fully_shard does not shard what tensor parallelism has sharded
    StridedShard = None  # type: ignore[assignment,misc]

# Consecutive indices of one dimension: the first, and how many.
Run = Tuple[int, int]


class Block(NamedTuple):
    """A block of the whole tensor, of `sizes` indices from `offsets` on, and the memory that it is in.

    `tensor` is of shape `sizes`, a view of what the process holds, with any strides, on any device.
    """

    tensor: torch.Tensor
    offsets: Tuple[int, ...]
    sizes: Tuple[int, ...]


def local_blocks(tensor: torch.Tensor, name: str = "the tensor") -> List[Block]:
    """The blocks of a tensor, or DTensor, that this process holds; none where it holds nothing.

    A plain tensor is one block.  A DTensor may be replicated, or sharded along any of its dimensions
    over any dimensions of its mesh, evenly or not; sharded twice along one, it may be several
    blocks.  Raises InvalidError for one that holds partial sums.
    """
    if not isinstance(tensor, DTensor):
        shape = tuple(tensor.shape)
        return [Block(tensor.detach(), (0,) * len(shape), shape)]
    axes = [[(0, size)] for size in tensor.shape]
    coordinate = tensor.device_mesh.get_coordinate()
    if coordinate is None:
        return []
    for mesh_dim, placement in enumerate(tensor.placements):
        _shard_axes(axes, placement, tensor.device_mesh.size(mesh_dim), coordinate[mesh_dim], name)
    with torch.no_grad():
        local = tensor.to_local().detach()
    expected = tuple(sum(count for _, count in runs) for runs in axes)
    if tuple(local.shape) != expected:
        raise InvalidError(f"{name}: a local shape of {expected} was expected for {tensor.placements}, "
                           f"not {tuple(local.shape)}")
    return _blocks_of_runs(local, axes)


def _shard_axes(axes: List[List[Run]], placement: Any, parts: int, part: int, name: str) -> None:
    """Leaves in `axes` what `part` of `parts` keeps of it."""
    if isinstance(placement, Replicate):
        return
    strided = StridedShard is not None and isinstance(placement, StridedShard)
    if not strided and not isinstance(placement, Shard):
        raise InvalidError(f"{name} must be sharded or replicated, not {placement}")
    runs = axes[placement.dim]
    pieces = [_chunk(runs, placement.split_factor, n) for n in range(placement.split_factor)] if strided else [runs]
    axes[placement.dim] = [run for piece in pieces for run in _chunk(piece, parts, part)]


def _chunk(runs: Sequence[Run], parts: int, part: int) -> List[Run]:
    """Chunk number `part` of torch.chunk(indices, parts), of indices that are given as runs."""
    total = sum(count for _, count in runs)
    size = -(-total // parts)
    begin, end = min(part * size, total), min((part + 1) * size, total)
    kept = []
    for first, count in runs:
        low, high = max(begin, 0), min(end, count)
        if low < high:
            kept.append((first + low, high - low))
        begin, end = begin - count, end - count
    return kept


def _blocks_of_runs(local: torch.Tensor, axes: Sequence[Sequence[Run]]) -> List[Block]:
    """Local memory cut where the indices of the whole tensor are not consecutive."""
    blocks = []
    for corner in itertools.product(*(range(len(runs)) for runs in axes)):
        view = local
        for dim, (runs, n) in enumerate(zip(axes, corner)):
            view = view.narrow(dim, sum(count for _, count in runs[:n]), runs[n][1])
        offsets = tuple(runs[n][0] for runs, n in zip(axes, corner))
        blocks.append(Block(view, offsets, tuple(view.shape)))
    return blocks


def fill_block(block: Block, recipe: Recipe, threads: Optional[int] = None) -> None:
    """Writes the recipe's weights into a block; by way of the CPU's memory where it is elsewhere.

    Raises InvalidError where it is on the meta device, or does not hold the recipe's dtype.
    """
    target = block.tensor
    if target.is_meta:
        raise InvalidError("a tensor on the meta device has no memory to fill: call to_empty(device=...) first")
    memory = target if target.device.type == "cpu" else torch.empty(block.sizes, dtype=target.dtype)
    strides = [stride * memory.element_size() for stride in memory.stride()]
    fill_into(recipe, memory.data_ptr(), memory.dtype, strides, block.offsets, block.sizes,
              threads=threads)
    if memory is not target:
        target.copy_(memory)


def fill_tensor(tensor: torch.Tensor, recipe: Recipe, name: str = "the tensor",
                threads: Optional[int] = None) -> torch.Tensor:
    """Fills what this process holds of a tensor with the recipe's weights, in place; returns the tensor.

    The recipe is that of the whole tensor, whose shape a DTensor has, and of its dtype.  Autograd
    sees nothing of it.  Raises InvalidError.
    """
    if tuple(tensor.shape) != recipe.shape:
        raise InvalidError(f"{name} is of shape {tuple(tensor.shape)}, its recipe of {recipe.shape}")
    with torch.no_grad():
        for block in local_blocks(tensor, name):
            fill_block(block, recipe, threads)
        if tensor.device.type != "meta":
            torch.autograd.graph.increment_version(tensor)
    return tensor
