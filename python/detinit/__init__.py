"""Deterministic, addressable neural-network weight initialization.

    >>> import detinit
    >>> recipe = detinit.Recipe((256, 784), "he", seed=42, dtype="float32")
    >>> recipe.array().shape
    (256, 784)
    >>> bool(recipe.array()[5, 10] == recipe.weight(5, 10))
    True

Every weight is a pure function of its coordinates, the same on every machine, to the bit.  What an
error says is the C library's own sentence; all are detinit.Error.
"""

from ._core import version as _version
from .auditing import Audit, AuditedTensor, Finding, audit
from .diffing import Diff, Difference, Patching, diff, patch
from .document import DeterministicNoiseGenerator
from .errors import (CancelledError, Error, FileError, InvalidError, NotBuiltError, NumericError,
                     OutOfMemoryError)
from .files import FileTensor, TensorFile, open, unpack
from .manifest import Manifest, Saved, layer_of_name
from .names import pair
from .recipe import Recipe, Reproducibility, Statistics, Trace, fill_into
from .tracking import (Change, Memory, Packing, Verification, analyze, mask, pack, prune, restore,
                       save_masks, threshold, verify)

__version__ = _version()

__all__ = [
    "Audit", "AuditedTensor", "CancelledError", "Change", "DeterministicNoiseGenerator", "Diff", "Difference",
    "Error", "FileError", "FileTensor", "Finding", "InvalidError", "Manifest", "Memory", "NotBuiltError",
    "NumericError", "OutOfMemoryError", "Packing", "Patching", "Recipe", "Reproducibility", "Saved", "Statistics",
    "TensorFile", "Trace", "Verification", "analyze", "audit", "diff", "fill_into", "layer_of_name", "mask", "open",
    "pack", "pair", "patch", "prune", "restore", "save_masks", "threshold", "unpack", "verify",
]
