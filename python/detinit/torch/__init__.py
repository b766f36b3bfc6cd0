"""Models of PyTorch, initialized by detinit.

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

__all__ = ["Initializer", "Planned", "fill_", "fill_flat_", "fill_tensor", "init_", "local_blocks", "materialize_",
           "nn_init", "plan", "save_manifest"]
