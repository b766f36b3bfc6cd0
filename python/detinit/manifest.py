"""Manifests: all tensors of a network by their names, and their files."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Union

from ._c import ffi, lib
from ._core import Progress, Run, record, text
from .errors import InvalidError, OutOfMemoryError
from .recipe import Array, Recipe, parse_network

PathLike = Union[str, "os.PathLike[str]"]


class Saved(NamedTuple):
    """What one process has written of a network: its files, those of all processes, its bytes."""

    files: int
    all_files: int
    index: bool  # type: ignore[assignment]
    bytes: int


def network_of(recipes: Iterable[Recipe]) -> Tuple[Any, List[Any]]:
    """A detinit_network of these tensors, and what must be kept as long as it is used."""
    tensors = list(recipes)
    layers = ffi.new("detinit_layer[]", len(tensors))
    names = [ffi.new("char[]", recipe.name.encode("utf-8", "surrogatepass")) for recipe in tensors]
    for layer, name, recipe in zip(layers, names, tensors):
        layer.name = name
        layer.recipe = recipe._c[0]
    return ffi.new("detinit_network *", {"count": len(tensors), "layers": layers}), [layers, names, tensors]


def manifest_text(recipes: Iterable[Recipe]) -> str:
    """The manifest of these tensors, as the library writes it."""
    network, _kept = network_of(recipes)
    made = lib.detinit_network_manifest(network)
    if made == ffi.NULL:
        raise OutOfMemoryError("no memory for a manifest")
    try:
        return text(made)
    finally:
        lib.free(made)


def layer_of_name(name: str) -> int:
    """The layer of a name: the first 8 bytes of the SHA-256 of its UTF-8, as a big-endian number."""
    return int(lib.detinit_layer_of_name(name.encode()))


class Manifest(Mapping[str, Recipe]):
    """The tensors of a network in order: a mapping from names to recipes, which never changes.

    Made of a mapping, or of recipes that have names; Manifest.read reads what the program wrote.
    """

    def __init__(self, recipes: Union[Mapping[str, Recipe], Iterable[Recipe]]) -> None:
        if isinstance(recipes, Mapping):
            recipes = [recipe.named(name) for name, recipe in recipes.items()]
        tensors = list(recipes)
        self._recipes: Dict[str, Recipe] = {recipe.name: recipe for recipe in tensors}
        if len(self._recipes) < len(tensors):
            raise InvalidError("two tensors have the same name")

    @classmethod
    def from_json(cls, manifest: str, shown: str = "the manifest") -> "Manifest":
        """Of the text of a manifest; a sentence says which tensor is wrong. `shown` stands for the text there."""
        network = parse_network(manifest, shown)
        return cls(Recipe._of(network, n) for n in range(network.count))

    @classmethod
    def read(cls, path: PathLike) -> "Manifest":
        """Of a manifest's file, or of a .safetensors file that holds its manifest."""
        with open(path, "rb") as file:
            held = file.read(1)
            if held.strip() in (b"{", b""):
                return cls.from_json((held + file.read()).decode("utf-8", "replace"), os.fspath(path))
        from .files import TensorFile
        with TensorFile(path) as tensors:
            return tensors.manifest()

    @classmethod
    def of_widths(cls, widths: str, like: Recipe) -> "Manifest":
        """A fully connected network, "784-256-128-10": fc1, fc2, ... from layer like.layer on, else as `like`."""
        run = Run()
        network = ffi.gc(ffi.new("detinit_network *"), lib.detinit_network_free)
        run.call(lib.detinit_network_layers, widths.encode(), like._c, network)
        return cls(Recipe._of(network, n) for n in range(network.count))

    def to_json(self) -> str:
        """The text that from_json reads; the same tensors give the same text."""
        return manifest_text(self.values())

    def write(self, path: PathLike) -> None:
        """Writes to_json into a file."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.to_json() + "\n")

    def __getitem__(self, name: str) -> Recipe:
        return self._recipes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._recipes)

    def __len__(self) -> int:
        return len(self._recipes)

    def __repr__(self) -> str:
        return f"<detinit.Manifest of {len(self)} tensors, {sum(r.size for r in self.values())} weights>"

    def _repr_html_(self) -> str:
        from .plot import table
        rows = [(name, "x".join(map(str, r.shape)), r.mode, r.dtype, f"{r.std:.6g}") for name, r in self.items()]
        return table([("name", "shape", "mode", "dtype", "std"), *rows])

    def arrays(self, threads: Optional[int] = None) -> Dict[str, Array]:
        """All tensors, made."""
        return {name: recipe.array(threads) for name, recipe in self.items()}

    def save(self, path: PathLike, threads: Optional[int] = None, progress: Progress = None) -> int:
        """Saves all tensors as one .safetensors file, all or nothing, the manifest inside. Returns its bytes."""
        return self._save(lib.detinit_network_save, path, threads, progress)

    def save_folder(self, path: PathLike, threads: Optional[int] = None, progress: Progress = None) -> int:
        """Saves NAME.npy for each tensor, and manifest.json, into a folder, all or nothing. Returns the bytes."""
        return self._save(lib.detinit_network_save_folder, path, threads, progress)

    def _save(self, save: Any, path: PathLike, threads: Optional[int], progress: Progress) -> int:
        network, _kept = network_of(self.values())
        run = Run(threads, progress)
        size = ffi.new("uint64_t *")
        run.call(save, network, os.fsencode(path), run.run, size)
        return int(size[0])

    def save_shards(self, folder: PathLike, max_shard_size: int, part: int = 1, parts: int = 1,
                    threads: Optional[int] = None, progress: Progress = None) -> Saved:
        """Saves the share of process `part`, 1 to `parts`, in Hugging Face's layout of shards of so many bytes."""
        network, _kept = network_of(self.values())
        run = Run(threads, progress)
        saved = ffi.new("detinit_shards_saved *")
        run.call(lib.detinit_network_save_shards, network, os.fsencode(folder), max_shard_size, part, parts,
                 run.run, saved)
        return record(Saved, saved)
