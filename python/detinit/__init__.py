"""Deterministic, addressable neural-network weight initialization.

    >>> import detinit
    >>> recipe = detinit.Recipe((256, 784), "he", seed=42, dtype="float32")
    >>> recipe.array().shape
    (256, 784)
    >>> recipe.array()[5, 10] == recipe.weight(5, 10)
    True

Every weight is a pure function of its coordinates, the same on every machine, to the bit.
"""

from ._core import version as _version
from .errors import (CancelledError, Error, FileError, InvalidError, NotBuiltError, NumericError,
                     OutOfMemoryError)
from .recipe import Recipe, Trace, fill_into

__version__ = _version()

__all__ = ["CancelledError", "Error", "FileError", "InvalidError", "NotBuiltError", "NumericError",
           "OutOfMemoryError", "Recipe", "Trace", "fill_into"]
