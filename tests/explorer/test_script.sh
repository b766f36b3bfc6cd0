#!/bin/sh
# Scripts: what was asked for is done before the next command, a failure is one, a signal ends them.
. "${srcdir:-.}/tests/tap.sh"

# ends STATUS MESSAGE COMMANDS: such a script ends so, with that line on standard error.
ends() {
    "$DETINIT" --command "$3" >out 2>err
    same "$3" "$1 $2" "$? $(cat err)"
}

ends 0 "" "rows 20; cols 30; save w.npy; test-repro; train small; prune init p.safetensors"
same "its commands report in their order" "saved every trained saved" \
    "$(cut -d ' ' -f 1 out | tr '\n' ' ' | sed 's/ $//')"
check "both files are there" test -s w.npy -a -s p.safetensors

# Widths come one by one; a picture of them waits for the last, though no pane of the screen is it.
ends 0 "" "widest 256; export widths.txt widths 100x30"
check "a picture has all widths" grep -q 'after 3 steps; v or arrows' widths.txt
check "and is not drawn before" test -z "$(grep ' of 3 widths' widths.txt)"

# A script that fails is a failure, whatever its reason.
ends 1 "detinit: command:1: rows: 'abc' is not a whole number" "rows abc"
ends 1 "detinit: command:1: cannot open 'none.npy': No such file or directory" "open none.npy"
"$DETINIT" --rows 3 --seed 9 -q --save own.npy
before=$(cksum own.npy)
ends 1 "detinit: command:1: save: './own.npy' is what is read; choose another" "open own.npy; save ./own.npy"
same "which is as it was" "$before" "$(cksum own.npy)"
ends 1 "detinit: command:1: prune: there is no trained network yet: train, or open FILE" \
    "prune init never.safetensors"
"$DETINIT" --command 'seed 1
learning-rate 1e30; train small; save never.npy' >out 2>err
same "a training that diverges" 1 $?
check "is told with its line" grep -q '^detinit: command:2: the loss is no longer finite after' err
check "and is the end" test ! -e never.npy

# A signal ends the script and not only its report: the shell sees it.
stopped() {
    rm -f begun.txt
    "$DETINIT" --command "seed 7; recipe; export begun.txt; $2" >out 2>err &
    script=$!
    wait_until test -s begun.txt
    kill -TERM $script
    wait $script
    same "SIGTERM ends $1" "143 " "$? $(cat err)"
    check "what came before was told" grep -q 'detinit --seed 7' out
}
stopped "a survey" "rows 100000; cols 100000; exact on; export never.txt statistics 60x12"
stopped "a training" "epochs 1000; batch 1; learning-rate 0.001; train small"
stopped "a save" "rows 100000; cols 20000; save never.npy"
same "nothing is left of them" "" "$(find . -name '*never*')"
finish
