#!/bin/sh
# analyze, verify, mask and pack in parts: merged, they are what one process gives, byte for byte;
# parts that are missing, come twice or do not belong together are refused.
. "${srcdir:-.}/tests/tap.sh"

needs python3

# A trained file of all types beside tensors without a recipe: every third weight of most tensors
# is changed, some are not finite, one tensor is as it was drawn.
cat >network.json <<'END'
{"seed": 7, "tensors": [
    {"name": "fc1", "shape": [64, 100], "dtype": "float32"},
    {"name": "conv", "shape": [8, 3, 3, 3], "dtype": "float16", "zero_mean": true},
    {"name": "brain", "shape": [40, 70], "dtype": "bfloat16", "mode": "xavier"},
    {"name": "keras", "shape": [50, 33], "dtype": "float32", "fan_in": "rows"},
    {"name": "bias", "shape": [50], "dtype": "float32", "mode": "torch"},
    {"name": "rnn", "shape": [30, 30], "dtype": "float64", "orthogonal": true}
]}
END
"$DETINIT" init --manifest network.json --save init.safetensors -q
cat >train.py <<'END'
import json, struct, sys

BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}

def train(source, target, flip):
    raw = open(source, "rb").read()
    (length,) = struct.unpack("<Q", raw[:8])
    header, data = json.loads(raw[8:8 + length]), bytearray(raw[8 + length:])
    header["__metadata__"]["note"] = "of the training tool"
    for name, t in header.items():
        if name in ("__metadata__", "bias"):
            continue
        size = BYTES[t["dtype"]]
        for n, at in enumerate(range(t["data_offsets"][0], t["data_offsets"][1], size)):
            if n % 3 == 0:
                data[at] ^= flip
            if name == "fc1" and n in (5, 700):
                data[at:at + 4] = struct.pack("<f", float("nan" if n == 5 else "-inf"))
    for name, dtype, shape, more in (("step", "I64", [1], b"12345678"),
                                     ("u8", "U8", [3000], bytes(3000))):
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(more)]}
        data += more
    text = json.dumps(header).encode()
    open(target, "wb").write(struct.pack("<Q", len(text)) + text + data)

train(sys.argv[1], sys.argv[2], int(sys.argv[3]))
END
python3 train.py init.safetensors trained.safetensors 85
python3 train.py init.safetensors other.safetensors 1

# parts N COMMAND ARGUMENT ...: all parts, p1, p2, ..., made at once; $names names them.
parts() {
    all=$1
    ending=json
    case $2 in mask | pack) ending=safetensors ;; esac
    shift
    rm -f p[0-9]*
    for part in $(seq "$all"); do
        "$DETINIT" "$@" --shard "$part/$all" --save "p$part.$ending" -q 2>>part_errors &
    done
    wait
    names=$(ls p[0-9]*)
}

# prints N COMMAND FILE [OPTION ...]: the merged parts print what one process prints, in all formats.
prints() {
    parts "$@"
    all=$1
    shift
    for format in text json csv; do
        "$DETINIT" "$@" --format $format >whole 2>whole_errors
        echo $? >>whole_errors
        # shellcheck disable=SC2046,SC2086  # names of parts, in any order
        "$DETINIT" "$1" --merge $(ls $names | sort -r) --format $format >merged 2>merged_errors
        echo $? >>merged_errors
        check "$all parts of $*, $format" cmp whole merged
        check "$all parts of $*, $format: errors" cmp whole_errors merged_errors
    done
}

# saves N COMMAND FILE [OPTION ...]: the merged parts are the file that one process saves.
saves() {
    parts "$@"
    all=$1
    shift
    "$DETINIT" "$@" --save saved.safetensors --format json >whole
    mv saved.safetensors whole.safetensors
    # shellcheck disable=SC2086
    "$DETINIT" "$1" --merge $names --save saved.safetensors --format json >merged
    check "$all parts of $*: the file" cmp whole.safetensors saved.safetensors
    check "$all parts of $*: what is printed" cmp whole merged
}

for all in 1 2 3 7 20; do
    prints $all analyze trained.safetensors
    prints $all verify trained.safetensors
    saves $all mask trained.safetensors
    saves $all pack trained.safetensors
done
prints 3 analyze trained.safetensors --threshold 1e-3 --exact
prints 3 analyze trained.safetensors --manifest network.json --threshold 0
prints 3 verify trained.safetensors --manifest init.safetensors
prints 2 verify init.safetensors
saves 3 mask other.safetensors --threshold 1e-9 --manifest network.json
saves 3 pack other.safetensors --threshold 1e-3
saves 3 pack trained.safetensors --lossless
"$DETINIT" unpack saved.safetensors --save again.safetensors -q
check "parts without loss, merged and unpacked, are the very file" cmp trained.safetensors again.safetensors
rm again.safetensors
same "parts say nothing but what differs" "" "$(grep -v 'are not what their recipe says$' part_errors)"

# A matrix that flags describe, in a file of one tensor.
"$DETINIT" --rows 9 --cols 5 --seed 3 --save w.npy -q
prints 2 analyze w.npy --seed 4 --mode xavier --threshold 0.25
prints 2 verify w.npy --seed 3
parts 2 mask w.npy --seed 4
"$DETINIT" mask w.npy --seed 4 --save whole.npy -q
# shellcheck disable=SC2086
"$DETINIT" mask --merge $names --save merged.npy -q
check "a mask as .npy" cmp whole.npy merged.npy

# A part that has differences says so, and is saved.
"$DETINIT" verify trained.safetensors --shard 1/1 --save d.json >out 2>err
same "verify of a part" "1 Saved part 1 of 1: d.json" "$? $(sed 's/ (.*//' out)"
same "and what differs" "$("$DETINIT" verify trained.safetensors 2>&1 >whole)" "$(cat err)"

# The part of a packed file is a packed file of its tensors.
parts 3 pack trained.safetensors
"$DETINIT" prune trained.safetensors --to init --save pruned.safetensors -q
"$DETINIT" unpack p2.safetensors --save second.safetensors -q
cat >subset.py <<'END'
import json, struct, sys

def load(path):
    raw = open(path, "rb").read()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + length])
    header.pop("__metadata__")
    return {name: (t["dtype"], t["shape"], raw[8 + length + t["data_offsets"][0]:
                                               8 + length + t["data_offsets"][1]])
            for name, t in header.items()}

some, all = load(sys.argv[1]), load(sys.argv[2])
assert some and len(some) < len(all)
assert all == {**all, **some}
END
"$DETINIT" unpack p2.safetensors --save again.safetensors >out
check "it says that it is a part" grep -q "^p2.safetensors is a part: the tensors of the others are not in it.$" out
check "a part of a packed file, unpacked" python3 subset.py second.safetensors pruned.safetensors
parts 2 analyze trained.safetensors
check "a part of figures is JSON" python3 -c 'import json
part = json.load(open("p1.json"))
assert (part["part_of"], part["part"], part["parts"]) == ("analyze", 1, 2)
assert float.fromhex(part["tensors"][0]["mean_delta"]) > 0'

# ends STATUS LINE ARGUMENT ...: one line on standard error, nothing else, nothing written.
ends() {
    expected="$1 detinit: $2"
    shift 2
    "$DETINIT" "$@" >out 2>err </dev/null
    found="$? $(cat err)"
    [ -s out ] && found="$found and output"
    [ "$(ls -A)" = "$entries" ] || found="$found and files"
    same "refuses $*" "$expected" "$found"
}
for part in 1 2 3; do
    "$DETINIT" analyze trained.safetensors --shard $part/3 --save a$part.json -q
done
cp a2.json again.json
"$DETINIT" analyze trained.safetensors --shard 2/4 --save of4.json -q
"$DETINIT" analyze other.safetensors --shard 2/3 --save other.json -q
"$DETINIT" analyze trained.safetensors --threshold 0.001 --shard 2/3 --save t.json -q
"$DETINIT" analyze trained.safetensors --manifest network.json --shard 2/3 --save m.json -q
"$DETINIT" verify init.safetensors --shard 2/3 --save v.json -q
for part in 1 2; do
    "$DETINIT" mask trained.safetensors --shard $part/2 --save k$part.safetensors -q
    "$DETINIT" pack trained.safetensors --shard $part/2 --save q$part.safetensors -q
done
sed 's/"mean_delta":"0x[^"]*"/"mean_delta":"little"/' a2.json >figure.json
sed 's/"name":"fc1"/"name":"fc2"/' a2.json >name.json
sed 's/"part":1/"part":4/' a1.json >fourth.json
sed 's/"version":1/"version":2/' a1.json >version.json
sed 's/"options":{}/"options":{"save":"x"}/' a1.json >options.json
sed 's/"options":{}/"options":{"save":"x"}/' a2.json >options2.json
sed 's/"options":{}/"options":{"save":"x"}/' a3.json >options3.json
sed 's/"of_recipes":"./"of_recipes":"-/' a2.json >recipes.json
echo '{"a": 1}' >none.json
echo 'text' >text.json
cp trained.safetensors moved.safetensors
"$DETINIT" analyze moved.safetensors --shard 1/1 --save moved.json -q
python3 train.py init.safetensors moved.safetensors 2
cp trained.safetensors gone.safetensors
"$DETINIT" analyze gone.safetensors --shard 1/1 --save gone.json -q
rm gone.safetensors
cp network.json changing.json
"$DETINIT" analyze trained.safetensors --manifest changing.json --shard 1/1 --save changed.json -q
sed 's/"seed": 7/"seed": 8/' network.json >changing.json
LC_ALL=C sed 's/"fc1":/"fc2":/' k1.safetensors >k1_name.safetensors
LC_ALL=C sed 's/"fc1":/"fc2":/' k2.safetensors >k2_name.safetensors
LC_ALL=C sed 's/{"name":"fc1"/{"name":"fc2"/; s/{\\"name\\":\\"fc1\\"/{\\"name\\":\\"fc2\\"/' q1.safetensors >q1_name.safetensors
LC_ALL=C sed 's/{\\"name\\":\\"fc1\\"/{\\"name\\":\\"fc2\\"/' q2.safetensors >q2_name.safetensors
touch out err same.log
entries=$(ls -A)

ends 1 "part 3 of 3 is missing" analyze --merge a1.json a2.json
ends 1 "part 1 of 3 is missing" analyze --merge a3.json a2.json
ends 1 "part 2 of 3 is missing" analyze --merge a3.json a1.json
ends 1 "'a2.json' and 'again.json' are both part 2 of 3" \
    analyze --merge a1.json a2.json a3.json again.json
ends 1 "'of4.json' is one of 4 parts, 'a1.json' one of 3" analyze --merge a1.json of4.json a3.json
ends 1 "'other.json' was made from another file than 'a1.json', or the file changed in between" \
    analyze --merge a1.json other.json a3.json
ends 1 "'t.json' was made with --threshold 0.001, 'a1.json' without" \
    analyze --merge a1.json t.json a3.json
ends 1 "'a3.json' was made without --threshold, 't.json' with 0.001" analyze --merge t.json a3.json
ends 1 "'m.json' was made with --manifest network.json, 'a1.json' without" \
    analyze --merge a1.json m.json a3.json
ends 1 "'v.json' is a part of detinit verify, not of analyze" analyze --merge a1.json v.json a3.json
ends 1 "'recipes.json' was made with other recipes than 'a1.json'" \
    analyze --merge a1.json recipes.json a3.json
for file in none.json text.json trained.safetensors fourth.json; do
    ends 1 "'$file' is not a part that detinit analyze --shard saved" analyze --merge $file
done
ends 1 "'options.json' is not a part that detinit analyze --shard saved" \
    analyze --merge options.json options2.json options3.json
ends 1 "'version.json' was made by another version of the generator than this program's, 1" \
    analyze --merge version.json
for file in figure name; do
    ends 1 "'$file.json' does not hold the figures of the tensors that are its part" \
        analyze --merge a1.json $file.json a3.json
done
ends 1 "cannot open 'a4.json': No such file or directory" analyze --merge a1.json a4.json
ends 1 "'moved.safetensors' is not the file that the parts were made from, or has changed since" \
    analyze --merge moved.json
ends 1 "cannot open 'gone.safetensors': No such file or directory" analyze --merge gone.json
ends 1 "the recipes of 'trained.safetensors' are not those that the parts were made with" \
    analyze --merge changed.json
ends 1 "'trained.safetensors' is not a part that detinit mask --shard saved" \
    mask --merge trained.safetensors k1.safetensors --save x.safetensors
ends 1 "'q2.safetensors' is a part of detinit pack, not of mask" \
    mask --merge k1.safetensors q2.safetensors --save x.safetensors
ends 1 "part 2 of 2 is missing" mask --merge k1.safetensors --save x.safetensors
ends 1 "part 1 of 2 is missing" pack --merge q2.safetensors --save x.safetensors
ends 1 "'k1_name.safetensors' is not the part that it says: it lacks the mask of 'fc1'" \
    mask --merge k1_name.safetensors k2_name.safetensors --save x.safetensors
ends 1 "'q1_name.safetensors' is not a good packed file: its metadata have changed; their SHA-256 is another" \
    pack --merge q1_name.safetensors q2_name.safetensors --save x.safetensors
# The digest of a tensor that says what was never packed, under a good digest of the metadata.
python3 - <<'END'
import hashlib, json, re
raw = open("q1.safetensors", "rb").read()
length = int.from_bytes(raw[:8], "little")
header = json.loads(raw[8:8 + length])
told = header["__metadata__"]
told["detinit.packed"] = re.sub('"sha256":"(.)', lambda m: '"sha256":"' + "01"[m[1] == "0"], told["detinit.packed"], count=1)
seal = hashlib.sha256()
for key in sorted(told):
    if key != "detinit.seal":
        seal.update(key.encode() + b"\0" + told[key].encode() + b"\0")
told["detinit.seal"] = seal.hexdigest()
text = json.dumps(header).encode()
open("q1_sha.safetensors", "wb").write(len(text).to_bytes(8, "little") + text + raw[8 + length:])
END
"$DETINIT" pack --merge q1_sha.safetensors q2.safetensors --save x.safetensors >out 2>err
same "merging compares digests" "1 1" "$? $(grep -c "'q1_sha.safetensors' is damaged" err)"

# Parts that hold other tensors than those that they are parts of, under good digests.
for part in 1 2; do
    "$DETINIT" pack trained.safetensors --lossless --shard $part/2 --save l$part.safetensors -q
done
cat >alter.py <<'END'
import hashlib, json, sys

def load(path):
    """Metadata, and by name [type, shape, bytes] in the order of the data."""
    raw = open(path, "rb").read()
    length = int.from_bytes(raw[:8], "little")
    header, data = json.loads(raw[8:8 + length]), raw[8 + length:]
    metadata = header.pop("__metadata__")
    return metadata, {name: [t["dtype"], t["shape"], data[slice(*t["data_offsets"])]] for name, t in header.items()}

def save(path, metadata, tensors, packed=None):
    if packed is not None:
        metadata["detinit.packed"] = json.dumps(packed)
        seal = hashlib.sha256()
        for key in sorted(set(metadata) - {"detinit.seal"}):
            seal.update(key.encode() + b"\0" + metadata[key].encode() + b"\0")
        metadata["detinit.seal"] = seal.hexdigest()
    header, data = {"__metadata__": metadata}, b""
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    open(path, "wb").write(len(text).to_bytes(8, "little") + text + data)

def mask(path, change):
    metadata, tensors = load("k1.safetensors")
    change(tensors)
    save(path, metadata, tensors)

def pack(path, source, change):
    metadata, tensors = load(source)
    packed = json.loads(metadata["detinit.packed"])
    change(packed, tensors)
    save(path, metadata, tensors, packed)

def second(of, bad):
    def change(tensors):
        tensors["rnn"][of] = bad
    return change

mask("k1_type.safetensors", second(0, "U8"))
mask("k1_shape.safetensors", second(1, [90, 10]))
mask("k1_rank.safetensors", second(1, [900]))
mask("k1_value.safetensors", second(2, bytes(899) + b"\2"))
mask("k1_more.safetensors", lambda tensors: tensors.update(more=["BOOL", [0], b""]))
mask("k1_less.safetensors", lambda tensors: tensors.pop("fc1"))

def last(key, bad):
    def change(packed, tensors):
        packed["tensors"][-1][key] = bad
    return change

def without_last(packed, tensors):
    packed["tensors"].pop()
    tensors.pop("u8.blocks")

def one_more(packed, tensors):
    packed["tensors"].append({"name": "more", "dtype": "F32", "shape": [0], "sha256": hashlib.sha256().hexdigest()})
    tensors["more"] = ["F32", [0], b""]

def turned(packed, tensors):
    entries = packed["tensors"]
    entries[-2:] = reversed(entries[-2:])

def headless(packed, tensors):
    del packed["head"], tensors["detinit.head"]

def other_head(packed, tensors):
    packed["head"] = {**packed["head"], "shape": [1], "sha256": hashlib.sha256(b"x").hexdigest()}
    packed["head"].pop("blocks")
    tensors["detinit.head"] = ["U8", [1], b"x"]

pack("q2_name.safetensors", "q2.safetensors", last("name", "u9"))
pack("q2_type.safetensors", "q2.safetensors", last("dtype", "I8"))
pack("q2_rank.safetensors", "q2.safetensors", last("shape", [1, 3000]))
pack("q2_shape.safetensors", "q2.safetensors", last("shape", [3001]))
pack("q2_less.safetensors", "q2.safetensors", without_last)
pack("q2_more.safetensors", "q2.safetensors", one_more)
pack("q2_turned.safetensors", "q2.safetensors", turned)
pack("q2_lossless.safetensors", "q2.safetensors", lambda packed, tensors: packed.update(lossless=True))
pack("l1_headless.safetensors", "l1.safetensors", headless)
pack("l1_head.safetensors", "l1.safetensors", other_head)
# A packed file of the old format that says that it is a part.
metadata, tensors = load(sys.argv[1])
metadata["detinit.part"] = load("q1.safetensors")[0]["detinit.part"]
save("q1_old.safetensors", metadata, tensors)
END
python3 alter.py "$sources/tests/data/packed1/own.safetensors"
entries=$(ls -A)
for what in type shape rank; do
    ends 1 "'k1_$what.safetensors' is not the part that it says: another type or shape has 'rnn'" \
        mask --merge k1_$what.safetensors k2.safetensors --save x.safetensors
done
ends 1 "'k1_value.safetensors' is not the part that it says: neither true nor false is a value of 'rnn'" \
    mask --merge k1_value.safetensors k2.safetensors --save x.safetensors
ends 1 "the parts hold 7 masks of 6 tensors" mask --merge k1_more.safetensors k2.safetensors --save x.safetensors
ends 1 "the parts hold 5 masks of 6 tensors" mask --merge k1_less.safetensors k2.safetensors --save x.safetensors
for what in name:u9 type:u8 rank:u8 shape:u8 more:more turned:u8 lossless:keras; do
    file=q2_${what%:*}.safetensors
    ends 1 "'$file' is not the part that it says: another tensor was expected than '${what#*:}'" \
        pack --merge q1.safetensors "$file" --save x.safetensors
done
ends 1 "the parts hold 7 of 8 tensors" pack --merge q1.safetensors q2_less.safetensors --save x.safetensors
for what in headless head; do
    ends 1 "'l1_$what.safetensors' is not the part that it says: it does not hold what stands before 'the data'" \
        pack --merge l1_$what.safetensors l2.safetensors --save x.safetensors
done
ends 1 "'q1_old.safetensors' is not a good packed file: a part must be of format 2" \
    pack --merge q1_old.safetensors q2.safetensors --save x.safetensors

ends 2 "--shard: cannot be joined with --merge; choose one" \
    analyze --merge a1.json --shard 1/2 --save x.json
ends 2 "--shard: needs --save PART.json, which --merge reads" \
    analyze trained.safetensors --shard 1/2
ends 2 "--shard: needs --save PART.safetensors, which --merge reads" \
    pack trained.safetensors --shard 1/2
for save in x.csv .json; do
    ends 2 "--save: '$save' must end in .json with --shard: it is a part of what verify finds" \
        verify trained.safetensors --shard 1/2 --save $save
done
# A part does not take the place of what it is a part of.
cp trained.safetensors own.safetensors
entries=$(ls -A)
for command in mask pack; do
    ends 2 "--save: 'own.safetensors' is what is read; choose another" \
        $command own.safetensors --shard 1/2 --save own.safetensors
done
check "the file is as it was" cmp trained.safetensors own.safetensors
# Figures that were changed by hand, or by a disk, are not believed.
sed 's/"total_weights":\([0-9]*\)/"total_weights":1\1/' a2.json >other.json
entries=$(ls -A)
ends 1 "'other.json' has changed since it was saved: its SHA-256 is another" \
    analyze --merge a1.json other.json a3.json
ends 2 "--save: 'x.npy' must end in .safetensors with --shard: it is a part of what mask finds" \
    mask trained.safetensors --shard 1/2 --save x.npy
ends 2 "--sparsity: needs all tensors at once; find the threshold without --shard, then give --threshold X" \
    mask trained.safetensors --sparsity 0.5 --shard 1/2 --save x.safetensors
ends 2 "--threshold: auto needs all tensors at once; find it without --shard, then give --threshold X" \
    analyze trained.safetensors --threshold auto --shard 1/2 --save x.json
ends 2 "--manifest: --merge could not read standard input again; name a file with --shard" \
    verify trained.safetensors --manifest - --shard 1/2 --save x.json
ends 2 "--format: a part is saved, not printed; give it with --merge" \
    analyze trained.safetensors --shard 1/2 --save x.json --format csv
ends 2 "--save: does not go with the command analyze; --format json or csv, on standard output, keeps the figures" \
    analyze --merge a1.json a2.json a3.json --save x.json
ends 2 "--threshold: the parts tell it; leave it out with --merge" \
    analyze --merge a1.json --threshold 1
ends 2 "--manifest: the parts tell it; leave it out with --merge" \
    verify --merge v.json --manifest cnn
ends 2 "--seed: the parts tell it; leave it out with --merge" \
    mask --merge k1.safetensors k2.safetensors --seed 1 --save x.safetensors
ends 2 "--exact: the parts tell it; leave it out with --merge" analyze --merge a1.json --exact
ends 2 "'a2.json' is a word too many; options begin with --" analyze a1.json a2.json
ends 2 "'a2.json' is a word too many; options begin with --" prune a1.json a2.json
ends 2 "--merge: goes with the command analyze, mask, pack or verify" prune a1.json --merge
ends 2 "mask: needs --save FILE, which ends in .npy or .safetensors" \
    mask --merge k1.safetensors k2.safetensors
ends 2 "analyze: needs a file: detinit analyze FILE" analyze --merge
ends 2 "--save: cannot write into 'none/': No such file or directory" \
    verify trained.safetensors --shard 1/2 --save none/x.json
finish
