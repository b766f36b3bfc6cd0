"""What this process holds of a model, and, of a model that is spread over several, what the others hold."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

import torch
import torch.distributed as dist
from torch import nn

from ..recipe import Array, Recipe
from . import walk
from .distributed import is_a
from .joined import join
from .mesh import Block, FlatShard, local_blocks

Key = Tuple[Tuple[int, ...], Tuple[int, ...]]


class Part(NamedTuple):
    """A parameter, the recipe of the whole, and the blocks of it that this process holds.

    own: those of them that no process before it in the group holds as well.
    """

    parameter: walk.Parameter
    recipe: Recipe
    blocks: List[Block]
    own: List[Block]


class Shared:
    """The parameters of a model that a manifest has recipes for, by name.

    Processes work together where one of the parameters is spread, or a group is given, over the
    group or, without one, over all processes: then each of them must make the same calls.
    """

    def __init__(self, model: nn.Module, manifest: Mapping[str, Recipe], prefix: str = "",
                 group: Optional["dist.ProcessGroup"] = None) -> None:
        joined = join(model, manifest, prefix)
        held = [(one, recipe, local_blocks(one.tensor, one.name)) for one, recipe in joined]
        self.group = group
        self.together = group is not None or any(isinstance(one.tensor, FlatShard) or is_a(one.tensor, "DTensor")
                                                     for one, _ in joined)
        everyone = self.gather({one.name: (recipe, [_key(block) for block in blocks]) for one, recipe, blocks in held})
        before = everyone[:self.rank]
        self.recipes: Dict[str, Recipe] = {name: recipe for each in everyone for name, (recipe, _) in each.items()}
        self.parts: Dict[str, Part] = {}
        for one, recipe, blocks in held:
            taken = {key for each in before if one.name in each for key in each[one.name][1]}
            self.parts[one.name] = Part(one, recipe, blocks, [block for block in blocks if _key(block) not in taken])

    @property
    def rank(self) -> int:
        """Of this process in the group; 0 where processes do not work together."""
        return dist.get_rank(self.group) if self.together else 0

    def gather(self, mine: Any) -> List[Any]:
        """What all processes give, in the order of their ranks, everywhere."""
        if not self.together:
            return [mine]
        everyone: List[Any] = [None] * dist.get_world_size(self.group)
        dist.all_gather_object(everyone, mine, self.group)
        return everyone

    def add_up(self, counts: Array) -> None:
        """Adds up whole numbers below 2^63 of all processes, in place."""
        if not self.together:
            return
        memory = torch.from_numpy(counts.view("i8"))
        on_gpu = dist.get_backend(self.group) == "nccl"
        carried = memory.cuda() if on_gpu else memory
        dist.all_reduce(carried, group=self.group)
        if on_gpu:
            memory.copy_(carried)

    def whole(self, name: str) -> Optional[torch.Tensor]:
        """A tensor of which each process holds blocks, put together in the memory of the first; None elsewhere."""
        part = self.parts.get(name)
        if not self.together:
            return None if part is None else on_cpu(part.blocks[0].tensor)
        mine = [] if part is None else [(block.slices, on_cpu(block.tensor).contiguous()) for block in part.own]
        receive: Any = [None] * dist.get_world_size(self.group) if self.rank == 0 else None
        first = dist.get_global_rank(self.group, 0) if self.group is not None else 0
        dist.gather_object(mine, receive, dst=first, group=self.group)
        if self.rank != 0:
            return None
        blocks = [block for each in receive for block in each]
        dtype = blocks[0][1].dtype if blocks else torch.float32
        whole = torch.empty(self.recipes[name].shape, dtype=dtype)
        for slices, tensor in blocks:
            whole[slices] = tensor
        return whole


def _key(block: Block) -> Key:
    return block.offsets, block.sizes


def on_cpu(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor itself where it is on the CPU, else a copy."""
    return tensor.detach().cpu()
