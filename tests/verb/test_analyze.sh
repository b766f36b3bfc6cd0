#!/bin/sh
# detinit analyze against the same figures computed in NumPy, and in PyTorch where it is there.
. "${srcdir:-.}/tests/tap.sh"

# refused STATUS EXPECTED ARGUMENT ...: one line, nothing on standard output.
refused() {
    expected="$1 detinit: $2"
    shift 2
    "$DETINIT" analyze "$@" >out 2>err </dev/null
    same "refuses analyze $*" "$expected" "$? $(cat err)$(cat out)"
}

"$DETINIT" --rows 6 --cols 4 --dtype float32 --save w.npy >/dev/null
refused 2 "analyze: needs a file: detinit analyze FILE"
refused 1 "cannot open 'none.npy': No such file or directory" none.npy
refused 2 "--save: does not go with the command analyze; --format json or csv, on standard \
output, keeps the figures" w.npy --save x.json
refused 2 "--threshold: cannot be joined with --sparsity; choose one" w.npy --threshold 1 \
    --sparsity 0.5
refused 2 "--threshold: '-1' is neither auto nor a finite number that is not below 0" w.npy \
    --threshold=-1
refused 2 "--rows: 'w.npy' holds 6 x 4, the transpose of what was asked for; the file tells the \
shape, leave it out" w.npy --rows 4 --cols 6
head -c 200 w.npy >short.npy
"$DETINIT" analyze short.npy >out 2>err
same "a short file is one line, exit status 1" "1 1 0" "$? $(wc -l <err) $(wc -c <out)"

# An untouched file, whatever made it: nothing has changed.
for dtype in float64 float32 float16 bfloat16; do
    for recipe in "--mode he" "--mode xavier --dist uniform" "--mode lecun --dist truncated" \
        "--mode torch" "--mode normal --std 0.5" "--fan-in rows --gain 3" "--orthogonal"; do
        # shellcheck disable=SC2086  # several words
        "$DETINIT" --rows 70 --cols 130 --dtype $dtype $recipe --save w.npy >/dev/null
        # shellcheck disable=SC2086
        same "untouched: $dtype $recipe" 9100,0,9100,0,9100,0,0,0,0, \
            "$("$DETINIT" analyze w.npy $recipe --threshold 0 --format csv | tail -n 1 |
                cut -d , -f 5-14)"
    done
done
"$DETINIT" --rows 70 --cols 130 --orthogonal --save w.npy >/dev/null
same "another seed: all has changed" 9100 \
    "$("$DETINIT" analyze w.npy --orthogonal --seed 43 --threshold 0 --format csv | tail -n 1 | cut -d , -f 6)"

# Text: the threshold, what is not claimed, tables that fit 80 columns.
"$DETINIT" analyze w.npy --orthogonal >text
check "text states the threshold" grep -q "^Threshold 1e-06: " text
check "text claims nothing that was not measured" grep -q "that was not measured" text
"$DETINIT" analyze w.npy --orthogonal --ascii | LC_ALL=C grep -n '[^ -~]' >wild
same "--ascii prints nothing else" "" "$(cat wild)"
same "no line is longer than 80 characters" 0 \
    "$("$DETINIT" analyze w.npy --seed 43 --ascii | awk 'length($0) > 80' | wc -l)"
same "no blanks at the ends of lines" 0 "$(grep -c ' $' text)"
same "-q leaves the heading out" "$(sed -n 3p text)" \
    "$("$DETINIT" analyze w.npy --orthogonal -q | head -n 1)"

python=$(python_with numpy)
if [ -z "$python" ]; then
    skip "figures against numpy" "no python3 with numpy"
    finish
    exit
fi

cat >figures.py <<'END'
"""Figures of trained weights against initial ones, and what analyze says of them."""
import json
import math
import os
import subprocess
import numpy

BFLOAT16 = numpy.dtype("V2")


def bits(a):
    return numpy.ascontiguousarray(a).view(f"<u{a.dtype.itemsize}")


def widen(a):
    """Any of the four types as float64, exactly."""
    if a.dtype == BFLOAT16:
        return (bits(a).astype("<u4") << 16).view("<f4").astype("f8")
    return a.astype("f8")


def narrow(values, dtype):
    """float64 to a storage type, rounding to nearest even."""
    if dtype != BFLOAT16:
        return values.astype(dtype)
    single = values.astype("<f4").view("<u4")
    return ((single + 0x7FFF + (single >> 16 & 1)) >> 16).astype("<u2").view(BFLOAT16)


def place(n, shape):
    return [int(k) for k in numpy.unravel_index(n, shape)]


def figures(w0, w, threshold):
    """Names as in the JSON; both arrays in the storage type."""
    equal = bits(w0) == bits(w)
    a, b = widen(w0), widen(w)
    with numpy.errstate(all="ignore"):
        delta = numpy.where(equal, 0, abs(b - a))
    delta[numpy.isnan(delta)] = numpy.inf
    finite = delta < numpy.inf
    changed = delta > threshold
    found = delta[finite]
    bins = numpy.zeros(80, int)
    for d in found:
        bins[0 if d < 2.0**-63 else min(math.frexp(d)[1] - 1 + 64, 79)] += 1
    while len(bins) > 1 and bins[-1] == 0:
        bins = bins[:-1]
    largest = numpy.argmax(numpy.where(finite, delta, -1))
    rows = changed.reshape(-1, changed.shape[-1])
    return {
        "total_weights": w.size, "changed_weights": int(changed.sum()),
        "sleeping_weights": int((~changed).sum()), "changed_percentage": 100 * changed.mean(),
        "exactly_unchanged": int(equal.sum()), "not_finite": int((~finite).sum()),
        "mean_delta": found.mean(), "max_delta": found.max(),
        "max_at": place(largest, w.shape) if found.max() > 0 else None,
        "first_difference": None if equal.all() else place(numpy.argmin(equal), w.shape),
        "dead_rows": int((~rows.any(axis=1)).sum()), "dead_cols": int((~rows.any(axis=0)).sum()),
        "factor": (a[finite] * b[finite]).sum() / (a[finite] ** 2).sum(),
        "counts": bins.tolist(),
    }


def analyze(*arguments):
    command = [os.environ["DETINIT"], "analyze", *arguments, "--format", "json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def compare(tensor, w0, w, threshold):
    """Counts exactly; sums to the last digits that the order of summation allows."""
    expected = figures(w0, w, threshold)
    near = {"mean_delta": 1e-13, "factor": 1e-12, "changed_percentage": 1e-15}
    decay = tensor["decay"]
    tensor = {**tensor, "factor": decay["factor"], "counts": tensor["histogram"]["counts"]}
    for name, value in expected.items():
        if name in near:
            assert abs(tensor[name] - value) <= near[name] * abs(value), (name, tensor[name], value)
        else:
            assert tensor[name] == value, (name, tensor[name], value)
    with numpy.errstate(all="ignore"):
        decayed = abs(widen(w) - decay["factor"] * widen(w0)) <= threshold
    assert decay["sleeping"] == decayed.sum(), (decay, decayed.sum())
    assert decay["counted"] == w.size
END

cat >numpy_files.py <<'END'
import sys
import numpy
from figures import BFLOAT16, analyze, bits, compare, narrow, place, widen

random = numpy.random.default_rng(5)
w0 = numpy.load("w0.npy")
dtype = w0.dtype
size = random.choice([0, 1e-9, 1e-5, 1e-3, 0.1], w0.shape)
w = narrow(widen(w0) + size * random.standard_normal(w0.shape), dtype)
w = numpy.where(size == 0, bits(w0), bits(w)).view(dtype)  # every bit of an untouched weight
cases = {"noise": w, "untouched": w0.copy(), "decayed": narrow(0.9 * widen(w0), dtype)}
wild = w.copy()
places = random.integers(0, w.size, 30)
wild.ravel()[places[:20]] = narrow(numpy.repeat([numpy.inf, -numpy.inf], 10), dtype)
bits(wild).ravel()[places[20:]] |= numpy.array((1 << 8 * dtype.itemsize - 1) - 1, bits(w).dtype)
cases["not finite"] = wild
dead = w.copy()
dead[1], dead[..., 2] = w0[1], w0[..., 2]
cases["dead units"] = dead
for name, case in cases.items():
    numpy.save("w.npy", case)
    for threshold in "0", "1e-6", "1e-3":
        result = analyze("w.npy", "--threshold", threshold, *sys.argv[1:])
        assert result["threshold"] == float(threshold)
        tensor = result["tensors"][0]
        compare(tensor, w0, case, float(threshold))
        compare({**tensor, **result["total"]}, w0, case, float(threshold))
if dtype != BFLOAT16:
    for other in numpy.asfortranarray(w), w.astype(dtype.newbyteorder(">")):
        numpy.save("w.npy", other)
        compare(analyze("w.npy", *sys.argv[1:])["tensors"][0], w0, w, 1e-6)
# One bit flipped is found at its address.
for n in 0, w.size - 1, *random.integers(0, w.size, 10):
    flipped = w0.copy()
    bits(flipped).ravel()[n] ^= numpy.array(1 << int(random.integers(0, 6)), bits(w).dtype)
    numpy.save("w.npy", flipped)
    tensor = analyze("w.npy", "--threshold", "0", *sys.argv[1:])["tensors"][0]
    assert tensor["changed_weights"] == 1 and tensor["exactly_unchanged"] == w.size - 1
    assert tensor["first_difference"] == tensor["max_at"] == place(n, w.shape), tensor
END
export DETINIT
for dtype in float64 float32 float16 bfloat16; do
    "$DETINIT" --rows 150 --cols 210 --dtype $dtype --mode lecun --save w0.npy >/dev/null
    check "NumPy's $dtype files: the same figures" "$python" numpy_files.py --mode lecun
done
"$DETINIT" --shape 12,7,3,5 --zero-mean --dtype float32 --save w0.npy >/dev/null
check "a tensor of rank 4: the same figures" "$python" numpy_files.py --shape 12,7,3,5 --zero-mean
"$DETINIT" --rows 2 --cols 70001 --dtype float32 --save w0.npy >/dev/null
check "rows of several blocks: the same figures" "$python" numpy_files.py --threads 3

# A network: a file of several tensors, what has no recipe among them.
cat >network.py <<'END'
import json
import numpy
from figures import BFLOAT16, analyze, compare, narrow, widen

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": BFLOAT16}


def write(path, arrays, metadata=None):
    header, at = {} if metadata is None else {"__metadata__": metadata}, 0
    for name, (kind, array) in arrays.items():
        header[name] = {"dtype": kind, "shape": list(array.shape),
                        "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, array in arrays.values():
            file.write(numpy.ascontiguousarray(array).tobytes())


random = numpy.random.default_rng(6)
initial, arrays, manifest = {}, {}, {"seed": 9, "tensors": []}
for layer, kind in enumerate(TYPES):
    w0 = numpy.load(f"{kind}.npy")
    initial[kind] = w0
    step = random.standard_normal(w0.shape) * random.choice([0, 1e-3], w0.shape)
    arrays[kind] = kind, narrow(widen(w0) + step, w0.dtype)
    manifest["tensors"].append({"name": kind, "shape": list(w0.shape), "layer": layer})
arrays["bias"] = "F32", numpy.zeros(7, "<f4")
arrays["steps\n"] = "I64", numpy.zeros((), "<i8")
write("net.safetensors", arrays)
with open("net.json", "w") as file:
    json.dump(manifest, file)


def compare_all(result):
    assert [t["name"] for t in result["tensors"]] == list(TYPES)
    assert [t["name"] for t in result["not_tracked"]] == ["bias", "steps\n"]
    for tensor in result["tensors"]:
        compare(tensor, initial[tensor["name"]], arrays[tensor["name"]][1], result["threshold"])
    total, tensors = result["total"], result["tensors"]
    for name in ("total_weights", "changed_weights", "sleeping_weights", "exactly_unchanged",
                 "not_finite", "dead_rows", "dead_cols"):
        assert total[name] == sum(t[name] for t in tensors), name
    assert total["max_delta"] == max(t["max_delta"] for t in tensors)
    mean = sum(t["mean_delta"] * t["total_weights"] for t in tensors) / total["total_weights"]
    assert abs(total["mean_delta"] - mean) <= 1e-13 * mean


network = ["net.safetensors", "--manifest", "net.json"]
compare_all(analyze(*network))
compare_all(analyze(*network, "--threshold", "1e-4", "--threads", "3"))
assert analyze(*network) == analyze(*network, "--threads", "1") == analyze(*network, "--exact")

deltas = numpy.sort(numpy.concatenate([abs(widen(arrays[k][1]) - widen(initial[k])).ravel()
                                       for k in TYPES]))
for share in 0, 0.1, 0.6, 0.623, 0.999, 1:
    result = analyze(*network, "--sparsity", str(share))
    compare_all(result)
    rank = int(numpy.ceil(share * deltas.size))
    assert result["threshold"] == (deltas[rank - 1] if rank > 0 else 0), share
    assert result["threshold_from"] == "sparsity" and result["sparsity"] == share
    again = analyze(*network, "--threshold", repr(result["threshold"]))
    assert again["tensors"] == result["tensors"]


def held(threshold):
    return (deltas[deltas <= threshold] ** 2).sum() / (deltas**2).sum()


automatic = analyze(*network, "--threshold", "auto")
compare_all(automatic)
assert automatic["threshold_from"] == "auto"
assert held(automatic["threshold"]) <= 0.01 < held(automatic["threshold"] * 2 ** (2 / 16))

# The recipes may stand in the file itself.
write("own.safetensors", arrays, {"detinit.manifest": json.dumps(manifest), "detinit.version": "1"})
assert analyze("own.safetensors")["tensors"] == analyze(*network)["tensors"]
END
layer=0
for kind in F64:float64 F32:float32 F16:float16 BF16:bfloat16; do
    "$DETINIT" --seed 9 --layer $layer --rows $((40 + layer)) --cols 60 --dtype ${kind#*:} \
        --save ${kind%:*}.npy >/dev/null
    layer=$((layer + 1))
done
check "a network in all types: the same figures, thresholds that are the sorted ones" \
    "$python" network.py
"$DETINIT" analyze net.safetensors --manifest net.json >text
check "text lists what is not tracked, in plain characters" \
    grep -q "^Not tracked, because no recipe names them: bias, steps?$" text
"$DETINIT" analyze net.safetensors --manifest net.json --format csv >csv
same "CSV has a line for each tensor" "5 F64 F32 F16 BF16" \
    "$(wc -l <csv) $(tail -n +2 csv | cut -d , -f 1 | tr -d '"' | xargs)"
"$DETINIT" analyze net.safetensors --manifest net.json --sparsity 0.6 >text
threshold=$(sed -n 's/^.*--threshold \([^ ]*\) gives it again.*$/\1/p' text)
"$DETINIT" analyze net.safetensors --manifest net.json --threshold "$threshold" >again
same "the threshold that was found can be given again" "" \
    "$(diff text again | grep '^[<>]' | grep -v -e Threshold -e --threshold)"

# PyTorch: its own rounding to each type, and its own sums.
torch=$(python_with torch)
if [ -z "$torch" ]; then
    skip "figures against PyTorch" "no python3 with torch"
    finish
    exit
fi
cat >torch_file.py <<'END'
import json
import sys
import torch
from figures import analyze

TYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
WORDS = {"F64": torch.int64, "F32": torch.int32, "F16": torch.int16, "BF16": torch.int16}
torch.manual_seed(7)
kind = sys.argv[1]


def read(path):
    """The weights of a file that detinit saved, whose only tensor fills its end."""
    data = open(path, "rb").read()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    name, = (n for n in header if n != "__metadata__")
    assert header[name]["dtype"] == kind
    words = torch.frombuffer(bytearray(data[8 + length:]), dtype=WORDS[kind])
    return words.view(TYPES[kind]).reshape(header[name]["shape"])


def write(path, tensor):
    raw = tensor.contiguous().view(WORDS[kind]).numpy().tobytes()
    header = json.dumps({"weight": {"dtype": kind, "shape": list(tensor.shape),
                                    "data_offsets": [0, len(raw)]}}).encode()
    with open(path, "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header + raw)


w0 = read("w0.safetensors")
exact = w0.to(torch.float64)
for step in 0, 1e-3, 0.1:
    noise = step * torch.randn(w0.shape, dtype=torch.float64)
    noise[torch.rand(w0.shape) < 0.3] = 0
    w = torch.where(noise == 0, w0, (exact + noise).to(TYPES[kind]))
    write("w.safetensors", w)
    for threshold in 0, 1e-6, 1e-2:
        tensor = analyze("w.safetensors", "--threshold", repr(threshold))["tensors"][0]
        delta = (w.to(torch.float64) - exact).abs()
        changed = delta > threshold
        assert tensor["total_weights"] == w.numel()
        assert tensor["changed_weights"] == int(changed.sum())
        assert tensor["sleeping_weights"] == int((~changed).sum())
        assert tensor["exactly_unchanged"] == int((w == w0).sum())
        assert tensor["dead_rows"] == int((~changed.any(1)).sum())
        assert tensor["dead_cols"] == int((~changed.any(0)).sum())
        assert tensor["max_delta"] == float(delta.max())
        assert abs(tensor["mean_delta"] - float(delta.mean())) <= 1e-13 * float(delta.mean())
        factor = float((w.to(torch.float64) * exact).sum() / (exact**2).sum())
        assert abs(tensor["decay"]["factor"] - factor) <= 1e-12 * abs(factor)
        if step == 0:
            assert tensor["changed_weights"] == 0
            assert tensor["exactly_unchanged"] == w.numel()
END
for kind in F64:float64 F32:float32 F16:float16 BF16:bfloat16; do
    "$DETINIT" init --net 120-90 --dtype ${kind#*:} --save net.safetensors >/dev/null
    cp net.safetensors w0.safetensors
    check "PyTorch's ${kind#*:} weights: the same figures" "$torch" torch_file.py ${kind%:*}
done

finish
