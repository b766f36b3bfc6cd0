#!/bin/sh
# init --shard: files and index of Hugging Face's layout against its rule written again in Python,
# the same bytes from any number of processes, rank and size from launchers, and bad requests.
. "${srcdir:-.}/tests/tap.sh"

needs python3
export PYTHONDONTWRITEBYTECODE=1
unset SLURM_PROCID SLURM_NTASKS OMPI_COMM_WORLD_RANK OMPI_COMM_WORLD_SIZE PMI_RANK PMI_SIZE RANK \
    WORLD_SIZE JOB_COMPLETION_INDEX

# Networks of tensors of all sizes; a name that Python writes in ASCII.
python3 - <<'END_PYTHON'
import json, random
random.seed(1)
for n in range(6):
    tensors = [{"name": f"layers.{k}.w", "shape": [random.randint(1, 40) for _ in range(2)],
                "dtype": random.choice(["float64", "float32", "float16", "bfloat16"])}
               for k in range(3 * n + 1)]
    random.shuffle(tensors)
    tensors.append({"name": "größe \"π\"", "shape": [7, 5], "orthogonal": True})
    with open(f"m{n}.json", "w") as file:
        json.dump({"seed": n, "mode": "lecun", "tensors": tensors}, file)
END_PYTHON

# is_planned MANIFEST SIZE BYTES: one process gives what the rule says.
is_planned() {
    rm -rf one
    "$DETINIT" init --manifest "$1" --max-shard-size "$2" --save one/ -q &&
        python3 "$sources/tests/shards.py" "$1" "$3" whole.safetensors one
}
for n in 0 1 2 3 4 5; do
    "$DETINIT" init --manifest m$n.json --save whole.safetensors -q
    for bytes in 1 300 1000 4096 10000 1000000; do
        check "network $n in files of $bytes bytes" is_planned m$n.json $bytes $bytes
    done
done
"$DETINIT" init --manifest m5.json --save whole.safetensors -q
for pair in 5KB:5000 5kb:5000 4KiB:4096 0.01MB:10000 1.5KiB:1536 "6 KB:6000" 0x1000:4096 900B:900; do
    check "a size of ${pair%:*}" is_planned m5.json "${pair%:*}" "${pair#*:}"
done
check "5GB where no size is given" sh -c '"$DETINIT" init --manifest m5.json --shard 1/1 --save def/ -q &&
    [ "$(ls def)" = model.safetensors ]'

# Any number of processes, at once and one after the other, in any order.
rm -rf one
"$DETINIT" init --manifest m5.json --max-shard-size 4KB --save one/ -q
for parts in 1 2 3 7 40; do
    rm -rf many
    for part in $(seq $parts); do
        "$DETINIT" init --manifest m5.json --max-shard-size 4KB --shard $part/$parts --save many/ -q &
    done
    wait
    check "$parts processes at once" diff -r one many
    rm -rf many
    for part in $(seq $parts | sort -r); do
        "$DETINIT" init --manifest m5.json --max-shard-size 4KB --shard $part/$parts --save many/ -q \
            --threads 1
    done
    check "$parts processes one after the other" diff -r one many
done
for part in 2 3; do
    "$DETINIT" init --manifest m5.json --max-shard-size 4KB --shard $part/3 --save rest/ -q
done
same "the index is the first's" "" "$(ls rest | grep json)"
check "each file once" sh -c 'ls rest >names; "$DETINIT" init --manifest m5.json --max-shard-size 4KB \
    --shard 1/3 --save first/ -q && ls first | cat - names | sort | uniq -d | cmp - /dev/null'
for file in one/*.safetensors; do
    "$DETINIT" verify "$file" >>verified || fail "verify $file" verified
done
same "each shard tells its own recipes" 0 "$(grep -c differ verified)"

# What is printed.
"$DETINIT" init --net 30-20-10 --dtype float32 --max-shard-size 2400 --shard 1/2 --save out/ >text
same "the first process" "Saved out/: 1 of 2 files and the index, part 1 of 2" \
    "$(tail -n 1 text | sed 's/ (.*//')"
"$DETINIT" init --net 30-20-10 --dtype float32 --max-shard-size 2400 --shard 2/2 --save out/ \
    --format json >json
same "the second as JSON" "out/ 1 2 False 2 2" "$(python3 -c 'import json; s = json.load(open("json"))["saved"]
print(s["path"], s["files"], s["all_files"], s["index"], s["part"], s["parts"])')"
"$DETINIT" init --net 30-20-10 --max-shard-size 9GB --save nine/ >text
same "all of it" "Saved nine/: 1 of 1 file" "$(tail -n 1 text | sed 's/ (.*//')"
echo mine >out/README
touch -d 2000-01-01 out/README
"$DETINIT" init --net 30-20-10 --dtype float32 --seed 7 --max-shard-size 2400 --save out/ -q
same "files of other names stay" mine "$(cat out/README)"
check "those of the same names are replaced" sh -c '"$DETINIT" verify out/model-00002-of-00002.safetensors --format json |
    grep -q "\"different\": 0"; grep -q "\"seed\": 7\|seed.\": 7" out/model-00002-of-00002.safetensors'

# Launchers.
auto() {
    expected=$1
    shift
    same "auto: $*" "$expected" "$(env "$@" "$DETINIT" init --net 3-2 --shard auto --save auto/ 2>&1 |
        sed -n 's/^detinit: //p; s/.*file, part \(.*\) (.*/\1/p')"
}
none="--shard: auto finds no rank in the environment, of Slurm, Open MPI, PMI, torchrun or Kubernetes; give K/N"
auto "2 of 3" SLURM_PROCID=1 SLURM_NTASKS=3
auto "1 of 1" OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1
auto "4 of 4" PMI_RANK=3 PMI_SIZE=4
auto "8 of 64" RANK=7 WORLD_SIZE=64
auto "5 of 9" JOB_COMPLETION_INDEX=4 WORLD_SIZE=9
auto "4 of 8" RANK=3 WORLD_SIZE=8 JOB_COMPLETION_INDEX=1
auto "2 of 3" SLURM_PROCID=1 SLURM_NTASKS=3 PMI_RANK=1 PMI_SIZE=3
auto "2 of 3" SLURM_PROCID= SLURM_NTASKS=8 RANK=1 WORLD_SIZE=3
auto "2 of 3" SLURM_PROCID=4 RANK=1 WORLD_SIZE=3
auto "$none" A=b
auto "$none" SLURM_NTASKS=3
auto "$none" WORLD_SIZE=3
auto "--shard: auto finds RANK but no WORLD_SIZE; give K/N" RANK=3
auto "--shard: auto finds SLURM_PROCID but no SLURM_NTASKS; give K/N" SLURM_PROCID=0
auto "--shard: auto finds JOB_COMPLETION_INDEX but no WORLD_SIZE; set WORLD_SIZE to the completions of the job, or give K/N" \
    JOB_COMPLETION_INDEX=0
auto "--shard: RANK is 4 and WORLD_SIZE is 4; ranks run from 0 and stay below the size" \
    RANK=4 WORLD_SIZE=4
auto "--shard: PMI_RANK is 0 and PMI_SIZE is 0; ranks run from 0 and stay below the size" \
    PMI_RANK=0 PMI_SIZE=0
auto "--shard: SLURM_PROCID is 'one', which is not a whole number" SLURM_PROCID=one SLURM_NTASKS=2
auto "--shard: PMI_RANK is '-1', which is not a whole number" PMI_RANK=-1 PMI_SIZE=2
auto "--shard: WORLD_SIZE is '2.5', which is not a whole number" RANK=1 WORLD_SIZE=2.5
auto "--shard: auto finds two answers, 1/2 of Slurm and 6/8 of torchrun; give K/N" \
    SLURM_PROCID=0 SLURM_NTASKS=2 RANK=5 WORLD_SIZE=8

# ends STATUS LINE ARGUMENT ...: one line on standard error, nothing else, nothing written.
ends() {
    expected="$1 detinit: $2"
    shift 2
    "$DETINIT" "$@" >out.txt 2>err.txt </dev/null
    found="$? $(cat err.txt)"
    [ -s out.txt ] && found="$found and output"
    [ "$(ls -AR)" = "$entries" ] || found="$found and files"
    same "refuses $*" "$expected" "$found"
}
rm -rf auto many one first rest
mkdir three single indexed
touch out.txt err.txt same.log three/model-00002-of-00003.safetensors single/model.safetensors \
    indexed/model.safetensors.index.json three/notes
entries=$(ls -AR)
for part in 0/3 4/3 0/0; do
    ends 2 "--shard: '$part' is out of range: parts are numbered from 1 to N" \
        init --net 3-2 --shard $part --save x/
done
for part in 1 1/ /3 a/3 1/b 1/2/3 -1/3 1.5/3 "" 11111111111111111111111111/3; do
    ends 2 "--shard: '$part' is neither auto nor K/N, part K of N" init --net 3-2 "--shard=$part" --save x/
done
for size in 0 0GB 5XB GB -5GB 1e30TB nan inf 5GB5 ""; do
    ends 2 "--max-shard-size: '$size' is not a size of 1 .. 2^63-1 bytes, such as 500MB, 5GB or 2GiB" \
        init --net 3-2 "--max-shard-size=$size" --save x/
done
ends 2 "--shard: needs --save DIR/, the folder of all shards" init --net 3-2 --shard 1/2
ends 2 "--max-shard-size: needs --save DIR/, the folder of all shards" init --net 3-2 --max-shard-size 1GB
ends 2 "--save: 'x' must end in / with --shard: shards are files of a folder" \
    init --net 3-2 --shard 1/2 --save x
ends 2 "--save: 'x.safetensors' must end in / with --max-shard-size: shards are files of a folder" \
    init --net 3-2 --max-shard-size 5 --save x.safetensors
ends 2 "--shard: goes with the command init, analyze, mask, pack or verify" --shard 1/2
ends 2 "--shard: goes with the command init, analyze, mask, pack or verify" prune x.npy --shard 1/2
ends 2 "--max-shard-size: goes with the command init" analyze x.npy --max-shard-size 1GB
ends 1 "cannot write 'none/x': No such file or directory" init --net 3-2 --shard 1/2 --save none/x/
ends 1 "cannot write 'err.txt': Not a directory" init --net 3-2 --shard 1/2 --save err.txt/
left="name another folder, or remove what is left from before"
ends 1 "cannot write 'three': it holds 'model-00002-of-00003.safetensors', and this network becomes 2 files; $left" \
    init --net 4-3-2 --max-shard-size 97 --shard 1/2 --save three/
ends 1 "cannot write 'three': it holds 'model-00002-of-00003.safetensors', and this network becomes 1 file; $left" \
    init --net 4-3-2 --shard 1/2 --save three/
ends 1 "cannot write 'single': it holds 'model.safetensors', and this network becomes 2 files; $left" \
    init --net 4-3-2 --max-shard-size 97 --shard 2/2 --save single
ends 1 "cannot write 'indexed': it holds 'model.safetensors.index.json', and this network becomes 1 file; $left" \
    init --net 4-3-2 --max-shard-size 1GB --save indexed
finish
