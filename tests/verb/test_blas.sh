#!/bin/sh
# OpenBLAS beside the program: where its buffers do not fit into memory the program says so at once,
# and it has the threads of --threads and no others.
. "${srcdir:-.}/tests/tap.sh"

with_lapack "OpenBLAS's memory and threads" || {
    finish
    exit 0
}

"$DETINIT" init --net 300-200-10 -q --save net.safetensors >/dev/null
"$DETINIT" --rows 300 --cols 200 --save w.npy >/dev/null

# Whether so many kB of address space are enough for the program without OpenBLAS: not where
# sanitizers or an emulator take more.
loads() { (ulimit -v "$1" && exec timeout -s KILL 60 "$DETINIT" --version) >/dev/null 2>&1; }

limits=$(for limit in 60000 75000 90112 130000 180000 230000 280000 330000 400000 1500000; do
    loads $limit && echo $limit
done)

# limited NAME ARGUMENT ...: under no limit does it hang; it does its work, or says what it lacked.
limited() {
    name=$1 done=0 short=0
    shift
    for limit in $limits; do
        (ulimit -v $limit && exec timeout -s KILL 60 "$DETINIT" "$@") >out 2>err </dev/null
        case "$? $(cat err)" in
        '0 '*) done=$((done + 1)) ;;
        '1 detinit: '*'not enough memory'*) short=$((short + 1)) ;;
        *)
            echo "under ulimit -v $limit: $*" >>err
            fail "$name" err
            return ;;
        esac
    done
    pass "$name ($done times done, $short times refused)"
}

if loads 400000; then
    limited "a matrix beside others" --rows 300 --cols 300 --orthogonal --compare-modes
    limited "its spectrum" spectrum --rows 300 --cols 300 --orthogonal --threads 1
    limited "a product's spectrum on eight threads" spectrum --rows 200 --cols 200 --factors 4 --threads 8
    limited "training" showcase --small --epochs 1
    limited "an audit" audit net.safetensors
    limited "an analysis" analyze net.safetensors
    limited "a script's picture of a spectrum" --command "rows 300; cols 300; export s.txt orthogonality 90x30"
    limited "a picture of a file's spectrum" --command "open w.npy; export s.txt orthogonality 90x30"
    limited "a script's training" --command "train small"
    # An OpenBLAS that needs a buffer to begin with is told as the program begins.
    expected="1 detinit: not enough memory for 2 threads of OpenBLAS, N MB of address space each"
    loads 90112 || expected="1 detinit: not enough memory for OpenBLAS to begin"
    (ulimit -v 90112 && exec "$DETINIT" spectrum --rows 300 --cols 300 --threads 2) >out 2>err
    same "what is missing is said" "$expected" "$? $(sed 's/[0-9]* MB/N MB/' err)"
    echo '__attribute__((constructor)) static void spin(void) { for (volatile int n = 0;; n++) {} }' >spin.c
    if "${CC:=cc}" -shared -fPIC -o spin.so spin.c 2>err; then
        (ulimit -v 1500000 && exec timeout -s KILL 60 env LD_PRELOAD=./spin.so "$DETINIT" --version) >out 2>err
        same "a library that spins as it begins is not waited for" \
            "1 detinit: not enough memory for OpenBLAS to begin" "$? $(cat err)"
    else
        skip "a library that spins as it begins" "no $CC for a shared library"
    fi
else
    skip "memory is short" "the program needs more than 400 MB of address space to begin"
fi

# most_threads ARGUMENT ...: the most threads that the program had, looked at until it ends.
most_threads() {
    "$DETINIT" "$@" >out 2>err &
    most=0
    while now=$(ls /proc/$!/task 2>/dev/null | wc -l) && kill -0 $! 2>/dev/null && [ "$now" -gt 0 ]; do
        [ "$now" -le $most ] || most=$now
    done
    wait $!
    echo $most
}

# held THREADS ARGUMENT ...: alone, no thread is started; else at most that many of the program's
# own beside as many of OpenBLAS's, which sleep while it works and have one in common with it.
held() {
    threads=$1
    shift
    most=$(most_threads "$@" --threads $threads)
    check "$1 on $threads: $most threads at most" \
        test "$most" -ge $threads -a "$most" -le $((2 * threads - 1))
}

if [ -d /proc/self/task ] && loads 400000; then
    for threads in 1 2 3; do
        held $threads spectrum --rows 700 --cols 700
        held $threads showcase --small --epochs 3
    done
else
    skip "threads are counted" "no /proc, or a program that is not alone in its process"
fi

finish
