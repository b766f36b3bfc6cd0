"""Recipes as a notebook shows them: tables, and a histogram as SVG that needs no other package."""

from __future__ import annotations

import html
import os
from typing import Any, Iterable, List, Optional, Sequence, Tuple

from ._c import lib
from ._core import Progress, Run
from .recipe import Recipe

WIDTH, HEIGHT, MARGIN = 560, 300, 40
_CURVE_POINTS = 400


def table(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as HTML; the first is the heading."""
    heading, *others = rows
    lines = ["".join(f"<th>{html.escape(str(cell))}</th>" for cell in heading)]
    lines += ["".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) for row in others]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def fields_table(recipe: Recipe) -> str:
    """A recipe's fields, and what follows from them."""
    rows: List[Tuple[str, Any]] = [("field", "value"), *recipe.fields().items()]
    return table([*rows, ("weights", recipe.size), ("bytes", recipe.nbytes), ("std", f"{recipe.std:.9g}")])


class Plot:
    """A histogram of weights, bars, beside what theory expects, a curve: shown by notebooks, saved as SVG."""

    def __init__(self, recipe: Recipe, threads: Optional[int] = None, progress: Progress = None) -> None:
        survey = recipe._survey(False, Run(threads, progress))
        histogram, statistics = survey.histogram, survey.statistics
        bins = histogram.bins
        self.edges: List[float] = list(histogram.edges[0:bins + 1]) if bins else [0.0, 1.0]
        self.counts: List[int] = list(histogram.counts[0:bins]) if bins else [0]
        self.expected: List[float] = list(histogram.expected[0:bins]) if bins else [0.0]
        self._title = (f"{'x'.join(map(str, recipe.shape))} {recipe.mode} {recipe.dtype}: "
                       f"mean {statistics.mean:.3g}, std {statistics.std:.6g}")
        low, high = self.edges[0], self.edges[-1]
        share = statistics.count * (high - low) / len(self.counts)
        weights = [low + (high - low) * n / _CURVE_POINTS for n in range(_CURVE_POINTS + 1)]
        self.curve = [(w, lib.detinit_theory_pdf(recipe._c, w) * share) for w in weights]

    def _x(self, weight: float) -> float:
        low, high = self.edges[0], self.edges[-1]
        return MARGIN + (weight - low) / ((high - low) or 1.0) * (WIDTH - 2 * MARGIN)

    def _y(self, count: float) -> float:
        return HEIGHT - MARGIN - min(count / self._top, 1.0) * (HEIGHT - 2 * MARGIN)

    @property
    def _top(self) -> float:
        finite = [count for _, count in self.curve if count < float("inf")]
        return max(max(self.counts), max(self.expected), *(finite or [0.0])) * 1.05 or 1.0

    def _repr_svg_(self) -> str:
        bottom = self._y(0)
        bars = "".join(f"M{self._x(a):.2f},{bottom:.2f}V{self._y(n):.2f}H{self._x(b):.2f}V{bottom:.2f}Z"
                       for a, b, n in zip(self.edges, self.edges[1:], self.counts) if n > 0)
        line = " ".join(f"{self._x(w):.2f},{self._y(count):.2f}" for w, count in self.curve if count == count)
        low, high = self.edges[0], self.edges[-1]
        ticks = "".join(f'<text x="{self._x(w):.2f}" y="{bottom + 16:.2f}" text-anchor="middle">{w:.3g}</text>'
                        for w in (low, (low + high) / 2, high))
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
                f'height="{HEIGHT}" font-family="sans-serif" font-size="12">'
                f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
                f'<text x="{MARGIN}" y="20">{html.escape(self._title)}</text>'
                f'<path d="{bars}" fill="#9ecae1"/>'
                f'<polyline points="{line}" fill="none" stroke="#d95f0e" stroke-width="1.5"/>'
                f'<path d="M{MARGIN},{bottom:.2f}H{WIDTH - MARGIN}" stroke="black"/>{ticks}</svg>')

    def save(self, path: "str | os.PathLike[str]") -> None:
        """Writes the SVG into a file."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._repr_svg_() + "\n")

    def __repr__(self) -> str:
        return f"<detinit.Plot {self._title}>"
