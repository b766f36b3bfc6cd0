#!/bin/sh
# detinit learn without a terminal: the list of lessons, the text of one, a user's own.
. "${srcdir:-.}/tests/tap.sh"
export XDG_DATA_HOME="$scratch/data"

"$DETINIT" learn >out 2>err
same "learn lists the lessons" "0 " "$? $(cat err)"
same "relu comes first" "relu         Why He goes with ReLU" "$(head -n 1 out)"
for name in $(sed '/^$/,$d; s/ .*//' out); do
    "$DETINIT" learn "$name" --format text >"$name.txt" 2>err
    same "the text of $name" "0 " "$? $(cat err)"
    same "$name begins with its title" "$(grep "^$name " out | sed 's/  */: /')" \
        "$(head -n 1 "$name.txt")"
    check "no line of $name is wider than 80 columns" test "$(wc -L <"$name.txt")" -le 80
done
check "a step, its commands and its question" grep -q '^  ? ' relu.txt
check "the answer comes last" grep -q '^  b! ' relu.txt

# wrong NAME STATUS SENTENCE ARGUMENT ...
wrong() {
    name=$1 expected="$2 detinit: $3"
    shift 3
    "$DETINIT" learn "$@" >out 2>err
    same "$name" "$expected" "$? $(cat err out)"
}
names=$("$DETINIT" learn --quiet | sed 's/ .*//' | tr '\n' ' ' | sed 's/ $//; s/ /, /g')
wrong "a name that no lesson has" 2 "learn: 'rely' is no lesson; there are $names" rely
wrong "more than one name" 2 "'tanh' is a word too many; options begin with --" relu tanh
wrong "a format that it has not" 2 "--format: learn prints text" --format json
wrong "an option of others" 2 "--seed: does not go with the command learn" --seed 7

mkdir -p data/detinit/lessons
printf 'title: Mine\nsay: Look.\ndo: seed 7\n' >data/detinit/lessons/mine.lesson
same "a user's lesson is listed" "mine         Mine" "$("$DETINIT" learn | grep '^mine')"
same "and told" "mine: Mine" "$("$DETINIT" learn mine | head -n 1)"
same "by its path, too" "mine: Mine" "$("$DETINIT" learn data/detinit/lessons/mine.lesson | head -n 1)"
printf 'title: Mine\nsay: Look.\nsees: x\n' >wrong.lesson
wrong "a wrong line is named" 1 \
    "./wrong.lesson:3: 'sees: x' is unknown; expected say, do, see, ask, a, b, c, right or why, and a colon" \
    ./wrong.lesson
cp wrong.lesson data/detinit/lessons
same "and so it is in the list" "wrong        $scratch/data/detinit/lessons/wrong.lesson:3: 'sees: x' \
is unknown; expected say, do, see, ask, a, b, c, right or why, and a colon" "$("$DETINIT" learn | grep '^wrong')"

# In a script lessons run as in the explorer, so that their screens can be exported.
"$DETINIT" --command 'learn relu; lesson next; lesson b; export step.txt 80x24; lesson leave' >out 2>err
same "a script goes through a lesson" "0 " "$? $(cat err)"
check "its box is in the picture" grep -q '2 of ' step.txt
check "with the answer" grep -q 'Yes, b: 0.71' step.txt
finish
