"""The parameters of a model and their recipes in a manifest, joined by names."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Optional, Sequence, Tuple

from torch import nn

from .. import buffers, names
from ..errors import InvalidError
from ..manifest import Manifest
from ..recipe import Recipe
from . import init, walk


def join(model: nn.Module, manifest: Mapping[str, Recipe], prefix: str = "") -> List[Tuple[walk.Parameter, Recipe]]:
    """Each parameter that the manifest has a recipe for, in the order of the model.

    A parameter is looked for by its own name, behind `prefix`, and by those of tensors that it is tied to, to the
    letter or as names.find does.
    Raises InvalidError where there is none at all, where a name may be several, and where a recipe is of another shape.
    """
    joined = []
    found = walk.parameters(model, prefix)
    for one, name in zip(found, names_of(found, manifest, "the manifest")):
        if name is None:
            continue
        recipe = manifest[name]
        if recipe.shape != tuple(one.tensor.shape):
            raise InvalidError(f"{one.name} is of shape {tuple(one.tensor.shape)}, and {name} of the manifest of "
                               f"{recipe.shape}")
        joined.append((one, recipe))
    if found and not joined:
        raise InvalidError(f"the manifest has no parameter of the model: {found[0].name}, ... were expected")
    return joined


def names_of(found: Sequence[walk.Parameter], known: Iterable[str], shown: str) -> List[Optional[str]]:
    """What each parameter is called among names that `shown` stands for in sentences; None: it is not there."""
    wanted = list(known)
    held = [name for one in found for name in (one.name, *one.ties)]
    places = names.find(wanted, held, shown, "the model")
    called = {place: name for name, place in zip(reversed(wanted), reversed(places))}
    first = 0
    made: List[Optional[str]] = []
    for one in found:
        end = first + 1 + len(one.ties)
        made.append(next((called[place] for place in range(first, end) if place in called), None))
        first = end
    return made


def fill_(model: nn.Module, manifest: Mapping[str, Recipe], prefix: str = "",
          threads: Optional[int] = None) -> Manifest:
    """Fills every parameter with the weights of its recipe in a manifest, in place; returns the manifest of these.

    The manifest may be read from a file, or planned for the whole model on the meta device, and may have
    more tensors than the model, a stage of a pipeline, whose names begin behind `prefix`.  A recipe of
    another dtype than the parameter's makes weights of that of the parameter.
    Raises InvalidError, and nothing is changed, where a parameter has no recipe or another shape.
    """
    joined = join(model, manifest, prefix)
    known = {one.name for one, _ in joined}
    for one in walk.parameters(model, prefix):
        if one.name not in known:
            raise InvalidError(f"the manifest has no {one.name}, a parameter of the model")
    planned = [init.Planned(one, _stored_as(recipe, one.tensor.dtype), "the manifest") for one, recipe in joined]
    return init.fill(model, planned, threads=threads)


def _stored_as(recipe: Recipe, dtype: Any) -> Recipe:
    stored = buffers.parse_dtype(dtype)
    return recipe if stored == recipe.dtype else recipe.replace(dtype=stored)
