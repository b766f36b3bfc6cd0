#!/bin/sh
# Whoever writes into a pipe waits for its reader: before the first one comes, and while it is slow.
# Every command that writes can be stopped meanwhile, and leaves nothing behind.
. "${srcdir:-.}/tests/tap.sh"

"$DETINIT" init --net 400-300 --seed 1 --save start.safetensors >/dev/null
"$DETINIT" init --net 400-300 --seed 2 --save trained.safetensors >/dev/null
"$DETINIT" --rows 300 --cols 400 --seed 2 --save trained.npy >/dev/null
of_start="--manifest start.safetensors"
"$DETINIT" pack trained.safetensors $of_start --save packed.safetensors >/dev/null

# Whether all threads of a process sleep, and still do a moment later.
sleeps() { [ -d "/proc/$1/task" ] && ! grep -q '^State:.[^S]' "/proc/$1/task/"*/status; }
idle() { sleeps "$1" && sleep 0.05 && sleeps "$1"; }
gone() { ! [ -e "/proc/$1" ] || grep -q '^State:.[ZX]' "/proc/$1/status"; }

# ends_by SIGNAL PROCESS: it waits, is sent the signal, and $ended is its status, or "deaf".
ends_by() {
    wait_until idle "$2"
    kill -"$1" "$2" 2>/dev/null
    ended=deaf
    wait_until gone "$2" || kill -KILL "$2"
    wait "$2" 2>/dev/null
    status=$?
    [ $status -eq 137 ] || ended=$status
}

# As on a terminal: a shell starts what runs beside it with SIGINT ignored.
begin() { (cd there && exec env --default-signal=HUP,INT,TERM "$DETINIT" "$@") >out 2>err & }

# A pipe that takes no more, as of a reader who reads no more; open as 3.
make_full_pipe() {
    rm -f "$1"
    mkfifo "$1"
    exec 3<>"$1"
    timeout 10 head -c 65536 /dev/zero >&3
}

# stopped NAME PIPE COMMAND ...: the command writes into PIPE, and can be stopped.
stopped() {
    name=$1
    pipe=$2
    shift 2
    rm -rf there
    mkdir there
    cp start.* trained.* packed.* there
    mkfifo "there/$pipe"
    entries=$(ls -A there)

    begin "$@"
    ends_by TERM $!
    same "$name: SIGTERM ends the wait for a reader" "143 " "$ended $(cat err)"

    make_full_pipe "there/$pipe"
    begin "$@"
    ends_by INT $!
    same "$name: SIGINT ends the wait for a slow reader" "130 " "$ended $(cat err)"
    exec 3<&-
    same "$name: nothing is left" "$entries" "$(ls -A there)"
}

# abandoned NAME PIPE STATUS COMMAND ...: the reader leaves before all is read; on standard error.
abandoned() {
    name=$1
    pipe=$2
    expected=$3
    shift 3
    begin "$@"
    head -c 10 "there/$pipe" >/dev/null
    wait $!
    same "$name: a reader that leaves ends it" "$expected" "$? $(cat err)"
    same "$name: and nothing is left" "$entries" "$(ls -A there)"
}

both() {
    stopped "$@"
    name=$1
    pipe=$2
    shift 2
    abandoned "$name" "$pipe" "1 " "$@"
}

for ending in npy csv safetensors; do
    both "a matrix as .$ending" p.$ending --rows 300 --cols 300 --save p.$ending
    script="rows 300; cols 300; save p.$ending"
    stopped "a script's save as .$ending" p.$ending --command "$script"
    abandoned "a script's save as .$ending" p.$ending \
        "1 detinit: command:1: cannot write 'p.$ending': nobody reads it any more" \
        --command "$script"
done
both "init" p.safetensors init --net 300-300 --save p.safetensors
for command in mask "prune --to init" "prune --to magnitude"; do
    both "$command, .npy" p.npy $command trained.npy --seed 1 --save p.npy
    both "$command, .safetensors" p.safetensors \
        $command trained.safetensors $of_start --save p.safetensors
done
both "pack" p.safetensors pack trained.safetensors $of_start --save p.safetensors
for ending in npy safetensors; do
    both "unpack, .$ending" p.$ending unpack packed.safetensors --save p.$ending
done
stopped "showcase" p.safetensors showcase --small --epochs 1 --save p.safetensors
open="open trained.safetensors $of_start"
stopped "a script's prune" p.safetensors --command "$open; prune init p.safetensors"
stopped "a script's pack" p.safetensors --command "$open; pack p.safetensors"

# A pipe can take the trained network, although it cannot be read back.
timeout 60 head -c 100000000 there/p.safetensors >through.safetensors &
(cd there && "$DETINIT" showcase --small --epochs 1 --save p.safetensors) >shown 2>err
same "showcase: a pipe takes the trained network" "0 " "$? $(cat err)"
wait
"$DETINIT" showcase --small --epochs 1 --save whole.safetensors >expected
check "showcase: all of it" cmp through.safetensors whole.safetensors
same "showcase: and the report is the same" "$(sed 's/whole/p/' expected)" "$(cat shown)"

# Reports wait for the reader of standard output.
printed() {
    make_full_pipe full
    (cd there && exec env --default-signal=HUP,INT,TERM "$DETINIT" "$@" >../full 2>../err) &
    ends_by TERM $!
    same "printed: $* ends by SIGTERM" "143 " "$ended $(cat err)"
    exec 3<&-
}
printed --help
printed --rows 9 --cols 9
printed --rows 300 --cols 300 --format json --matrix
printed --rows 300 --cols 300 --format csv
printed --rows 300 --cols 300 --save -
printed weight --at 1,1
printed init --net 3-2
printed analyze trained.safetensors $of_start
printed verify trained.safetensors --format json
printed showcase --small --epochs 1
printed --command "recipe"
same "printed: nothing is left" "$entries" "$(ls -A there)"

# A matrix as CSV into a file, which waits for nobody, ends by a signal, too.
env --default-signal=INT "$DETINIT" --rows 1000000 --cols 1000000 --format csv >/dev/null 2>err &
process=$!
sleep 0.3
kill -INT $process
wait_until gone $process || kill -KILL $process
wait $process 2>/dev/null
same "a matrix printed without end ends by SIGINT" "130 " "$? $(cat err)"
finish
