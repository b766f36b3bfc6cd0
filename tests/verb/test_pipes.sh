#!/bin/sh
# Files of tensors that come through pipes, of every format and by every name that a pipe has, say
# what they say as files; a signal ends the waiting, and nothing stays on disk.
. "${srcdir:-.}/tests/tap.sh"
needs mkfifo cmp
TMPDIR=$scratch/aside
export TMPDIR
mkdir aside
data=$sources/tests/data

# without_name FILE: a report, without what the file is called in it.
without_name() { sed "s,$1,FILE,g; s,/dev/[a-z]*/*[0-9]*,FILE,g"; }

# piped VERB FILE: what a command says of the file alone and of the file from a pipe.
piped() {
    "$DETINIT" "$1" "$2" --format json 2>&1 | without_name "$2" >alone
    cat "$2" | "$DETINIT" "$1" - --format json 2>&1 | without_name "$2" >through
    check "$1: $(basename "$2") through a pipe" cmp alone through
}

gzip -dc "$data/hdf5/deep_latest.h5.gz" >deep.h5 || exit 1
"$DETINIT" --rows 6 --cols 5 --save w.npy --quiet
"$DETINIT" init --net 4-3-2 --save net.safetensors --quiet
for file in w.npy net.safetensors deep.h5 "$data"/hdf5/model.keras "$data"/checkpoints/*.npz \
    "$data"/checkpoints/*.pt "$data/checkpoints/types.safetensors"; do
    piped list "$file"
done
for verb in audit analyze verify; do
    piped $verb net.safetensors
done

# By other names of a pipe.
"$DETINIT" list w.npy | without_name w.npy >alone
cat w.npy | "$DETINIT" list /dev/stdin | without_name w.npy >through
check "/dev/stdin" cmp alone through
cat w.npy | "$DETINIT" list /dev/fd/7 7<&0 </dev/null | without_name w.npy >through
check "/dev/fd/7, as shells make of <(...)" cmp alone through
mkfifo pipe
cat w.npy >pipe &
"$DETINIT" list pipe | without_name w.npy >through
check "a pipe with a name" cmp alone through
"$DETINIT" list - <w.npy | without_name w.npy >through
check "- of a file" cmp alone through

# Commands that take two files, and that write one.
cat w.npy >pipe &
cat net.safetensors | "$DETINIT" diff - pipe --format json | grep -c only_in >found
"$DETINIT" diff net.safetensors w.npy --format json | grep -c only_in >expected
check "two pipes at once" cmp expected found
cat net.safetensors | "$DETINIT" pack - --save packed.safetensors --quiet
cat packed.safetensors | "$DETINIT" unpack - --save again.safetensors --quiet
check "packed and unpacked through pipes: the same bytes" cmp net.safetensors again.safetensors
"$DETINIT" init --net 4-3-2 --seed 9 --save other.safetensors --quiet
cat other.safetensors | "$DETINIT" diff net.safetensors - --save patch.safetensors --quiet
cat patch.safetensors | "$DETINIT" patch net.safetensors - --save other2.safetensors --quiet
check "a patch made and applied through pipes: the same bytes" cmp other.safetensors other2.safetensors

# What is refused says so in one line.
refused() {
    same "$1" "$2" "$(cat err)"
}
: >empty && "$DETINIT" list empty 2>&1 | without_name empty >alone
: | "$DETINIT" list - 2>&1 | without_name empty >through
check "nothing comes" cmp alone through
"$DETINIT" list /dev/null 2>err
refused "a device" "detinit: '/dev/null' is not a regular file"
head -c 20 w.npy | "$DETINIT" list - 2>err
same "a file that ends early: one line" "1 1" "$(wc -l <err | tr -d ' ') $(grep -c /dev/stdin err)"
"$DETINIT" verify - --manifest - <w.npy 2>err
refused "a file and a manifest of the same pipe" \
    "detinit: --manifest: standard input is the file already; name one of the two"
cat w.npy | TMPDIR=/proc "$DETINIT" list - 2>err
same "nowhere to put it: one line" "1" "$(wc -l <err | tr -d ' ')"
python3 - "$DETINIT" >terminal 2>&1 <<'END'
import pty, sys
pty.spawn([sys.argv[1], "list", "-"])
END
same "a terminal" "detinit: -: standard input is a terminal; a file or a pipe was expected" \
    "$(tr -d '\r' <terminal)"

# ends SIGNAL STATUS: a command that waits for more ends by it. (A shell's background jobs ignore INT.)
ends() {
    sh -c 'exec 8>pipe; exec sleep 20' &
    holds=$!
    "$DETINIT" list pipe 2>err &
    waits=$!
    sleep 0.2 # so that it waits; it ends alike where it does not yet
    kill -"$1" $waits
    wait $waits
    same "$1 while more may come" "$2" "$?"
    kill $holds; wait $holds
}
ends TERM 143
ends HUP 129
"$DETINIT" list pipe 2>err &
waits=$!
sleep 0.2
kill -TERM $waits
wait $waits
same "TERM while nobody writes" 143 "$?"

same "nothing stays in the folder for temporary files" "" "$(ls -A aside)"
finish
