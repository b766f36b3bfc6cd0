"""Manifests: all tensors of a network by their names."""

from __future__ import annotations

from typing import List

from ._c import ffi, lib
from ._core import text
from .errors import InvalidError, OutOfMemoryError
from .recipe import Recipe


def manifest_text(recipes: List[Recipe]) -> str:
    """The manifest of these tensors, as the library writes it."""
    layers = ffi.new("detinit_layer[]", len(recipes))
    names = [ffi.new("char[]", recipe.name.encode()) for recipe in recipes]
    for layer, name, recipe in zip(layers, names, recipes):
        layer.name = name
        layer.recipe = recipe._c[0]
    network = ffi.new("detinit_network *", {"count": len(recipes), "layers": layers})
    made = lib.detinit_network_manifest(network)
    if made == ffi.NULL:
        raise OutOfMemoryError("no memory for a manifest")
    try:
        return text(made)
    finally:
        lib.free(made)
