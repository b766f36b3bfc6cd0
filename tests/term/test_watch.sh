#!/bin/sh
# detinit watch on a terminal: another program writes lines, and the screen follows.
. "${srcdir:-.}/tests/tap.sh"

if ! command -v tmux >/dev/null; then
    skip "a file is watched in a terminal" "no tmux"
    finish
    exit
fi
export XDG_STATE_HOME="$scratch/state" XDG_DATA_HOME="$scratch/data" HISTFILE=/dev/null
socket=detinit-watch-$$
mux() { tmux -L "$socket" -f /dev/null "$@"; }
trap 'mux kill-server 2>/dev/null; rm -rf "$scratch"' EXIT

screen() { mux capture-pane -p -t t; }
on_screen() { screen | grep -qe "$1"; }
type_keys() { mux send-keys -t t "$@"; }

# shows NAME PATTERN: it comes onto the screen.
shows() {
    if wait_until on_screen "$2"; then
        pass "$1"
    else
        { echo "expected: $2"; screen; } >screen.log 2>&1
        fail "$1" screen.log
    fi
}

# write_step STEP CHANGED: of 1000 weights of one tensor.
write_step() {
    printf '{"step": %d, "threshold": 0.001, "weights": 1000, "changed": %d, "awake": 0.%03d, "tensors": {' "$@" "$2"
    printf '"fc.weight": {"awake": 0.%03d, "changed": %d, "mean_delta": 0.25}}}\n' "$2" "$2"
}

if ! mux new-session -d -s t -x 80 -y 24 \
    "'$DETINIT' watch run.jsonl; echo ended with \$?; exec cat" 2>session.log; then
    fail "tmux opens a terminal" session.log
    finish
    exit 1
fi
shows "a file that is not there is waited for" 'waiting for run.jsonl'
shows "in a pane that is alone" '11 Watch  run.jsonl ─────────────'
: >run.jsonl
shows "an empty one, too" 'waiting for the first line, or checkpoint, of run.jsonl'
write_step 0 0 >>run.jsonl
shows "its first line is drawn" 'step 0: 0.0 % awake of 1,000 weights'
write_step 100 125 >>run.jsonl
shows "the next one follows" 'step 100: 12.5 % awake of 1,000 weights'
shows "with the figures of its tensor" 'fc.weight  *1,000  *12.5 %  *2.50e-01'
write_step 200 250 | tr -d '\n' >>run.jsonl
printf '\nwrong\n' >>run.jsonl
shows "a wrong line is told" "'run.jsonl': line 4: not JSON: .*skipped"
shows "and those before it are drawn" 'step 200: 25.0 %'
write_step 300 300 >>run.jsonl
shows "as those behind it" 'step 300: 30.0 %'
type_keys v
shows "v shows another chart" 'mean |w - w0|'
shows "steps a second are told" 'steps/s'
write_step 7 70 >run.jsonl
shows "a file begun anew is shown anew" 'step 7: 7.0 %'
write_step 8 80 >other.jsonl
mv other.jsonl run.jsonl
shows "one in its place, too" 'step 8: 8.0 %'
type_keys : "watch off" Enter
shows "watch off ends it" ':watch PATH follows'
type_keys : "watch run.jsonl" Enter
shows "watch begins it" 'step 8: 8.0 %'
type_keys : "quit" Enter
shows "and the explorer ends" 'ended with 0'
finish
