#!/bin/sh
# The command init: tables, files and folders of networks, read by NumPy and held against its
# reference; the ready manifests; manifests and requests that are wrong.
. "${srcdir:-.}/tests/tap.sh"

# ends STATUS LINE ARGUMENT ...: one line on standard error, nothing else, nothing written.
ends() {
    expected="$1 detinit: $2"
    shift 2
    "$DETINIT" "$@" >out 2>err </dev/null
    found="$? $(cat err)"
    [ -s out ] && found="$found and output"
    [ "$(ls -A)" = "$entries" ] || found="$found and $(ls -A | tr '\n' ' ')"
    same "init refuses ${*#init}" "$expected" "$found"
}
touch out err same.log
echo '{"tensors": [{"name": "a", "shape": [2, 3]}, {"name": "b", "shape": [2], "mode": "hee"}]}' >b.json
printf '{"tensors": [{"name": "a\\u001b", "shape": [2, 3]}]}' >control.json
printf '{"seed": 1\000, "tensors": []}' >nul.json
printf '{"tensors": [{"name": "big", "shape": [9000000000, 9000000000]}]}' >big.json
echo '{"tensors": [{"name": "v", "shape": [7]}]}' >vector.json
echo '{"tensors": [{"name": "a", "shape": [3], "mode": "he", "dtype": "float32"}]}' >own.json
: >empty.json
mkdir directory.safetensors
entries=$(ls -A)
manifests="cnn, document, gpt2, llama, lstm, resnet18, rnn, showcase, transformer, vit"
ready="ready manifests are $manifests"
modes="he (kaiming), xavier (glorot), lecun, torch, normal, constant, identity (eye), dirac or delta_orthogonal"
ends 2 "init: needs --net 784-256-128-10 or --manifest FILE; $ready" init
ends 2 "--net: cannot be joined with --manifest; choose one" init --net 3-2 --manifest cnn
for widths in 3 3- -3 3--2 3-0 3-x 3x2 3-9223372036854775808; do
    ends 2 "--net: '$widths' is not a network: two or more widths, each 1 .. 2^63-1, joined by dashes, 784-256-128-10" \
        init --net=$widths
done
for option in rows cols; do
    ends 2 "--$option: does not go with the command init; --net or --manifest tells it" \
        init --net 3-2 --$option 3
done
ends 2 "--shape: does not go with the command init; --net or --manifest tells it" \
    init --manifest cnn --shape 3,3
ends 2 "--layer: --manifest tells the layers; leave it out" init --manifest cnn --layer 3
ends 2 "--zero-row: --manifest tells the rows; leave it out" init --manifest cnn --zero-row 3
ends 2 "--mode: every tensor of the manifest has its own; leave it out" \
    init --manifest own.json --mode xavier
ends 2 "--dtype: every tensor of the manifest has its own; leave it out" \
    init --manifest own.json --dtype f2
ends 2 "--net: goes with the command init" --net 3-2
ends 2 "--test-repro: does not go with the command init" init --net 3-2 --test-repro
ends 2 "--manifest: 'cn' is neither a file nor a ready manifest, did you mean cnn; ready are $manifests" \
    init --manifest cn
ends 2 "--manifest: 'zebra' is neither a file nor a ready manifest; ready are $manifests" \
    init --manifest zebra
ends 1 "--manifest: cannot open 'none.json': No such file or directory" init --manifest none.json
ends 1 "--manifest: cannot open './cnn': No such file or directory" init --manifest ./cnn
ends 1 "--manifest: cannot read 'directory.safetensors': Is a directory" \
    init --manifest directory.safetensors
ends 1 "'b.json', tensor 2 'b': mode must be $modes, not \"hee\"" init --manifest b.json
ends 1 "'b.json', tensor 2 'b': mode must be $modes, not \"hee\"" \
    init --manifest b.json --mode xavier --seed 3
ends 1 "'control.json', tensor 1: name must be 1 .. 4096 bytes of UTF-8 text without control characters, and not __metadata__, not \"a\\u001B\"" \
    init --manifest control.json --save x/
ends 1 "'empty.json' is not JSON: line 1, column 0: '[' or '{' expected near end of file" \
    init --manifest empty.json
ends 1 "'standard input' is not JSON: line 1, column 0: '[' or '{' expected near end of file" \
    init --manifest -
ends 1 "'cnn', tensor 1 'conv1.weight': zero_mean has no effect on an orthogonal tensor; leave it out" \
    init --manifest cnn --orthogonal
ends 1 "'vector.json', tensor 1 'v': only a tensor of 2 dimensions or more can be orthogonal" \
    init --manifest vector.json --orthogonal
ends 2 "--save: 'w.npy' must end in .safetensors, or in / for a folder of .npy files, with the command init" \
    init --net 3-2 --save w.npy
ends 2 "--save: '-' must end in .safetensors, or in / for a folder of .npy files, with the command init" \
    init --net 3-2 --save -
ends 2 "--save: cannot write into 'none/': No such file or directory" \
    init --net 3-2 --save none/w.safetensors
ends 1 "cannot write 'none/there': No such file or directory" init --net 3-2 --save none/there/
ends 1 "cannot write 'b.json': Not a directory" init --net 3-2 --save b.json/
ends 1 "cannot write '.': it is the current directory; name a folder in it" \
    init --net 3-2 --save ./
ends 2 "--save: the network is larger than any file can be" \
    init --manifest big.json --save w.safetensors
"$DETINIT" init --manifest nul.json >out 2>err
same "a manifest with a NUL" "1 1" "$? $(wc -l <err)"

# The table.
"$DETINIT" init --net 784-256-128-10 >out
cat >expected <<'END'
NETWORK (seed=42)
============================================================
  name        shape    fan_in    layer  mode  std        dist        bytes
  fc1.weight  256x784  784 cols      0  he    0.0505076  normal  1,605,632
  fc2.weight  128x256  256 cols      1  he    0.0883883  normal    262,144
  fc3.weight  10x128   128 cols      2  he    0.125      normal     10,240

  fan_in cols: a matrix is (out, in), as PyTorch's nn.Linear stores it
  Total: 3 tensors, 234,752 parameters, 1,878,016 bytes of float64
END
check "the table of 784-256-128-10" diff expected out
"$DETINIT" init --net 5-4 --fan-in rows --seed 7 --dtype f2 --layer 9 --save t.safetensors >out
cat >expected <<'END'
NETWORK (seed=7)
============================================================
  name        shape  fan_in  layer  mode  std       dist    bytes
  fc1.kernel  5x4    5 rows      9  he    0.632456  normal     40

  fan_in rows: a matrix is (in, out), as Keras's Dense and JAX store it
  Total: 1 tensor, 20 parameters, 40 bytes of float16

END
echo "Saved t.safetensors ($(wc -c <t.safetensors) bytes)" >>expected
check "the table of what Keras stores, saved" diff expected out
"$DETINIT" init --manifest cnn >out
check "the table of a convolution" \
    grep -q '^  conv2.weight  64x32x3x3  288 = 32x3x3  .*  normal, mean 0  *73,728$' out
check "the table tells where a convolution's fan_in lies" \
    grep -q "convolution is (out, in, height, width), as PyTorch's" out
"$DETINIT" init --manifest rnn >out
check "the table of an orthogonal recurrence" \
    grep -q '^  rnn.weight_hh_l0 .* xavier  0.0883883  orthogonal  *65,536$' out
printf '{"tensors": [{"name": "a", "shape": [2]}, {"name": "b", "shape": [2], "seed": 3}]}' |
    "$DETINIT" init --manifest - -q >out
printf '{"tensors": [{"name": "a", "shape": [2]}, {"name": "b", "shape": [2], "dtype": "f4"}]}' |
    "$DETINIT" init --manifest - -q >types
check "several types, too" grep -q '^  name .*  dist    dtype    bytes$' types
check "several seeds are a column of their own" grep -q '^  name  shape  fan_in  layer  seed ' out
printf '{"tensors": [{"name": "a", "shape": [9000000000, 9000000000]}]}' |
    "$DETINIT" init --manifest - >out
check "an enormous network is counted no further" grep -q 'Total: 1 tensor, over 2^64 bytes of float64$' out
same "a file comes before a ready manifest of its name" "  a " \
    "$(mkdir shadow && cd shadow && echo '{"tensors":[{"name":"a","shape":[1]}]}' >cnn &&
        "$DETINIT" init --manifest cnn -q | sed -n '2s/\(  a \).*/\1/p')"

# What most recipes leave alone is told where it is not.
"$DETINIT" init --net 5-4-3 --mode lecun_normal --mean 1 --fans 3,4 --zero-row 1 >out
same "a table names the fields" \
    "  fc1.weight  4x5    3           0  lecun  0.57735  truncated  fans=3,4, mean=1, zero_row=1    160" \
    "$(sed -n 4p out)"
same "and so does CSV" '"fc1.weight",4x5,0,42,constant,0,default,0,0,5,cols,4,float64,20,160,"value=2, via=float16"' \
    "$("$DETINIT" init --net 5-4-3 --mode constant --value 2 --via f2 --format csv | sed -n 2p)"
echo '{"tensors": [{"name": "a", "shape": [3, 3, 4, 5], "fan_in": "rows"}, {"name": "b",
    "shape": [4, 4, 1, 1], "zero_mean": true}]}' >conv.json
"$DETINIT" init --manifest conv.json >out
check "fan_in of another layout" grep -q '36 = 3x3x4 ' out
check "slices of one weight" grep -q '^  b: zero-mean: 1 x 1 slices are left as drawn$' out
"$DETINIT" init --manifest cnn --orthogonal >out 2>&1
same "slices of orthogonal kernels" \
    "detinit: 'cnn', tensor 1 'conv1.weight': zero_mean has no effect on an orthogonal tensor; leave it out" \
    "$(cat out)"
rm conv.json

# Folders.
ls -A >entries
"$DETINIT" init --manifest cnn --save folder >out 2>err
same "a folder that is not there needs a slash" 2 $?
"$DETINIT" init --manifest cnn --save folder/ >out
same "a folder's files" \
    "conv1.weight.npy conv2.weight.npy fc1.weight.npy fc2.weight.npy manifest.json " \
    "$(ls -A folder | tr '\n' ' ')"
"$DETINIT" init --manifest cnn --seed 9 --save folder >/dev/null
check "a folder is replaced by one of the same files" grep -q '"seed": 9' folder/manifest.json
echo thesis >folder/thesis.tex
"$DETINIT" init --manifest cnn --save folder/ >out 2>err
same "a folder with something else is left alone" \
    "1 detinit: cannot write 'folder': it holds 'thesis.tex', which would be lost; name a new or an empty folder thesis" \
    "$? $(cat err folder/thesis.tex | tr '\n' ' ' | sed 's/ $//')"
(
    limit_files 100
    "$DETINIT" init --net 1000-1000-3 --save limited/ >out 2>err
)
same "a file-size limit" "1 detinit: cannot write 'limited/fc1.weight.npy': File too large" "$? $(cat err)"
"$DETINIT" init --manifest rnn --save a/ >/dev/null
"$DETINIT" init --manifest a/manifest.json --save b/ >/dev/null
check "a folder's manifest makes the same folder" diff -r a b
same "nothing else is left beside folders" "$(cat entries)" "$(ls -A | grep -vx 'folder\|a\|b')"
"$DETINIT" init --net 3-2 --manifest >out 2>err
same "a flag without its value" "2 detinit: --manifest: needs a value" "$? $(cat err)"

python=$(python_with numpy)
if [ -z "$python" ]; then
    skip "networks against numpy" "no python3 with numpy"
    finish
    exit
fi
export PYTHONPATH="$srcdir/tests:$srcdir/tests/golden" PYTHONDONTWRITEBYTECODE=1

# Every tensor of a file and of a folder against the reference; JSON and CSV against both.
cat >network.py <<'END'
import csv, json, os, sys
import numpy
import read_safetensors, reference
numpy.seterr(over="ignore")
answer = json.load(open("n.json"))
rows = {row["name"]: row for row in csv.DictReader(open("n.csv"))}
tensors, metadata = read_safetensors.load("n.safetensors")
assert json.loads(metadata["detinit.manifest"]) == answer["manifest"]
assert json.load(open("n/manifest.json")) == answer["manifest"]
assert open("n/manifest.json").read() == metadata["detinit.manifest"]
assert metadata["detinit.version"] == "1" == str(answer["version"])
assert answer["saved"] == {"path": "n.safetensors", "bytes": os.path.getsize("n.safetensors")}
assert set(tensors) == set(rows) == {t["name"] for t in answer["tensors"]}
assert [t["name"] for t in answer["tensors"]] == [t["name"] for t in answer["manifest"]["tensors"]]
assert sorted(os.listdir("n")) == sorted([t + ".npy" for t in tensors] + ["manifest.json"])
parameters = bytes = 0
for t in answer["tensors"]:
    array, row = tensors[t["name"]], rows[t["name"]]
    assert list(array.shape) == t["shape"] and row["shape"] == "x".join(map(str, t["shape"]))
    assert t["parameters"] == array.size == int(row["parameters"])
    assert t["bytes"] == array.nbytes == int(row["bytes"])
    parameters, bytes = parameters + array.size, bytes + array.nbytes
    assert numpy.load("n/%s.npy" % t["name"]).tobytes() == array.tobytes()
    axis = t["fan_in_axis"] or "cols"
    assert t["fan_in"] == reference.fans(tuple(t["shape"]), axis)[0] == float(row["fan_in"])
    if t["orthogonal"]:
        w = array.astype("f8")
        gain = {"he": 2**0.5}.get(t["mode"], 1)
        assert abs(w @ w.T - gain**2 * numpy.eye(len(w))).max() < 2e-6
        continue
    given = float(t["std"])
    expected = reference.weights(int(t["seed"]), int(t["layer"]), tuple(t["shape"]), t["mode"],
                                 t["dist"], axis, given, 1.0, t["zero_mean"], t["dtype"])
    assert expected.tobytes() == array.tobytes(), t["name"]
    assert t["std"] == reference.std_of(t["mode"], tuple(t["shape"]), axis, given)
    assert t["std"] == float(row["std"]) and t["mode"] == row["mode"] and t["dist"] == row["dist"]
    assert int(row["layer"]) == int(t["layer"]) and row["dtype"] == t["dtype"]
    if t["zero_mean"]:
        assert abs(array.astype("f8").mean(axis=(2, 3))).max() < 1e-6
assert answer["total"] == {"tensors": len(tensors), "parameters": parameters, "bytes": bytes}
END
# network NAME ARGUMENT ...
network() {
    name=$1
    shift
    rm -rf n
    "$DETINIT" init "$@" --save n.safetensors --format json >n.json
    "$DETINIT" init "$@" --save n/ --format csv >n.csv
    check "$name: file, folder, JSON and CSV" "$python" network.py
    "$python" -c 'import read_safetensors
print(read_safetensors.load("n.safetensors")[1]["detinit.manifest"], end="")' |
        "$DETINIT" init --manifest - --save again.safetensors >/dev/null
    check "$name: its metadata make the same file" cmp n.safetensors again.safetensors
}
network "784-256-128-10" --net 784-256-128-10
network "widths with options" --net 30-20-10 --seed 0xffffffffffffffff --layer 9007199254740993 \
    --mode normal --std 0.3 --dist truncated --dtype bfloat16
network "widths as Keras stores them" --net 30-20-10 --fan-in rows --mode xavier --threads 1
for ready in cnn document rnn showcase transformer; do
    network "ready $ready" --manifest $ready
done
network "a ready one with flags" --manifest cnn --seed 5 --dtype float64 --mode xavier
cat >mixed.json <<'END'
{"seed": "18446744073709551615", "dtype": "float16", "tensors": [
  {"name": "half", "shape": [3]},
  {"name": "Gr\u00f6\u00dfe, \"x\"", "shape": [5, "7"], "dtype": "float64", "mode": "torch"},
  {"name": "brain", "shape": [3, 1, 3], "dtype": "bfloat16", "seed": 1, "layer": "0xffffffffffffffff"},
  {"name": "conv", "shape": [3, 2, 5, 5], "dtype": "float32", "zero_mean": true, "dist": "uniform"}]}
END
network "a manifest of every kind" --manifest mixed.json

# What the ready manifests are for.
"$DETINIT" init --manifest transformer --save n.safetensors >/dev/null
check "Q, K, V are the document's: std * gaussian(index, i, j), std = 1 / sqrt(d_model)" \
    "$python" -c '
import numpy
import read_safetensors, reference
numpy.seterr(over="ignore")
tensors = read_safetensors.load("n.safetensors")[0]
std = 1.0 / numpy.sqrt(512)
for idx, name in enumerate(["Q", "K", "V"]):
    z = reference.weights(42, idx, (512, 512), "normal", "normal", "cols", 1.0, 1.0, 0, "float64")
    assert (tensors[name] == std * z).all()'
"$DETINIT" init --manifest document --save n.safetensors >/dev/null
"$DETINIT" --seed 42 --layer 1 --rows 128 --cols 256 --save one.npy >/dev/null
check "the document's layers, and each by itself" "$python" -c '
import numpy
import read_safetensors
tensors = read_safetensors.load("n.safetensors")[0]
shapes = {name: array.shape for name, array in tensors.items()}
assert shapes == {"layer_0": (256, 784), "layer_1": (128, 256), "layer_2": (10, 128)}
assert (numpy.load("one.npy") == tensors["layer_1"]).all()'
"$DETINIT" init --manifest showcase --format json >n.json
check "the showcase has 6,100 parameters" "$python" -c '
import json
assert json.load(open("n.json"))["total"]["parameters"] == 6100'
"$DETINIT" showcase --small --epochs 1 --save trained.safetensors >/dev/null
"$DETINIT" init --manifest showcase --save initial.safetensors >/dev/null
with_lapack "the showcase trains the network of its manifest" &&
    check "the showcase trains the network of its manifest" "$python" -c '
import numpy, read_safetensors
trained, initial = (read_safetensors.load(n + ".safetensors")[0] for n in ("trained", "initial"))
for name, w in initial.items():
    assert w.dtype == trained[name].dtype and w.shape == trained[name].shape
    assert (w != trained[name]).any()
    assert numpy.corrcoef(w.ravel(), trained[name].ravel())[0, 1] > 0.5, name'
for name in $(echo "$manifests" | tr -d ,); do
    check "$name is what lies in manifests/" "$python" -c '
import json, subprocess, sys
table = lambda manifest: json.loads(subprocess.run(
    [sys.argv[1], "init", "--manifest", manifest, "--format", "json"],
    stdout=subprocess.PIPE, check=True).stdout)
assert table(sys.argv[2]) == table(sys.argv[3])' "$DETINIT" $name "$srcdir/manifests/$name.json"
done
# Real architectures: the parameters that they are known to have, and what is made of some.
for known in gpt2:124439808:148 llama:1204881408:147 vit:22050664:152 resnet18:11689512:62 \
    lstm:3678208:8; do
    "$DETINIT" init --manifest "${known%%:*}" --format json >n.json
    same "the parameters of ${known%%:*}" "${known#*:}" "$("$python" -c '
import json
total = json.load(open("n.json"))["total"]
print(total["parameters"], total["tensors"], sep=":")')"
done
"$DETINIT" init --manifest lstm --save n.safetensors >/dev/null
check "the gates of the LSTM" "$python" -c '
import hashlib, numpy
import read_safetensors, reference
numpy.seterr(over="ignore")
tensors = read_safetensors.load("n.safetensors")[0]
for n in (0, 1):
    w, u = tensors["weight_ih_l%d" % n], tensors["weight_hh_l%d" % n]
    b = tensors["bias_ih_l%d" % n] + tensors["bias_hh_l%d" % n]
    assert (b == numpy.repeat([0, 1, 0, 0], 512)).all()
    for gate in range(4):
        rows = slice(512 * gate, 512 * (gate + 1))
        name = "weight_ih_l%d.%d" % (n, gate)
        layer = int(hashlib.sha256(name.encode()).hexdigest()[:16], 16)
        expected = reference.weights(42, layer, (512, w.shape[1]), "xavier", "normal", "cols", 0.0,
                                     1.0, 0, "float32")
        assert (w[rows] == expected).all(), name
        v = u[rows].astype("f8")
        assert abs(v @ v.T - numpy.eye(512)).max() < 1e-5'
"$DETINIT" init --manifest gpt2 --save n.safetensors >/dev/null
check "GPT-2's residual projections" "$python" -c '
import read_safetensors
tensors = read_safetensors.load("n.safetensors")[0]
for name, w in tensors.items():
    std = 0.02 / 24**0.5 if name.endswith("c_proj.weight") else 0.02
    if ".ln_" in name or name.endswith("bias"):
        assert (w == (0 if name.endswith("bias") else 1)).all(), name
    else:
        assert abs(w.astype("f8").std() / std - 1) < 0.01, name'
rm n.safetensors
sed -n '/^```json/,/^```/p' "$srcdir/README.md" | grep -v '^```' >readme.json
"$DETINIT" init --manifest readme.json >out 2>err
same "README's manifest" "  Total: 49 tensors, 334,004,224 parameters, 668,008,448 bytes of bfloat16" \
    "$(cat err; tail -n 1 out)"

# Names that are no files' names, from a manifest to what is read again.
cat >names.json <<'END'
{"dtype": "float32", "tensors": [
 {"name": "encoder/layer_0/kernel:0", "shape": [3, 2]}, {"name": "../up", "shape": [2]},
 {"name": ".hidden", "shape": [2]}, {"name": "a%2Fb", "shape": [2]}, {"name": "a/b", "shape": [2]}]}
END
"$DETINIT" init --manifest names.json --save names/ >/dev/null
same "names as files" \
    "%2E.%2Fup.npy %2Ehidden.npy a%252Fb.npy a%2Fb.npy encoder%2Flayer_0%2Fkernel:0.npy manifest.json " \
    "$(ls -A names | tr '\n' ' ')"
for file in names/*.npy; do
    "$DETINIT" verify "$file" --manifest names/manifest.json >out 2>err
    same "verify $file" "0 " "$? $(cat err)"
done
"$DETINIT" init --manifest names.json --save names.safetensors >/dev/null
"$DETINIT" verify names.safetensors >out 2>err
same "verify all of them" "0 " "$? $(cat err)"
"$DETINIT" pack names.safetensors --threshold 0 --save small.safetensors >/dev/null &&
    "$DETINIT" unpack small.safetensors --save whole.safetensors >/dev/null
check "packed and unpacked, names are what they were" cmp names.safetensors whole.safetensors

# 10^5 tensors: seconds, where each step is at most linear; the square of it would take hours.
echo '{"dtype": "float32", "tensors": [{"repeat": 100, "as": "i", "tensors": [{"repeat": 1000, "as": "j",
    "tensors": [{"name": "layers.{i}.experts.{j}", "shape": [2, 2]}]}]}]}' >many.json
# in_time NAME ARGUMENT ...
in_time() {
    many=$1
    shift
    check "$many of 100,000 tensors" timeout 120 "$DETINIT" "$@"
}
in_time "a table" init --manifest many.json
in_time "a file" init --manifest many.json --save many.safetensors
in_time "analysis" analyze many.safetensors
in_time "analysis as JSON" analyze many.safetensors --format json
in_time "verification" verify many.safetensors
in_time "packing" pack many.safetensors --threshold 0 --save small.safetensors
in_time "unpacking" unpack small.safetensors --save whole.safetensors
check "100,000 tensors are what they were" cmp many.safetensors whole.safetensors
rm many.safetensors whole.safetensors small.safetensors
sed 's/"repeat": 100,/"repeat": 10,/' many.json >fewer.json
check "a folder of 10,000 files" timeout 120 "$DETINIT" init --manifest fewer.json --save many/
same "10,000 files and a manifest" 10001 "$(ls -A many | wc -l)"
rm -r many

if "$python" -c 'import torch' 2>/dev/null; then
    "$DETINIT" init --manifest cnn --save n.safetensors >/dev/null
    check "PyTorch takes the convolutional network" "$python" -c '
import torch
import read_safetensors
class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = torch.nn.Conv2d(32, 64, 3, padding=1)
        self.fc1 = torch.nn.Linear(3136, 128)
        self.fc2 = torch.nn.Linear(128, 10)
    def forward(self, x):
        x = torch.nn.functional.max_pool2d(self.conv1(x).relu(), 2)
        x = torch.nn.functional.max_pool2d(self.conv2(x).relu(), 2)
        return self.fc2(self.fc1(x.flatten(1)).relu())
network = Network()
state = {k: torch.tensor(v) for k, v in read_safetensors.load("n.safetensors")[0].items()}
result = network.load_state_dict(state, strict=False)
assert not result.unexpected_keys and all("bias" in k for k in result.missing_keys)
assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)'
else
    skip "PyTorch takes the convolutional network" "no torch"
fi

finish
