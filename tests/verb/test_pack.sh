#!/bin/sh
# detinit mask, prune, pack, unpack and verify, against the same computed with NumPy.
. "${srcdir:-.}/tests/tap.sh"

python=$(python_with numpy)
[ -n "$python" ] || {
    echo "1..0 # SKIP needs NumPy"
    exit 0
}
export PYTHONDONTWRITEBYTECODE=1

# Files of tensors for Python, and the network that the tests train.
cat >files.py <<'END'
import json
import numpy as np

MANIFEST = {"seed": 7, "tensors": [
    {"name": "fc1", "shape": [64, 100], "dtype": "float32"},
    {"name": "conv", "shape": [8, 3, 3, 3], "dtype": "float16", "zero_mean": True},
    {"name": "brain", "shape": [40, 70], "dtype": "bfloat16", "mode": "xavier"},
    {"name": "keras", "shape": [50, 33], "dtype": "float32", "fan_in": "rows"},
    {"name": "rnn", "shape": [30, 30], "dtype": "float64", "orthogonal": True},
]}
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "BOOL": "|b1", "U8": "|u1",
          "I64": "<i8", "F8_E4M3": "|u1"}
NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16"}

def read(path):
    """Metadata, and by name (type, array as stored) in the order of the data."""
    raw = open(path, "rb").read()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, t in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = t["data_offsets"]
        data = np.frombuffer(raw[8 + length + begin:8 + length + end], DTYPES[t["dtype"]])
        tensors[name] = (t["dtype"], data.reshape(t["shape"]))
    return metadata, tensors

def write(path, metadata, tensors):
    header, data = {}, b""
    for name, (kind, array) in tensors.items():
        raw = array.tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    header["__metadata__"] = metadata
    text = json.dumps(header, indent=1).encode()
    open(path, "wb").write(len(text).to_bytes(8, "little") + text + data)

def widen(kind, array):
    if kind == "BF16":
        return (array.astype("<u4") << 16).view("<f4").astype("f8")
    return array.astype("f8")

def narrow(kind, values):
    if kind != "BF16":
        return values.astype(DTYPES[kind])
    return (values.astype("<f4").view("<u4") >> 16).astype("<u2")

def same(a, b):
    return a[0] == b[0] and a[1].shape == b[1].shape and a[1].tobytes() == b[1].tobytes()
END

"$python" -c 'import files, json; json.dump(files.MANIFEST, open("net.json", "w"))'
"$DETINIT" init --manifest net.json --save initial.safetensors >/dev/null || exit 1

# Training: near, far, untouched, not finite; and tensors that nobody has a recipe for.
"$python" - <<'END' || exit 1
import numpy as np, files
metadata, initial = files.read("initial.safetensors")
rng = np.random.default_rng(1)
trained = {}
for place, (name, (kind, w0)) in enumerate(initial.items()):
    if place == 1:
        trained["steps"] = ("I64", np.arange(-3, 4))
    if place == 3:
        trained["scale"] = ("F8_E4M3", np.arange(200, dtype="|u1").reshape(10, 20))
    w = files.widen(kind, w0)
    change = rng.standard_normal(w.shape) * 0.01 * (rng.random(w.shape) < 0.7)
    if name == "fc1":
        change.flat[5], change.flat[1000], change.flat[6399] = np.nan, np.inf, -np.inf
    w = np.where(change != 0, files.narrow(kind, w + change), w0)
    trained[name] = (kind, w.astype(files.DTYPES[kind]))
files.write("trained.safetensors", {"note": "by hand \u00e9", "a": ""}, trained)
np.save("fc1.npy", trained["fc1"][1])
END
T=4e-3

# ------------------------------------------------------------------- masks
"$DETINIT" mask trained.safetensors --manifest net.json --threshold $T --save mask.safetensors \
    --format json >mask.json 2>err
same "mask succeeds" 0 $?
check "masks are NumPy's" "$python" - <<'END'
import json, numpy as np, files
_, trained = files.read("trained.safetensors")
_, initial = files.read("initial.safetensors")
_, masks = files.read("mask.safetensors")
report = json.load(open("mask.json"))
assert list(masks) == [n for n in trained if n in initial], list(masks)
for entry, (name, (kind, mask)) in zip(report["tensors"], masks.items()):
    w, w0 = (files.widen(t[name][0], t[name][1]) for t in (trained, initial))
    expected = ~(np.abs(w - w0) <= 4e-3)
    assert kind == "BOOL" and np.array_equal(mask, expected), name
    assert entry["name"] == name and entry["changed"] == expected.sum()
assert report["changed_weights"] == sum(m.sum() for _, m in masks.values())
END
"$DETINIT" mask fc1.npy --manifest net.json --threshold $T --save mask.npy --format csv >mask.csv
check "a .npy mask is what numpy.save writes" "$python" - <<'END'
import numpy as np, files
w, w0 = np.load("fc1.npy"), files.read("initial.safetensors")[1]["fc1"][1]
expected = ~(np.abs(w.astype("f8") - w0) <= 4e-3)
np.save("expected.npy", expected)
assert open("expected.npy", "rb").read() == open("mask.npy", "rb").read()
assert open("mask.csv").read() == 'tensor,weights,changed\n"fc1.npy",6400,%d\n' % expected.sum()
END

# ----------------------------------------------------------------- pruning
for way in init zero magnitude; do
    "$DETINIT" prune trained.safetensors --manifest net.json --threshold $T --to $way \
        --save $way.safetensors --format json >$way.json 2>err
    same "prune --to $way succeeds" 0 $?
done
"$DETINIT" --seed 42 --layer 18446744073709551615 --mode normal --std 1 --rows 100 --cols 256 \
    --save x.npy >/dev/null
check "pruned files and their reports are NumPy's" "$python" - <<'END'
import json, numpy as np, files
T = 4e-3
metadata, trained = files.read("trained.safetensors")
_, initial = files.read("initial.safetensors")
wide = {n: files.widen(*trained[n]) for n in initial}
wide0 = {n: files.widen(*initial[n]) for n in initial}
order = [n for n in trained if n in initial]
sleeping = {n: np.abs(wide[n] - wide0[n]) <= T for n in order}
count = sum(s.sum() for s in sleeping.values())
sizes = np.concatenate([np.abs(wide[n]).ravel() for n in order])
smallest = np.zeros(sizes.size, bool)
smallest[np.argsort(sizes, kind="stable")[:count]] = True
split = np.split(smallest, np.cumsum([wide[n].size for n in order])[:-1])
pruned = {"init": sleeping, "zero": sleeping,
          "magnitude": {n: s.reshape(wide[n].shape) for n, s in zip(order, split)}}
inputs = np.load("x.npy")

def outputs(name, w):
    if name == "keras":
        w = w.T
    w = w.reshape(w.shape[0], -1)
    return w @ inputs[:w.shape[1]]

for way in pruned:
    got_metadata, got = files.read(way + ".safetensors")
    assert got_metadata == metadata and list(got) == list(trained)
    for n in trained:
        kind, data = trained[n]
        if n in initial:
            data = np.where(pruned[way][n], initial[n][1] if way == "init" else 0, data)
        assert files.same(got[n], (kind, data.astype(files.DTYPES[kind]))), (way, n)
    report = json.load(open(way + ".json"))
    assert report["saved"]["to"] == way and report["sleeping_weights"] == count
    total = np.zeros(2)
    for entry in report["tensors"]:
        n = entry["name"]
        before = outputs(n, wide[n])
        for other in pruned:
            part = entry[other]
            assert part["pruned"] == pruned[other][n].sum()
            assert abs(part["sparsity"] - pruned[other][n].mean()) < 1e-15
            if n == "fc1":  # has infinities
                assert part["relative_change"] is None
                continue
            target = wide0[n] if other == "init" else 0
            change = outputs(n, np.where(pruned[other][n], target - wide[n], 0))
            expected = np.linalg.norm(change) / np.linalg.norm(before)
            assert abs(part["relative_change"] / expected - 1) < 1e-11, (n, other)
    assert report["all"]["init"]["pruned"] == count == report["all"]["magnitude"]["pruned"]
    assert report["random_inputs"] == 256 and report["random_seed"] == 42
END
"$DETINIT" prune trained.safetensors --manifest net.json --threshold $T >text 2>err
check "the report shows all ways and asks for a measurement" sh -c '
    grep -q "set back *zeroed *smallest *zeroed" text && grep -q "on your own data" text &&
    grep -q "^  rnn  *30 x 30 " text && grep -q "^  all " text && grep -q "no number" text'
same "without --save nothing is written" "" "$(ls | grep text.)"
"$DETINIT" prune trained.safetensors --manifest net.json --threshold $T --threads 3 --format csv >a
"$DETINIT" prune trained.safetensors --manifest net.json --threshold $T --threads 1 --format csv >b
check "figures do not depend on threads" cmp a b
check "CSV has a row for each way" sh -c '[ $(wc -l <a) -eq 16 ] && grep -q "^\"rnn\",900,zero," a'

cp fc1.npy place.npy
"$DETINIT" prune fc1.npy --manifest net.json --threshold $T --save pruned.npy >/dev/null
"$DETINIT" prune place.npy --manifest net.json --threshold $T --save placed.npy >out 2>err
same "a single layer's name need not be the file's" 1 $?
check "a pruned .npy is NumPy's" "$python" - <<'END'
import numpy as np, files
w, w0 = np.load("fc1.npy"), files.read("initial.safetensors")[1]["fc1"][1]
np.save("expected.npy", np.where(np.abs(w.astype("f8") - w0) <= 4e-3, w0, w))
assert open("expected.npy", "rb").read() == open("pruned.npy", "rb").read()
END

# ------------------------------------------------------- packing, unpacking
for t in 0 $T 1e3; do
    "$DETINIT" pack trained.safetensors --manifest net.json --threshold $t --save packed.safetensors \
        >text 2>err
    same "pack --threshold $t succeeds" 0 $?
    "$DETINIT" prune trained.safetensors --manifest net.json --threshold $t --save pruned.safetensors \
        >/dev/null
    "$DETINIT" unpack packed.safetensors --save whole.safetensors >/dev/null 2>err
    same "unpack succeeds" 0 $?
    check "unpacked, every byte is that of the pruned file" cmp pruned.safetensors whole.safetensors
done
check "the sizes are told" grep -q "^  packed .* bytes, .* %: smaller by a factor of" text
"$DETINIT" pack fc1.npy --manifest net.json --threshold $T --save one.safetensors >/dev/null
"$DETINIT" unpack one.safetensors --save one.npy >/dev/null
check "a .npy file comes back as one" cmp pruned.npy one.npy

# A network of the size that was measured on real data, at the document's sparsity.
"$DETINIT" init --net 784-256-128-10 --dtype float32 --save start.safetensors >/dev/null
"$python" - <<'END'
import numpy as np, files
metadata, tensors = files.read("start.safetensors")
rng = np.random.default_rng(2)
for name, (kind, w) in tensors.items():
    tensors[name] = (kind, w + rng.standard_normal(w.shape, "f4") * np.float32(0.01))
files.write("real.safetensors", metadata, tensors)
END
"$DETINIT" pack real.safetensors --sparsity 0.623 --save small.safetensors --format json >pack.json
check "at 62.3 % sparsity at most 38 % is left" "$python" - <<'END'
import json, os
report = json.load(open("pack.json"))
dense, packed = os.path.getsize("real.safetensors"), os.path.getsize("small.safetensors")
assert report["dense_bytes"] == dense and report["packed_bytes"] == packed
assert packed <= 0.38 * dense, packed / dense
assert 1 - report["stored_weights"] / report["total_weights"] >= 0.623
END

# -------------------------------------------------------------- verifying
"$DETINIT" verify initial.safetensors >text 2>err
same "untouched weights are verified in every type" 0 $?
same "one line a tensor" 5 "$(grep -c ': all [0-9,]* weights are as their recipe says$' text)"
same "and nothing on standard error" "" "$(cat err)"
"$python" - <<'END'
raw = bytearray(open("initial.safetensors", "rb").read())
import json
length = int.from_bytes(raw[:8], "little")
at = json.loads(raw[8:8 + length])["conv"]["data_offsets"][0] + 8 + length
raw[at + 2 * (5 * 27 + 2 * 9 + 1 * 3 + 2)] ^= 4
open("flipped.safetensors", "wb").write(raw)
END
"$DETINIT" verify flipped.safetensors >text 2>err
same "one flipped bit fails" 1 $?
check "and is found at its address" grep -Eq \
    '^conv +8 x 3 x 3 x 3: 1 of 216 weights differ, first 5,2,1,2: .* \(0x[0-9a-f]{4}\), expected .* \(0x[0-9a-f]{4}\)$' text
same "with one line on standard error" \
    "detinit: 'flipped.safetensors': 1 of 11966 weights are not what their recipe says" "$(cat err)"
"$DETINIT" verify flipped.safetensors --format json >verify.json 2>err
check "as JSON, too" "$python" - <<'END'
import json, files
report = json.load(open("verify.json"))
assert report["equal"] is False and report["different"] == 1
first = [t for t in report["tensors"] if t["different"]][0]["first"]
expected = files.read("initial.safetensors")[1]["conv"][1][5, 2, 1, 2]
assert first["at"] == [5, 2, 1, 2] and first["expected"] == float(expected)
assert int(first["found_hex"], 16) ^ int(first["expected_hex"], 16) == 4
END
"$DETINIT" verify whole.safetensors --manifest net.json >text 2>err
same "tensors without a recipe are named" "2 tensors without a recipe cannot be verified" \
    "$(tail -n 1 text)"

# ----------------------------------------------- packed files as what was packed
"$DETINIT" pack trained.safetensors --manifest net.json --threshold $T --save packed.safetensors -q
"$DETINIT" prune trained.safetensors --manifest net.json --threshold $T --save pruned.safetensors -q
for command in "analyze --format json" "mask --save m.safetensors" "verify" "prune --format csv"; do
    # shellcheck disable=SC2086  # a command and its options
    "$DETINIT" ${command%% *} pruned.safetensors --manifest net.json ${command#* } 2>&1 |
        sed 's/pruned.safetensors/FILE/g' >of_whole
    # shellcheck disable=SC2086
    "$DETINIT" ${command%% *} packed.safetensors ${command#* } 2>&1 |
        sed 's/packed.safetensors/FILE/g' >of_packed
    check "${command%% *} of a packed file is that of the file" cmp of_whole of_packed
done
"$DETINIT" pack packed.safetensors --threshold $T --save twice.safetensors -q
"$DETINIT" unpack twice.safetensors --save whole.safetensors -q
check "a packed file is packed again" "$python" -c 'import files
a, b = files.read("pruned.safetensors")[1], files.read("whole.safetensors")[1]
assert list(a) == list(b) and all(files.same(a[n], b[n]) for n in a)'
rm -f m.safetensors

# -------------------------------------------------------------- every bit
for level in 1 3 19; do
    "$DETINIT" pack trained.safetensors --manifest net.json --lossless --level $level \
        --save lossless.safetensors >text 2>err
    same "pack --lossless --level $level succeeds" 0 $?
    "$DETINIT" unpack lossless.safetensors --save whole.safetensors >/dev/null 2>err
    check "unpacked, it is the very file" cmp trained.safetensors whole.safetensors
done
check "which is said" grep -q "every bit is the same" text
for threads in 1 2 5; do
    "$DETINIT" pack trained.safetensors --manifest net.json --lossless --level 19 --threads $threads \
        --save other.safetensors -q
    check "the same bytes of $threads threads" cmp lossless.safetensors other.safetensors
done
"$DETINIT" pack fc1.npy --manifest net.json --lossless --save lossless.safetensors -q
"$DETINIT" unpack lossless.safetensors --save whole.npy -q
check "the very .npy" cmp fc1.npy whole.npy

# The layout that README tells, by another reader.
reader=$(python_with zstandard)
if [ -n "$reader" ] && "$reader" -c "import numpy"; then
    for options in "--threshold $T" --lossless; do
        # shellcheck disable=SC2086
        "$DETINIT" pack trained.safetensors --manifest net.json $options --save read.safetensors -q
        "$DETINIT" unpack read.safetensors --save whole.safetensors -q
        check "NumPy and zstandard read pack $options" "$reader" "$sources/tests/read_packed.py" \
            read.safetensors initial.safetensors whole.safetensors
    done
else
    skip "NumPy and zstandard read packed files" "needs zstandard"
fi

# What cannot become smaller grows by no more than the header, and 8 bytes for 65,536 weights.
check "all changed, at random" "$python" - <<'END'
import numpy as np, files
rng = np.random.default_rng(5)
noise = lambda n, kind: np.frombuffer(rng.bytes(n * np.dtype(kind).itemsize), kind)
files.write("noise.safetensors", {}, {"fc1": ("F32", noise(6400, "<u4").reshape(64, 100)),
                                      "bytes": ("U8", noise(70000, "|u1"))})
END
cat >noise.json <<'END'
{"seed": 7, "tensors": [{"name": "fc1", "shape": [64, 100], "dtype": "float32"}]}
END
for options in "--threshold 0" "--lossless"; do
    # shellcheck disable=SC2086
    "$DETINIT" pack noise.safetensors --manifest noise.json $options --save packed2.safetensors -q
    check "noise $options" "$python" - <<'END'
import os
raw = open("packed2.safetensors", "rb").read()
length = int.from_bytes(raw[:8], "little")
dense = 6400 * 4 + 70000
assert len(raw) - 8 - length <= dense + 8 + 300, len(raw) - 8 - length - dense
END
    "$DETINIT" unpack packed2.safetensors --save whole.safetensors -q
    check "comes back" "$python" -c 'import files
a, b = files.read("noise.safetensors")[1], files.read("whole.safetensors")[1]
assert list(a) == list(b) and all(files.same(a[n], b[n]) for n in a)'
done

# ---------------------------------------------------------- old packed files
data=$sources/tests/data/packed1
for file in own torch; do
    "$DETINIT" unpack "$data/$file.safetensors" --save whole.safetensors -q 2>err
    same "an old packed file is unpacked: $file" \
        "$(grep "$file" "$data/unpacked.sha256")" "$(sha256sum <whole.safetensors | sed "s/-/$file/")"
    "$DETINIT" analyze "$data/$file.safetensors" --threshold 4e-3 --format csv >of_packed
    "$DETINIT" analyze whole.safetensors --manifest "$data/net.json" --threshold 4e-3 --format csv \
        >of_whole
    check "and analyzed" cmp of_whole of_packed
done
"$DETINIT" unpack "$data/note.safetensors" --save never.safetensors >out 2>err
same "metadata that nothing vouches for are refused" "1 1" "$? $(wc -l <err)"
check "by name" grep -q "packed without a digest of its metadata.* 'note' .*--unchecked" err
"$DETINIT" unpack "$data/note.safetensors" --unchecked --save whole.safetensors -q
same "or taken as they are" "$(grep note "$data/unpacked.sha256")" \
    "$(sha256sum <whole.safetensors | sed 's/-/note/')"
"$DETINIT" unpack "$data/meta_flipped.safetensors" --save never.safetensors >out 2>err
same "one letter of the metadata has changed" "1 1" "$? $(wc -l <err)"

# ------------------------------------------------------------ bad packed files
head -c 9000 one.safetensors >short.safetensors
"$DETINIT" unpack short.safetensors --save never.safetensors >out 2>err
same "a file cut short fails" "1 1" "$? $(wc -l <err)"

# ----------------------------------------------------------- bad requests
# refuses NAME STATUS PATTERN ARGUMENT ...: one line on standard error, nothing else.
refuses() {
    name=$1
    expected=$2
    pattern=$3
    shift 3
    "$DETINIT" "$@" >out 2>err
    status=$?
    if [ $status -eq "$expected" ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] &&
        grep -qe "$pattern" err; then
        pass "$name"
    else
        echo "status $status, expected: $pattern" >>err
        fail "$name" err out
    fi
}
F=trained.safetensors
mkdir folder && cp trained.safetensors folder/a.safetensors && cp fc1.npy own.npy
refuses "mask needs a file to write" 2 '^detinit: mask: needs --save FILE' mask $F --manifest net.json
refuses "pack too" 2 '^detinit: pack: needs --save FILE' pack $F --manifest net.json
refuses "unpack too" 2 '^detinit: unpack: needs --save FILE' unpack one.safetensors
refuses "no .csv" 2 'must end in .npy or .safetensors' mask $F --manifest net.json --save m.csv
refuses "nothing to standard output" 2 'must end in .npy or' prune $F --manifest net.json --save -
refuses "a packed file is no .npy" 2 'must end in .safetensors' pack fc1.npy --save m.npy
refuses "one .npy for several masks" 2 'cannot hold 5 tensors' mask $F --manifest net.json --save m.npy
refuses "or pruned tensors" 2 'cannot hold 7 tensors' prune $F --manifest net.json --save m.npy
refuses "or unpacked ones" 2 'cannot hold 7 tensors' unpack packed.safetensors --save m.npy
refuses "no such directory" 2 'cannot write into' mask fc1.npy --save none/m.npy
refuses "verify writes nothing" 2 'does not go with the command verify' verify fc1.npy --save m.npy
refuses "every bit or a threshold" 2 'leave out the threshold' \
    pack $F --lossless --threshold 1 --save m.safetensors
refuses "no such level" 2 "^detinit: --level: " pack $F --level 20 --save m.safetensors
refuses "a level is for pack" 2 'goes with the command pack' prune fc1.npy --level 3
refuses "several files have no header" 1 'cannot be packed without loss' \
    pack folder --manifest net.json --lossless --save m.safetensors
refuses "pack has no rows" 2 'pack prints text or json' pack $F --format csv --save m.safetensors
refuses "a threshold is not negative" 2 "'-1' is neither auto" prune fc1.npy --threshold -1
refuses "one of two thresholds" 2 'choose one' prune fc1.npy --threshold 1 --sparsity 0.5
refuses "the recipes stand in the packed file" 2 'the packed file tells it' \
    unpack packed.safetensors --seed 4 --save m.safetensors
refuses "--to is for prune" 2 'goes with the command prune' mask fc1.npy --to zero --save m.npy
refuses "no such way" 2 "^detinit: --to: 'half'" prune fc1.npy --to half
refuses "a file is needed" 2 '^detinit: verify: needs a file' verify
refuses "a file that is not there" 1 "cannot open 'none'" prune none
mkdir bare
refuses "a folder of nothing" 1 'is a folder without' verify bare
refuses "not a packed file" 1 'is not a packed file' unpack $F --save m.safetensors
refuses "several tensors need a manifest" 2 'manifest' prune $F
echo '{' >bad.json
refuses "a bad manifest" 1 'bad.json' prune $F --manifest bad.json
if [ "$(id -u)" -ne 0 ]; then
    cp fc1.npy locked.npy && chmod 0 locked.npy
    refuses "an unreadable file" 1 'Permission denied' verify locked.npy
else
    skip "an unreadable file" "root reads everything"
fi
own() {
    refuses "$1 does not replace what it reads: $2" 2 "is what is read; choose another" "$@"
}
own mask $F --manifest net.json --save $F
own prune $F --manifest net.json --save $F
own pack $F --manifest net.json --save ./$F
own unpack packed.safetensors --save packed.safetensors
own analyze $F --manifest net.json --save $F
own verify $F --manifest net.json --save $F
ln -s $F link.safetensors
ln $F hard.safetensors
own mask $F --manifest net.json --save link.safetensors
own pack link.safetensors --manifest net.json --save $F
own prune $F --manifest net.json --save hard.safetensors
rm link.safetensors hard.safetensors
own mask own.npy --manifest initial.safetensors --save initial.safetensors
own init --manifest initial.safetensors --save initial.safetensors
own prune folder --manifest net.json --save folder/a.safetensors
"$DETINIT" pack $F --manifest net.json --shard 1/1 --save part.safetensors -q
own pack --merge part.safetensors --save part.safetensors
own pack --merge part.safetensors --save $F
check "which are as they were" cmp trained.safetensors folder/a.safetensors
same "refused requests leave nothing" "" "$(ls -A | grep -E '^m\.|never|\.detinit-')"

# --------------------------------------------------------------- full disks
before=$(cksum pruned.npy)
for command in "mask real.safetensors --save limit.safetensors" \
    "prune real.safetensors --save limit.safetensors" \
    "pack real.safetensors --save limit.safetensors" \
    "unpack small.safetensors --save limit.safetensors"; do
    (
        limit_files 100
        "$DETINIT" $command >out 2>err
    )
    same "${command%% *}: a file-size limit" "1 detinit: cannot write 'limit.safetensors': File too large" \
        "$? $(cat err)"
    same "leaves nothing" "" "$(ls -A | grep limit)"
done
same "other files are as they were" "$before" "$(cksum pruned.npy)"
finish
