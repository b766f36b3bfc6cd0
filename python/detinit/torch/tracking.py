"""What training changed in a model: figures, masks, pruning and packed files, by the names of a manifest.

Of a model that is spread over processes (DTensor, FSDP) each compares what it holds, and the figures
are put together as the C library does it: all processes must make the same calls.  The first process
writes files.  Weights are compared where they are; those on another device are copied to the CPU.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union

import torch
import torch.distributed as dist
from torch import nn

from .. import tracking as core
from ..errors import InvalidError
from ..files import unpack
from ..manifest import PathLike
from ..parts import ChangePart, ThresholdSearch, decayed
from ..recipe import Recipe
from ..tracking import Change, Packing
from . import walk
from .distributed import is_a
from .joined import join, names_of
from .mesh import FlatShard, local_blocks
from .shared import Part, Shared, on_cpu

Group = Optional["dist.ProcessGroup"]


class Changes(Mapping[str, Change]):
    """What changed in each parameter, by its name; and in all of them together."""

    def __init__(self, changes: Mapping[str, Change]) -> None:
        self._changes = dict(changes)

    def __getitem__(self, name: str) -> Change:
        return self._changes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._changes)

    def __len__(self) -> int:
        return len(self._changes)

    def _sum(self, field: str) -> int:
        return sum(getattr(change, field) for change in self._changes.values())

    @property
    def total_weights(self) -> int:
        return self._sum("total_weights")

    @property
    def changed_weights(self) -> int:
        return self._sum("changed_weights")

    @property
    def sleeping_weights(self) -> int:
        return self._sum("sleeping_weights")

    @property
    def decay_sleeping(self) -> int:
        """Weights that at most decayed: counted where analyze was asked for decay."""
        return self._sum("decay_sleeping")

    @property
    def awake(self) -> float:
        """The share of all weights that have changed, 0 to 1; 0 where there are none."""
        return self.changed_weights / max(1, self.total_weights)

    def __repr__(self) -> str:
        return (f"<detinit.torch.Changes of {len(self)} tensors: {self.changed_weights} of {self.total_weights} "
                f"weights changed, {100 * self.awake:.2f}%>")


def analyze(model: nn.Module, manifest: Mapping[str, Recipe], threshold: float = 1e-6, *, decay: bool = False,
            prefix: str = "", group: Group = None, threads: Optional[int] = None) -> Changes:
    """Compares each parameter that the manifest has a recipe for with its initial weights.

    threshold: weights with |w - w0| above it have changed.  decay: a second pass counts the weights within
    threshold of c w0, for the c that fits a tensor best: those that an optimizer's weight decay moved alone.
    prefix: as for init_.  group: the processes that hold the model, by default all; to be given for a
    pipeline, whose processes hold different parameters.
    Raises InvalidError where the manifest has none of the parameters, or a recipe is of another shape.
    """
    shared = Shared(model, manifest, prefix, group)
    if not shared.together:
        return Changes({name: core.analyze(on_cpu(part.blocks[0].tensor), part.recipe, threshold, decay=decay,
                                           threads=threads) for name, part in shared.parts.items()})
    mine = {name: _part(part, threshold, threads).to_bytes() for name, part in shared.parts.items()}
    changes = _merged(shared, shared.gather(mine))
    if decay:
        counts = {name: sum(decayed(on_cpu(block.tensor), part.recipe, block.offsets, threshold, changes[name].decay,
                                    threads) for block in part.own) for name, part in shared.parts.items()}
        everyone = shared.gather(counts)
        for name, change in changes.items():
            sleeping = sum(each.get(name, 0) for each in everyone)
            changes[name] = change._replace(decay_counted=change.total_weights, decay_sleeping=sleeping)
    return Changes(changes)


def _part(part: Part, threshold: float, threads: Optional[int]) -> ChangePart:
    made = ChangePart(part.recipe, threshold)
    for block in part.own:
        made.add(on_cpu(block.tensor), block.offsets, threads)
    return made


def _merged(shared: Shared, everyone: Sequence[Mapping[str, bytes]]) -> Dict[str, Change]:
    """The figures of whole tensors, merged in the order of the processes, so that all have the same."""
    changes = {}
    for name, recipe in shared.recipes.items():
        first, *others = [ChangePart.from_bytes(recipe, each[name]) for each in everyone if name in each]
        for other in others:
            first.merge(other)
        changes[name] = first.finish()
    return changes


def threshold(model: nn.Module, manifest: Mapping[str, Recipe], sparsity: Union[float, str] = "auto", *,
              prefix: str = "", group: Group = None, threads: Optional[int] = None) -> float:
    """The smallest threshold at which the share `sparsity`, 0 to 1, of all weights sleeps, exactly.

    "auto": the largest at which sleeping weights hold at most 1 % of the squared change.  Other
    arguments and errors as for analyze.
    """
    shared = Shared(model, manifest, prefix, group)
    search = ThresholdSearch(sparsity)
    while True:
        search.add(((on_cpu(block.tensor), part.recipe, block.offsets) for part in shared.parts.values()
                    for block in part.own), threads)
        shared.add_up(search.counts)
        found = search.step()
        if found is not None:
            return found


def mask(model: nn.Module, manifest: Mapping[str, Recipe], threshold: float = 1e-6, *, prefix: str = "",
         threads: Optional[int] = None) -> Dict[str, torch.Tensor]:
    """By name, a bool tensor for each parameter, of its shape and on its device: True where it has changed.

    Nothing is communicated.  Of a DTensor it is a DTensor with the same placements; of what
    FullyShardedDataParallel has flattened, the flat range that this process holds.  Errors as for analyze.
    """
    made = {}
    for one, recipe in join(model, manifest, prefix):
        masks = [torch.from_numpy(core.mask(on_cpu(block.tensor), recipe, threshold, offsets=block.offsets,
                                            threads=threads)) for block in local_blocks(one.tensor, one.name)]
        made[one.name] = _like(one.tensor, masks)
    return made


def _like(tensor: Any, masks: List[torch.Tensor]) -> torch.Tensor:
    """Masks of the blocks that a process holds, as the tensor itself is held."""
    if isinstance(tensor, FlatShard):
        return torch.cat([*(one.reshape(-1) for one in masks), torch.empty(0, dtype=torch.bool)]).to(tensor.device)
    if not is_a(tensor, "DTensor"):
        return masks[0].to(tensor.device)
    local = tensor.to_local().detach()
    held = masks[0].to(local.device) if masks else torch.empty_like(local, dtype=torch.bool)
    made: torch.Tensor = type(tensor).from_local(held, tensor.device_mesh, tensor.placements, run_check=False,
                                                 shape=tensor.shape, stride=tensor.stride())
    return made


def prune_to_init_(model: nn.Module, manifest: Mapping[str, Recipe], threshold: float, *, prefix: str = "",
                   group: Group = None, threads: Optional[int] = None) -> Dict[str, int]:
    """Sets weights that sleep back to their initial values, to the bit, in place; returns how many, by name.

    An optimizer's state stays as it is, and autograd sees nothing of it.  Arguments and errors as for analyze.
    """
    return _prune(model, manifest, threshold, "init", prefix, group, threads)


def prune_to_zero_(model: nn.Module, manifest: Mapping[str, Recipe], threshold: float, *, prefix: str = "",
                   group: Group = None, threads: Optional[int] = None) -> Dict[str, int]:
    """prune_to_init_ that sets weights that sleep to 0."""
    return _prune(model, manifest, threshold, "zero", prefix, group, threads)


def _prune(model: nn.Module, manifest: Mapping[str, Recipe], threshold: float, way: str, prefix: str, group: Group,
           threads: Optional[int]) -> Dict[str, int]:
    shared = Shared(model, manifest, prefix, group)
    mine: Dict[str, int] = {}
    with torch.no_grad():
        for name, part in shared.parts.items():
            for block in part.blocks:
                memory = on_cpu(block.tensor)
                count = core.restore([(memory, part.recipe)], threshold, way, offsets=block.offsets, threads=threads)
                if memory.data_ptr() != block.tensor.data_ptr():
                    block.tensor.copy_(memory)
                torch.autograd.graph.increment_version(block.tensor)
                if any(block is one for one in part.own):
                    mine[name] = mine.get(name, 0) + count
        walk.reapply_masks(model)
    everyone = shared.gather(mine)
    return {name: sum(each.get(name, 0) for each in everyone) for name in shared.recipes}


def save_packed(model: nn.Module, manifest: Mapping[str, Recipe], path: PathLike, threshold: float, *,
                prefix: str = "", group: Group = None, threads: Optional[int] = None) -> Optional[Packing]:
    """Saves, all or nothing, what the seed cannot make again: a bit for each weight, and those that changed.

    `path` must end in .safetensors; `detinit unpack` makes a checkpoint of it, load_packed sets a
    model to it.  Buffers and parameters without a recipe are not in it.  A spread model is put
    together in the memory of the first process, which writes; the others get None.
    Arguments and errors as for analyze.
    """
    shared = Shared(model, manifest, prefix, group)
    wholes = {name: (shared.whole(name), recipe) for name, recipe in shared.recipes.items()}
    return core.pack(path, wholes, threshold, threads=threads) if shared.rank == 0 else None


def load_packed(model: nn.Module, path: PathLike, *, prefix: str = "", threads: Optional[int] = None) -> List[str]:
    """Sets the parameters of a model to those of a packed file, in place; returns names of those it does not have.

    Each process sets what it holds.  Raises InvalidError, and nothing is changed, where the file has none
    of the parameters or one of another shape or type, or a SHA-256 in it is wrong.
    """
    arrays = unpack(path, threads=threads)
    assert isinstance(arrays, dict)
    found = []
    missing = []
    parameters = walk.parameters(model, prefix)
    for one, name in zip(parameters, names_of(parameters, arrays, f"'{path}'")):
        if name is None:
            missing.append(one.name)
            continue
        whole = _as_tensor(arrays[name], one.tensor.dtype)
        if whole is None or whole.shape != one.tensor.shape:
            raise InvalidError(f"{one.name} is {tuple(one.tensor.shape)} of {one.tensor.dtype}, and "
                               f"{arrays[name].shape} of {arrays[name].dtype} in '{path}'")
        found.append((one, whole))
    if not found:
        raise InvalidError(f"'{path}' has no parameter of the model")
    with torch.no_grad():
        for one, whole in found:
            for block in local_blocks(one.tensor, one.name):
                block.tensor.copy_(whole[block.slices])
        walk.reapply_masks(model)
    return missing


def _as_tensor(array: Any, dtype: torch.dtype) -> Optional[torch.Tensor]:
    """An array as a tensor that shares its memory, bfloat16 of its bits; None where it is of another type."""
    if array.dtype.itemsize == 2 and array.dtype.name != "float16":
        array = array.view("i2")
        tensor = torch.from_numpy(array).view(torch.bfloat16)
    else:
        tensor = torch.from_numpy(array)
    return tensor if tensor.dtype == dtype else None
