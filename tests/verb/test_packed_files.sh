#!/bin/sh
# Packed files where the file that was packed is meant: list, audit, diff, patch, watch.
. "${srcdir:-.}/tests/tap.sh"

# Of the second seed all weights are changes; half of them sleep in small.safetensors.
"$DETINIT" init --net 40-30-20 --seed 1 --dtype float32 --save recipe.safetensors -q
"$DETINIT" init --net 40-30-20 --seed 2 --dtype float32 --save dense.safetensors -q
"$DETINIT" pack dense.safetensors --manifest recipe.safetensors --lossless --save packed.safetensors -q
"$DETINIT" pack dense.safetensors --manifest recipe.safetensors --sparsity 0.5 --save small.safetensors -q
"$DETINIT" unpack small.safetensors --save back.safetensors -q

like() { # description, command of $1, file, file as it was packed
    "$DETINIT" $2 $3 --format csv >one 2>&1
    "$DETINIT" $2 $4 --format csv >other 2>&1
    check "$1" cmp one other
}
for command in list audit; do
    like "$command: a lossless file as the file" $command packed.safetensors dense.safetensors
    like "$command: a packed file as the unpacked" $command small.safetensors back.safetensors
done
same "list says that a file is packed" "LIST (small.safetensors, .safetensors, packed)" \
    "$("$DETINIT" list small.safetensors | head -1)"
like "diff: A packed" "diff --threshold 0 back.safetensors" small.safetensors back.safetensors
check "diff: a lossless file is the file" "$DETINIT" diff packed.safetensors dense.safetensors --strict -q
check "diff: a packed one, B, is the unpacked" "$DETINIT" diff back.safetensors small.safetensors --strict -q
"$DETINIT" diff packed.safetensors small.safetensors --save patch.safetensors -q
check "patch: a packed base" "$DETINIT" patch packed.safetensors patch.safetensors --save made.safetensors -q
check "makes the unpacked file" "$DETINIT" diff made.safetensors back.safetensors --strict -q
mkdir run plain
cp packed.safetensors run/step-1.safetensors
cp small.safetensors run/step-2.safetensors
"$DETINIT" unpack packed.safetensors --save plain/step-1.safetensors -q
cp back.safetensors plain/step-2.safetensors
"$DETINIT" watch run --manifest recipe.safetensors --format csv >packed.csv
"$DETINIT" watch plain --manifest recipe.safetensors --format csv >plain.csv
check "watch: a folder of packed files" cmp packed.csv plain.csv
same "which it tells the steps of" "1 2" "$(cut -d, -f1 packed.csv | grep '[0-9]' | uniq | tr '\n' ' ' | sed 's/ $//')"
finish
