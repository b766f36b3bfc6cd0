"""Models of PyTorch, initialized by detinit, and what training changes in them.

    >>> import torch, detinit.torch
    >>> model = torch.nn.Linear(784, 256)
    >>> manifest = detinit.torch.init_(model, seed=42)
    >>> detinit.torch.save_manifest(manifest, "model.json")

`detinit init --manifest model.json --save init.safetensors` makes the same weights without Python.
"""

from . import nn_init
from .init import Initializer, Planned, init_, materialize_, plan, save_manifest
from .joined import fill_
from .mesh import fill_flat_, fill_tensor, local_blocks
from .tracker import Tracker
from .tracking import Changes, analyze, load_packed, mask, prune_to_init_, prune_to_zero_, save_packed, threshold

__all__ = ["Changes", "Initializer", "Planned", "Tracker", "analyze", "fill_", "fill_flat_", "fill_tensor", "init_",
           "load_packed", "local_blocks", "mask", "materialize_", "nn_init", "plan", "prune_to_init_",
           "prune_to_zero_", "save_manifest", "save_packed", "threshold"]
