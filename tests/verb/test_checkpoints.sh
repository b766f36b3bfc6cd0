#!/bin/sh
# Checkpoints as PyTorch, NumPy and safetensors write them, against what these libraries read:
# tests/data/checkpoints, made by make_checkpoints.py.  And files with everything wrong.
. "${srcdir:-.}/tests/tap.sh"

data=$sources/tests/data/checkpoints
READ_TENSORS=$(dirname "$DETINIT")/tests/read_tensors
export READ_TENSORS

# Lines as those of tensors.txt, of a file, read so many items at a time.
lines_of() {
    "$READ_TENSORS" "$data/$1" "$2" part. | {
        n=0
        while read -r type _ rank rest; do
            shape=
            rest="$rest "
            while [ "$rank" -gt 0 ]; do
                shape=$shape${shape:+x}${rest%% *}
                rest=${rest#* }
                rank=$((rank - 1))
            done
            set -- "$1" "$(sha256sum <"part.$n")"
            echo "$1 $type ${shape:-scalar} ${2%% *} ${rest% }"
            n=$((n + 1))
        done
    }
}

for path in "$data"/*.pt "$data"/*.npz "$data"/*.safetensors; do
    file=${path##*/}
    case $file in bare.pt | module.pt) continue ;; esac
    grep "^$file " "$data/tensors.txt" | LC_ALL=C sort >expected
    for block in 100000 7; do
        lines_of $file $block | LC_ALL=C sort >actual
        check "$file: what its own library reads, $block items at a time" diff expected actual
    done
done

"$DETINIT" list "$data/training.pt" >training.txt
for told in 'epoch: 3' 'args.lr: 0.1' 'args.none: None' 'args.name: ä' \
    'optimizer.param_groups.0.lr: 0.001'; do
    check "a checkpoint says $told" grep -qx "  $told" training.txt
done
check "what is no array of numbers is said to be left out" \
    sh -c '"$1" list "$2" | grep -q "^  objects: .*holds .|O."' - "$DETINIT" "$data/stored.npz"
"$DETINIT" list "$data/kinds.pt" >kinds.txt
for told in 'sparse: it is sparse' 'rows: it is sparse' 'meta: it is on the meta device, without values' \
    'conjugate: it is a conjugate or a negative of another tensor' \
    'negative: it is a conjugate or a negative of another tensor'; do
    check "a tensor that is left out: $told" grep -qx "  $told" kinds.txt
done
"$DETINIT" list "$data/keys.pt" >keys.txt
for told in '?: it has a key that is neither text nor number' \
    'sub: it has a key that is neither text nor number'; do
    check "a tensor without a name: $told" grep -qx "  $told" keys.txt
done
"$DETINIT" list "$data/protocol2.pt" --format json >long.json
check "a long text is told as a whole" grep -qE '"text": "x{300}"' long.json
"$DETINIT" list "$data/training.pt" --format json >training.json
check "all of it as JSON" python3 - <<END
import json
told = json.load(open("training.json"))
assert told["format"] == ".pt" and told["metadata"]["epoch"] == "3"
names = [t["name"] for t in told["tensors"]]
assert names[0] == "model.0.weight" and "optimizer.state.0.exp_avg" in names
assert told["tensors"][0]["shape"] == [7, 5] and told["tensors"][0]["bytes"] == 140
assert told["bytes"] == sum(t["bytes"] for t in told["tensors"])
END

# The readers stand behind every command.
printf '{"seed": 7, "tensors": [{"name": "0.weight", "shape": [7, 5]},
{"name": "2.weight", "shape": [3, 7]}]}' >m.json
check "a state_dict is compared" "$DETINIT" analyze "$data/state_dict.pt" --manifest m.json
check "its mask is saved" \
    "$DETINIT" mask "$data/state_dict.pt" --manifest m.json --save mask.safetensors
check "it is packed" "$DETINIT" pack "$data/state_dict.pt" --manifest m.json --save p.safetensors
check "and made whole" "$DETINIT" unpack p.safetensors --save whole.safetensors
"$DETINIT" list whole.safetensors --format csv | sort >whole.csv
"$DETINIT" list "$data/state_dict.pt" --format csv | sort >first.csv
check "with every tensor" diff whole.csv first.csv
check "a single tensor needs no manifest" "$DETINIT" analyze "$data/one.pt"

# refused EXPECTED FILE
refused() {
    "$DETINIT" list "$2" >out 2>err
    same "refused: ${2##*/}" "1 detinit: '$2' $1" "$? $(cat err)"
}
refused "is a bare pickle, as torch.save wrote before PyTorch 1.6; load and save it with a newer one" \
    "$data/bare.pt"
"$DETINIT" list "$data/module.pt" >out 2>err
check "a module is refused by its class" grep -q "its pickle names torch.nn.modules.linear.Linear" err

# Arrays need no manifest.
mkdir arrays
"$DETINIT" --rows 2 --cols 3 --save arrays/a%2Fb.npy -q && "$DETINIT" --rows 4 --cols 3 --save arrays/c.npy -q
"$DETINIT" list arrays --format csv | cut -d, -f1,3 >arrays.csv
same "a folder of arrays" 'tensor,shape "a/b",2x3 "c",4x3' "$(tr '\n' ' ' <arrays.csv | sed 's/ $//')"

cp "$data/types.pt" "$data/deflated.npz" "$data/stored.npz" .
python3 "$sources/tests/verb/bad_checkpoints.py" >cases 2>broken
while IFS= read -r outcome; do
    case $outcome in
    ok\ *) pass "${outcome#ok }" ;;
    *) fail "${outcome#not }" broken ;;
    esac
done <cases
same "all within 256 MB" "ok all" "$(tail -n 1 cases)"
finish
