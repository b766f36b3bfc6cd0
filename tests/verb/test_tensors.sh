#!/bin/sh
# Tensors of any rank: their weights against the NumPy reference, their files against numpy.save,
# their places, and requests that make no sense.
. "${srcdir:-.}/tests/tap.sh"

# refused EXPECTED ARGUMENT ...: exit status 2 and one line.
refused() {
    expected="detinit: $1"
    shift
    "$DETINIT" "$@" >out 2>err </dev/null
    same "refuses $*" "2 $expected" "$? $(cat err)"
}

rule="1 .. 8 dimensions, each 0 .. 2^63-1, joined by commas, or scalar for none"
for shape in x , 3, ,3 3,,3 -1,3 2.5,3 3x3 ' 3,3' 1,1,1,1,1,1,1,1,1 9223372036854775808; do
    refused "--shape: '$shape' is not a shape: $rule" --shape "$shape"
done
refused "--shape: needs a value" --shape
refused "--shape: cannot be joined with --rows or --cols; it tells both" --shape 2,3 --rows 2
refused "--shape: cannot be joined with --rows or --cols; it tells both" --cols 3 --shape 2,3
refused "only a tensor of 2 dimensions or more can be orthogonal" --orthogonal --shape 7
refused "only a tensor of 2 dimensions or more can be orthogonal" --orthogonal --shape scalar
refused "--zero-mean: needs a convolution, --shape OUT,IN,HEIGHT,WIDTH" --zero-mean
refused "--zero-mean: needs a convolution, --shape OUT,IN,HEIGHT,WIDTH" --zero-mean --shape 2,3,3
refused "a zero-mean slice can have 2^20 weights at most, height times width" \
    --zero-mean --shape 2,3,2000,2000
refused "all dimensions but the last must multiply to at most 2^63-1" \
    --shape 9223372036854775807,2,2
refused "weight: needs --at, the place of the weight: output, input, y and x as O,I,Y,X, from 0" \
    weight --shape 2,3,3,3
refused "weight: needs --at, the place of the weight: 3 indices joined by commas, from 0" \
    weight --shape 2,3,3
refused "--at: '1,2' is not a place: output, input, y and x as O,I,Y,X, from 0" \
    weight --shape 2,3,3,3 --at 1,2
refused "--at: '1,2,0' is not a place: row and column as I,J, from 0" weight --at 1,2,0
refused "--at: '1,2' is not a place: 1 index, from 0" weight --shape 7 --at 1,2
refused "--at: 1,2,3,0 lies outside the 2 x 3 x 3 x 3 tensor; places count from 0" \
    weight --shape 2,3,3,3 --at 1,2,3,0

# prints NAME PATTERN ARGUMENT ...
prints() {
    name=$1 pattern=$2
    shift 2
    "$DETINIT" "$@" >out 2>err
    if [ $? -eq 0 ] && grep -q -- "$pattern" out && [ ! -s err ]; then
        pass "$name"
    else
        fail "$name" err out
    fi
}
prints "a heading with the shape" \
    '^GENERATED TENSOR (seed=42, layer_id=0, shape=64,32,3,3, mode=he, zero mean)$' \
    --shape 64,32,3,3 --zero-mean
prints "rows by their indices" '^ 63,31,2 ' --shape 64,32,3,3
prints "the shape, and how it is seen" '^  Shape:    64 x 32 x 3 x 3, seen as 6144 x 3$' \
    --shape 64,32,3,3
prints "extremes by their indices" '^  Max: .* at 45,19,0,0$' --shape 64,32,3,3 --zero-mean
prints "a vector" '^GENERATED TENSOR (seed=42, layer_id=0, shape=7, mode=he)$' --shape 7
prints "a matrix by its shape is a matrix" \
    '^GENERATED MATRIX (seed=42, layer_id=0, mode=he)$' --shape 10,20
prints "modes of a tensor" '^Modes on seed 42, 6 x 5 x 3 x 3:$' \
    --shape 6,5,3,3 --compare-modes --zero-mean
prints "the proof of a tensor" '^Reproducibility: every bit the same' \
    --shape 6,5,3,3 --zero-mean --test-repro --save t.safetensors
prints "the explorer's command line" '^detinit --seed 42 --shape 6,5,3,3 --mode he --zero-mean$' \
    --command 'shape 6,5,3,3; zero-mean on; recipe'
prints "a shape of two is rows and columns again" '^detinit --seed 42 --rows 6 --cols 5 --mode he$' \
    --command 'shape 6,5,3; shape 6,5; recipe'
prints "fan_in of another layout" '^detinit --seed 42 --shape 3,3,6,5 --mode he --fan-in rows$' \
    --command 'shape 3,3,6,5; next fan-in; recipe'
prints "a scalar" '^GENERATED TENSOR (seed=42, layer_id=0, shape=scalar, mode=he)$' --shape scalar
prints "a scalar's command line" '^detinit --seed 42 --shape scalar --mode he$' \
    --command 'shape scalar; recipe'
prints "no weights" '^A tensor of 3 x 0 x 2 holds no weights$' --shape 3,0,2
prints "undo of a shape" '^detinit --seed 42 --rows 10 --cols 10 --mode he$' \
    --command 'shape 6,5,3; undo; recipe'

# commanded EXPECTED COMMANDS: the prompt refuses the last of them.
commanded() {
    "$DETINIT" --command "$2" >out 2>err
    same "the prompt refuses $2" "1 detinit: command:1: $1" "$? $(cat err)"
}
commanded "rows: a tensor of 3 dimensions is shown; shape ROWS,COLS makes it a matrix" \
    'shape 2,3,4; rows 4'
commanded "cols: a tensor of 1 dimension is shown; shape ROWS,COLS makes it a matrix" \
    'shape 7; cols 4'
commanded "goto: '1,1' is not a place: 3 indices joined by commas, from 0" 'shape 2,3,4; goto 1,1'
commanded "goto: 1,3,1 lies outside the 2 x 3 x 4 tensor; places count from 0" \
    'shape 2,3,4; goto 1,3,1'
commanded "only a tensor of 2 dimensions or more can be orthogonal" 'shape 7; toggle orthogonal'
commanded "zero-mean slices need the four dimensions out, in, height, width" 'zero-mean on'

"$DETINIT" --command 'shape 6,5,3,3; zero-mean on; goto 5,4,2,1; export m.txt matrix 60x12;
    export w.txt weight 78x24; export o.txt orthogonality 78x12; zero-mean off; shape 6;
    export v.txt orthogonality 78x12' >/dev/null
check "the matrix pane tells how the tensor is seen" grep -q 'Matrix  6 x 5 x 3 x 3 as 90 x 3' m.txt
check "the matrix pane names rows by indices" grep -q ' 5,4,2 ' m.txt
check "the weight pane names all indices" grep -q '└ x 1 ' w.txt
check "the weight pane names the place" grep -q 'at 5,4,2,1' w.txt
check "the weight pane tells of the slice's mean" grep -q "mean = of the slice's draws" w.txt
with_lapack "the orthogonality of a kernel" &&
    check "the orthogonality of a kernel is that of 6 x 45" \
        grep -q 'max |QtQ/2 - I| [0-9.]*e-1[56], gain 1.41421' o.txt
check "no singular values of a vector" grep -q 'singular values are those of a matrix' v.txt

python=$(python_with numpy)
if [ -z "$python" ]; then
    skip "tensors against numpy" "no python3 with numpy"
    finish
    exit
fi
export PYTHONPATH="$srcdir/tests:$srcdir/tests/golden" PYTHONDONTWRITEBYTECODE=1

# Every saved file holds the reference's weights, and numpy.save writes the same bytes.
cat >same.py <<'END'
import json, sys
import numpy
import read_safetensors, reference
numpy.seterr(over="ignore")
shape = tuple(int(n) for n in sys.argv[1].split(","))
mode, dist, dtype, zero_mean = sys.argv[2:5] + [int(sys.argv[5])]
expected = reference.weights(2**64 - 1, 2**63, shape, mode, dist, "cols", 0.125, 1.5, zero_mean,
                             dtype)
array = numpy.load("t.npy")
assert array.shape == shape, array.shape
assert array.tobytes() == expected.tobytes()
numpy.save("theirs.npy", array)
if dtype != "bfloat16":
    assert open("theirs.npy", "rb").read() == open("t.npy", "rb").read()
tensors, metadata = read_safetensors.load("t.safetensors")
assert list(tensors) == ["weight"] and tensors["weight"].shape == shape
assert tensors["weight"].tobytes() == expected.tobytes()
assert metadata["detinit.version"] == "1"
manifest = json.loads(metadata["detinit.manifest"])
entry = manifest["tensors"][0]
assert entry["name"] == "weight" and tuple(entry["shape"]) == shape
assert manifest["seed"] == str(2**64 - 1) and entry["layer"] == str(2**63)
assert entry["mode"] == mode and entry["dtype"] == dtype and entry["gain"] == 1.5
END
compare() {
    zero=
    [ "$5" -eq 0 ] || zero=--zero-mean
    std=
    [ "$2" != normal ] || std="--std 0.125"
    for ending in npy safetensors; do
        # shellcheck disable=SC2086  # words
        "$DETINIT" --seed 0xffffffffffffffff --layer 9223372036854775808 --gain 1.5 --shape "$1" \
            --mode "$2" --dist "$3" --dtype "$4" $zero $std --save t.$ending >/dev/null
    done
    check "$1 $2 $3 $4 zero-mean=$5" "$python" same.py "$1" "$2" "$3" "$4" "$5"
}
compare 1 he normal float64 0
compare 1000 normal normal float32 0
compare 7,9 he normal float64 0
compare 5,4,3 xavier uniform float32 0
compare 64,32,3,3 he normal float64 1
compare 64,32,3,3 lecun truncated float16 1
compare 6,5,3,3 torch uniform bfloat16 1
compare 6,5,3,3 normal normal float64 0
compare 5,7,1,1 he normal float64 1
compare 3,2,40,30 he normal float64 1
compare 2,3,2,3,2 he normal float32 0
compare 2,1,2,1,2,1,2,3 lecun normal bfloat16 0

# One weight by its address is the array's, and every slice has mean 0 and the mode's variance.
"$DETINIT" --shape 64,32,3,3 --zero-mean --save conv.npy --format json >conv.json
for at in 0,0,0,0 5,3,1,2 63,31,2,2; do
    "$DETINIT" weight --shape 64,32,3,3 --zero-mean --at $at --format json >"at-$at.json"
done
check "weights by address, and slices" "$python" -c '
import json, numpy
w = numpy.load("conv.npy")
for at in (0, 0, 0, 0), (5, 3, 1, 2), (63, 31, 2, 2):
    t = json.load(open("at-%d,%d,%d,%d.json" % at))
    assert t["index"] == list(at) and len(t["key_index"]) == 4 and "i" not in t
    assert t["weight"] == w[at] == t["std"] * ((t["draw"] - t["mean"]) * t["scale"])
assert abs(w.mean(axis=(2, 3))).max() < 1e-16
target = (2 / (32 * 9)) ** 0.5
assert abs(w.std() / target - 1) < 4 / (2 * w.size) ** 0.5
answer = json.load(open("conv.json"))
assert answer["recipe"]["shape"] == [64, 32, 3, 3] and answer["recipe"]["zero-mean"] is True
assert "rows" not in answer["recipe"] and "cols" not in answer["recipe"]
s = answer["statistics"]
assert s["shape"] == [64, 32, 3, 3] and s["target_std"] == target
assert w[tuple(s["max_at"])] == w.max() == s["max"] and w[tuple(s["min_at"])] == w.min()'
"$DETINIT" --rows 3 --cols 4 --format json >matrix.json
check "JSON of a matrix has rows, cols and shape" "$python" -c '
import json
r = json.load(open("matrix.json"))["recipe"]
assert r["rows"] == 3 and r["cols"] == 4 and r["shape"] == [3, 4] and r["zero-mean"] is False'

# Files as large as several blocks, with threads.
"$DETINIT" --shape 20,30,50,7 --threads 1 --save one.safetensors >/dev/null
"$DETINIT" --shape 20,30,50,7 --threads 3 --save three.safetensors >/dev/null
check "threads change no byte of a .safetensors file" cmp one.safetensors three.safetensors

# A statistic on the way is that of all weights; the hash is that of the array.
"$DETINIT" --shape 20,30,50,7 --dtype float32 --save s.safetensors --test-repro --format json >s.json
check "statistics and hash of a .safetensors file" "$python" -c '
import hashlib, json, math
import read_safetensors
answer = json.load(open("s.json"))
w = read_safetensors.load("s.safetensors")[0]["weight"]
assert answer["reproducibility"]["sha256"] == hashlib.sha256(w.tobytes()).hexdigest()
assert answer["reproducibility"]["equal"] and answer["statistics"]["count"] == w.size
assert answer["saved"]["bytes"] == len(open("s.safetensors", "rb").read())
mean = math.fsum(float(x) for x in w.flat) / w.size
assert abs(answer["statistics"]["mean"] - mean) < 1e-12'

if device full.safetensors 7 2>/dev/null; then
    "$DETINIT" --shape 9,9,9 --save full.safetensors >out 2>err
    same "a full device" "1 detinit: cannot write 'full.safetensors': No space left on device" \
        "$? $(cat err)"
else
    skip "a full device" "no right to make a device"
fi
mkdir limited
(
    cd limited || exit
    echo old >w.safetensors
    limit_files 100
    "$DETINIT" --rows 1000 --cols 1000 --save w.safetensors >../out 2>../err
)
same "a file-size limit" "1 detinit: cannot write 'w.safetensors': File too large" "$? $(cat err)"
same "a file-size limit leaves the old file, and no litter" "w.safetensors old" \
    "$(ls -A limited) $(cat limited/w.safetensors)"

finish
