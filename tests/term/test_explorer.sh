#!/bin/sh
# The explorer on a terminal, end to end: tmux types keys and reads the screen.
. "${srcdir:-.}/tests/tap.sh"

if ! command -v tmux >/dev/null; then
    skip "the explorer in a terminal" "no tmux"
    finish
    exit
fi
needs bash stty
export XDG_STATE_HOME="$scratch/state" XDG_DATA_HOME="$scratch/data" HISTFILE=/dev/null
socket=
servers=0
mux() { tmux -L "$socket" -f /dev/null "$@"; }
trap 'mux kill-server 2>/dev/null; chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT

screen() { mux capture-pane -p -t t; }
on_screen() { screen | grep -qe "$1"; }
not_on_screen() { ! on_screen "$1"; }

# A server of its own for each terminal: one that is still ending takes no new session.
new_server() {
    mux kill-server 2>/dev/null
    servers=$((servers + 1))
    socket=detinit-$$-$servers
}

# new_session WIDTHxHEIGHT COMMAND: without a terminal no case can pass, and each would wait for it.
new_session() {
    new_server
    mux new-session -d -s t -x "${1%x*}" -y "${1#*x}" "$2" 2>session.log && return
    fail "tmux opens a terminal" session.log
    finish
    exit 1
}

# open WIDTHxHEIGHT COMMAND: a terminal that runs the command, then says how it ended.
open() {
    new_session "$1" "$2; echo ended with \$?; exec cat"
}

type_keys() { mux send-keys -t t "$@"; }

# shows NAME PATTERN KEY ...: after the keys the pattern comes onto the screen.
shows() {
    name=$1
    pattern=$2
    shift 2
    [ $# -eq 0 ] || type_keys "$@"
    if wait_until on_screen "$pattern"; then
        pass "$name"
    else
        { echo "expected: $pattern"; screen; } >screen.log 2>&1
        fail "$name" screen.log
    fi
}

# Runs the explorer and leaves its process id, which is the same where another program runs it.
cat >explore <<EOF
#!/bin/sh
echo \$\$ >explorer.id
exec "$DETINIT" "\$@" -i
EOF
chmod +x explore
explorer() { cat explorer.id; }

# Takes the terminal through all sizes, down to one cell and back.
resize() {
    for size in 40x12 20x5 3x3 2x2 1x1 10x1 1x10 200x60 120x40 80x24; do
        mux resize-window -t t -x "${size%x*}" -y "${size#*x}"
        screen >/dev/null
        kill -0 "$(explorer)" || return
    done
}

open 80x24 "./explore --rows 10 --cols 20"
shows "the first screen" '2 Statistics'
shows "the recipe in the header" '^ \$ detinit --seed 42 --rows 10 --cols 20 --mode he$'
shows "results come by themselves" 'p = 0\.839'
shows "modes come by themselves" 'xavier .* gone'

# Every key of the table.
shows "+" 'seed 43 ' +
shows "-" 'seed 42 ' -
shows "=" 'seed 43 ' =
shows "u" 'seed 42 ' u
shows "u tells what it took back" '^ undone: seed 43 -> 42'
shows "Ctrl-R" 'seed 43 ' C-r
shows "Ctrl-R tells what it made anew" '^ redone: seed 42 -> 43'
shows "u again" 'seed 42 ' u
shows "]" 'layer 1 ' ]
shows "[" 'detinit --seed 42 --rows' [
shows "m" 'mode xavier' m
shows "M" 'mode he' M
shows "d" 'dist normal' d
shows "d again" 'dist uniform' d
shows "undo both" 'mode he$' u u
shows "f" 'fan-in rows' f
shows "f again" 'mode he$' f
shows "o" 'orthogonal$' o
shows "o again" 'mode he$' o
shows "v: heat map" '+2 +1 +1  0' v
shows "v: from afar" '0\.95  a weight' v
shows "v: extremes" '0\.95  extreme of 1' v
shows "v: numbers" '0\.679' v
shows "l j move the cursor" 'row 1, column 1\|at 1,1' l j 6
shows "k h" 'row 0, column 0\|at 0,0' k h
shows "arrows" 'row 1, column 1\|at 1,1' Down Right
shows "End" 'column 19\|at 1,19' End
shows "Home" 'column 0\|at 1,0' Home
shows "G" 'row 9\|at 9,0' G
shows "g" 'row 0\|at 0,0' g
shows "PgDn" 'row 9\|at 9,0' PPage NPage
shows "PgUp" 'row 0\|at 0,0' PPage
shows "1 and Enter zoom" ' 0\.6794' 1 Enter
shows "z goes back" '4 Modes' z
shows "2" '2 Statistics' 2 z
shows "Tab" '3 Histogram' Tab
shows "Tab again" 'ReLU drops half' Tab
shows "Shift-Tab" '3 Histogram' BTab
shows "v: log scale" 'log scale' v
shows "v: Q-Q" 'Q-Q' v
if with_lapack "5"; then
    shows "5" 'better conditioned' 5
else
    shows "5 says that it is left out" '^ *│* *singular values are not built in: configured' 5
fi
shows "6" 'h = hash64' 6
shows "Esc closes the zoom" '4 Modes\|3 Histogram' Escape
shows "Esc never leaves" '2 Statistics' Escape Escape Escape
shows "4 and v: tanh" '50 tanh' 4 v
shows "r" 'every bit the same in' r
shows "y" '^ detinit --seed 42 --rows 10 --cols 20 --mode he' y
shows "?" 'on its way through fifty\|fifty layers of 256 units' ?
shows "PgDn scrolls the help" 'go to a pane' NPage
shows "/ searches the help" '[0-9] of [1-9]' / l a y e r Enter
shows "n goes to the next place" '1 of 2' / e d g e Space o f Space c h a o s Enter n
shows "Esc closes the search" 'arrows PgUp PgDn scroll' Escape
shows "q closes the help" '2 Statistics' q
shows "F1" 'fifty layers of 256 units' F1
shows "q again" '2 Statistics' q
shows "Ctrl-L redraws" '2 Statistics' C-l
shows "Ctrl-C with nothing to stop" 'nothing to stop' C-c

# The mouse, as tmux's terminals send it: Esc [ M, the button (0 first, 3 none any more, 64 wheel
# up, 65 down), column and row from 1, each 32 more.
mouse() {
    type_keys -l "$(printf "$(printf '\\033[M\\%03o\\%03o\\%03o' $(($1 + 32)) $(($2 + 32)) $(($3 + 32)))")"
}
click() {
    mouse 0 "$1" "$2"
    mouse 3 "$1" "$2"
}
click 60 16
shows "a click on a pane moves to it" '^ \$ detinit --seed 42 .* --compare-modes$'
click 22 5
shows "a click on a weight moves to its pane" '^ \$ detinit --seed 42 --rows 10 --cols 20 --mode he$'
shows "and puts the cursor there" '^ \$ detinit weight .* --at 1,2$' 6
mouse 65 22 5
shows "the wheel scrolls" 'weight .* --at 4,2$'
mouse 64 22 5
shows "both ways" 'weight .* --at 1,2$'
shows "back to the matrix" 'mode he$' g 1
mouse 65 60 18
click 60 16
shows "the wheel moves the pane that it is over" '^│.*│>xavier'
shows "Enter chooses the mode there" 'mode xavier' Enter
click 60 17
shows "and so does a click" 'mode he '
shows "Enter zooms where that is the mode" 'tanh keeps small signals' Enter
shows "and back" '2 Statistics' Enter
shows "to the matrix" 'mode he$' 1

# Words of the last line are keys: the column of each is looked for.
# The line may still change: what is figured out beside brings keys of its own.
click_word() {
    line=
    while [ "$line" != "$(screen | tail -1)" ]; do
        line=$(screen | tail -1)
        sleep 0.3
    done
    before=$(printf '%s\n' "$line" | sed "s|$1.*||")
    click $((${#before} + 1)) 24
}
wait_until on_screen ' L lessons '
click_word 'L lessons'
shows "a click on L lessons is L" 'Why He goes with ReLU'
shows "a mode" 'mode xavier' q m
click_word '/- seed'
shows "on the sign + it is +" 'seed 43 '
click_word '- seed'
shows "on the sign - it is -" 'seed 42 '
click_word 'zoom'
shows "on a word its key" 'Enter back'
click_word 'back'
shows "zoomed it is back" 'Enter zoom .*: command'
click_word ': command'
shows "the prompt opens" '^: *$'
shows "and closes" 'mode xavier' C-c
shows "as it was" 'mode he$' M

# The prompt.
shows "a command" 'seed 7 ' : "seed 7" Enter
shows "completion" 'mode lecun' : "mode lec" Tab Enter
shows "Tab Tab lists the candidates" 'xavier_normal  *xavier_uniform' : "mode xav" Tab Tab
shows "Tab takes the first" '^:mode xavier *$' Tab
shows "and the next" '^:mode xavier_normal *$' Tab
type_keys Escape
check "Esc closes the menu" wait_until not_on_screen 'xavier_normal  *xavier_uniform'
shows "but not the line" '^:mode xavier_normal *$'
shows "which is gone on with" '^:mode he_ *$' C-w "he_"
type_keys Tab Tab
shows "Tab Tab again" 'he_normal  *he_uniform'
shows "typing closes it" '^:mode he_n *$' n
check "and nothing is left of it" not_on_screen 'he_normal  *he_uniform'
shows "too many are counted" '\.\.\. and [0-9]* more' C-u Tab Tab
type_keys C-c
wait_until not_on_screen '^:'
shows "history" 'seed 8 ' : "seed 8" Enter
shows "history, back" 'seed 7 ' : C-p C-p C-p Enter
if [ "${PROMPT:-readline}" = readline ]; then
    shows "Ctrl-R searches the history" "i-search)\`seed 7': seed 7 *\$" : C-r "seed 7"
    shows "an arrow ends the search" '^:seed 7 *$' Left
    shows "and is not typed" '^:Xseed 7 *$' Left X
    shows "Ctrl-X after a search is harmless" '^: *$' C-c : C-r C-x 2 C-c :
    type_keys C-c
fi
shows "editing" 'seed 79 ' : "seed 9" C-a M-f C-f 7 Enter
shows "a wrong value" "rows: 'abc' is not a whole number" : "rows abc" Enter
shows "a long message takes more lines" '^ (glorot), lecun, torch, normal, constant, identity (eye), dirac or' : "mode hee" Enter
shows "an unknown command" 'no such command, did you mean seed' : "sead 1" Enter
shows "UTF-8 is typed" '^:help é€' : "help é€"
shows "and deleted by characters" '^:help é *$' BSpace
shows "Ctrl-C gives the prompt up" '2 Statistics' C-c
wait_until not_on_screen '^:'
shows "several commands" 'rows 12 --cols 13 --mode he' : "rows 12; cols 13; mode he; seed 42" Enter
shows "w fills the prompt in" '^:save weights.npy' w
shows "a save" 'saved weights.npy (1,376 bytes)' Enter
python=$(python_with numpy)
if [ -n "$python" ]; then
    check "NumPy loads what was saved" "$python" -c '
import numpy
w = numpy.load("weights.npy")
assert w.shape == (12, 13) and abs(w.std() - 0.4) < 0.1'
else
    skip "NumPy loads what was saved" "no python3 with numpy"
fi
shows "an export" 'drew screen.svg' : "export screen.svg" Enter
check "the picture is there" grep -q '<svg' screen.svg
shows "quit" 'ended with 0' q
check "history is kept" grep -q 'seed 79\|seed 9' "$XDG_STATE_HOME/detinit/history"

# The last session's recipe.
last="$XDG_STATE_HOME/detinit/recipe"
same "the recipe is kept" "detinit --seed 42 --rows 12 --cols 13 --mode he" "$(cat "$last")"
open 80x24 "$DETINIT --resume"
shows "and taken up again" '^ \$ detinit --seed 42 --rows 12 --cols 13 --mode he$'
shows "with others" 'layer_id\|ended with 0' : "seed 7; mode xavier_uniform; gain 2; shape 3,4,5,5" Enter q
same "as all of it is kept" \
    "detinit --seed 7 --shape 3,4,5,5 --mode xavier --dist uniform --gain 2" "$(cat "$last")"
open 80x24 "$DETINIT --resume"
shows "and taken up" '^ \$ detinit --seed 7 --shape 3,4,5,5 --mode xavier --dist uniform --gain 2$'
shows "until it is left" 'ended with 0' q
for broken in 'detinit --seed x' 'detinit --seed 4' 'detinit --save w.npy' 'rm -rf x' ''; do
    printf '%s' "$broken" >"$last"
    [ "$broken" = 'detinit --seed 4' ] || echo >>"$last"
    open 80x24 "$DETINIT --resume"
    shows "a broken recipe is told: $broken" '^ resume: .*'
    shows "and the defaults are there: $broken" '^ \$ detinit --seed 42 --rows 10 --cols 20 --mode he$'
    shows "it is left: $broken" 'ended with 0' q
done
rm "$last"
open 80x24 "$DETINIT --resume"
shows "without a last session" '^ resume: no session was kept yet; these are the defaults'
shows "it is left, too" 'ended with 0' q
for kept in history recipe; do
    rm -f "$XDG_STATE_HOME/detinit/$kept"
    mkfifo "$XDG_STATE_HOME/detinit/$kept"
done
open 80x24 "$DETINIT --resume"
shows "a pipe is no last session" '^ resume: no session was kept yet; these are the defaults'
shows "and no history to wait for" '^ \$ detinit --seed 77 ' : "seed 77" Enter
shows "nor to write into" 'ended with 0' q
rm "$XDG_STATE_HOME/detinit/history" "$XDG_STATE_HOME/detinit/recipe"
open 80x24 "$DETINIT"
shows "the first matrix is not square" '^ \$ detinit --seed 42 --rows 10 --cols 20 --mode he$'
shows "it is left as well" 'ended with 0' q
open 80x24 "$DETINIT -i --rows 30"
shows "a side that is asked for is all that is" '^ \$ detinit --seed 42 --rows 30 --cols 10 --mode he$'
shows "it is left at last" 'ended with 0' q

# All sizes while work is under way.
open 80x24 "./explore --rows 2500 --cols 2500"
if with_lapack "work under way"; then
    shows "work under way" 'finding singular values' 5
    check "it lives through all sizes" resize
    shows "still there after all sizes" 'detinit spectrum --seed 42 --rows 2500'
    shows "keys are answered meanwhile" 'seed 43' +
    shows "an export waits for the work" 'export: waits until all of it is computed' : "export work.txt" Enter
    shows "Ctrl-C stops the work" 'stopped' C-c
    check "and what waited for it" test ! -e work.txt
fi
shows "and q leaves" 'ended with 0' q

# Saves beside the interface.
open 80x24 "./explore --rows 100000 --cols 20000"
shows "a long save shows its progress" 'saving .*%' : "save long.npy" Enter
shows "a key in the middle of it" 'seed 43' +
shows "Ctrl-C stops it" 'stopped' C-c
wait_until test -z "$(find . -name '*long*')"
same "nothing is left of it" "" "$(find . -name '*long*')"
shows "the explorer leaves" 'ended with 0' q

# Training beside the interface.
train_there() {
    open 80x24 "./explore --rows 10 --cols 20"
    shows "7 invites to train" 'Nothing is trained yet' 7
    shows "t trains the small network" 'trained 100-50-20-5 on made data' t
    shows "and pruned three ways" 'smallest |w| to zero *[0-9][0-9]\.' z
    shows "> raises the threshold" 'w0| > 0\.00928' '>'
    shows "< lowers it" 'w0| > 0\.00781' '<'
    shows ". and ," 'w0| > 0\.00928' . , .
    shows "accuracies follow" 'smallest |w| to zero *[0-9][0-9]\.'
    shows "} shows the next tensor" 'fc2  20 x 50' }
    shows "{ the one before" 'fc1  50 x 100' {
    shows "v shows single weights" '50 x 100  single weights' v
    shows "arrows" 'at 1,1: ' Down Right
    shows "G End" 'at 49,99: ' G End
    shows "a threshold is typed" 'w0| > 0\.02 ' : "threshold 0.02" Enter
    shows "a share is typed" '60\.0 % asleep' : "sparsity 0.6" Enter
    shows "a wrong one is refused" "sparsity: '2' " : "sparsity 2" Enter
    shows "p fills the prompt in" '^:prune init pruned.safetensors' p
    shows "pruned" 'saved pruned.safetensors (.*60\.0 % of the weights went back' Enter
    shows "P fills the prompt in" '^:pack packed.safetensors' P
    shows "packed" 'saved packed.safetensors (' Enter
    check "both files are there" test -s pruned.safetensors -a -s packed.safetensors
    shows "O fills the prompt in" '^:open' O
    shows "a file is opened" 'opened pruned.safetensors: [0-9]* tensors' "pruned.safetensors" Enter
    shows "its sleepers did not move" '60\.0 % did not move at all' : "pane training; threshold 0" Enter
    shows "a file that is none" "cannot open 'none'" : "open none" Enter
    shows "leaves what was shown" '60\.0 % did not move at all' : "pane training" Enter
    shows "q closes the pane" '2 Statistics' q
    shows "and leaves" 'ended with 0' q

    open 80x24 "./explore --rows 10 --cols 20"
    wait_until on_screen '2 Statistics'
    shows "a long training shows its progress" 'training [0-9]* %' : "batch 1; learning-rate 0.001; epochs 1000; train small" Enter
    check "it lives through all sizes" resize
    shows "it goes on in all sizes" 'training [1-9][0-9]* %'
    shows "keys are answered meanwhile" 'seed 43' + 1
    shows "the header names the training" 'detinit showcase --seed 42' 7
    shows "Ctrl-C stops the training" 'stopped' C-c
    shows "what it came to is measured" 'back [0-9][0-9]\.' :  "threshold 0.01" Enter
    shows "zoomed, its map has a cursor" 'at 0,0: |w - w0| = ' Enter
    click 60 10
    shows "a click on the map moves it" 'at [1-9][0-9]*,[1-9][0-9]*: |w - w0| = '
    shows "back" '2 Statistics' Enter
    shows "another is begun" 'training [0-9]* %' : "train small" Enter
    shows "and left in the middle" 'ended with 0' : "quit" Enter
}
if with_lapack "training"; then
    train_there
else
    open 80x24 "./explore --rows 10 --cols 20"
    shows "7 invites to train" 'Nothing is trained yet' 7
    shows "training is refused" 'training is not built in: configured' : "train small" Enter
    shows "until it is left" 'ended with 0' q
fi

# Schemes in a race.
open 80x24 "./explore --rows 10 --cols 20"
wait_until on_screen '2 Statistics'
shows "C begins a race" 'he .* learns' C
shows "its end is told" 'as theory says: he and orthogonal learn' z
shows "with the command that prints it" '^ \$ detinit race --seed 42'
shows "v shows another chart first" '% right' v
shows "keys are answered while another runs" 'next: layer\|layer_id\|seed 43' + C 1
check "it lives through all sizes" resize
shows "and leaves" 'ended with 0' : "quit" Enter

# Lessons.
open 80x24 "./explore --rows 10 --cols 20 --seed 7"
wait_until on_screen '2 Statistics'
shows "L lists the lessons" '> 1 relu ' L
shows "Down goes on" '> 2 tanh ' Down
shows "Esc closes the list" 'p = ' Escape
wait_until not_on_screen 'Lessons'
shows "a number begins a lesson" 'How a weight is made  1 of ' L 4
shows "with its own recipe" '^ \$ detinit --seed 42 --rows 10 --cols 20'
shows "Space goes on" '2 of 8' Space
shows "Right goes on" '3 of 8.*' Right
shows "a question is asked" 'a none of them'
shows "a wrong answer" 'No, b: ' a
shows "the right one" 'Yes, b: ' b
shows "Left goes back" '2 of 8' Left
shows "Backspace, too" '1 of 8' BSpace
shows "Enter goes on" '2 of 8' Enter
shows "other keys go on working" 'seed 43' +
shows "the next step sets it anew" 'seed 42 .*--at 2,14' Space
shows "an answer" 'Yes, b: ' b
shows "help lies over it" 'hashed into a key' ?
shows "and is closed" '3 of 8' q
check "it lives through all sizes" resize
shows "q goes back to where the user was" 'back where you were before the lesson' q
shows "to his recipe" '^ \$ detinit --seed 7 --rows 10 --cols 20'
shows "and his panes" '4 Modes'
shows "learn begins one at the prompt" 'The same bits everywhere  1 of' : "learn bits" Enter
shows "which proves" 'every bit the same in'
shows "a wrong name is refused" "'bites' is no lesson; there are relu, tanh" : "learn bites" Enter
shows "Esc leaves it, not the program" '^ \$ detinit --seed 7 ' Escape Escape Escape
shows "and q leaves" 'ended with 0' q
open 120x40 "$DETINIT learn tanh"
shows "the command line begins a lesson" 'tanh and the edge of chaos  1 of'
shows "and leaves" 'ended with 0' q q
open 80x24 "$DETINIT learn"
shows "or lists them" '> 1 relu '
shows "and Enter begins" 'Why He goes with ReLU  1 of' Enter
shows "and leaves" 'ended with 0' q q

# Ctrl-Z and fg, in a shell.
new_session 80x24 "PS1='shell> ' bash --norc --noprofile -i"
shows "a shell" 'shell>'
shows "the explorer from a shell" '2 Statistics' "./explore --rows 10 --cols 20" Enter
shows "Ctrl-Z goes back to the shell" 'Stopped' C-z
shows "fg comes back" '2 Statistics' "fg" Enter
shows "keys work again" 'seed 43' +
kill -TSTP "$(explorer)"
shows "SIGTSTP from outside stops it, too" 'Stopped.*$' ''
wait_until not_on_screen '2 Statistics'
shows "and it comes back" '2 Statistics' "fg" Enter
shows "q leaves to the shell" 'shell> *$' q

# Signals: the terminal is left as it was.
for signal in TERM HUP INT QUIT USR1 SEGV; do
    if [ $signal = SEGV ] && [ -n "${UNDER_VALGRIND:-}" ]; then
        skip "SIGSEGV from outside" "valgrind takes it for a crash of its own"
        continue
    fi
    case $signal in
    TERM) status=143 ;; HUP) status=129 ;; INT) status=130 ;; QUIT) status=131 ;; USR1) status=138 ;;
    *) status=139 ;;
    esac
    open 80x24 "stty -a >before; ./explore --rows 10 --cols 20; code=\$?; stty -a >after; (exit \$code)"
    wait_until on_screen '2 Statistics'
    kill -$signal "$(explorer)"
    shows "SIG$signal ends it" "ended with $status"
    check "SIG$signal leaves the terminal as it was" cmp before after
done

open 80x24 "./explore --rows 10 --cols 20"
wait_until on_screen '2 Statistics'
gone=$(explorer)
mux kill-server
check "a closed terminal ends it" wait_until eval "! kill -0 $gone"

# Terminals that will not do.
refused() {
    open 80x24 "TERM=$1 $DETINIT -i"
    shows "TERM=$1 is refused" "$2"
    shows "TERM=$1 fails" 'ended with 1'
}
# The terminal tells its size, whatever the environment says of it.
open 80x24 "LINES=99999 COLUMNS=99999 $DETINIT -i"
shows "LINES and COLUMNS may be any" '1 Matrix'
shows "and the explorer ends" 'ended with 0' q

refused dumb 'detinit: the terminal type TERM=dumb cannot move its cursor'
refused unknown-terminal 'detinit: the terminal type TERM=unknown-terminal is unknown here'
"$DETINIT" -i </dev/null >out 2>err
same "no terminal at all fails" 1 $?
same "no terminal at all is named" \
    "detinit: the explorer needs a terminal on standard input and output" "$(cat err)"
same "no terminal, no output" "" "$(cat out)"

# Without colours the screen reads the same.
open 80x24 "NO_COLOR=1 ./explore --rows 10 --cols 20 --ascii"
shows "ASCII without colours" '+- 2 Statistics ---'
shows "leaves" 'ended with 0' q

finish
