"""Manifests, and files of tensors."""

import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np
from checks import PROJECT_TESTS, refused

import detinit

NETWORK = """{"version": 1, "seed": 7, "layer": "name", "dtype": "float32", "tensors": [
  {"name": "embed", "shape": [50, 16], "mode": "normal", "std": "0.02 / sqrt(2 * 12)", "zero_row": 3},
  {"name": "qkv", "shape": [48, 16], "mode": "xavier", "parts": [{"rows": 16}, {"rows": 16}, {"rows": 16}]},
  {"name": "half", "shape": [16, 16], "orthogonal": true, "dtype": "bfloat16"},
  {"name": "bias", "shape": [16], "mode": "zeros"}]}"""


def test_manifests_are_read_and_written():
    manifest = detinit.Manifest.from_json(NETWORK)
    assert list(manifest) == ["embed", "qkv", "half", "bias"]
    assert manifest["embed"].layer == int(hashlib.sha256(b"embed").hexdigest()[:16], 16) == \
        detinit.layer_of_name("embed")
    assert manifest["embed"].std == 0.02 / np.sqrt(24)
    assert not manifest["embed"][3].any()
    assert dict(detinit.Manifest.from_json(manifest.to_json())) == dict(manifest)
    assert dict(detinit.Manifest(manifest)) == dict(manifest) == dict(detinit.Manifest(manifest.values()))
    with refused(ValueError, "same name"):
        detinit.Manifest([manifest["bias"], manifest["bias"]])
    with refused(ValueError, "'nets.json', tensor 1 'w'", "mode must be"):
        detinit.Manifest.from_json('{"tensors": [{"name": "w", "shape": [3], "mode": "hee"}]}', "nets.json")


def test_ready_manifests_are_read():
    found = sorted((PROJECT_TESTS.parent / "manifests").glob("*.json"))
    for path in found:
        manifest = detinit.Manifest.read(path)
        assert len(manifest) > 1 and all(recipe.name == name for name, recipe in manifest.items())
    assert len(found) >= 5


def test_networks_are_saved():
    manifest = detinit.Manifest.from_json(NETWORK)
    with tempfile.TemporaryDirectory() as folder:
        one, several = Path(folder) / "w.safetensors", Path(folder) / "folder"
        assert manifest.save(one, threads=2) == one.stat().st_size
        # Read by the format's own rules: 8 bytes of length, JSON, data.
        data = one.read_bytes()
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8:8 + size])
        for name, recipe in manifest.items():
            begin, end = header[name]["data_offsets"]
            assert data[8 + size + begin:8 + size + end] == recipe.array().tobytes(), name
        assert dict(detinit.Manifest.read(one)) == dict(manifest)
        with detinit.open(one) as file:
            assert {name: tensor.shape for name, tensor in file.items()} == \
                {name: recipe.shape for name, recipe in manifest.items()}
            assert file["half"].dtype == "bfloat16"
            assert "detinit.manifest" in file.metadata
            assert all(file[name].array().tobytes() == manifest[name].array().tobytes() for name in manifest)
        with refused(ValueError, "is closed"):
            file["half"].array()
        manifest.save_folder(several)
        assert (np.load(several / "embed.npy") == manifest["embed"].array()).all()
        manifest.write(Path(folder) / "m.json")
        assert dict(detinit.Manifest.read(Path(folder) / "m.json")) == dict(manifest)
        shards = [manifest.save_shards(Path(folder) / "shards", 2000, part, 2) for part in (1, 2)]
        assert sum(one.files for one in shards) == shards[0].all_files > 1
        assert len(list((Path(folder) / "shards").glob("*.safetensors"))) == shards[0].all_files


def test_files_of_numpy_are_read():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.npy"
        for array in (np.arange(12, dtype=np.float32).reshape(3, 4), np.asfortranarray(np.random.rand(5, 6)),
                      np.arange(7), np.array(2.5, np.float16), np.array([True, False]), np.zeros((0, 3))):
            np.save(path, array)
            with detinit.open(path) as file:
                read = file[""].array()
                assert read.dtype == array.dtype and read.shape == array.shape and (read == array).all()
        path.write_bytes(b"nothing")
        with refused(detinit.InvalidError, "a.npy"):
            detinit.open(path)
        with refused(OSError, "none.npy"):
            detinit.open(Path(folder) / "none.npy")
        with refused(OSError, "none"):
            detinit.Manifest.from_json(NETWORK).save(Path(folder) / "none" / "w.safetensors")


def test_networks_of_widths():
    manifest = detinit.Manifest.of_widths("784-256-10", detinit.Recipe((1, 1), "lecun", seed=3, dtype="float32"))
    assert [(name, recipe.shape, recipe.layer) for name, recipe in manifest.items()] == \
        [("fc1", (256, 784), 0), ("fc2", (10, 256), 1)]
    assert manifest["fc2"] == detinit.Recipe((10, 256), "lecun", seed=3, layer=1, dtype="float32")


def test_what_notebooks_show():
    import xml.etree.ElementTree as xml
    recipe = detinit.Recipe((100, 200), name="<w>", layer=4)
    assert "<td>layer</td><td>4</td>" in recipe._repr_html_() and "&lt;w&gt;" in recipe._repr_html_()
    xml.fromstring(detinit.Manifest([recipe])._repr_html_())
    plot = recipe.plot()
    assert sum(plot.counts) == 20000
    counts, _ = np.histogram(recipe.array(), plot.edges)
    assert (counts == plot.counts).all()
    # The curve is the normal's density, scaled to the counts.
    weight, height = plot.curve[130]
    bins = len(plot.counts)
    density = np.exp(-0.5 * (weight / recipe.std) ** 2) / (recipe.std * np.sqrt(2 * np.pi))
    assert abs(height - density * 20000 * (plot.edges[-1] - plot.edges[0]) / bins) < 1e-6 * height
    assert xml.fromstring(plot._repr_svg_()).tag.endswith("svg")
    for odd in (detinit.Recipe((0, 3)), detinit.Recipe((3, 3), "zeros"), detinit.Recipe((), dtype="bfloat16")):
        assert xml.fromstring(odd.plot()._repr_svg_()).tag.endswith("svg")
    statistics = recipe.statistics()
    assert abs(statistics.std - recipe.array().std()) < 1e-12 and statistics.max == recipe.array().max()
    assert recipe.reproduce().equal
