#!/bin/sh
# detinit watch on checkpoints that another program writes: slowly, in pieces, renamed, taken away.
. "${srcdir:-.}/tests/tap.sh"

# Checkpoints of a network of two layers: at its beginning, and later.
cat >net.json <<'END'
{"seed": 3, "dtype": "float32", "tensors": [
  {"name": "fc1", "shape": [32, 16]}, {"name": "fc2", "shape": [8, 32]}]}
END
"$DETINIT" init --manifest net.json --save init.safetensors --quiet
sed 's/"seed": 3/"seed": 4/' net.json >other.json
"$DETINIT" init --manifest other.json --save later.safetensors --quiet

following=
end_following() {
    [ -z "$following" ] || kill -INT "$following" 2>/dev/null
    wait "$following"
    ended=$?
    following=
}
trap 'end_following 2>/dev/null; chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
# A shell ignores SIGINT for what runs beside it; python3 or not, env gives it back.
follow() {
    env --default-signal=INT "$DETINIT" watch "$@" --follow >out 2>err &
    following=$!
}
has_lines() { [ "$(wc -l <out)" -ge "$1" ]; }
# comes NAME LINES: so many lines are printed in time.
comes() {
    if wait_until has_lines "$2"; then
        pass "$1"
    else
        fail "$1" out err
    fi
}

mkdir run
follow run --manifest net.json --save kept.jsonl --threshold 0
cp init.safetensors run/step-0.safetensors
comes "a checkpoint that is there, below a heading" 2
head -c 1000 later.safetensors >run/step-10.safetensors
sleep 1.5
tail -c +1001 later.safetensors >>run/step-10.safetensors
comes "one that is written in pieces" 3
cp later.safetensors run/.hidden
mv run/.hidden run/step-20.safetensors
comes "one that is renamed into its place" 4
rm run/step-0.safetensors
mkdir run/tmp-checkpoint-30
cp later.safetensors run/tmp-checkpoint-30/model.safetensors
mv run/tmp-checkpoint-30 run/checkpoint-30
comes "a folder of one, while an old one is taken away" 5
end_following
same "Ctrl-C ends it" "0 " "$ended $(cat err)"
sed 's/  *$//; s/  */ /g' out | cut -d' ' -f2-7 >told
cat >expected <<'END'
step threshold awake changed of weights
0 0 0.00 % 0 of
10 0 100.00 % 768 of
20 0 100.00 % 768 of
30 0 100.00 % 768 of
END
check "a line for each step" cmp expected told
"$DETINIT" watch kept.jsonl --format csv >before
same "the lines that are kept are a history" "0 1+4x3" "$? 1+$(($(grep -c , before) / 3))x3"
rm -r run/checkpoint-30
cp later.safetensors run/step-40.safetensors
"$DETINIT" watch run --manifest net.json --save kept.jsonl --threshold 0 --format csv >after 2>err
same "watched again it goes on" "0 " "$? $(cat err)"
head -n "$(wc -l <before)" after >beginning
check "from where it was" cmp before beginning
same "with what is new" "40" "$(tail -n 1 after | cut -d, -f1)"
same "each once" 5 "$(wc -l <kept.jsonl)"

head -c 700 later.safetensors >half.safetensors
"$DETINIT" watch half.safetensors >out 2>err
same "a half one is told where nobody waits" "0 1 1" \
    "$? $(grep -c 'no line, or checkpoint, is complete yet' out) $(grep -c '^detinit: not complete, or no checkpoint: .half.safetensors' err)"

# A path that has what separates commands at a prompt.
odd='a;b #c/--save d'
mkdir -p "$odd"
cp init.safetensors "$odd/step-1.safetensors"
same "a path may have any character" "1" \
    "$("$DETINIT" watch "$odd" --format csv | tail -n 1 | cut -d, -f1)"
if command -v tmux >/dev/null; then
    export XDG_STATE_HOME="$scratch/state" XDG_DATA_HOME="$scratch/data" HISTFILE=/dev/null
    socket=detinit-watch-checkpoints-$$
    mux() { tmux -L "$socket" -f /dev/null "$@"; }
    trap 'mux kill-server 2>/dev/null; rm -rf "$scratch"' EXIT
    on_screen() { mux capture-pane -p -t t | grep -qe "$1"; }
    mux new-session -d -s t -x 100 -y 30 "'$DETINIT' watch '$odd'; exec cat" 2>session.log
    if wait_until on_screen 'step 1: 0.0 % awake of 768 weights'; then
        pass "in the explorer, too"
    else
        mux capture-pane -p -t t >screen.log
        fail "in the explorer, too" screen.log
    fi
    cp later.safetensors "$odd/step-2.safetensors"
    if wait_until on_screen 'step 2: 0.0 % awake of 768 weights'; then
        pass "which follows it"
    else
        mux capture-pane -p -t t >screen.log
        fail "which follows it" screen.log
    fi
else
    skip "in the explorer, too" "no tmux"
fi
finish
