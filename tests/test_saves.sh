#!/bin/sh
# Saves are all or nothing, whatever interrupts them.
. "${srcdir:-.}/tests/tap.sh"

# What lies in the directory, hidden files too, less this test's own.
litter() {
    find . -name '.w*' -type f | sort | tr '\n' ' '
}

# True once a save under way has written something beside its target.
save_has_begun() {
    find . -name '.w.npy.detinit-*' -size +1000k | grep -q .
}

# interrupted SIGNAL STATUS: a long save is ended by the signal midway. (A shell
# starts what runs beside it with SIGINT ignored; env takes that back.)
interrupted() {
    "$DETINIT" --rows 4 --cols 4 --save w.npy >/dev/null
    before=$(cksum w.npy)
    env --default-signal=INT "$DETINIT" --rows 20000 --cols 100000 --save w.npy >out 2>err &
    saver=$!
    wait_until save_has_begun || echo "the save never began" >>err
    kill -"$1" $saver
    wait $saver 2>/dev/null
    status=$?
    same "SIG$1 midway ends the save with that signal" "$2" "$status"
    same "SIG$1 midway leaves the old file whole" "$before" "$(cksum w.npy)"
}

interrupted TERM 143
same "SIGTERM leaves no litter" "" "$(litter)"
interrupted INT 130
same "SIGINT leaves no litter" "" "$(litter)"
interrupted HUP 129
same "SIGHUP leaves no litter" "" "$(litter)"
interrupted KILL 137
"$DETINIT" --rows 4 --cols 4 --save w.npy >/dev/null
same "SIGKILL leaves no litter after the next save" "" "$(litter)"

# The lock of a save under way protects its temporary file from another save.
"$DETINIT" --rows 20000 --cols 100000 --save w.npy >out 2>err &
saver=$!
wait_until save_has_begun
"$DETINIT" --rows 4 --cols 4 --save w.npy >/dev/null
check "a save spares the temporary file of another" save_has_begun
kill -TERM $saver
wait $saver 2>/dev/null

# A full disk, and a limit on file sizes.
before=$(cksum w.npy)
(
    ulimit -f 100
    "$DETINIT" --rows 1000 --cols 1000 --save w.npy >out 2>err
)
same "a file-size limit ends the save with status 1" 1 $?
same "a file-size limit is named" "detinit: cannot write 'w.npy': File too large" "$(cat err)"
same "a file-size limit leaves the old file whole" "$before" "$(cksum w.npy)"
same "a file-size limit leaves no litter" "" "$(litter)"

mkdir small
if mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
    "$DETINIT" --rows 4 --cols 4 --save small/w.npy >/dev/null
    before=$(cksum small/w.npy)
    "$DETINIT" --rows 300 --cols 1000 --save small/w.csv >out 2>err
    same "a full disk ends the save with status 1" 1 $?
    same "a full disk is named" "detinit: cannot write 'small/w.csv': No space left on device" \
        "$(cat err)"
    "$DETINIT" --rows 300 --cols 1000 --save small/w.npy >out 2>err
    same "a disk too small is seen before the save" 1 $?
    check "a disk too small is named" grep -q \
        "^detinit: --save: 'small/w.npy' would take 2.4 MB and the disk has .* left$" err
    same "a full disk leaves the old file whole" "$before" "$(cksum small/w.npy)"
    same "a full disk leaves no litter" "small/w.npy" "$(find small -type f)"
    umount small
else
    skip "a full disk" "no right to mount a small file system"
fi

# Links, permissions, pipes.
mkdir elsewhere
: >elsewhere/real.npy
chmod 640 elsewhere/real.npy
ln -s elsewhere/real.npy w-link.npy
"$DETINIT" --rows 4 --cols 4 --save w-link.npy >/dev/null
check "a link stays a link" test -L w-link.npy
check "the file that a link points to is replaced" cmp -s elsewhere/real.npy w.npy
same "the permissions of the old file stay" 640 "$(stat -c %a elsewhere/real.npy)"
(
    umask 027
    "$DETINIT" --rows 4 --cols 4 --save new.npy >/dev/null
)
same "a new file has the permissions that umask leaves" 640 "$(stat -c %a new.npy)"
"$DETINIT" --rows 4 --cols 4 --save - >piped.npy
check "- is standard output as .npy" cmp piped.npy w.npy
mkfifo pipe.npy
cat pipe.npy >through.npy &
"$DETINIT" --rows 4 --cols 4 --save pipe.npy >/dev/null
wait
check "a named pipe is written into" cmp through.npy w.npy
check "a named pipe stays" test -p pipe.npy

# Closed and full outputs.
{
    "$DETINIT" --rows 3000 --cols 300 --format csv 2>err
    echo $? >status
} | head -n 1 >/dev/null
same "a closed pipe is quiet" "" "$(cat err)"
"$DETINIT" --rows 3 >/dev/full 2>err
same "a full standard output fails" 1 $?
same "a full standard output is named" \
    "detinit: cannot write standard output: No space left on device" "$(cat err)"

finish
