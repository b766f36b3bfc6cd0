"""What this process holds of a tensor that is spread over a mesh, and filling just that.

A process needs no other for it: a weight depends on its place in the whole tensor alone.
"""

from __future__ import annotations

import math
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, TypeVar, Union

import torch
from torch import nn

from ..errors import InvalidError
from ..recipe import Recipe, fill_into
from .distributed import is_a


class Block(NamedTuple):
    """A block of the whole tensor, of `sizes` indices from `offsets` on, and the memory that it is in.

    `tensor` is of shape `sizes`, a view of what the process holds, with any strides, on any device.
    """

    tensor: torch.Tensor
    offsets: Tuple[int, ...]
    sizes: Tuple[int, ...]

    @property
    def slices(self) -> Tuple[slice, ...]:
        """The block as an index of the whole."""
        return tuple(slice(offset, offset + size) for offset, size in zip(self.offsets, self.sizes))


class FlatShard:
    """What this process holds of a tensor in a flat one: weights `first`, `first` + 1, ... in row-major order.

    It stands for the whole tensor where that is asked for: its shape and numel are the whole's.
    """

    def __init__(self, shape: Sequence[int], flat: torch.Tensor, first: int = 0, requires_grad: bool = True) -> None:
        self.shape, self.flat, self.first, self.requires_grad = torch.Size(shape), flat.detach(), first, requires_grad
        self.dtype, self.device, self.is_meta = flat.dtype, flat.device, flat.is_meta
        if flat.dim() != 1 or first < 0 or first + flat.numel() > self.numel():
            raise InvalidError(f"weights {first} .. {first + flat.numel() - 1} are not all of a tensor of "
                               f"{tuple(shape)}")

    def dim(self) -> int:
        return len(self.shape)

    def numel(self) -> int:
        return math.prod(self.shape)

    def blocks(self) -> List[Block]:
        """The range cut into blocks: at most two for each dimension."""
        return list(_blocks_of_range(tuple(self.shape), self.first, self.first + self.flat.numel(), self.flat))


# A tensor as functions here take it: a plain one, a DTensor, or one that lies in a flat tensor.
Held = Union[torch.Tensor, FlatShard]
One = TypeVar("One", bound=Held)


def _blocks_of_range(shape: Tuple[int, ...], begin: int, end: int, flat: torch.Tensor) -> Iterator[Block]:
    """The blocks of weights begin .. end - 1 of a tensor of this shape, which `flat` holds."""
    if begin >= end:
        return
    if not shape:
        yield Block(flat.reshape(()), (), ())
        return
    row = math.prod(shape[1:])
    low, high = -(-begin // row), end // row  # the whole rows
    if low > high:
        low = high
    if begin < low * row:
        above = (low - 1) * row
        for block in _blocks_of_range(shape[1:], begin - above, row, flat[:low * row - begin]):
            yield _under(block, low - 1)
    if low < high:
        sizes = (high - low, *shape[1:])
        yield Block(flat[low * row - begin:high * row - begin].view(sizes), (low, *[0] * len(shape[1:])), sizes)
    rest = max(high * row, begin)
    for block in _blocks_of_range(shape[1:], rest - high * row, end - high * row, flat[rest - begin:]):
        yield _under(block, high)


def _under(block: Block, index: int) -> Block:
    """A block of one index of the first dimension as one of the whole."""
    return Block(block.tensor.unsqueeze(0), (index, *block.offsets), (1, *block.sizes))


def local_blocks(tensor: Held, name: str = "the tensor") -> List[Block]:
    """The blocks of a tensor that this process holds: one of a plain tensor; none where it holds nothing.

    A DTensor may be replicated or sharded along any of its dimensions over any of its mesh, evenly
    or not, as fully_shard does with what tensor parallelism has sharded before (_StridedShard).
    Raises InvalidError for one that holds partial sums.
    """
    if isinstance(tensor, FlatShard):
        return tensor.blocks()
    if is_a(tensor, "DTensor"):
        return _blocks_of_dtensor(tensor, name)
    shape = tuple(tensor.shape)
    return [Block(tensor.detach(), (0,) * len(shape), shape)]


def _blocks_of_dtensor(tensor: Any, name: str) -> List[Block]:
    coordinate = tensor.device_mesh.get_coordinate()
    if coordinate is None:
        return []
    offsets, sizes = [0] * tensor.dim(), list(tensor.shape)
    for mesh_dim in _sharding_order(tensor, name):
        dim = tensor.placements[mesh_dim].dim
        begin, sizes[dim] = _chunk(sizes[dim], tensor.device_mesh.size(mesh_dim), coordinate[mesh_dim])
        offsets[dim] += begin
    with torch.no_grad():
        local = tensor.to_local().detach()
    if list(local.shape) != sizes:
        raise InvalidError(f"{name}: a local shape of {tuple(sizes)} was expected for {tensor.placements}, "
                           f"not {tuple(local.shape)}")
    return [Block(local, tuple(offsets), tuple(sizes))] if math.prod(sizes) else []


def _sharding_order(tensor: Any, name: str) -> List[int]:
    """The dimensions of the mesh that a tensor is sharded over, in the order in which it was.

    That is from the left to the right, but for a _StridedShard, which comes behind the next ones of
    the same dimension of the tensor, as many as make `split_factor` parts.
    """
    order: List[int] = []
    for mesh_dim in reversed(range(len(tensor.placements))):
        placement = tensor.placements[mesh_dim]
        if is_a(placement, "Replicate"):
            continue
        is_strided = is_a(placement, "_StridedShard")
        if not is_strided and not is_a(placement, "Shard"):
            raise InvalidError(f"{name} must be sharded or replicated, not {placement}")
        parts = placement.split_factor if is_strided else 1
        place = 0
        while parts > 1 and place < len(order):
            if tensor.placements[order[place]].dim == placement.dim:
                parts //= tensor.device_mesh.size(order[place])
            place += 1
        order.insert(place, mesh_dim)
    return order


def _chunk(total: int, parts: int, part: int) -> Tuple[int, int]:
    """Where chunk `part` of torch.chunk(range(total), parts) begins, and its size, which may be 0."""
    size = -(-total // parts)
    begin = min(part * size, total)
    return begin, min(begin + size, total) - begin


def fill_tensor(tensor: One, recipe: Recipe, name: str = "the tensor", threads: Optional[int] = None) -> One:
    """Fills what this process holds of a tensor with the recipe's weights, in place; returns the tensor.

    The recipe is that of the whole tensor, whose shape a DTensor has, and of its dtype.  Autograd
    sees nothing of it.  Raises InvalidError, also for a tensor on the meta device.
    """
    if tuple(tensor.shape) != recipe.shape:
        raise InvalidError(f"{name} is of shape {tuple(tensor.shape)}, its recipe of {recipe.shape}")
    if tensor.is_meta:
        raise InvalidError(f"{name} is on the meta device and has no memory to fill: call to_empty(device=...) first")
    blocks = local_blocks(tensor, name)
    recipe = recipe.named(recipe.name)  # a copy, with which what it keeps of an orthogonal tensor goes
    with torch.no_grad():
        for block in blocks:
            _fill_block(block, recipe, threads)
            torch.autograd.graph.increment_version(block.tensor)
    return tensor


def _fill_block(block: Block, recipe: Recipe, threads: Optional[int]) -> None:
    """By way of the CPU's memory where the block is elsewhere."""
    target = block.tensor
    memory = target if target.device.type == "cpu" else torch.empty(block.sizes, dtype=target.dtype)
    strides = [stride * memory.element_size() for stride in memory.stride()]
    fill_into(recipe, memory.data_ptr(), memory.dtype, strides, block.offsets, block.sizes, threads=threads)
    if memory is not target:
        target.copy_(memory)


def fill_flat_(flat: torch.Tensor, start: int, tensors: Sequence[Union[Recipe, int]],
               threads: Optional[int] = None) -> int:
    """Fills a partition of flattened tensors, such as DeepSpeed's; returns how many weights were written.

    flat: one-dimensional: elements `start`, `start` + 1, ... of all tensors one after the other.
    tensors: the recipe of each in order, and a number for so many elements of padding between or
        behind them, which stay as they are, as does what is behind the last.
    """
    if flat.dim() != 1 or start < 0:
        raise InvalidError("a tensor of one dimension, and a start of 0 or more, were expected")
    begin, written = 0, 0
    for one in tensors:
        size = one if isinstance(one, int) else one.size
        low, high = max(begin, start), min(begin + size, start + flat.numel())
        if isinstance(one, Recipe) and low < high:
            fill_tensor(FlatShard(one.shape, flat[low - start:high - start], low - begin), one, one.name, threads)
            written += high - low
        begin += size
    return written


def reshard(model: nn.Module) -> None:
    """Gives back what FSDP has gathered for a forward pass, so that parameters are what each process keeps."""
    module: Any
    for module in model.modules():
        if is_a(module, "FSDPModule"):
            module.reshard()
        elif is_a(module, "FullyShardedDataParallel"):
            handle = module._handle
            has_run = handle is not None and hasattr(handle.flat_param, "_local_shard")
            if has_run and handle.uses_sharded_strategy and module.training_state.name == "IDLE":
                handle.reshard(free_unsharded_flat_param=True)


def flat_shards(model: nn.Module) -> Dict[Tuple[nn.Module, str], FlatShard]:
    """What FullyShardedDataParallel has flattened, by owner and attribute: (the nn.Linear, "weight").

    Empty ones are there, too, so that all processes have the same.  Raises InvalidError where it
    has gathered them, and for tensors that were spread over a mesh before.
    """
    found: Dict[Tuple[nn.Module, str], FlatShard] = {}
    module: Any
    for module in model.modules():
        if is_a(module, "FullyShardedDataParallel") and module._handle is not None:
            found.update(_flattened(module._handle))
    return found


def _flattened(handle: Any) -> Iterator[Tuple[Tuple[nn.Module, str], FlatShard]]:
    flat = handle.flat_param
    local = getattr(flat, "_local_shard", flat).detach()
    if handle.uses_sharded_strategy and tuple(flat.shape) != tuple(flat._sharded_size):
        raise InvalidError("FullyShardedDataParallel has gathered its parameters: ask outside of a forward pass and "
                           "of summon_full_params")
    if any(extension is not None for extension in flat._param_extensions):
        raise InvalidError("FullyShardedDataParallel over sharded tensors is not known here: use fully_shard")
    for info, shape, shard in zip(flat._param_infos, flat._shapes, flat._shard_param_infos):
        mine = local[:0]
        if shard.in_shard:
            mine = local[shard.offset_in_shard:shard.offset_in_shard + shard.numel_in_shard]
        first = shard.intra_param_start_idx if shard.in_shard else 0
        held = FlatShard(shape, mine, first, flat.requires_grad)
        yield (info.module, info.param_name), held
        for tie in flat._shared_param_infos:
            if (tie.prim_module, tie.prim_param_name) == (info.module, info.param_name):
                yield (tie.module, tie.param_name), held
