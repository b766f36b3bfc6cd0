#!/bin/sh
# Recipes of real networks as people say them: names, fans, cuts, means, zeros; what reports and
# the explorer tell of them, and that nothing which was asked for is passed over.
. "${srcdir:-.}/tests/tap.sh"

# alike NAME "ARGUMENTS" "ARGUMENTS": both make the same file.
alike() {
    # shellcheck disable=SC2086
    "$DETINIT" $2 --save a.npy -q && "$DETINIT" $3 --save b.npy -q
    check "$1: $2 is $3" cmp a.npy b.npy
    rm -f a.npy b.npy
}
alike "PyTorch" "--mode kaiming_uniform" "--mode he --dist uniform"
alike "PyTorch" "--mode xavier_normal_" "--mode xavier"
alike "PyTorch" "--mode trunc_normal --std 0.1 --cut 3" "--mode normal --std 0.1 --dist trunc_normal --cut 3"
alike "Keras" "--mode GlorotUniform" "--mode xavier --dist uniform"
alike "Keras" "--mode HE_NORMAL" "--mode he --dist truncated"
alike "JAX" "--mode lecun-normal" "--mode lecun --dist truncated"
alike "PyTorch" "--mode orthogonal --rows 6" "--mode normal --orthogonal --rows 6"
alike "zeros" "--mode zeros" "--mode constant --value 0"
alike "ones" "--mode Ones --dtype f2" "--mode constant --value 1e0 --dtype float16"
alike "whole numbers" "--seed 1.5e3 --rows 1e1 --cols 20e0" "--seed 1500 --rows 10 --cols 20"
alike "a layer's name" "--layer name:fc1.weight" "--layer 7181773172730634384"
alike "relu" "--mode he --nonlinearity relu" "--mode he"
alike "a slope" "--nonlinearity leaky_relu" "--nonlinearity leaky_relu:1e-2"
alike "fans" "--rows 6 --cols 4 --fans 4,6" "--rows 6 --cols 4"
alike "fans that an initializer divides by" "--fans 9,1 --fan-mode fan_out" "--fans 1,9"

# The explorer's command line makes what the explorer shows.
again() {
    line=$("$DETINIT" --command "$1; save a.npy; recipe" | tail -n 1)
    # shellcheck disable=SC2086
    "$DETINIT" ${line#detinit } --save b.npy -q
    check "the command line of $1" cmp a.npy b.npy
    rm -f a.npy b.npy
}
again "mode he_uniform; fans 64,32; fan-mode avg; nonlinearity tanh; gain 0.1"
again "mode trunc_normal; std 1e-3; cut 2.5; mean -0.25; zero 0.3; zero-row 4; via f2; dtype f4"
again "value -1.5; zero-row 0"
again "value 3; mode lecun"
again "cut 3; mode he; orthogonal on"
again "shape 3,3,4,6; mode dirac; fan-in rows"
again "shape 5,4,3; mode delta_orthogonal; gain 2"
again "mode identity; gain 0.5"
again "shape scalar; seed 7"
again "shape 3,0,2"

# A file tells the shape in which an option makes sense.
"$DETINIT" --shape 6,6,3,3 --mode dirac --save d.npy -q
check "a kernel by its file's shape" "$DETINIT" verify d.npy --mode dirac
"$DETINIT" --rows 50 --zero-row 30 --save z.npy -q
check "a row by its file's shape" "$DETINIT" verify z.npy --zero-row 30
same "a row that the file has not" \
    "2 detinit: 'z.npy': zero_row must be a row of the first dimension, below 50, not 60" \
    "$("$DETINIT" verify z.npy --zero-row 60 2>&1 | sed "s/^/2 /")"

# says NAME PATTERN ARGUMENT ...
says() {
    name=$1 pattern=$2
    shift 2
    "$DETINIT" "$@" >out 2>&1
    check "$name" grep -q -- "$pattern" out
}
says "a heading names the fields" \
    'mode=he, fans=64,32, fan_mode=fan_out, nonlinearity=leaky_relu:0.2, mean=-1, zero=0.5, zero_row=3, via=float16)$' \
    --fans 64,32 --fan-mode fan_out --nonlinearity leaky_relu:.2 --mean -1 --zero .5 --zero-row 3 \
    --via f2
says "a heading names the cut" 'mode=normal, cut=3)$' --mode trunc_normal --cut 3
says "a heading names the value" 'mode=constant, value=0)$' weight --mode zeros --at 1,1
says "a weight by its mode" '^  w     = the value of value           = 2.5$' \
    weight --value 2.5 --mode constant --at 1,1
says "a weight in a row of zeros" '^  w     = 0 in row 3, zero_row         = 0$' \
    weight --zero-row 3 --at 3,1
says "a formula with a gain" '^  std   = sqrt(1 / fan_out) gain(tanh) = ' \
    weight --fan-mode fan_out --nonlinearity tanh --at 3,1
says "where a normal was cut" ' beyond 0.5 standard deviations cast away before$' \
    weight --mode trunc_normal --cut .5 --at 0,0
says "a mean is added" '^  w     = std z + shift ' weight --mean 2 --at 1,1
says "a scalar has one weight" '^  w     = std z ' weight --shape scalar
note="zero-mean: 1 x 1 slices are left as drawn"
says "slices of one weight" "^Note: $note\$" --zero-mean --shape 4,3,1,1
says "slices of one weight, in JSON" "\"$note\"" --zero-mean --shape 4,3,1,1 --format json
says "slices of one weight, a weight" "^Note: $note\$" \
    weight --zero-mean --shape 4,3,1,1 --at 1,1,0,0
says "slices of one weight, at the prompt" "^$note\$" --command 'shape 4,3,1,1; zero-mean on'
says "no note on others" '^GENERATED TENSOR' --zero-mean --shape 4,3,2,1
check "no note on others: indeed" sh -c '! grep -q Note out'

# A script shows what the explorer would.
says "a script's help" '^gain G  *factor on the standard deviation$' --command 'help gain'
says "a script's help, all of it" '^Options at the : prompt$' --command help
same "a script's help on nothing" "detinit: command:1: help: 'zzz' is in no line; help alone shows all" \
    "$("$DETINIT" --command 'help zzz' 2>&1)"
says "a script's help on a word" '^condition number  *the largest singular value over' \
    --command 'help condition'
same "a quiet script's help" "" "$("$DETINIT" --command 'help gain' -q)"
says "a pane that a script asks for" \
    '^compare-modes: the pane modes shows it; export FILE modes writes it$' \
    --command 'compare-modes'
for word in prompt redraw suspend cancel; do
    says "a script and $word" "^$word: needs a terminal; a script has none\$" --command "$word"
done

python=$(python_with json)
if [ -z "$python" ]; then
    skip "CSV, JSON and the steps of weights" "no Python"
    finish
    exit
fi
wanted="--rows 7 --cols 5 --compare-modes --show-dist --test-repro"
# shellcheck disable=SC2086
"$DETINIT" $wanted --format csv >all.csv
# shellcheck disable=SC2086
"$DETINIT" $wanted --format json --matrix >all.json
cat >tables.py <<'PYTHON'
import csv, json
tables = [list(csv.reader(t.splitlines())) for t in open("all.csv").read().split("\n\n")]
data = json.load(open("all.json"))
matrix, modes, histogram, proof = tables
assert [[float(w) for w in row] for row in matrix] == data["matrix"]
names = modes[0]
assert len(modes) == 1 + len(data["modes"]) == 6
for row, mode in zip(modes[1:], data["modes"]):
    for name, value in zip(names, row):
        assert value == mode[name] if name == "mode" else float(value) == mode[name], (row, name)
assert histogram[0] == ["from", "to", "count", "expected"]
bins, edges = histogram[1:], data["histogram"]["edges"]
assert [int(b[2]) for b in bins] == data["histogram"]["counts"]
assert [float(b[3]) for b in bins] == data["histogram"]["expected"]
assert [float(b[0]) for b in bins] + [float(bins[-1][1])] == edges
assert proof[1][0] == "1" and proof[1][3] == data["reproducibility"]["sha256"]
assert int(proof[1][1]) == data["reproducibility"]["compared"]
PYTHON
check "CSV: every table that was asked for" "$python" tables.py

# Steps of weights, with the hash written once more.
cat >steps.py <<'PYTHON'
import json, os, re, subprocess
M = (1 << 64) - 1
def hash64(x):
    x = (x + 0x9E3779B97F4A7C15) & M
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & M
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & M
    return x ^ x >> 31
def u01(seed, *indices):
    for index in indices:
        seed = hash64(seed ^ hash64(index))
    return (seed >> 11) * 2.0 ** -53
def tell(*words):
    return subprocess.run([os.environ["DETINIT"], *words], check=True, capture_output=True,
                          text=True, encoding="utf-8").stdout
def ask(*words):
    return json.loads(tell(*words, "--format", "json"))
recipe = "--seed 9 --layer 4 --rows 6 --cols 5 --mean 0.3 --zero 0.4 --zero-row 2 --gain 1.7".split()
zeroed = 0
for i in range(6):
    for j in range(5):
        w = ask("weight", *recipe, "--at", f"{i},{j}")
        zero = i == 2 or u01(9, 4, i, j, 1 << 63) < 0.4
        assert w["zeroed"] is zero
        assert w["weight"] == (0 if zero else 0.3 + w["std"] * w["draw"]), w
        text = dict(re.findall(r"^  (\w+) += .* = (\S+)$", tell("weight", *recipe, "--at", f"{i},{j}"),
                               re.M))
        assert float(text["w"]) == w["weight"]
        assert i == 2 or float(text["u"]) == u01(9, 4, i, j, 1 << 63) and float(text["shift"]) == 0.3
        zeroed += zero and i != 2
assert 0 < zeroed < 25
w = ask("weight", "--mode", "constant", "--value", "2.5", "--at", "1,1")
assert w["weight"] == 2.5 and "draw" not in w and "u1_key" not in w and w["zeroed"] is False
r = ask("--mode", "trunc_normal", "--cut", "3", "--zero-row", "2", "--layer", "5e2", "--mean", "-1",
        "--nonlinearity", "leaky_relu:0.2")["recipe"]
assert r["mode"] == "normal" and r["dist"] == "trunc_normal" and r["cut"] == 3 and r["mean"] == -1
assert r["zero-row"] == 2 and r["layer"] == 500 and r["fans"] == "default" and r["value"] == 0
assert r["nonlinearity"] == "leaky_relu:0.2" and r["fan-mode"] == "fan_in" and r["zero"] == 0
assert r["via"] == "float64"
r = ask("--fans", "64,1e3", "--fan-mode", "fan_avg", "--via", "bf16")["recipe"]
assert r["fans"] == [64, 1000] and r["fan-mode"] == "fan_avg" and r["via"] == "bfloat16"
assert r["zero-row"] == "none"
PYTHON
check "steps of weights, and recipes in JSON" "$python" steps.py
finish
