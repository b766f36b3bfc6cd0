#!/bin/sh
# --quiet: beside a file that a save writes, nothing but what --format asks for; else the result
# without its heading. Errors stay on standard error.
. "${srcdir:-.}/tests/tap.sh"

# silent NAME FILE ARGUMENT ...: writes the file, and not a byte on standard output or error.
silent() {
    name=$1
    file=$2
    shift 2
    rm -rf "$file"
    "$DETINIT" "$@" --save "$file" -q >out 2>err
    status=$?
    if [ $status -eq 0 ] && [ ! -s out ] && [ ! -s err ] && [ -e "$file" ]; then
        pass "$name"
    else
        echo "exit status $status" >>err
        fail "$name" out err
    fi
}

# figures NAME FORMAT ARGUMENT ...: for programs, quiet changes nothing.
figures() {
    name=$1
    format=$2
    shift 2
    "$DETINIT" "$@" --format "$format" >loud 2>&1
    "$DETINIT" "$@" --format "$format" -q >out 2>&1
    check "$name: as $format it is what it is without" cmp loud out
}

# headless NAME ARGUMENT ...: without a save, all but the heading.
headless() {
    name=$1
    shift
    "$DETINIT" "$@" | sed 1,2d >loud
    "$DETINIT" "$@" -q >out 2>&1
    check "$name: all but the heading" cmp loud out
    check "$name: there is something" test -s out
}

silent "a matrix" w.npy
silent "a matrix, every figure of it" w.npy --compare-modes --show-dist --test-repro --exact
silent "a tensor" w.safetensors --shape 4,3,2
silent "init" net.safetensors init --net 8-6-4 --dtype float32
silent "init, a folder" net/ init --net 8-6-4
silent "showcase" trained.safetensors showcase --small --epochs 1
silent "mask" mask.safetensors mask trained.safetensors
silent "prune" pruned.safetensors prune trained.safetensors --to zero
silent "pack" packed.safetensors pack trained.safetensors --sparsity 0.6
silent "unpack" whole.safetensors unpack packed.safetensors
"$DETINIT" --save - -q >out 2>err
"$DETINIT" --save w.npy >/dev/null
check "--save -: the file itself" cmp w.npy out

for format in json csv; do
    figures "a matrix" $format --save w.npy
    figures "init" $format init --net 8-6-4 --save net.safetensors
    figures "mask" $format mask trained.safetensors --save mask.safetensors
    figures "prune" $format prune trained.safetensors --save pruned.safetensors
    figures "weight" $format weight --at 1,1
    figures "analyze" $format analyze trained.safetensors
    figures "verify" $format verify net.safetensors
    figures "race" $format race
done
figures "pack" json pack trained.safetensors --save packed.safetensors
figures "unpack" json unpack packed.safetensors --save whole.safetensors
figures "showcase" json showcase --small --epochs 1 --threads 1 --save trained.safetensors

headless "a matrix" --rows 5
headless "weight" weight --at 1,1
headless "init" init --net 8-6-4
headless "prune" prune trained.safetensors
headless "analyze" analyze trained.safetensors
headless "verify" verify net.safetensors
headless "race" race
headless "showcase" showcase --small --epochs 1 --threads 1
same "commands" "" "$("$DETINIT" --command 'seed 3; recipe' -q 2>&1)"

"$DETINIT" --save missing/w.npy -q >out 2>err
same "a request that makes no sense is told" \
    "2 detinit: --save: cannot write into 'missing/': No such file or directory" "$? $(cat err out)"
"$DETINIT" verify trained.safetensors -q >out 2>err
same "what was asked for and failed is told" 1 $?
check "in one line" grep -qx "detinit: 'trained.safetensors': .* weights are not what their recipe says" err
finish
