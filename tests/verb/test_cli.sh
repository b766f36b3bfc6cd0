#!/bin/sh
# What the command line prints: every option does what it says.
. "${srcdir:-.}/tests/tap.sh"

# prints NAME PATTERN ARGUMENT ...: some line of the output is the basic regular expression.
prints() {
    name=$1
    pattern=$2
    shift 2
    if "$DETINIT" "$@" >out 2>err && [ ! -s err ] && grep -qe "$pattern" out; then
        pass "$name"
    else
        echo "expected: $pattern" >>err
        fail "$name" err out
    fi
}

# The seed document's table, digit for digit.
"$DETINIT" --seed 42 --rows 10 --cols 20 --fan-in rows >table
sed -n '/^[^#]/p' "$srcdir/tests/data/published_table.txt" >published
awk 'NR > 3 && NR < 7 { print $2, $3, $4, $5 }' table >ours
check "the published table appears digit for digit" cmp published ours

prints "the heading names seed, layer and mode" \
    '^GENERATED MATRIX (seed=7, layer_id=3, mode=xavier)$' --seed 7 --layer 3 --mode glorot
prints "the target of 10 x 20 is sqrt(2/20)" 'target: 0\.31622777,' --rows 10 --cols 20
prints "the shape" '^  Shape:    10 x 20$' --rows 10 --cols 20
prints "the mean with its mark" '^  Mean:         0\.01850538 ✓ (near 0: 0\.8 standard' \
    --rows 10 --cols 20
prints "extremes with their places" '^  Max:          1\.38688426 at 2,13$' --rows 10 --cols 20
prints "hex seeds" 'seed=255,' --seed 0xff
prints "the largest seed" 'seed=18446744073709551615,' --seed 0xffffffffffffffff
prints "--name=value" 'seed=9,' --seed=9
prints "mode normal takes std" 'target: 0\.05000000,' --mode normal --std 0.05
prints "mode normal has GPT's std" 'target: 0\.02000000,' --mode normal
prints "lecun" 'target: 0\.31622777,' --mode lecun
prints "torch is uniform" '^  Min: .* at ' --mode torch
prints "gain" 'target: 0\.63245553,' --mode lecun --gain 2
prints "fan-in rows" 'target: 0\.44721360,' --rows 10 --cols 20 --fan-in rows
prints "ASCII marks" '^  Mean:  .* ok (near 0' --ascii
prints "quiet leaves the heading out" '^ *0 ' -q
same "quiet starts with the matrix" "" "$("$DETINIT" -q | grep GENERATED)"
prints "small weights keep their digits" '^ 0 *[-+]*[0-9]\.[0-9]\{5\}e-09' \
    --mode normal --std 1e-9
prints "corners of a large matrix" '^ 999 ' --rows 1000 --cols 1000
prints "a gap between corners" '  \.\.\.' --rows 1000 --cols 1000
same "lines fit the terminal" "" \
    "$("$DETINIT" --rows 1000 --cols 1000 | sed '/^Stat/,$d' | grep '.\{81\}')"
prints "an enormous matrix at once, by a sample" 'figures of a sample of 1,048,576 weights$' \
    --rows 9000000000000000000 --cols 9000000000000000000
prints "--exact looks at all" 'Kolmogorov-Smirnov, 1,048,576 weights' \
    --rows 1 --cols 70000000 --dtype float32 --exact
same "--exact names no sample" "" \
    "$("$DETINIT" --rows 1 --cols 70000000 --exact | grep 'a sample')"

prints "compare-modes names every mode" '^  xavier .*sqrt(2 / (fan_in + fan_out))$' --compare-modes
prints "compare-modes says what for" '^  he *made for ReLU, SiLU, GELU$' --compare-modes
prints "show-dist draws bars" '^ .* \.\. .*█' --show-dist
prints "test-repro shows no difference" 'Largest difference: 0\.0e+00 in' --test-repro
prints "test-repro prints the hash of the bits" \
    '^  SHA-256: [0-9a-f]\{64\}$' --test-repro --orthogonal --rows 20 --cols 30
if with_lapack "condition numbers"; then
    prints "orthogonal is perfectly conditioned" '^  Condition number: 1 orthogonal' \
        --orthogonal --rows 4 --cols 4
    prints "compare-modes --orthogonal gives both condition numbers and the ratio" \
        '^  Condition number: 1[0-9.]* orthogonal, [0-9.]* normal: [0-9.]* times better$' \
        --orthogonal --compare-modes --rows 128 --cols 128
else
    prints "a report says that they are left out" \
        '^  Condition number: not built in (configured --without-lapack)$' --orthogonal --rows 4 --cols 4
fi
prints "all at once" '^Saved w.npy (928 bytes)$' \
    --compare-modes --show-dist --test-repro --save w.npy
for part in Statistics: "Modes on seed" Distribution Reproducibility: Saved; do
    same "all at once: one $part" 1 "$(grep -c "^$part" out)"
done
prints "one thread" 'SHA-256' --threads 1 --test-repro
hash_of() { "$DETINIT" --test-repro --rows 300 --cols 400 "$@" | sed -n 's/^  SHA-256: //p'; }
same "threads change no bit" "$(hash_of --threads 1)" "$(hash_of --threads 5)"

prints "weight: the keys" '4d9b3f1ec9cf6b1b' weight --at 2,13 --rows 10 --cols 20
prints "weight: the weight" '^  w .*= 1\.3868842640837595$' weight --at 2,13 --rows 10 --cols 20
prints "weight of an enormous matrix" '^  w ' weight --at 5,10 \
    --rows 9000000000000000000 --cols 9000000000000000000
prints "weight: cast-away normals are told" 'cast away before' \
    weight --at 2,13 --cols 20 --dist truncated
prints "weight as CSV" '^1\.3868842640837595$' weight --at 2,13 --cols 20 --format csv
prints "an entry of an orthogonal matrix" 'entry of gain Q' weight --at 1,1 --orthogonal

prints "help lists every option" '^  --orthogonal  *make the rows' --help
commands=$("$DETINIT" --help | sed -n 's/^ *detinit \([a-z][a-z]*\).*/\1/p' | tr '\n' ' ')
check "help names the commands" test "${commands#weight signal init list audit open analyze mask prune pack unpack diff patch verify showcase}" != "$commands"
for command in "" $commands; do
    # shellcheck disable=SC2086  # no word where there is no command
    "$DETINIT" $command --help >help.txt
    check "help of '$command' fits 80 columns" test -z "$(awk 'length($0) > 80' help.txt)"
    check "and names each option once" test -z "$(grep -o '^  .*--[a-z-]*' help.txt | sort | uniq -d)"
done
prints "help of a command begins with its own options" '^  --to W  *what is done' prune --help
prints "what --save is for stands with the command" '^  --save FILE  *save a patch' diff --help
check "and has none of the others" test "$("$DETINIT" prune --help | grep -c -e '--epochs\|--show-dist')" = 0
prints "version" '^detinit [0-9.]* (generator version 1)$' --version
prints "-V" '^detinit ' -V
if with_lapack "showcase"; then
    prints "showcase: the share asked for sleeps" '^> changed by at most [0-9.e-]* *62\.3 %' \
        showcase --small
    "$DETINIT" showcase --small --threads 1 >first
    "$DETINIT" showcase --small --threads 1 >second
    check "showcase: the same figures twice" cmp first second
fi
prints "-h" '^usage: detinit' -h

# JSON: read by an independent reader.
python=$(python_with json)
if [ -n "$python" ]; then
    cat >read.py <<'END'
import json, math, sys
answer = json.load(sys.stdin)
assert answer["version"] == 1
assert answer["recipe"]["seed"] == 42 and answer["recipe"]["mode"] == "he"
assert answer["recipe"]["fan-in"] == "cols" and answer["recipe"]["dist"] == "normal"
s = answer["statistics"]
weights = [w for row in answer["matrix"] for w in row]
assert s["shape"] == [10, 20] and s["count"] == len(weights) == 200
mean = math.fsum(weights) / 200
std = math.sqrt(math.fsum((w - mean) ** 2 for w in weights) / 200)
assert abs(s["mean"] - mean) < 1e-15 and abs(s["std"] - std) < 1e-15
assert s["min"] == min(weights) and s["max"] == max(weights)
assert answer["matrix"][2][13] == s["max"] and s["max_at"] == [2, 13]
h = answer["histogram"]
assert len(h["edges"]) == len(h["counts"]) + 1 == len(h["expected"]) + 1
assert sum(h["counts"]) == 200
for low, high, count in zip(h["edges"], h["edges"][1:], h["counts"]):
    assert count == sum(low <= w < high for w in weights)
assert [m["mode"] for m in answer["modes"]] == ["he", "xavier", "lecun", "torch", "normal"]
r = answer["reproducibility"]
assert r["equal"] and r["max_difference"] == 0 and len(r["sha256"]) == 64
assert answer["saved"] == {"path": "j.npy", "bytes": 1728}
END
    "$DETINIT" --rows 10 --cols 20 --format json --matrix --show-dist --compare-modes \
        --test-repro --save j.npy >json
    check "JSON holds what was asked for" "$python" read.py <json
    "$DETINIT" weight --at 2,13 --cols 20 --rows 10 --seed 0xffffffffffffffff --format json >json
    check "JSON of one weight; large integers are strings" "$python" -c '
import json, sys
w = json.load(sys.stdin)
assert w["seed"] == "18446744073709551615" and w["i"] == 2 and w["j"] == 13
assert all(len(w[k]) == 16 for k in ("key_layer", "key_i", "key_j", "u1_key", "u2_key"))
assert w["weight"] == w["std"] * w["z"]' <json
    "$DETINIT" --rows 9000000000000000000 --cols 9000000000000000000 --format json >json
    check "JSON of an enormous count" "$python" -c '
import json, sys
s = json.load(sys.stdin)["statistics"]
assert s["count"] == str(9000000000000000000 ** 2) and s["sampled"]' <json
    "$DETINIT" --orthogonal --rows 20 --cols 10 --format json >json
    with_lapack "JSON of orthogonality" && check "JSON of orthogonality" "$python" -c '
import json, sys
o = json.load(sys.stdin)["orthogonality"]
assert 1 <= o["condition"] < 1 + 1e-12 < o["condition_normal"]
assert o["max_abs_qtq_minus_i"] < 1e-14' <json
else
    skip "JSON" "no python3"
fi

finish
