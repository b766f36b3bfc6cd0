#!/bin/sh
# Tensors of a manifest under the names that other tools give them: found, told by rules, or missing.
. "${srcdir:-.}/tests/tap.sh"

data=$sources/tests/data
init=$data/names_init.safetensors

# verified NAME FILE ARGUMENT ...: all weights are those of the recipes.
verified() {
    name=$1
    shift
    "$DETINIT" verify "$@" >out 2>err
    if [ $? -eq 0 ] && ! grep -q differ out && [ ! -s err ]; then
        pass "$name"
    else
        fail "$name" out err
    fi
}

# refused STATUS EXPECTED ARGUMENT ...: one line, and nothing on standard output.
refused() {
    status=$1 expected="detinit: $2"
    shift 2
    "$DETINIT" "$@" >out 2>err </dev/null
    same "refuses $*" "$status $expected" "$? $(cat err)$(cat out)"
}

# ------------------------------------------------------------- files as people have them
for file in names_dot_weight names_module prune_orig_mask; do
    verified "$file" "$data/$file.safetensors" --manifest "$init"
    check "$file: all are compared" grep -q "^[a-z.]*fc3[a-z._]*  5 x 16: all 80 weights" out
    check "$file: three are not" grep -qx "3 tensors without a recipe cannot be verified" out
done
check "the mask of a pruned layer is listed" sh -c \
    '"$DETINIT" list "'"$data"'/prune_orig_mask.safetensors" | grep -q "fc1.weight_mask  F32"'
"$DETINIT" analyze "$data/prune_orig_mask.safetensors" --manifest "$init" >out
check "and not tracked" grep -q \
    "^Not tracked, because no recipe names them: fc1.weight_mask, fc2.weight_mask, fc3.weight_mask$" out
verified "a tensor without a name is another" "$data/name_empty_same_shape.safetensors" \
    --manifest "$data/w.json"
check "and listed by it" sh -c \
    '"$DETINIT" list "'"$data"'/name_empty_same_shape.safetensors" | grep -q "^  \"\"  *F32 "'
verified "blanks before the header" "$data/ws_leading.safetensors" --manifest "$data/w.json"
verified "a tied tensor is told by metadata" "$data/tied_one.safetensors" --manifest "$data/tied.json"
"$DETINIT" analyze "$data/tied_one.safetensors" --manifest "$data/tied.json" >out
check "and said to be tied" grep -q "^Tied: lm_head to embed$" out
same "in JSON, too" '"lm_head": "embed"' "$("$DETINIT" analyze --format json \
    "$data/tied_one.safetensors" --manifest "$data/tied.json" | grep lm_head | xargs -0 printf %s |
    sed 's/^ *//')"

# ------------------------------------------------------------------------- parts of both
for shard in 1 2; do
    file=$data/shards/model-0000$shard-of-00002.safetensors
    verified "shard $shard of two by itself" "$file" --manifest "$init" --partial
    cp out "out$shard"
done
check "the first lacks one" grep -q "^Not compared, because the file lacks them: fc3$" out1
check "the second two" grep -q "^Not compared, because the file lacks them: fc1, fc2$" out2
verified "both by their folder" "$data/shards" --manifest "$init"
refused 1 "'$data/shards/model-00002-of-00002.safetensors' has no tensor 'fc1'; nearest: 'fc3'" \
    verify "$data/shards/model-00002-of-00002.safetensors" --manifest "$init"
refused 1 "'$data/ws_leading.safetensors' has no tensor 'fc1', nor any other of the manifest; nearest: 'w'" \
    verify "$data/ws_leading.safetensors" --manifest "$init" --partial
file=$data/shards/model-00002-of-00002.safetensors
"$DETINIT" verify "$file" --manifest "$init" --partial --format json >out
check "JSON says what is missing" sh -c 'tr -d " \n" <out | grep -q "\"missing\":\[\"fc1\",\"fc2\"\]"'
"$DETINIT" analyze "$file" --manifest "$init" --partial --format csv >out 2>err
same "CSV has the tensors alone, and the rest on standard error" "2 lacks them: fc1, fc2" \
    "$(wc -l <out | xargs) $(grep -o 'lacks.*' err)"
"$DETINIT" mask "$file" --manifest "$init" --partial --save m.safetensors >out
check "mask" grep -q "lacks them: fc1, fc2" out
"$DETINIT" prune "$file" --manifest "$init" --partial >out
check "prune" grep -q "lacks them: fc1, fc2" out
"$DETINIT" pack "$file" --manifest "$init" --partial --save p.safetensors >out
check "pack" grep -q "lacks them: fc1, fc2" out
"$DETINIT" pack -q "$file" --manifest "$init" --partial --save p.safetensors >out
same "quiet is quiet" "" "$(cat out)"
"$DETINIT" unpack -q p.safetensors --save whole.safetensors
verified "what was packed is whole again" whole.safetensors --manifest "$init" --partial

# ------------------------------------------------------------------------- init's names
"$DETINIT" init --net 8-6-4 --dtype float32 --save t.safetensors >out
check "init names weights as training tools do" grep -q "^  fc1.weight  6x8 " out
"$DETINIT" init --net 8-6-4 --fan-in rows >out
check "Flax and Keras call them otherwise" grep -q "^  fc2.kernel  6x4 " out
"$DETINIT" init --net 8-6-4 --dtype float32 --names plain --save p.safetensors >out
check "or plainly" grep -q "^  fc1   " out
"$DETINIT" init --net 8-6-4 --dtype float32 --names plain --save old/ >/dev/null
"$DETINIT" init --net 8-6-4 --dtype float32 --save new/ >/dev/null
check "the names of files, too" test -f old/fc2.npy -a -f new/fc2.weight.npy
for from in t.safetensors p.safetensors old/manifest.json new/manifest.json; do
    for to in t.safetensors p.safetensors old new old/fc2.npy new/fc2.weight.npy; do
        verified "$to by $from" $to --manifest $from
    done
done
refused 2 "--names: 'new' must be plain with the command init: fc1, not fc1.weight" \
    init --net 3-2 --names new
refused 2 "--names: --manifest tells the names; leave it out" init --manifest cnn --names plain

# ------------------------------------------------------------------------------- rules
refused 1 "--names: cannot open 'none': No such file or directory; rules have a =, as 'net.* = *'" \
    verify t.safetensors --names none
refused 2 "--names, line 1, 'a =': FILE-NAME = RECIPE-NAME was expected, and a name on both sides" \
    verify t.safetensors --names 'a = , b = c'
printf '# mine\n\nfc1.weight = fc1.weight\nfc2 weight\n' >rules
refused 2 "rules, line 4, 'fc2 weight': FILE-NAME = RECIPE-NAME was expected" \
    verify t.safetensors --names rules
refused 1 "--names, line 1, 'fc9.* = *': 't.safetensors' has no tensor called 'fc9.*'; nearest: 'fc1.weight' and 'fc2.weight'" \
    verify t.safetensors --names 'fc9.* = *'

python=$(python_with json)
if [ -z "$python" ]; then
    skip "names of many kinds" "no python3"
    finish
    exit
fi

# Files of the same tensors under other names, or of several stacked: "NEW = OLD + OLD" of each.
cat >rename.py <<'END'
import json
import struct
import sys


def read(path):
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(size))
        data = file.read()
    header.pop("__metadata__", None)
    return {name: (one["shape"], data[slice(*one["data_offsets"])]) for name, one in header.items()}


def beside(parts):
    rows = parts[0][0][0]
    lines = [[data[len(data) // rows * r:len(data) // rows * (r + 1)] for _, data in parts] for r in range(rows)]
    return [rows, sum(shape[1] for shape, _ in parts)], b"".join(b"".join(line) for line in lines)


def below(parts):
    return [sum(shape[0] for shape, _ in parts), *parts[0][0][1:]], b"".join(data for _, data in parts)


held = read(sys.argv[1])
made, data = {}, b""
for rule in sys.argv[3:]:
    new, old = (text.strip() for text in rule.split("="))
    names = [name.strip() for name in old.replace("|", "+").split("+")]
    shape, one = (beside if "|" in old else below)([held[name] for name in names])
    made[new] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(one)]}
    data += one
header = json.dumps(made).encode()
with open(sys.argv[2], "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header + data)
END
rename() {
    "$python" rename.py "$@"
}

# Every prefix and wrapper with every ending: what PyTorch's state_dict of each has.
for before in "" module. _orig_mod. module._orig_mod. _orig_mod.module. model. transformer. \
    state_dict.model. model_state_dict.module. base_model.model.model. params. \
    _fsdp_wrapped_module._checkpoint_wrapped_module.; do
    for behind in "" .weight .kernel .weight_orig .parametrizations.weight.original; do
        rename p.safetensors f.safetensors "${before}fc1$behind = fc1" "${before}fc2$behind = fc2"
        verified "'${before}fc1$behind'" f.safetensors --manifest p.safetensors
    done
done
rename p.safetensors f.safetensors "fc1.weight_v = fc1" "fc1.weight_g = fc2" "fc2 = fc2"
verified "weight_norm's direction" f.safetensors --manifest p.safetensors
rename p.safetensors f.safetensors "a.fc1.weight = fc1" "a.fc2.weight = fc2"
refused 1 "'f.safetensors' has no tensor 'fc1'; nearest: 'a.fc1.weight'" \
    verify f.safetensors --manifest p.safetensors
verified "until a rule tells" f.safetensors --manifest p.safetensors --names 'a.*.weight = *'
rename p.safetensors f.safetensors "module.fc1 = fc1" "model.fc1 = fc1" "fc2 = fc2"
refused 1 "'f.safetensors': 'fc1' may be 'module.fc1' and 'model.fc1'; a rule must tell which" \
    verify f.safetensors --manifest p.safetensors
verified "or chooses" f.safetensors --manifest p.safetensors --names 'model.fc1 = fc1'
printf '# of our own trainer\nnet.*.w = fc*\n' >rules
rename p.safetensors f.safetensors "net.1.w = fc1" "net.2.w = fc2"
verified "rules in a file" f.safetensors --manifest p.safetensors --names rules
refused 2 "--names: the parts tell it; leave it out with --merge" verify p --merge --names rules
for part in 1 2; do
    "$DETINIT" verify f.safetensors --manifest p.safetensors --names rules --shard $part/2 \
        --save part$part.json >/dev/null
done
verified "parts carry them" part1.json part2.json --merge
same "the explorer opens it so" "opened f.safetensors: 2 tensors, 288 bytes" "$("$DETINIT" --command \
    'open f.safetensors --manifest p.safetensors --names net.*.w = fc* --partial')"
refused 1 "command:1: 'f.safetensors' has no tensor 'fc1'; nearest: 'net.1.w'" --command \
    'open f.safetensors --manifest p.safetensors'

# Fused tensors, and tied ones whose recipes differ.
cat >qkv.json <<'END'
{"seed": 3, "dtype": "float32", "tensors": [
 {"name": "q", "shape": [6, 5]}, {"name": "k", "shape": [2, 5], "mode": "xavier"},
 {"name": "v", "shape": [2, 5], "orthogonal": true}, {"name": "b.q", "shape": [6], "mode": "normal"},
 {"name": "b.k", "shape": [2], "mode": "zeros"}, {"name": "b.v", "shape": [2], "mode": "ones"},
 {"name": "gq", "shape": [5, 6], "fan_in": "rows"}, {"name": "gk", "shape": [5, 2], "fan_in": "rows"},
 {"name": "s", "shape": [2, 5], "seed": 4}]}
END
"$DETINIT" init --manifest qkv.json --save qkv.safetensors >/dev/null
rename qkv.safetensors f.safetensors "attn.qkv.weight = q + k + v" "attn.qkv.bias = b.q + b.k + b.v" \
    "c_attn.weight = gq | gk"
rules='attn.qkv.weight = q + k + v, attn.qkv.bias = b.q + b.k + b.v, c_attn.weight = gq | gk'
verified "stacked rows, stacked numbers, columns" f.safetensors --manifest qkv.json --partial --names "$rules"
check "but one" grep -q "lacks them: s$" out
same "of all weights" "50 10 40" "$("$DETINIT" verify f.safetensors --manifest qkv.json --partial --names "$rules" \
    --format csv 2>err | sort -r | cut -d , -f 2 | grep '[0-9]' | sort -n | tr '\n' ' ' | awk '{print $3, $1, $2}')"
rename qkv.safetensors wrong.safetensors "attn.qkv.weight = k + q + v" \
    "attn.qkv.bias = b.q + b.k + b.v" "c_attn.weight = gq | gk"
"$DETINIT" verify wrong.safetensors --manifest qkv.json --partial --names "$rules" >out 2>err
same "in this order" 1 $?
check "the others are right" grep -q "all 40 weights are as their recipe says" out
"$DETINIT" pack f.safetensors --manifest qkv.json --partial --names "$rules" --save packed.safetensors >/dev/null
"$DETINIT" unpack packed.safetensors --save whole.safetensors >/dev/null
verified "packed and unpacked" whole.safetensors --manifest qkv.json --partial --names "$rules"
check "every byte of the data" "$python" -c '
import sys
a, b = (open(path, "rb").read() for path in sys.argv[1:])
sys.exit(sorted(a[-400:]) != sorted(b[-400:]))' f.safetensors whole.safetensors
refused 1 "'f.safetensors': 'attn.qkv.weight': part 3 must be like the whole in rank, all dimensions but the first, seed, fan_in, via and dtype, and not fused itself" \
    verify f.safetensors --manifest qkv.json --partial --names 'attn.qkv.weight = q + k + s'
refused 1 "'f.safetensors': 'c_attn.weight' has the shape 5 x 8; 5 x 6 was expected" \
    verify f.safetensors --manifest qkv.json --partial --names 'c_attn.weight = gq'
refused 1 "--names, line 1, 'c_attn.weight = gq | gq': 'gq' is in the stack twice" \
    verify f.safetensors --manifest qkv.json --partial --names 'c_attn.weight = gq | gq'
rename qkv.safetensors f.safetensors "k = k" "q = q"
verified "tied by a rule" f.safetensors --manifest qkv.json --partial --names 'q = q'
refused 1 "'f.safetensors': 'k' stands for 'k' and 'v' of the manifest, whose recipes differ" \
    verify f.safetensors --manifest qkv.json --partial --names 'k = v'

# A rule that comes first takes a tensor out of a stack, or puts one beside it.
rename qkv.safetensors f.safetensors "qkv = q + k + v" "k2 = k" "v2 = v"
for before in 'v2 = v:2' 'k2 = k, v2 = v:1' 'qkv = v:2' 'qkv = k, v2 = v:1' 'qkv = q + k:1'; do
    refused 1 "'f.safetensors': 'qkv' is a stack of 3 tensors, of which rules before it leave ${before#*:}" \
        verify f.safetensors --manifest qkv.json --partial --names "${before%:*}, qkv = q + k + v"
done
refused 1 "'f.safetensors': 'qkv' is a stack of 3 tensors, and stands for others, too" \
    verify f.safetensors --manifest qkv.json --partial --names 'qkv = s, qkv = q + k + v'
verified "the other way round it takes all" f.safetensors --manifest qkv.json --partial \
    --names 'qkv = q + k + v, v2 = v'

# Shapes that do not go together, in words.
refused 1 "'f.safetensors': 'k2' has the shape 2 x 5; 6 x 5 was expected" \
    verify f.safetensors --manifest qkv.json --partial --names 'k2 = q'
refused 1 "'f.safetensors': 'k2' has the shape 2 x 5; 5 x 2 was expected, whose transpose it is" \
    verify f.safetensors --manifest qkv.json --partial --names 'k2 = gk'
refused 1 "'f.safetensors': 'k2' has the shape 2 x 5; 5 x 6 was expected" \
    verify f.safetensors --manifest qkv.json --partial --names 'k2 = gq'
refused 1 "'f.safetensors': 'k2' has the shape 2 x 5; 2 was expected" \
    verify f.safetensors --manifest qkv.json --partial --names 'k2 = b.k'
echo '{"seed": 3, "dtype": "float32", "tensors": [{"name": "k2", "shape": []}]}' >number.json
refused 1 "'f.safetensors': 'k2' has the shape 2 x 5; a single number was expected" \
    verify f.safetensors --manifest number.json
printf '\2\0\0\0\0\0\0\0{}' >nothing.safetensors
refused 1 "'nothing.safetensors' has no tensor 'k2'" verify nothing.safetensors --manifest number.json
finish
