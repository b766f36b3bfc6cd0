#!/bin/sh
# Names of files, of tensors and metadata that hold what terminals, readers of lines and
# spreadsheets obey: nothing that leaves the program does.
. "${srcdir:-.}/tests/tap.sh"
needs python3

# Two checkpoints and a network of float32 tensors, with every kind of harm in names and metadata.
cat >make.py <<'PYTHON'
import json, struct, unicodedata
E, B = "\x1b", "\x07"
names = [E + "[2J" + E + "]0;owned" + B + "a", "line\nnext\r\tb", "c1\x9b31m\x85c", "turn\u202etxt.\u2066d\u2069",
         "mark\u200e\u200f\u061c\u2028\u2029\ufeffe", "tag\U000e0041f", "del\x7fg", "plain \u00e9\u03c3",
         "=1+cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", 'quote",h']
def save(path, change):
    header, at = {"__metadata__": {n: n for n in names}}, 0
    for n in names:
        header[n] = {"dtype": "F32", "shape": [2, 3], "data_offsets": [at, at + 24]}
        at += 24
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(struct.pack("<6f", *(change + k / 10 + j for j in range(6))) for k in range(len(names)))
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)
save("a.safetensors", 0)
save("b.safetensors", 0.5)
# A manifest takes no control characters in names.
tensors = [{"name": n, "shape": [2, 3], "layer": k} for k, n in enumerate(names)
           if all(unicodedata.category(c) != "Cc" for c in n)]
json.dump({"version": 1, "seed": 3, "tensors": tensors}, open("net.json", "w"))
PYTHON
python3 make.py

# Reads bytes and names what is harmful in them.
cat >harmless.py <<'PYTHON'
import csv, io, json, sys, unicodedata
path, kind = sys.argv[1:]
data = open(path, "rb").read()
text = data.decode("utf-8")
turns = {"AL", "LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
for c in text:
    if c == "\n" or (kind == "ansi" and c == "\x1b"):
        continue
    category = unicodedata.category(c)
    assert category not in ("Cc", "Cs", "Zl", "Zp"), (category, hex(ord(c)))
    assert category != "Cf" and unicodedata.bidirectional(c) not in turns, hex(ord(c))
assert "\n0;owned" not in text and "\nnext" not in text
if kind == "json":
    json.loads(text)
if kind == "csv":
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            try:
                float(cell)
            except ValueError:
                assert cell[:1] not in tuple("=+-@\t\r"), row
PYTHON

# harmless NAME KIND ARGUMENT ...: what the program prints, to both streams, whatever its status; an
# error is told on standard error.
harmless() {
    name=$1 kind=$2
    shift 2
    "$DETINIT" "$@" >out 2>err </dev/null
    told=out
    [ "$kind" != error ] || told=err
    if [ ! -s $told ]; then
        fail "$name: nothing told" err
        return
    fi
    if python3 harmless.py out "$kind" >why 2>&1 && python3 harmless.py err text >>why 2>&1; then
        pass "$name"
    else
        fail "$name" why out err
    fi
}

evil=$(printf '\033]0;owned\007\n\302\233\342\200\256')
mkdir "$evil"
cp a.safetensors "$evil/in.safetensors"
"$DETINIT" --rows 2 --cols 3 --save "$evil/one.npy" >/dev/null
: >"$evil/none"

for form in text json csv; do
    for verb in list audit analyze verify mask prune pack; do
        [ "$verb $form" != "list text" ] || harmless "list --quiet" text list -q a.safetensors
        case $verb in
        mask) set -- --threshold 0.1 --save "$evil/m.safetensors" ;;
        pack) set -- --threshold 0.1 --save "$evil/p.safetensors" ;;
        prune) set -- --threshold 0.1 --to zero --save "$evil/r.safetensors" ;;
        *) set -- ;;
        esac
        case $verb in
        list | audit) ;;
        *) set -- "$@" --manifest net.json --partial ;;
        esac
        [ "$verb $form" != "pack csv" ] || continue
        harmless "$verb as $form" $form $verb "$evil/in.safetensors" "$@" --format $form
    done
    harmless "diff as $form" $form diff "$evil/in.safetensors" b.safetensors --format $form
    harmless "init as $form" $form init --manifest net.json --save "$evil/n.safetensors" \
        --format $form
done
harmless "unpack" text unpack "$evil/p.safetensors" --save "$evil/u.safetensors"
harmless "a matrix saved" text --rows 2 --cols 3 --save "$evil/s.npy"
harmless "a matrix saved, as JSON" json --rows 2 --cols 3 --save "$evil/s.npy" --format json
harmless "a file that is none" error list "$evil/none"
harmless "a file that is not there" error list "$evil/absent"
harmless "a word of the command line" error "$evil"
harmless "an option of the command line" error "--$evil"
harmless "a value of an option" error --mode "$evil"

# A path that is no UTF-8 is told, too.
bytes=$(printf 'f\377\300\233')
cp a.safetensors "$bytes.safetensors"
for form in text json csv; do
    harmless "list of a path of bytes as $form" $form list "$bytes.safetensors" --format $form
    harmless "analyze of a path of bytes as $form" $form analyze "$bytes.safetensors" \
        --manifest net.json --partial --format $form
done
harmless "saved to a path of bytes, as JSON" json --rows 2 --cols 3 --save "$bytes.npy" --format json

# The explorer's commands, messages and pictures.
harmless "a command that there is not" error --command "$evil"
harmless "a value of a command" error --command "mode $evil"
drawn=$(printf '\033]0owned\007\302\233\342\200\256')
for ending in txt svg; do
    harmless "drew a picture .$ending" text \
        --command "open a.safetensors; pane tensors; export $drawn.$ending"
    check "a picture .$ending" python3 harmless.py "$drawn.$ending" text
done
printf 'mode %s\n' "$evil" | tr -d '\n' >"$evil/script"
harmless "a script's error" error --script "$evil/script"
finish
