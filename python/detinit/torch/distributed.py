"""The classes by which PyTorch spreads tensors over processes, as far as they have been imported.

Nothing can be of a class that was never imported.  So those that this PyTorch does not have make no
trouble, and the others, which take seconds to import, no delay.
"""

from __future__ import annotations

import sys
from typing import Any

_MODULES = {
    "DTensor": ("torch.distributed.tensor", "torch.distributed._tensor"),
    "Replicate": ("torch.distributed.tensor", "torch.distributed._tensor"),
    "Shard": ("torch.distributed.tensor", "torch.distributed._tensor"),
    "_StridedShard": ("torch.distributed.tensor.placement_types",),
    "FSDPModule": ("torch.distributed.fsdp", "torch.distributed._composable.fsdp"),
    "FullyShardedDataParallel": ("torch.distributed.fsdp",),
    "FlatParameter": ("torch.distributed.fsdp",),
}


def is_a(value: Any, name: str) -> bool:
    """Whether a value is of PyTorch's class of this name."""
    kinds = (getattr(sys.modules.get(module), name, None) for module in _MODULES[name])
    return any(kind is not None and isinstance(value, kind) for kind in kinds)
