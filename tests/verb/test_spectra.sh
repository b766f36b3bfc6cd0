#!/bin/sh
# The commands spectrum and coordinates: text, JSON and CSV, beside NumPy where it is.
. "${srcdir:-.}/tests/tap.sh"

python=$(python_with numpy)

# refused SENTENCE ARGUMENTS: exit status 2, and the one line on standard error.
refused() {
    sentence=$1
    shift
    "$DETINIT" "$@" >out 2>err
    same "refused: $*" "2 detinit: $sentence" "$? $(cat err)"
}

# ------------------------------------------------------------------- spectrum
if with_lapack "spectra of matrices"; then
    "$DETINIT" spectrum --rows 128 --cols 128 >out
    check "what a condition number does, in words" \
        grep -qx '  drawn: stretches some directions 405 times more than others' out
    check "and of an orthogonal matrix" \
        grep -qx '  orthogonal: stretches all directions alike' out
    check "the law's edges" grep -q '^  law  *0  *2.828  *Marchenko and Pastur' out
    check "of a product, too" grep -q '^Product of 10 such matrices of 256 x 256' out
    check "no line is too long" sh -c '[ "$(wc -L <out)" -le 110 ]'
    "$DETINIT" spectrum --rows 9 --cols 9 --mean 1 >out
    check "no product of weights with a mean" grep -q '^No product of matrices: products are' out
    "$DETINIT" spectrum --rows 9 --cols 9 --quiet --ascii >out
    check "quiet and in ASCII" sh -c '! grep -q "===" out && ! LC_ALL=C grep -q "[^ -~]" out'
    refused "mode constant draws nothing: normal and orthogonal are compared where one recipe draws all" \
        spectrum --mode zeros
    refused "singular values are found up to 4096 x 1048576; make the matrix smaller" \
        spectrum --rows 5000 --cols 5000
    refused "--factors: '65' is out of range, which is 1 .. 64" spectrum --factors 65
    refused "--factors: goes with the command spectrum" --factors 3
    refused "--save: does not go with the command spectrum; --format json or csv, on standard output, keeps the figures" \
        spectrum --save a.npy
    "$DETINIT" --command 'pane orthogonality; rows 30; factors 3; move up; recipe' >out
    same "the explorer tells the command line" \
        "detinit spectrum --seed 42 --rows 30 --cols 10 --mode he --factors 3" "$(cat out)"
    "$DETINIT" --command 'pane orthogonality; view product; factors 3; move up; recipe' >out
    check "up is one matrix more" grep -qe '--factors 4$' out
    "$DETINIT" --command 'pane orthogonality; view product; factors 3; move bottom; recipe' >out
    check "and no more than there may be" grep -qe '--factors 64$' out
    "$DETINIT" --command 'mode constant; export a.txt orthogonality 80x24; view product; export b.txt orthogonality 80x24'
    check "the pane says why it has none" grep -q 'mode constant draws nothing' a.txt
    check "and of products" grep -q 'products are of weights that are drawn' b.txt
else
    "$DETINIT" spectrum >out 2>err
    check "the command says that it is not built in" grep -q 'not built in' err
fi

# ---------------------------------------------------------------- coordinates
"$DETINIT" coordinates --widest 256 >out
check "one table for each parametrization" sh -c '[ "$(grep -cx "standard\|muP" out)" = 2 ]'
check "muP is flat" sh -c 'sed -n "/^muP/,\$p" out | grep -q "  3  output .* flat$"'
check "widths and slopes" grep -q '^  step  layer  *64  *128  *256  with width n$' out
"$DETINIT" coordinates --widest 128 --gain 1e300 >out
check "what overflows is said" sh -c 'grep -q "  3  output  *-  *-  overflows$" out && ! grep -q nan out'
refused "expected weights that are drawn and have no mean" coordinates --mode ones
refused "--widest: '100' is out of range, which is 128 .. 8192" coordinates --widest 100
refused "--rows: does not go with the command coordinates" coordinates --rows 5
"$DETINIT" coordinates --widest 128 --format csv >out
same "a line of CSV for each size" "49 standard,0,input,64" \
    "$(wc -l <out) $(sed -n 2p out | cut -d, -f1-4)"
"$DETINIT" --command 'pane widths; widest 128; move left; export w.txt widths 80x24; recipe' >out
check "the pane goes from step to step" grep -q 'standard after 2 steps' w.txt
check "and tells its command line" \
    grep -qx 'detinit coordinates --seed 42 --mode he --widest 128' out

# ----------------------------------------------------------------- with NumPy
if [ -z "$python" ]; then
    skip "reports against numpy" "no python3 with numpy"
    finish
    exit
fi
cat >svd.py <<'END'
import json, sys
import numpy

weights = numpy.load(sys.argv[1])
told = json.load(open(sys.argv[2]))
rows, cols = told["shape"]
matrix = weights.astype(float).reshape(rows, cols)
values = numpy.linalg.svd(matrix, compute_uv=False)
drawn = numpy.array(told["drawn"]["singular_values"])
assert drawn.shape == values.shape
assert abs(drawn - values).max() < 1e-12 * values[0]
condition = told["drawn"]["condition"]
assert abs(condition / (values[0] / values[-1]) - 1) < 1e-9
bins = told["histogram"]
counts, _ = numpy.histogram(values, bins["edges"])
assert abs(counts - bins["counts"]).sum() <= 2, (counts, bins["counts"])
if told["law"] is not None:
    std, law = told["law"]["std"], told["law"]
    sides = numpy.sqrt([min(rows, cols), max(rows, cols)])
    assert abs(law["upper"] - std * sides.sum()) < 1e-12
    assert abs(law["lower"] - std * (sides[1] - sides[0])) < 1e-12
    assert law["beyond"] == ((values < law["lower"]) | (values > law["upper"])).sum()
    assert abs(sum(bins["expected"]) - len(values)) < 1e-6 * len(values)
else:
    assert "independent" in told["why_null"]["law"] and "expected" not in bins
END
# spectrum NAME ARGUMENTS: the values of a saved matrix by NumPy are those told.
spectrum() {
    name=$1
    shift
    "$DETINIT" "$@" --save w.npy --quiet &&
        "$DETINIT" spectrum "$@" --format json >told.json
    check "numpy's singular values: $name" "$python" svd.py w.npy told.json
}
if with_lapack "numpy's singular values"; then
    spectrum "wide" --rows 40 --cols 90
    spectrum "tall" --rows 90 --cols 40 --mode torch
    spectrum "a kernel" --shape 16,8,3,3
    spectrum "a kernel of zero mean" --shape 16,8,3,3 --zero-mean
    spectrum "float32" --rows 33 --cols 33 --dtype float32
    spectrum "a mean" --rows 33 --cols 21 --mean 0.5

    # A product by its definition, layer by layer.
    cat >product.py <<'END'
import json, sys
import numpy

told = json.load(open("told.json"))["product"]
product = numpy.eye(256)
for layer in range(3):
    product = numpy.load("layer%d.npy" % layer) @ product
values = numpy.linalg.svd(product, compute_uv=False) / told["sigma"] ** 3
assert abs(told["sigma"] - 2 ** 0.5) < 1e-12 and told["factors"] == 3 and told["width"] == 256
assert abs(values - told["drawn"]["singular_values"]).max() < 1e-11
assert abs(numpy.array(told["orthogonal"]["singular_values"]) - 1).max() < 1e-12
assert abs(told["law"]["upper"] - (4 ** 4 / 3 ** 3) ** 0.5) < 1e-12
END
    for layer in 0 1 2; do
        "$DETINIT" --seed 5 --layer $layer --rows 256 --cols 256 --save layer$layer.npy --quiet
    done
    "$DETINIT" spectrum --seed 5 --factors 3 --format json >told.json
    check "numpy's product of three" "$python" product.py
    "$DETINIT" spectrum --rows 6 --cols 4 --format csv >told.csv
    check "three tables of CSV" "$python" -c '
import csv
tables = [list(csv.reader(t.splitlines())) for t in open("told.csv").read().split("\n\n")]
assert [t[0][0] for t in tables] == ["factors"] * 3
assert len(tables[0]) == 5 and len(tables[1]) == 1 + 2 * 4 + 2 * 256
assert sum(int(row[3]) for row in tables[2][1:] if row[0] == "1") == 4'
fi
"$DETINIT" coordinates --widest 256 --format json >told.json
check "coordinates as JSON" "$python" -c '
import json, numpy
told = json.load(open("told.json"))
assert told["widths"] == [64, 128, 256] and len(told["layers"]) == 24
assert "rows" not in told["recipe"] and told["recipe"]["mode"] == "he"
for layer in told["layers"]:
    if layer["slope"] is None:
        assert layer["why_null"]["slope"] == "0" and min(layer["sizes"]) == 0
        continue
    slope = numpy.polyfit(numpy.log(told["widths"]), numpy.log(layer["sizes"]), 1)[0]
    assert abs(slope - layer["slope"]) < 1e-9
    assert (layer["in_words"] == "flat") == (abs(slope) <= 0.15)'
finish
