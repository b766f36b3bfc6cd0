#!/bin/sh
# Saved files against NumPy: the same bytes as numpy.save, and what numpy.load reads.
. "${srcdir:-.}/tests/tap.sh"

python=$(python_with numpy)
if [ -z "$python" ]; then
    skip "files against numpy" "no python3 with numpy"
    finish
    exit
fi

# The same array, saved by numpy from what numpy loaded, is the same file.
cat >resave.py <<'END'
import sys
import numpy
array = numpy.load(sys.argv[1])
assert array.dtype == numpy.dtype(sys.argv[2]), array.dtype
assert array.shape == (int(sys.argv[3]), int(sys.argv[4])), array.shape
numpy.save(sys.argv[5], array)
END
for dtype in float64 float32 float16; do
    for shape in '10 20' '1 7' '7 1' '1 1' '300 500' '1 70000'; do
        # shellcheck disable=SC2086  # two numbers
        set -- $shape
        "$DETINIT" --rows "$1" --cols "$2" --dtype $dtype --save ours.npy >/dev/null
        check "$dtype $1 x $2 loads" "$python" resave.py ours.npy $dtype "$1" "$2" theirs.npy
        check "$dtype $1 x $2 is what numpy.save writes" cmp ours.npy theirs.npy
    done
done

# float32 and float16 are one rounding of the binary64 weights, as numpy rounds; bfloat16 by hand.
cat >round.py <<'END'
import numpy
exact = numpy.load("float64.npy")
for dtype in "float32", "float16":
    assert (numpy.load(dtype + ".npy") == exact.astype(dtype)).all(), dtype
stored = numpy.load("bfloat16.npy")
assert stored.dtype == numpy.dtype("V2")
widened = (stored.view("<u2").astype("<u4") << 16).view("<f4").astype("<f8")
unit = 2.0 ** (numpy.floor(numpy.log2(abs(exact))) - 7)
assert (widened == numpy.round(exact / unit) * unit).all()
END
for dtype in float64 float32 float16 bfloat16; do
    "$DETINIT" --rows 200 --cols 300 --dtype $dtype --save $dtype.npy >/dev/null
done
check "narrow types are one rounding to nearest even" "$python" round.py

cat >csv.py <<'END'
import numpy
for dtype in "float64", "float32", "float16":
    text = numpy.loadtxt(dtype + ".csv", delimiter=",", ndmin=2).astype(dtype)
    assert (text == numpy.load(dtype + ".npy")).all(), dtype
END
for dtype in float64 float32 float16; do
    "$DETINIT" --rows 200 --cols 300 --dtype $dtype --save $dtype.csv >/dev/null
done
check "CSV gives back every bit" "$python" csv.py
"$DETINIT" --rows 3 --cols 70000 --format csv >printed.csv
"$DETINIT" --rows 3 --cols 70000 --save saved.csv >/dev/null
check "--format csv prints what --save writes" cmp printed.csv saved.csv
same "a line for each row, however long" 3 "$(wc -l <saved.csv)"

sum=$("$python" -c 'import hashlib, numpy
print(hashlib.sha256(numpy.load("float32.npy").tobytes()).hexdigest())')
"$DETINIT" --rows 200 --cols 300 --dtype float32 --test-repro >repro
check "--test-repro prints the SHA-256 of the array" grep -q "SHA-256: $sum" repro

finish
