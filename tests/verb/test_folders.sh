#!/bin/sh
# Networks that lie in several files: Hugging Face's index and shards, folders that detinit saved;
# and what is wrong with them, each with its line.
. "${srcdir:-.}/tests/tap.sh"

data=$sources/tests/data
one=model-00001-of-00002.safetensors
two=model-00002-of-00002.safetensors

# lists NAME FILE: prints what list says in CSV.
lists() { "$DETINIT" list "$1" --format csv 2>&1; }
all='tensor,type,shape,bytes
"fc1",F32,32x20,2560
"fc2",F32,16x32,2048
"fc3",F32,5x16,320'

cp -r "$data/shards" hf && chmod -R u+w hf
same "shards without an index are one network" "$all" "$(lists hf)"
index() { cat >hf/model.safetensors.index.json; }
index <<END
{"metadata": {"total_size": 4928, "note": "\u00e4", "list": [1, {"a": []}]}, "more": [{}],
 "weight_map": {"fc1": "$one", "fc3": "$two", "fc2": "$two"}}
END
where=$(grep -l fc3 hf/*.safetensors | head -n 1)
[ "$where" = "hf/$two" ] || sed -i "s/fc3\": \"$two/fc3\": \"$one/" hf/model.safetensors.index.json
for tensor in fc1 fc2; do
    in=$(basename "$(grep -l "$tensor\"" hf/*.safetensors)")
    sed -i "s/\"$tensor\": \"[^\"]*\"/\"$tensor\": \"$in\"/" hf/model.safetensors.index.json
done
good=$(cat hf/model.safetensors.index.json)
same "with an index, too" "$all" "$(lists hf)"
same "and the index is the network" "$all" "$(lists hf/model.safetensors.index.json)"
same "also from its folder" "$all" "$(cd hf && lists model.safetensors.index.json)"
"$DETINIT" list hf --format json >out.json
check "what the index says is metadata" grep -q '"total_size": "4928"' out.json
check "texts are read" grep -q '"note": "ä"' out.json
check "a network of shards is compared" "$DETINIT" analyze hf --manifest "$data/names_init.safetensors"
"$DETINIT" analyze hf --manifest "$data/names_init.safetensors" --format csv >folder.csv
same "all three tensors" 4 "$(wc -l <folder.csv | tr -d ' ')"
check "it is packed" "$DETINIT" pack hf --manifest "$data/names_init.safetensors" --save p.safetensors
check "and made whole" "$DETINIT" unpack p.safetensors --save whole.safetensors
same "with every tensor" "$all" "$(lists whole.safetensors)"

# Parts without an index tell of how many they are; an index does not know what it does not name.
mkdir parts
cp "$data"/shards/model-0000?-of-0000?.safetensors parts/
ls parts >parts.txt
same "parts without an index" "$(lists hf | tail -n +2)" "$(lists parts | tail -n +2)"
first=$(head -n 1 parts.txt)
last=$(tail -n 1 parts.txt)
mv "parts/$first" first
"$DETINIT" list parts >out 2>err
same "the first is missing" "1 detinit: 'parts' has '$last' and not '$first', which goes with it" "$? $(cat err)"
mv first "parts/$first" && mv "parts/$last" last
"$DETINIT" list parts >out 2>err
same "the last is missing" 1 "$(grep -c "^detinit: 'parts' has 'model-.*' and not '$last', which goes with it" err)"
mv last parts/model-00000-of-00001.safetensors
rm parts/model-*-of-0000[2-9].safetensors
same "parts that begin with 0" 0 "$("$DETINIT" list parts >out 2>err; echo $?)"
mkdir unmapped
cp hf/* unmapped/
python3 - <<'END'
import json
path = "unmapped/model.safetensors.index.json"
index = json.load(open(path))
del index["weight_map"][min(index["weight_map"])]
json.dump(index, open(path, "w"))
END
check "what the index does not name is said to be left out" \
    sh -c '"$1" list unmapped | grep -q ": the index does not say that it is there"' - "$DETINIT"
"$DETINIT" init --net 8-4 --save hf-whole.safetensors >init.log
mkdir whole
cp hf/* whole/
mv hf-whole.safetensors whole/model.safetensors
same "a whole file goes before an index, as transformers does it" \
    "$(lists whole/model.safetensors)" "$(lists whole)"

# What detinit saves it reads.
"$DETINIT" init --net 64-32-10 --save net/ >init.log
check "a folder of arrays is the network that it was saved from" "$DETINIT" verify net
printf '{"tensors": [{"name": "a/b", "shape": [2, 3]}, {"name": ".h", "shape": [4]}]}' |
    "$DETINIT" init --manifest - --save odd/ >init.log
same "names of files are names of tensors" '".h",F64,4,32
"a/b",F64,2x3,48' "$(lists odd | tail -n 2)"
check "and verified" "$DETINIT" verify odd
"$DETINIT" init --net 640-320-10 --max-shard-size 100kB --save hf2/ >init.log
check "shards carry their recipes" "$DETINIT" verify hf2
same "each tensor once" '"tensors": 2' "$("$DETINIT" verify hf2 --format json |
    python3 -c 'import json,sys; print("\"tensors\": %d" % len(json.load(sys.stdin)["tensors"]))')"

# refused EXPECTED: hf, or what is named, gives one line and exit status 1.
refused() {
    "$DETINIT" list "${2:-hf}" >out 2>err </dev/null
    same "refused: $1" "1 detinit: $1" "$? $(cat err)"
}
i=hf/model.safetensors.index.json
map() { echo "{\"weight_map\": {$1}}" | index; }
map "\"fc1\": \"../$one\""
refused "'$i': the file '../$one' of 'fc1' does not lie beside it"
map '"fc1": "/etc/passwd"'
refused "'$i': the file '/etc/passwd' of 'fc1' does not lie beside it"
map '"fc1": ".."'
refused "'$i': the file '..' of 'fc1' does not lie beside it"
map '"fc1": ""'
refused "'$i': the file '' of 'fc1' does not lie beside it"
map '"fc1": "sub/../x"'
refused "'$i': the file 'sub/../x' of 'fc1' does not lie beside it"
map '"fc1": "none.safetensors"'
refused "cannot open 'hf/none.safetensors': No such file or directory"
map '"fc1": "model.safetensors.index.json"'
refused "'hf/model.safetensors.index.json' is an index where a file of tensors was expected"
map "\"lost\": \"$one\""
refused "'hf': its weight_map has 'lost' in '$one', which has none"
map ''
refused "'$i' has a weight_map that names no tensor"
echo '{}' | index
refused "'$i' has no weight_map, which tells the files of tensors"
echo '{"weight_map": []}' | index
refused "'$i': at byte 15 '{' was expected"
echo '{"weight_map": {"a": 1}}' | index
refused "'$i': at byte 21 a text in quotes was expected"
echo '{"weight_map": {"a": null}}' | index
refused "'$i': at byte 21 a text in quotes was expected"
echo '{"weight_map": {"a" "b"}}' | index
refused "'$i': at byte 20 ':' was expected"
echo '{"weight_map": {"a": "b" "c": "d"}}' | index
refused "'$i': at byte 25 ',' or '}' was expected"
echo '{"weight_map": {"a": "b",}}' | index
refused "'$i': at byte 25 a text in quotes was expected"
echo '{"weight_map": {"a": "b"}, "weight_map": {}}' | index
refused "'$i': at byte 40 weight_map comes twice"
echo '{"weight_map": {"a": "b"}} {}' | index
refused "'$i': at byte 27 nothing but spaces was expected"
echo '{"weight_map": {"a": "b"' | index
refused "'$i': at byte 25 ',' or '}' was expected"
echo '{"weight_map": {"a": "b' | index
refused "'$i': at byte 21 a text begins that does not end"
echo '{"weight_map": {"a\u0000": "b"}}' | index
refused "'$i': at byte 16 a text holds a NUL, which names here cannot"
echo '{"metadata": 5, "weight_map": {"a": "b"}}' | index
refused "'$i': at byte 13 '{' was expected"
echo '{"metadata": {"a": tru}, "weight_map": {"a": "b"}}' | index
refused "'$i': at byte 19 a value was expected"
printf '{"x": %s' "$(head -c 100000 /dev/zero | tr '\0' '[')" | index
refused "'$i': at byte 127 too much is nested"
printf '[]' | index
refused "'$i': at byte 0 '{' was expected"
: | index
refused "'$i': at byte 0 '{' was expected"
map "\"fc1\": \"$one\""
head -c 100 "$data/shards/$one" >"hf/$one"
"$DETINIT" list hf >out 2>err
same "a shard that ends early is refused by its name" "1 1 1" \
    "$? $(wc -l <err | tr -d ' ') $(grep -c "hf/$one" err)"
cp "$data/shards/$one" hf/
mkdir hf/sub.safetensors
map '"fc1": "sub.safetensors"'
refused "'hf/sub.safetensors' is not a regular file"
echo "$good" | index
cp hf/model.safetensors.index.json hf/other.safetensors.index.json
refused "'hf' holds more than one .safetensors.index.json; name the one that is meant"
rm hf/*.json && cp "hf/$one" hf/again.safetensors
rmdir hf/sub.safetensors
"$DETINIT" list hf >out 2>err
check "two tensors of one name are refused" grep -q "'hf' has two tensors named 'fc" err
mkdir empty
refused "'empty' is a folder without an index.json, .safetensors, .bin, .pt or .npy file" empty
for other in zip safetensors; do
    case $other in
    zip) printf 'PK\005\006%018d' 0 | tr 0 '\000' >empty/x.npy ;;
    safetensors) cp "hf/$one" empty/x.npy ;;
    esac
    refused "'empty/x.npy': one array, as numpy.save writes it, was expected" empty
done
echo '{"weight_map": {"a": "b"}}' >lone.index.json
refused "cannot open 'b': No such file or directory" lone.index.json

# 50 GB, of which nothing but headers is read.
cat >sparse.py <<'END'
import json, os, resource, struct, subprocess, time
os.mkdir("large")
for shard in range(10):
    header = {f"layer.{shard}.{n}": {"dtype": "BF16", "shape": [50000, 500],
                                     "data_offsets": [n * 50_000_000, (n + 1) * 50_000_000]}
              for n in range(100)}
    text = json.dumps(header).encode()
    with open(f"large/model-{shard}.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + 5_000_000_000)
begin = time.time()
run = subprocess.run([os.environ["DETINIT"], "list", "large", "--format", "csv"],
                     capture_output=True, text=True, check=True)
assert run.stdout.count("\n") == 1001
assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 50_000
print(time.time() - begin)
END
mkdir bad
(cd bad && python3 "$sources/tests/verb/bad_folders.py" >../cases 2>../broken)
while IFS= read -r outcome; do
    case $outcome in
    ok\ *) pass "${outcome#ok }" ;;
    *) fail "${outcome#not }" broken ;;
    esac
done <cases
same "all within 256 MB" "ok all" "$(tail -n 1 cases)"

if [ -n "${VALGRIND:-}" ] || ! truncate -s 60G sparse.bin 2>/dev/null; then
    skip "50 GB are listed in 50 MB" "no room for sparse files, or valgrind"
else
    rm sparse.bin
    check "50 GB are listed in 50 MB" python3 sparse.py
fi
finish
