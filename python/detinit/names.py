"""Tensors found by their names, as the C library does it: under prefixes and endings that tools add, and by rules."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ._c import ffi, lib
from ._core import Run, text
from .files import FileTensor, TensorFile
from .manifest import network_of
from .recipe import Recipe


def _texts(names: Sequence[str]) -> Tuple[Any, List[Any]]:
    """A char *[] of names, and what must be kept as long as it is used."""
    kept = [ffi.new("char[]", name.encode("utf-8", "surrogatepass")) for name in names]
    return ffi.new("char *[]", kept), kept


def find(wanted: Sequence[str], held: Sequence[str], shown_wanted: str, shown: str) -> List[Optional[int]]:
    """For each of different names the number of the one of `held` that it is or is like; None: there is none.

    Raises InvalidError where one may be several; shown and shown_wanted stand for both lists in its sentence.
    """
    run = Run()
    (wanted_c, _kept), (held_c, _held) = _texts(wanted), _texts(held)
    places = ffi.new("detinit_name_place[]", max(1, len(wanted)))
    run.call(lib.detinit_names_find, wanted_c, len(wanted), shown_wanted.encode(), held_c, len(held), shown.encode(),
             ffi.NULL, True, places)
    return [None if places[n].held == lib.DETINIT_NAME_MISSING else places[n].held for n in range(len(wanted))]


def pair(file: TensorFile, manifest: Mapping[str, Recipe], names: Optional[str] = None,
         partial: bool = False) -> Dict[str, Tuple[FileTensor, Recipe]]:
    """The tensors of a file that a manifest has recipes for, by their names in the file, for analyze, prune, pack, ...

    A tensor is called as its recipe, or as that is called once prefixes and endings of training tools are gone:
    module.fc1.weight, fc1.weight_orig.  names: rules for others, "net.* = *", as the program's --names takes them;
    several recipes stacked in one tensor, "qkv = q + k + v", become the recipe of the whole.
    Raises InvalidError where the file lacks a tensor, or, if partial, all of them; where a name may be several; where
    a shape is another.
    """
    run = Run()
    network, _kept = network_of(recipe.named(name) for name, recipe in manifest.items())
    rules = ffi.NULL
    if names is not None:
        parsed = ffi.new("detinit_name_rules **")
        run.call(lib.detinit_name_rules_parse, names.encode(), b"names", parsed)
        rules = ffi.gc(parsed[0], lib.detinit_name_rules_free)
    pairing = ffi.gc(ffi.new("detinit_pairing *"), lib.detinit_pairing_free)
    run.call(lib.detinit_pairing_find, file._open(), network, rules, partial, pairing)
    alone = {pairing.places[n].held: recipe for n, recipe in enumerate(manifest.values())
             if pairing.places[n].held != lib.DETINIT_NAME_MISSING and pairing.places[n].parts == 1}
    tensors = {tensor._c: n for n, tensor in enumerate(file.values())}
    pairs = {}
    for tracked in pairing.tracked[0:pairing.count]:
        number = tensors[tracked.tensor]
        recipe = alone[number] if number in alone else _fused(tracked.recipe)
        name = text(tracked.tensor.name)
        pairs[name] = (file[name], recipe)
    return pairs


def _fused(recipe: Any) -> Recipe:
    """The recipe of a stack, which outlives the pairing."""
    name = ffi.new("char[]", b"weight")
    layer = ffi.new("detinit_layer *", {"name": name, "recipe": recipe})
    made = lib.detinit_network_manifest(ffi.new("detinit_network *", {"count": 1, "layers": layer}))
    try:
        return Recipe.from_json(text(made))
    finally:
        lib.free(made)
