#!/bin/sh
# What reports say of weights that overflow, underflow, are too few, or carry a gain.
. "${srcdir:-.}/tests/tap.sh"

# figures OPTION ...: the figures alone, in out.
figures() {
    "$DETINIT" "$@" | sed -n '/^Statistics:/,$p' >out
}

# line NAME LINE: out has exactly this line.
line() {
    if grep -qxF -e "$2" out; then
        pass "$1"
    else
        fail "$1" out
    fi
}

none() {
    if grep -qiw 'nan' out; then
        fail "$1" out
    else
        pass "$1"
    fi
}

figures --rows 10 --cols 10 --dtype float16 --gain 1e9
line "all overflow" "  Range:    100 of 100 weights overflow float16 ✗"
line "no mean of what is infinite" "  Mean:     none, weights overflow"
line "no std of what is infinite" "  Std:      none, weights overflow (target: 4.47213595e+08)"
line "an infinite extreme" "  Min:                  -inf at 0,7"
line "no test of what is infinite" \
    "  Fits its distribution: not tested, 100 of 100 weights overflow float16"
none "no nan where all overflow"

figures --rows 10 --cols 10 --dtype float16 --gain 9e4
line "some overflow" "  Range:    12 of 100 weights overflow float16 ✗"
line "no test where some are infinite" \
    "  Fits its distribution: not tested, 12 of 100 weights overflow float16"
none "no nan where some overflow"

figures --rows 10 --cols 10 --dtype float16 --mode normal --std 1e-9
line "all underflow" "  Range:    100 of 100 weights underflow to 0 in float16 ✗"
line "the std of zeros is off its target" \
    "  Std:        0.00000000e+00 ✗ (target: 1.00000000e-09, 14.1 standard errors off)"
line "no test of zeros" "  Fits its distribution: not tested, all weights are equal"

figures --rows 10 --cols 10 --dtype float16 --mode normal --std 1e-6
line "some underflow" "  Range:    4 of 100 weights underflow to 0 in float16 ✗"
figures --rows 10 --cols 10 --dtype bfloat16 --mode normal --std 1e-6
check "bfloat16 holds them" sh -c '! grep -q Range: out'
line "the test tells of rounding" \
    "  Fits its distribution: p = 0.933 (Kolmogorov-Smirnov, 100 weights in bfloat16)"

figures --rows 1 --cols 1
line "one weight has no std" "  Std:      needs 2 weights (target: 1.41421356)"
line "nor skewness" "  Skewness: needs 2 weights"
line "nor kurtosis" "  Kurtosis: needs 2 weights"
line "one weight is tested" "  Fits its distribution: p = 0.107 (Kolmogorov-Smirnov, 1 weight)"
figures --rows 1 --cols 1 --gain 1e9 --dtype float16
line "one weight overflows" "  Range:    1 of 1 weight overflows float16 ✗"
figures --rows 1 --cols 1 --compare-modes --ascii
check "a mode of one weight" grep -q '^  he  *-  *1.41421356  ' out
none "no nan for one weight"

figures --seed 1 --rows 1024 --cols 1024 --dtype bfloat16
check "a million ties do no harm" \
    grep -q '^  Fits its distribution: p = 0\.[1-9].*1,048,576 weights in bfloat16)$' out

if with_lapack "the gain of orthogonal matrices"; then
    figures --rows 16 --cols 16 --orthogonal
    line "he's gain is told" "  Gain:             1.41421356: QtQ = 2 I"
    check "the distance is of the same" grep -q '^  max |QtQ/2 - I|: *[0-9.]*e-1[56]$' out
    figures --rows 16 --cols 16 --orthogonal --mode lecun
    line "no gain" "  Gain:             1: QtQ = I"
    check "the distance without a gain" grep -q '^  max |QtQ - I|: *[0-9.]*e-1[56]$' out
    figures --rows 16 --cols 16 --orthogonal --dtype bfloat16
    check "the distance of stored weights" grep -q '^  max |QtQ/2 - I|: *[0-9.]*e-0[23]$' out
    figures --rows 16 --cols 16 --orthogonal --dtype float16 --gain 1e9
    line "no condition of what is infinite" \
        "  Condition number: none, 256 of 256 weights overflow float16"
fi
figures --rows 16 --cols 9 --orthogonal --compare-modes
check "he's target when orthogonal" grep -q '^  he .* 0.35355339 .* 1.41421 / sqrt(16)$' out
check "torch's target when orthogonal" grep -q '^  torch .* 0.25000000 .* 1 / sqrt(16)$' out
check "formulas that do not apply are not told" sh -c '! grep -q fan_in out'

figures --rows 10 --cols 10 --mode constant --value 0.1 --dtype bfloat16
line "the mean of a constant as stored" "  Mean:         0.10009766 ✓ (target: 0.10009766)"
line "the std of a constant" "  Std:          0.00000000 ✓ (target: 0.00000000)"
line "no test of a constant" "  Fits its distribution: not tested, all weights are equal"
figures --rows 3 --cols 3 --mode identity
line "no test of the identity" "  Fits its distribution: not tested, no weight is drawn"
figures --rows 30 --cols 30 --zero 0.5 --mean 0.25
line "which weights are tested" \
    "  Fits its distribution: p = 0.426 (Kolmogorov-Smirnov, 444 drawn weights)"
check "the mean of sparse weights" grep -q '^  Mean:.* (target: 0.12500000, 1.2 standard' out
figures --rows 20 --cols 20 --mode constant --value 1e-9 --dtype float32 --via float16
line "a constant underflows in the first type" \
    "  Range:    400 of 400 weights underflow to 0 in float16 ✗"

# The explorer says the same.
"$DETINIT" --command 'dtype float16; gain 1e9; export o.txt statistics 78x16; rows 1; cols 1; gain 1;
    export one.txt statistics 78x16; rows 10; cols 10; orthogonal on; gain 1e9;
    export gram.txt orthogonality 78x16' >/dev/null
check "the pane tells of overflow" grep -q ' range    100 of 100 weights overflow float16 ' o.txt
check "the pane has no test of what overflows" \
    grep -q ' fits?    not tested, 100 of 100 weights overflow float16 ' o.txt
check "the pane has no nan" sh -c '! grep -qi nan o.txt one.txt'
check "the pane of one weight" grep -q ' std      needs 2 weights ' one.txt
with_lapack "the pane of an infinite matrix" &&
    check "the pane of an infinite matrix" grep -q 'expected finite weights' gram.txt

# At both ends of float64 no report and no pane has a figure that is none, in any form.
for std in 1e308 1e307 3e-308; do
    # A spectrum of weights that overflow is refused.
    for verb in '--compare-modes --show-dist' 'signal --width 16 --depth 4' 'spectrum' 'weight --at 0,0'; do
        [ "$verb $std" != "spectrum 1e308" ] || continue
        [ "$verb" != spectrum ] || with_lapack "no nan of spectrum at $std" || continue
        for form in text json csv; do
            # shellcheck disable=SC2086  # a list of words
            "$DETINIT" $verb --mode normal --std $std --format $form >out || : >out
            [ -s out ] || echo "nan: it failed" >out
            none "no nan of $verb at $std as $form"
        done
    done
done
"$DETINIT" --command 'mode normal; std 1e308; width 16; depth 4; export out.txt signal 78x22' >/dev/null
cp out.txt out
none "the pane of a signal has no nan"

# columns NAME OPTION ...: each row of the matrix has the fields of the heading, and an index before them;
# no line is wider than the terminal.
columns() {
    name=$1
    shift
    "$DETINIT" "$@" >out
    if sed -n '/^===/,/^$/p' out | awk 'NR == 2 { fields = NF } NR > 2 && NF > 1 && NF != fields + 1 { bad = 1 }
        length($0) > 80 { bad = 1 } END { exit bad || !fields }'; then
        pass "$name"
    else
        fail "$name" out
    fi
}
columns "exponents of three digits keep their columns apart" --mode normal --std 1e307 --rows 30 --cols 30
columns "and so do weights of hundreds" --mode normal --std 300 --rows 30 --cols 30
columns "and a mean that is far from the std" --mode normal --mean 1e200 --rows 30 --cols 30
columns "and few weights of any size" --mode normal --std 1e-200 --rows 3 --cols 4
for std in 1e307 12345 1e-3; do
    "$DETINIT" --compare-modes --mode normal --std $std >out
    check "the modes' columns are apart at $std" \
        awk '/^Modes/ { table = 1 } table && $1 == "normal" { exit NF != 10 }' out
done

# JSON: wherever there is a null, why_null or matrix_nulls_at beside it says what it stands for.
python=$(python_with json)
if [ -z "$python" ]; then
    skip "nulls of JSON" "no python3"
    finish
    exit
fi
cat >nulls.py <<'END'
import json, math, sys


def walk(value, explained):
    if isinstance(value, dict):
        why = value.get("why_null", {})
        assert set(why) == {k for k, v in value.items() if v is None}, value
        for key, inner in value.items():
            walk(inner, key in why)
    elif isinstance(value, list):
        for inner in value:
            walk(inner, False)
    else:
        assert value is not None or explained


answer = json.load(sys.stdin)
answer.pop("recipe")  # null there: not stated
matrix = answer.pop("matrix", None)
places = answer.get("matrix_nulls_at")
walk(answer, False)
if matrix is not None:
    nulls = [[i, j] for i, row in enumerate(matrix) for j, w in enumerate(row) if w is None]
    assert len(nulls) == answer["statistics"]["overflowed"]
    assert sorted(places["infinity"] + places["-infinity"]) == nulls if nulls else places is None
for name, expected in (pair.split("=") for pair in sys.argv[1:]):
    found = answer
    for key in name.split("."):
        found = found[key]
    assert str(found) == expected, (name, found)
END
# json NAME OPTIONS -- KEY=VALUE ...
json() {
    name=$1 options=$2
    shift 2
    "$DETINIT" $options --format json >json.out
    check "$name" "$python" nulls.py "$@" <json.out
}
json "nulls where all overflow" \
    "--rows 10 --cols 10 --dtype float16 --gain 1e9 --matrix --show-dist --compare-modes" \
    statistics.overflowed=100 statistics.underflowed=0 "statistics.why_null.max=infinity" \
    "statistics.why_null.std=weights overflow" statistics.kolmogorov_smirnov.count=0
json "nulls where some overflow" "--rows 10 --cols 10 --dtype float16 --gain 9e4 --matrix" \
    statistics.overflowed=12
json "nulls of one weight" "--rows 1 --cols 1 --compare-modes" \
    "statistics.why_null.std=needs 2 weights" statistics.kolmogorov_smirnov.count=1
json "no nulls where some underflow" \
    "--rows 10 --cols 10 --dtype float16 --mode normal --std 1e-6" statistics.underflowed=4 \
    statistics.target_mean=0.0
json "nulls where all are equal" "--rows 10 --cols 10 --dtype float16 --mode normal --std 1e-9" \
    "statistics.kolmogorov_smirnov.why_null.p=all weights are equal"
json "the end of binary64" "--rows 10 --cols 10 --mode normal --std 1e308 --matrix --show-dist"
"$DETINIT" weight --at 0,0 --rows 10 --cols 10 --dtype float16 --gain 1e9 --format json >json.out
check "one weight that overflows" "$python" -c '
import json, sys
w = json.load(sys.stdin)
assert w["weight"] is None and w["why_null"] == {"weight": "infinity"}' <json.out
if with_lapack "JSON of the gain"; then
    json "JSON of the gain" "--rows 16 --cols 16 --orthogonal" \
        orthogonality.gain=1.4142135623730951
    json "JSON of orthogonality that overflows" \
        "--rows 16 --cols 16 --orthogonal --dtype float16 --gain 1e9" \
        "orthogonality.why_null.condition=none, 256 of 256 weights overflow float16"
fi
# Means that are far from 0, in stds.
figures --mean 1e308
line "a mean that large" "  Mean:     1e+308 ✓ (target: 1e+308, 0.0 standard errors off)"
line "and its extremes" "  Min:      1e+308 at 0,0"
figures --mean 1e12 --rows 20 --cols 30 --show-dist
check "edges of bins are told apart" sh -c \
    'sed -n "/^Distribution/,\$p" out | awk "NF > 3 && \$2 == \"..\" && \$1 == \$3 { bad = 1 } END { exit bad }"'
figures --gain 1e6 --dtype float16 --show-dist --rows 10 --cols 20
line "what overflowed is told below the bins" \
    "  165 overflowed, and are infinite: in the outermost bins."
finish
