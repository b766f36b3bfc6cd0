#!/bin/sh
# Saves are all or nothing, whatever interrupts them.
. "${srcdir:-.}/tests/tap.sh"

# What lies in the directory, hidden files too, less this test's own.
litter() {
    find . -name '.w*' -type f | sort | tr '\n' ' '
}

# save_has_begun PROCESS: true once it has written a megabyte to a file, which may have no name.
save_has_begun() {
    cat "/proc/$1/fdinfo/"* | awk '$1 == "pos:" && $2 > 1000000 { found = 1 } END { exit !found }'
}

# interrupted SIGNAL STATUS: a long save is ended by the signal midway. (A shell
# starts what runs beside it with SIGINT ignored, nohup with SIGHUP; env takes that back.)
interrupted() {
    "$DETINIT" --rows 4 --cols 4 --save w.npy >/dev/null
    before=$(cksum w.npy)
    env --default-signal=HUP,INT "$DETINIT" --rows 20000 --cols 100000 --save w.npy >out 2>err &
    saver=$!
    wait_until save_has_begun $saver || echo "the save never began" >>err
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

# What an older save of this target left; where its writer lives, it holds a lock.
: >.w.npy.detinit-0123456789abcdef
: >.w.npy.detinit-0123456789abcdef0
: >.ww.npy.detinit-0123456789abcdef
"$DETINIT" --rows 4 --cols 4 --save w.npy >/dev/null
same "a save removes what a killed one left, and nothing else" \
    "./.w.npy.detinit-0123456789abcdef0 ./.ww.npy.detinit-0123456789abcdef " "$(litter)"
rm .w*

# A full disk, and a limit on file sizes.
before=$(cksum w.npy)
(
    limit_files 100
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
timeout 20 cat pipe.npy >through.npy &
"$DETINIT" --rows 4 --cols 4 --save pipe.npy >/dev/null
wait
check "a named pipe is written into" cmp through.npy w.npy
check "a named pipe stays" test -p pipe.npy
ln -s elsewhere/new.npy w-nowhere.npy
"$DETINIT" --rows 4 --cols 4 --save w-nowhere.npy >/dev/null
check "a link to nothing stays a link" test -L w-nowhere.npy
check "the file that it points to is made" cmp elsewhere/new.npy w.npy
if device null.npy 3 2>/dev/null; then
    "$DETINIT" --rows 4 --cols 4 --save null.npy >/dev/null
    check "a device is written into and stays" test -c null.npy
else
    skip "a device is written into and stays" "no right to make a device"
fi

# Whoever waits for a reader can be stopped.
"$DETINIT" --rows 4 --cols 4 --save pipe.npy >/dev/null &
saver=$!
sleep 0.1
kill -TERM $saver
wait $saver 2>/dev/null
same "SIGTERM ends a save that waits for a pipe's first reader" 143 $?
"$DETINIT" --rows 1000 --cols 1000 --save pipe.npy >/dev/null &
saver=$!
exec 3<>pipe.npy # not to wait for the writer, should it have failed
sleep 0.1
kill -TERM $saver
wait $saver 2>/dev/null
same "SIGTERM ends a save that waits for a stuck reader" 143 $?
exec 3<&-

# Closed and full outputs.
{
    "$DETINIT" --rows 3000 --cols 300 --format csv 2>err
    echo $? >status
} | head -n 1 >/dev/null
same "a closed pipe is quiet" "" "$(cat err)"
{
    "$DETINIT" --rows 3000 --cols 300 --save - 2>err
    echo $? >status
} | head -c 1000 >/dev/null
same "a save into a closed pipe is quiet" "1 " "$(cat status) $(cat err)"
"$DETINIT" --rows 3 >/dev/full 2>err
same "a full standard output fails" 1 $?
same "a full standard output is named" \
    "detinit: cannot write standard output: No space left on device" "$(cat err)"

# What a new folder needs is looked for where it will be, before anything is made.
echo '{"tensors":[{"name":"a","shape":[16777216,16777216]}]}' >vast.json
for folder in fresh/ ./fresh/; do
    "$DETINIT" init --manifest vast.json --save $folder >out 2>err
    status=$?
    check "a new folder that the disk has no room for: $folder" \
        grep -q "^detinit: --save: '$folder' would take .* and the disk has .* left$" err
    same "is refused beforehand: $folder" "1" "$status$(ls -d .fresh* fresh 2>/dev/null)"
done

finish
