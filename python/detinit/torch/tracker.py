"""How much of a model is awake, step by step of its training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Union

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

from .. import tracking as core
from ..errors import InvalidError
from ..manifest import PathLike
from ..recipe import Recipe
from . import tracking
from .shared import Shared

# What a line holds of each tensor.
FIGURES = ("awake", "changed", "mean_delta", "max_delta", "decay")


class Tracker:
    """Measures what has changed after optimizer steps 0, every, 2 every, ... of a training.

        tracker = Tracker(model, manifest, every=100, path="awake.jsonl")
        tracker.attach(optimizer)               # or tracker.step(n) behind each step
        ...
        tracker.save("awake.npz")

    threshold: a number, or "auto", which is found anew each time.
    path: a file that gets a line of JSON each time, begun anew unless resume.
    folder: gets the weights each time, step-00000100.safetensors, for the program's `analyze` and others.
    writer: anything with add_scalar(name, value, step), a SummaryWriter of TensorBoard:
        "awake" for all weights, "awake/NAME" for each tensor.
    prefix, group, threads, and how processes work together: as for analyze.

    A line: {"step": 100, "threshold": 1e-06, "weights": 203530, "changed": ..., "awake": ...,
    "tensors": {NAME: {"awake": ..., "changed": ..., "mean_delta": ..., "max_delta": ..., "decay": ...}}},
    where awake is a share, 0 to 1, and deltas are |w - w0|; what is not finite is null.
    """

    def __init__(self, model: nn.Module, manifest: Mapping[str, Recipe], every: int = 100,
                 threshold: Union[float, str] = 1e-6, path: Optional[PathLike] = None, *,
                 folder: Optional[PathLike] = None, writer: Any = None, resume: bool = False, prefix: str = "",
                 group: Optional[dist.ProcessGroup] = None, threads: Optional[int] = None) -> None:
        if every < 1:
            raise InvalidError(f"every must be 1 or more, not {every}")
        if isinstance(threshold, str) and threshold != "auto":
            raise InvalidError(f"threshold must be a number or 'auto', not {threshold!r}")
        self.model, self.manifest, self.every, self.threshold = model, manifest, every, threshold
        self.path = None if path is None else Path(path)
        self.folder = None if folder is None else Path(folder)
        self.writer = writer
        self._options: Dict[str, Any] = {"prefix": prefix, "group": group}
        self._threads = threads
        self.steps = 0
        self.records: List[Dict[str, Any]] = []
        self.is_first = Shared(model, manifest, prefix, group).rank == 0
        if self.is_first and self.path is not None and not resume:
            self.path.write_text("", encoding="utf-8")

    def attach(self, optimizer: torch.optim.Optimizer) -> Any:
        """Measures now, and then behind the optimizer's steps; returns a handle whose remove() ends that."""
        def behind(*_: Any) -> None:
            self.step()
        self.step(self.steps)
        return optimizer.register_step_post_hook(behind)

    def step(self, number: Optional[int] = None) -> Optional[Dict[str, Any]]:
        """Takes down that step `number`, by default one more, was done; the record where it was measured."""
        self.steps = self.steps + 1 if number is None else number
        if self.steps % self.every != 0 or any(record["step"] == self.steps for record in self.records):
            return None
        return self.measure()

    def measure(self) -> Dict[str, Any]:
        """Measures now, whatever the step."""
        level = self.threshold
        if isinstance(level, str):
            level = tracking.threshold(self.model, self.manifest, level, threads=self._threads, **self._options)
        changes = tracking.analyze(self.model, self.manifest, level, threads=self._threads, **self._options)
        record = {"step": self.steps, "threshold": level, "weights": changes.total_weights,
                  "changed": changes.changed_weights, "awake": changes.awake,
                  "tensors": {name: _figures(change) for name, change in changes.items()}}
        self.records.append(record)
        if self.folder is not None:
            self._save_weights(self.folder)
        if self.is_first:
            self._tell(record)
        return record

    def _tell(self, record: Dict[str, Any]) -> None:
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record, allow_nan=False) + "\n")
        if self.writer is not None:
            self.writer.add_scalar("awake", record["awake"], self.steps)
            for name, figures in record["tensors"].items():
                self.writer.add_scalar(f"awake/{name}", figures["awake"], self.steps)

    def _save_weights(self, folder: Path) -> None:
        shared = Shared(self.model, self.manifest, **self._options)
        wholes = {name: (shared.whole(name), recipe) for name, recipe in shared.recipes.items()}
        if self.is_first:
            folder.mkdir(parents=True, exist_ok=True)
            # Weights that are pruned at 0 are the weights themselves, but for the sign of a zero.
            core.prune(folder / f"step-{self.steps:08d}.safetensors", wholes, 0.0, threads=self._threads)

    def save(self, path: PathLike) -> None:
        """Saves all records as .npz: step [T], threshold [T], name [N], and of FIGURES each as [T, N]."""
        if not self.is_first:
            return
        names = sorted({name for record in self.records for name in record["tensors"]})
        columns = {key: np.array([[record["tensors"][name][key] for name in names] for record in self.records], float)
                   for key in FIGURES}
        np.savez(Path(path), step=np.array([record["step"] for record in self.records], np.int64),
                 threshold=np.array([record["threshold"] for record in self.records], float),
                 name=np.array(names), **columns)  # type: ignore[arg-type]


def _figures(change: core.Change) -> Dict[str, Any]:
    figures = {"awake": change.changed_weights / max(1, change.total_weights), "changed": change.changed_weights,
               "mean_delta": change.mean_delta, "max_delta": change.max_delta, "decay": change.decay}
    return {key: value if np.isfinite(value) else None for key, value in figures.items()}
