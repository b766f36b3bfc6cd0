#!/bin/sh
# Files in another type than their recipes', and units of layers in either layout.
. "${srcdir:-.}/tests/tap.sh"

data=$sources/tests/data

# A bfloat16 model that was saved as float32 and not trained.
"$DETINIT" verify "$data/f32_of_bf16.safetensors" --manifest "$data/bf16_init.safetensors" >out 2>&1
same "a cast model is verified" 0 $?
check "all of it" grep -q "all 4,096 weights are as their recipe says" out
same "nothing of it has changed" 4096,0,4096,0,4096,0,0,0, \
    "$("$DETINIT" analyze "$data/f32_of_bf16.safetensors" --threshold 0 \
        --manifest "$data/bf16_init.safetensors" --format csv | tail -n 1 | cut -d , -f 5-12),"
"$DETINIT" prune "$data/f32_of_bf16.safetensors" --manifest "$data/bf16_init.safetensors" \
    --to init --threshold 1 --save out.safetensors >/dev/null
check "pruning to init leaves it as it is" cmp out.safetensors "$data/f32_of_bf16.safetensors"
"$DETINIT" pack "$data/f32_of_bf16.safetensors" --manifest "$data/bf16_init.safetensors" \
    --threshold 0 --save packed.safetensors >/dev/null
"$DETINIT" unpack packed.safetensors --save out.safetensors >/dev/null
check "packed and unpacked it is the same" cmp out.safetensors "$data/f32_of_bf16.safetensors"
same "the mask is empty" "0" "$("$DETINIT" mask "$data/f32_of_bf16.safetensors" --threshold 0 \
    --manifest "$data/bf16_init.safetensors" --save mask.safetensors --format csv |
    tail -n 1 | cut -d , -f 3)"

# A kernel that was trained but for one filter.
"$DETINIT" analyze "$data/conv_dead_filter.safetensors" \
    --manifest "$data/conv_dead_filter.json" >out
check "1 of 6 units is dead, 1 of 36 inputs" grep -q ' 1 of 6  *1 of 36 ' out
check "they are called so" grep -q 'dead units  dead inputs' out

python=$(python_with numpy)
if [ -z "$python" ]; then
    skip "casts and units against numpy" "no python3 with numpy"
    finish
    exit
fi

cat >casts.py <<'END'
import itertools
import json
import os
import subprocess
import numpy as np

BITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}
TYPES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16"}


def run(*arguments):
    return subprocess.run([os.environ["DETINIT"], *arguments], check=True,
                          stdout=subprocess.PIPE).stdout


def rounded(w, dtype):
    """The nearest numbers of a type: of so many bits, or what float16 has as subnormals."""
    if dtype == "float16":
        return w.astype("f2").astype("f8")
    fraction, exponent = np.frexp(w)
    return np.ldexp(np.rint(np.ldexp(fraction, BITS[dtype])), exponent - BITS[dtype])


def stored(w, dtype):
    if dtype == "bfloat16":
        return (w.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
    return w.astype({"float64": "<f8", "float32": "<f4", "float16": "<f2"}[dtype]).tobytes()


def write(path, tensors):
    header, at = {}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": TYPES[dtype], "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, _, data in tensors.values():
            file.write(data)


run("--seed", "3", "--rows", "50", "--cols", "41", "--save", "w.npy")
exact = np.load("w.npy")
tensors, recipes = {}, []
for drawn, held, via in itertools.product(TYPES, TYPES, TYPES):
    name = f"{drawn}-{held}-{via}"
    values = rounded(rounded(rounded(exact, via), drawn), held)
    tensors[name] = held, [50, 41], stored(values, held)
    recipes.append({"name": name, "shape": [50, 41], "layer": 0, "dtype": drawn, "via": via})
write("cast.safetensors", tensors)
with open("cast.json", "w") as file:
    json.dump({"seed": 3, "tensors": recipes}, file)

arguments = "cast.safetensors", "--manifest", "cast.json"
run("verify", *arguments)
found = json.loads(run("analyze", *arguments, "--threshold", "0", "--format", "json"))
assert len(found["tensors"]) == 64
for tensor in found["tensors"]:
    assert tensor["exactly_unchanged"] == 2050 and tensor["changed_weights"] == 0, tensor
    assert tensor["dtype"] == tensor["name"].split("-")[1]
run("prune", *arguments, "--to", "init", "--threshold", "1", "--save", "pruned.safetensors")
run("pack", *arguments, "--threshold", "0", "--save", "packed.safetensors")
run("unpack", "packed.safetensors", "--save", "unpacked.safetensors")
run("prune", *arguments, "--to", "zero", "--threshold", "0", "--save", "zero.safetensors")
data = b"".join(t[2] for t in tensors.values())
for name in "pruned.safetensors", "unpacked.safetensors":
    with open(name, "rb") as file:
        assert file.read().endswith(data), name
with open("zero.safetensors", "rb") as file:
    assert file.read().endswith(bytes(len(data)))
END
export DETINIT
check "every cast of every type, by every via: NumPy's roundings" "$python" casts.py

cat >units.py <<'END'
import json
import os
import subprocess
import numpy as np


def run(*arguments):
    return subprocess.run([os.environ["DETINIT"], *arguments], check=True,
                          stdout=subprocess.PIPE).stdout


SHAPES = (("cols", (6, 4, 3, 3)), ("rows", (3, 3, 4, 6)), ("rows", (40, 30)), ("cols", (40, 30)),
          ("rows", (5, 4, 3)), ("cols", (5, 4, 3)), ("cols", (7,)), ("rows", (7,)))
with open("units.json", "w") as file:
    json.dump({"dtype": "float32", "tensors": [
        {"name": f"t{n}", "shape": shape, "fan_in": layout}
        for n, (layout, shape) in enumerate(SHAPES)]}, file)
run("init", "--manifest", "units.json", "--save", "units.safetensors")
with open("units.safetensors", "rb") as file:
    raw = bytearray(file.read())
begin = 8 + int.from_bytes(raw[:8], "little")
header = json.loads(raw[8:begin])
random = np.random.default_rng(1)
expected = []
for n, (layout, shape) in enumerate(SHAPES):
    awake = random.random(shape) < 0.5
    last = layout == "rows" and len(shape) > 1
    if len(shape) > 1:  # units by inputs
        layer = awake.reshape(-1, shape[-1]).T.copy() if last else awake.reshape(shape[0], -1)
    else:
        layer = awake.reshape(1, -1)
    layer[len(layer) // 2] &= len(shape) == 1
    layer[:, layer.shape[1] // 3] = False
    expected.append({
        "units": layer.shape[0], "inputs": layer.shape[1],
        "dead_units": int((~layer.any(1)).sum()), "dead_inputs": int((~layer.any(0)).sum())})
    at = begin + header[f"t{n}"]["data_offsets"][0]
    w = np.frombuffer(raw, "<f4", awake.size, at)
    w += (layer.T if last else layer).ravel()
with open("units.safetensors", "wb") as file:
    file.write(raw)
found = json.loads(run("analyze", "units.safetensors", "--format", "json"))
for n, tensor in enumerate(found["tensors"]):
    assert {k: tensor[k] for k in expected[n]} == expected[n], (SHAPES[n], tensor)
for k in expected[0]:
    assert found["total"][k] == sum(e[k] for e in expected), k
END
check "units and inputs in either layout: NumPy's" "$python" units.py
finish
