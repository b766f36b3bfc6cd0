"""Hugging Face's shards by the rules of huggingface_hub, written again without the library.

shards.py MANIFEST.json MOST WHOLE.safetensors FOLDER: fails unless the folder holds just the files
that split_state_dict_into_shards_factory plans for tensors in the manifest's order, whose data
are those of the one file, and the index that transformers' save_pretrained writes.
"""
import json
import math
import os
import struct
import sys

BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}


def split(sizes, most):
    """Lists of names, in the order of the files."""
    shards, current, filled = [], [], 0
    for name, size in sizes.items():
        if size > most:
            shards.append([name])
            continue
        if filled + size > most:
            shards.append(current)
            current, filled = [], 0
        current.append(name)
        filled += size
    if current:
        shards.append(current)
    return shards


def load(path):
    """Metadata, and (type, shape, data) by name."""
    with open(path, "rb") as file:
        everything = file.read()
    (length,) = struct.unpack("<Q", everything[:8])
    header = json.loads(everything[8:8 + length])
    metadata = header.pop("__metadata__", {})
    data = everything[8 + length:]
    return metadata, {name: (t["dtype"], t["shape"], data[slice(*t["data_offsets"])])
                      for name, t in header.items()}


def main(manifest, most, whole, folder):
    with open(manifest) as file:
        top = json.load(file)
    sizes = {t["name"]: BYTES[t.get("dtype", top.get("dtype", "float64"))] * math.prod(t["shape"])
             for t in top["tensors"]}
    shards = split(sizes, int(most))
    expected = load(whole)[1]
    one = len(shards) == 1
    names = (["model.safetensors"] if one else
             [f"model-{n + 1:05d}-of-{len(shards):05d}.safetensors" for n in range(len(shards))])
    index = "model.safetensors.index.json"
    assert sorted(os.listdir(folder)) == sorted(names + ([] if one else [index])), \
        (sorted(os.listdir(folder)), names)
    for name, tensors in zip(names, shards):
        metadata, held = load(os.path.join(folder, name))
        assert metadata["format"] == "pt"
        told = json.loads(metadata["detinit.manifest"])
        assert [t["name"] for t in told["tensors"]] == tensors, name
        assert held == {tensor: expected[tensor] for tensor in tensors}, name
    if not one:
        text = json.dumps({"metadata": {"total_size": sum(sizes.values())},
                           "weight_map": {tensor: name for name, tensors in zip(names, shards)
                                          for tensor in tensors}}, indent=2, sort_keys=True) + "\n"
        with open(os.path.join(folder, index)) as file:
            found = file.read()
        assert json.loads(found) == json.loads(text)
        assert found.lower() == text.lower()  # "\\u00DF" may be written "\\u00df"
    print(len(shards))


if __name__ == "__main__":
    main(*sys.argv[1:])
