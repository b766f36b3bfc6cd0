#!/bin/sh
# HDF5 files as h5py and Keras write them, against what h5py reads: tests/data/hdf5, made by
# make_hdf5.py.  And files with everything wrong.
. "${srcdir:-.}/tests/tap.sh"

data=$sources/tests/data/hdf5
READ_TENSORS=$(dirname "$DETINIT")/tests/read_tensors
export READ_TENSORS

if ! python3 -c '' 2>/dev/null; then
    skip "HDF5 files" "there is no python3"
    finish
    exit
fi
# lines_of FILE BLOCK: lines as those of tensors.txt, of a file, read so many items at a time.
lines_of() {
    rm -f part.*
    "$READ_TENSORS" "$1" "$2" part. >told && PYTHONUTF8=1 python3 - "${1##*/}" <<'END'
import hashlib, sys
for number, told in enumerate(open("told", encoding="utf-8")):
    kind, _, rank, *rest = told.rstrip("\n").split(" ")
    shape, name = rest[:int(rank)], " ".join(rest[int(rank):])
    digest = hashlib.sha256(open(f"part.{number}", "rb").read()).hexdigest()
    print(sys.argv[1], kind, "x".join(shape) or "scalar", digest, name)
END
}

for path in "$data"/*.gz; do
    gzip -dc "$path" >"$(basename "$path" .gz)"
done
for path in "$data"/*.h5 "$data"/*.keras ./*.h5; do
    file=${path##*/}
    grep "^$file " "$data/tensors.txt" | LC_ALL=C sort >expected
    for block in 100000 7; do
        lines_of "$path" $block | LC_ALL=C sort >actual
        check "$file: what h5py reads, $block items at a time" diff expected actual
    done
done

# Whatever the version of the format, the same is left out, and for the same reasons.
for version in earliest latest; do
    "$DETINIT" list "$data/left_out_$version.h5" | sed -n '/^Not read/,$p' | LC_ALL=C sort >left_out
    while read -r line; do
        check "$version: left out: $line" grep -qxF "  $line" left_out
    done <<'END'
circle: it is a soft link, and leads to no tensor here
dangling: it is a soft link, and leads to no tensor here
fp8: its items are bytes of which nothing is told
lists: its items are lists of any length
lzf: its chunks went through the filter lzf, which is not read
null: it has no data
odd_integer: its integers are of another width than 8, 16, 32 or 64 bits
passwd: it is a link to another file, which is not opened
raw: its data lie in another file, which is not opened
record: its items are records of several fields
reference: its items are references to other objects
scale: its chunks went through the filter scaleoffset, which is not read
subarray: its items are arrays
text: its items are texts
texts: its items are texts
virtual: it is a view of other data sets, which may lie in other files
END
    "$DETINIT" list "$data/links_$version.h5" >links
    check "$version: groups in circles are gone through once" \
        grep -qx '  a/up: it is a group that is there by another path, too' links
    "$DETINIT" list "$data/many_$version.h5" >many
    for told in 'fixed: fixed text' 'variable: variable text, ä' 'text_19: value 19' \
        'many@layer: dense'; do
        check "$version: the text $told" grep -qx "  $told" many
    done
    "$DETINIT" list "$data/texts_$version.h5" --format json >texts
    for length in 4060 5000 12000; do
        check "$version: a text of $length letters" grep -qE "\"long_$length\": \"x{$length}\"" texts
    done
    check "$version: 400 texts" sh -c 'test "$(grep -oE "\"short@text_[0-9]+\": \"value [0-9]+\"" texts | wc -l)" -eq 400'
    check "$version: numbers and lists are no texts" sh -c '! grep -qE "^  (number|list):" many'
done
"$DETINIT" list "$data/model.keras" >keras
check "Keras' archive says its version" grep -q '^  metadata.json: {"keras_version": ' keras
check "and the names of layers" grep -qx '  layers/dense/vars@name: first' keras

# The readers stand behind every command.
printf '{"seed": 7, "tensors": [{"name": "layers/dense/vars/0", "shape": [4, 3]}]}' >m.json
check "weights are compared" "$DETINIT" analyze "$data/keras3.weights.h5" --manifest m.json
check "a file is compared with itself" "$DETINIT" diff "$data/model.keras" "$data/model.keras"
python3 - "$data/model.keras" <<'END'
import sys, zipfile
whole = zipfile.ZipFile(sys.argv[1])
with zipfile.ZipFile("plain.keras", "w") as plain:
    plain.writestr("model.weights.h5", whole.read("model.weights.h5"))
END
check "an archive of weights alone holds the same" "$DETINIT" diff "$data/model.keras" plain.keras
check "a mask is saved" "$DETINIT" mask "$data/model.keras" --manifest m.json --save mask.safetensors

cp "$data"/*.h5 "$data/model.keras" .
python3 "$sources/tests/verb/bad_hdf5.py" >bad.log 2>bad.err
while read -r outcome what; do
    case $outcome in
    ok) pass "$what" ;;
    *) fail "$what" bad.err ;;
    esac
done <bad.log
check "all bad files were tried" grep -qx 'ok all' bad.log
finish
