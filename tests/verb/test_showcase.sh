#!/bin/sh
# detinit showcase: its report, twice the same, and what it refuses.
. "${srcdir:-.}/tests/tap.sh"

if ! with_lapack "the showcase"; then
    "$DETINIT" showcase --small --save trained.safetensors >out 2>err
    same "it is refused" 1 $?
    same "in a sentence" "detinit: training is not built in: configured --without-lapack" "$(cat err)"
    same "with no output" "" "$(cat out)"
    same "and no file" "" "$(find . -name '*trained*')"
    finish
    exit
fi
"$DETINIT" showcase --small >once 2>err
same "the small showcase succeeds" 0 $?
same "nothing on standard error" "" "$(cat err)"
"$DETINIT" showcase --small >twice
check "the same output twice" cmp once twice
check "the document's 6,100 weights" grep -q '100-50-20-5' once
check "weights and biases are counted" grep -q '6100 weights, 75 biases' once
check "an accuracy for each epoch" grep -q '^ *3  *[0-9.]*  *[0-9.]* %$' once
check "the share of the document unless told" grep -q '^> changed by at most .* 62\.3 %' once
check "nothing pruned, nothing lost" \
    awk '/^  none: the/ { found = $7 == $8 && $8 == $9 } END { exit !found }' once

"$DETINIT" showcase --small --sparsity 0.5 --epochs 1 --lambda 0.001 >asked
check "the share asked for" grep -q '^> .* 50\.0 %' asked
check "lambda is named" grep -q 'back by rate \* 0\.001 (lambda)$' asked
check "one epoch" test "$(grep -c '^ *[0-9]  *[0-9.]*  *[0-9.]* %$' asked)" = 1
"$DETINIT" showcase --small --lambda 0 --schedule constant --learning-rate 0.1 >plain
check "plain SGD" grep -q 'examples a step, learning rate 0\.1$' plain
check "names no lambda" sh -c '! grep -q lambda plain'
check "the share at a large lambda is what is exactly unchanged" sh -c '
    "$DETINIT" showcase --small --lambda 0.5 | awk "/^> unchanged exactly/ { found = \$4 > 62.3 }
        /^  unchanged exactly/ { twice = 1 } END { exit !found || twice }"'
check "the losses are those of the table" awk '
    /^  none: the/ { trained = $7 }
    /^>/ { for (n = 0; n < 3; n++) loss[n] = sprintf("%+.2f", $(NF - 2 + n) - trained) }
    /^  At 62.3 %:/ { gsub(",", ""); found = $6 == loss[0] && $8 == loss[1] && $11 == loss[2] }
    END { exit !found }' once
"$DETINIT" showcase --small --seed 7 >other
check "another seed, other figures" sh -c '! cmp -s once other'

"$DETINIT" showcase --small --keep 5% --save kept.safetensors >kept
check "what is kept is named" grep -q '^  *5 % of the weights keep their change' kept
check "and that is the share asked for" grep -q '^> unchanged exactly  *95\.0 %' kept
check "what repeats a line is left out" test "$(grep -c '^[ >] .* 95\.0 % ' kept)" = 1
check "it is named" grep -q '^  > is the share asked for, --keep\. ' kept
check "no other showcase names it" sh -c '! grep -q -e "keep" once'
"$DETINIT" analyze kept.safetensors --threshold 0 --format csv >changed
check "5 % of 6,100 weights changed in the file" awk -F, '{ sum += $6 } END { exit sum != 305 }' changed
"$DETINIT" showcase --small --keep 5% --sparsity 0.97 >more
check "more can be set back" grep -q '^> changed by at most .* 97\.0 %' more
check "and is named" grep -q '^  > is the share asked for, --sparsity\. ' more

check "packed and unpacked" grep -q 'Unpacked: sleeping weights set back, every bit the same' once

mkdir rest
TMPDIR=rest "$DETINIT" showcase --small >/dev/null
same "nothing is left in the temporary directory" "" "$(ls -A rest)"
TMPDIR=absent "$DETINIT" showcase --small >out 2>err
same "no place to pack in fails" 1 $?
check "and is named" grep -q "^detinit: cannot make a directory in 'absent'" err

python=$(python_with json)
if [ -n "$python" ]; then
    "$DETINIT" showcase --small --format json >json
    check "JSON has the same figures" "$python" - <<'END'
import json, re
d = json.load(open("json"))
text = open("once").read()
assert d["weights"] == 6100 and d["data"] is None and d["seed"] == 42
assert sum(layer["weights"] for layer in d["layers"]) == 6100
assert len(d["epochs"]) == 4 and d["epochs"][0]["loss"] is None
asked = [level for level in d["pruning"] if level["asked_for"]]
assert len(asked) == 1 and asked[0]["sleeping"] == 3801
assert sum(layer["changed"] for layer in d["layers"]) == 6100 - 3801
packing = d["packing"]
assert packing["unpacks_to_the_same_bits"] is True and packing["stored_weights"] == 6100 - 3801
assert packing["threshold"] == asked[0]["threshold"]
assert (d["learning_rate"], d["schedule"], d["lambda"], d["keep"]) == (0.2, "linear", 5e-5, 1)
shown = re.search(r"^Packed at that share: ([\d,]+) bytes instead of ([\d,]+), ([\d.]+) %", text, re.M)
assert shown[1] == format(packing["bytes"], ",") and shown[2] == format(packing["dense_bytes"], ",")
assert shown[3] == "%.1f" % (100 * packing["bytes"] / packing["dense_bytes"])
line = re.search(r"^> .* 62\.3 % (.*)$", text, re.M).group(1).split()
for way, shown in zip(("init", "zero", "magnitude"), line):
    assert "%.2f" % (100 * asked[0]["accuracy"][way]) == shown, (way, shown)
END
else
    skip "JSON has the same figures" "needs Python 3"
fi

"$DETINIT" showcase --small --save net.safetensors >saved 2>err
check "a trained network is saved" grep -q '^Saved the trained network: net.safetensors (' saved
"$DETINIT" showcase --small --save again.safetensors >/dev/null
check "the same file twice" cmp net.safetensors again.safetensors
python=$(python_with numpy)
if [ -n "$python" ]; then
    "$DETINIT" --seed 42 --layer 2 --rows 5 --cols 20 --dtype float32 --save fc3.npy >/dev/null
    check "its tensors are the changed initial weights" "$python" - <<'END'
import json, numpy
raw = open("net.safetensors", "rb").read()
length = int.from_bytes(raw[:8], "little")
header = json.loads(raw[8:8 + length])
metadata = header.pop("__metadata__")
assert metadata["detinit.version"] == "1"
manifest = json.loads(metadata["detinit.manifest"])
assert [t["name"] for t in manifest["tensors"]] == ["fc1", "fc2", "fc3"], manifest
shapes = {"fc1": [50, 100], "fc1.bias": [50], "fc2": [20, 50], "fc2.bias": [20],
          "fc3": [5, 20], "fc3.bias": [5]}
assert {name: t["shape"] for name, t in header.items()} == shapes
assert all(t["dtype"] == "F32" for t in header.values())
assert len(raw) - 8 - length == 4 * (6100 + 75)
begin, end = header["fc3"]["data_offsets"]
fc3 = numpy.frombuffer(raw[8 + length:], "<f4")[begin // 4:end // 4].reshape(5, 20)
change = abs(fc3 - numpy.load("fc3.npy"))
threshold = [l["threshold"] for l in json.load(open("json"))["pruning"] if l["asked_for"]][0]
changed = [l["changed"] for l in json.load(open("json"))["layers"]][2]
assert len(raw) == json.load(open("json"))["packing"]["dense_bytes"]
assert (change > threshold).sum() == changed, ((change > threshold).sum(), changed)
END
else
    skip "its tensors are the changed initial weights" "needs NumPy"
fi

# The other commands, given the saved file, find what the showcase found.
python=$(python_with json)
if [ -n "$python" ]; then
    "$DETINIT" analyze net.safetensors --sparsity 0.623 --format json >analyzed
    "$DETINIT" pack net.safetensors --sparsity 0.623 --save packed.safetensors --format json >packed
    "$DETINIT" unpack packed.safetensors --save unpacked.safetensors >/dev/null
    "$DETINIT" prune net.safetensors --sparsity 0.623 --save set-back.safetensors >/dev/null
    check "unpack gives back what prune saves" cmp unpacked.safetensors set-back.safetensors
    check "analyze and pack know the saved network" "$python" - <<'END'
import json, os
shown, analyzed = json.load(open("json")), json.load(open("analyzed"))
asked, = [level for level in shown["pruning"] if level["asked_for"]]
assert analyzed["threshold"] == asked["threshold"]
for tensor, layer in zip(analyzed["tensors"], shown["layers"]):
    assert tensor["name"] == layer["name"] and tensor["changed_weights"] == layer["changed"]
assert os.path.getsize("packed.safetensors") == shown["packing"]["bytes"]
END
else
    skip "analyze and pack know the saved network" "needs Python 3"
fi
"$DETINIT" showcase --small --learning-rate 1e30 --save none.safetensors >out 2>err
same "a failed training leaves no file" "" "$(ls -A | grep none)"

# What is promised of the showcase on real data, as it stands, where the data are installed.
python=$(python_with json)
if [ -n "${UNDER_VALGRIND:-}" ]; then
    skip "Fashion-MNIST" "takes minutes under valgrind"
elif [ -z "$python" ] || [ ! -d /usr/share/datasets/fashion-mnist ]; then
    skip "Fashion-MNIST" "needs Python 3 and Debian's dataset-fashion-mnist"
else
    "$DETINIT" showcase --format json >real
    check "Fashion-MNIST: setting back loses at most 0.3 points, packing leaves 42 %" "$python" - <<'END'
import json
d = json.load(open("real"))
asked, = [level for level in d["pruning"] if level["asked_for"]]
none = d["pruning"][0]
trained = d["epochs"][-1]["accuracy"]
assert d["network"] == "784-256-128-10" and len(d["epochs"]) == 4 and d["fallback"] is False
assert trained == none["accuracy"]["init"] > 0.84, trained
assert 0.623 <= asked["share"] < 0.6231
assert trained - asked["accuracy"]["init"] <= 0.003, asked
assert asked["accuracy"]["zero"] < asked["accuracy"]["magnitude"] < asked["accuracy"]["init"]
assert d["packing"]["bytes"] <= 0.42 * d["packing"]["dense_bytes"], d["packing"]
assert d["packing"]["unpacks_to_the_same_bits"] is True
unchanged = [level for level in d["pruning"] if level["threshold"] == 0]
assert unchanged[0]["sleeping"] > 0.05 * d["weights"], "lambda holds weights exactly"
END
    "$DETINIT" showcase --lambda 0 --schedule constant --learning-rate 0.1 --epochs 1 --format json >plain
    check "and without lambda next to none stay as they were" "$python" - <<'END'
import json
d = json.load(open("plain"))
unchanged = [level for level in d["pruning"] if level["threshold"] == 0]
assert unchanged[0]["sleeping"] < 0.01 * d["weights"]
END
fi

# refuses NAME PATTERN ARGUMENT ...: exit status 2, one line on standard error, nothing else.
refuses() {
    name=$1
    pattern=$2
    shift 2
    "$DETINIT" showcase "$@" >out 2>err
    status=$?
    if [ $status -eq 2 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -qe "$pattern" err; then
        pass "$name"
    else
        echo "status $status, expected: $pattern" >>err
        fail "$name" err out
    fi
}

refuses "rows come from the network" '^detinit: --rows: does not go with' --small --rows 5
refuses "and so does any shape" '^detinit: --shape: does not go with' --small --shape 5,5
refuses "there are no kernels" '^detinit: --zero-mean: ' --small --zero-mean
refuses "so does the type" '^detinit: --dtype: does not go with' --small --dtype float16
refuses "small has its own data" '^detinit: --small: .*leave --data out$' --small --data .
refuses "no other file" "must end in .safetensors" --small --save net.npy
refuses "no file on standard output" "must end in .safetensors" --small --save -
refuses "no CSV" '^detinit: --format: showcase prints text or json$' --small --format csv
mkdir data
printf '\000\000\010\001' >data/train-images-idx3-ubyte
"$DETINIT" showcase --data data >out 2>err
same "data that are no images fail" 1 $?
check "and say why" grep -q '^detinit: data/train-images-idx3-ubyte: expected an IDX file' err
"$DETINIT" showcase --data absent >out 2>err
same "data that are not there fail" 1 $?
check "and say what was expected" \
    grep -q '^detinit: absent: expected a directory that holds train-images-idx3-ubyte' err
same "in one line, without results" "1 0" "$(wc -l <err | tr -d ' ') $(wc -c <out | tr -d ' ')"
"$DETINIT" showcase --small --learning-rate 1e30 >out 2>err
same "a training that diverges fails" 1 $?
check "and says what to do" grep -q 'expected a smaller learning rate' err

finish
