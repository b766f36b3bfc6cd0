"""The module that the document imports: from deterministic_init import DeterministicNoiseGenerator."""

from detinit import DeterministicNoiseGenerator

__all__ = ["DeterministicNoiseGenerator"]
