#!/bin/sh
# The scripts that complete command lines: bash, asked itself; fish too, where it is installed; of
# zsh the syntax. What they offer is what the program takes.
. "${srcdir:-.}/tests/tap.sh"

for shell in bash zsh fish; do
    "$DETINIT" completion $shell >$shell.script 2>err
    same "completion $shell" "0 " "$? $(cat err)"
done
"$DETINIT" completion tcsh >out 2>err
same "an unknown shell" "2 detinit: completion: 'tcsh' is unknown; it takes bash|zsh|fish" \
    "$? $(cat err out)"
"$DETINIT" completion >out 2>err
same "no shell" "2 detinit: completion: needs a shell: detinit completion bash|zsh|fish" \
    "$? $(cat err out)"
"$DETINIT" completion bash --seed 3 >out 2>err
same "an option of others" "2 detinit: --seed: does not go with the command completion" \
    "$? $(cat err out)"

mkdir files
cd files || exit
mkdir models
modes="constant delta_orthogonal dirac glorot_normal glorot_uniform he he_normal he_uniform identity"
modes="$modes kaiming_normal kaiming_uniform lecun lecun_normal lecun_uniform normal ones orthogonal"
modes="$modes torch trunc_normal truncated_normal xavier xavier_normal xavier_uniform zeros"
touch net.npy "two words.safetensors"

# Lines sorted, as one.
joined() { sort | tr '\n' ' ' | sed 's/ $//'; }

# offers LINE EXPECTED: what the shell would put in the place of the line's last word, in any order.
offers() {
    same "$shell: $1" "$2" "$($ask "$1" | joined)"
}

# What --help says: the commands; the long options of one, of none, and the letters too.
commands() { "$DETINIT" --help | sed -n 's/^ *detinit \([a-z][a-z]*\).*/\1/p'; }
options() {
    "$DETINIT" "$@" --help | sed '/^With/,$d' | grep -oE '^  (-., )?--[a-z-]+' | sed 's/^.*--/--/'
}
letters() { "$DETINIT" "$@" --help | grep -oE '^  -., ' | tr -d ' ,'; }

# The line cut into words as bash does it, by blanks and =.
ask_bash() {
    bash --norc --noprofile -c '
        source ../bash.script
        read -r -a COMP_WORDS <<<"${1//=/ = }"
        [[ $1 != *" " && $1 != *= ]] || COMP_WORDS+=("")
        [[ $1 != *= ]] || unset "COMP_WORDS[${#COMP_WORDS[@]} - 1]"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _detinit
        printf "%s\n" "${COMPREPLY[@]}"' bash "$1"
}
ask_fish() { HOME=$scratch fish --no-config -c "source ../fish.script; complete -C '$1'" | cut -f 1; }

# What both must know.
offer_all() {
    offers "detinit --mo" "--mode"
    offers "detinit --mode " "$modes"
    offers "detinit --mode x" "xavier xavier_normal xavier_uniform"
    offers "detinit --nonlinearity s" "selu sigmoid"
    offers "detinit --fan-mode " "fan_avg fan_in fan_out"
    offers "detinit ana" "analyze"
    offers "detinit learn r" "race relu"
    offers "detinit p" "pack patch prune"
    offers "detinit analyze --th" "--threads --threshold"
    offers "detinit analyze --to" ""
    offers "detinit prune net.npy --to " "init magnitude zero"
    offers "detinit weight --save" ""
    offers "detinit analyze --threshold " "auto"
    offers "detinit analyze ne" "net.npy"
    offers "detinit mask tw" "two words.safetensors"
    offers "detinit analyze net.npy --manifest tw" "two words.safetensors"
    offers "detinit --seed " ""
    offers "detinit ne" "net.npy"
    offers "detinit ./ne" "./net.npy"
    offers "detinit net.npy --fa" "--face --fan-in --fan-mode --fans"
    offers "detinit watch ne" "net.npy"
    offers "detinit completion " "bash fish zsh"
    offers "detinit completion bash --" "--help --version"
}

shell=bash
ask=ask_bash
if command -v bash >/dev/null; then
    offer_all
    check "bash finds no fault" bash -n ../bash.script
    offers "detinit --mode=" "$modes"
    offers "detinit --mode=l" "lecun lecun_normal lecun_uniform"
    offers "detinit showcase --data " "models"
    offers "detinit completion --" "--help --version"
    offers "detinit --interactive -q -" "$({ options && letters; } | joined)"
    for command in $(commands); do
        offers "detinit $command --" "$(options "$command" | joined)"
    done
    offers "detinit " "$(commands | joined)"
else
    skip "bash completes" "no bash"
fi

shell=fish
ask=ask_fish
if command -v fish >/dev/null; then
    check "fish finds no fault" fish --no-config -n ../fish.script
    offer_all
else
    skip "fish completes" "no fish"
fi

if command -v zsh >/dev/null; then
    check "zsh finds no fault" zsh -n ../zsh.script
else
    skip "zsh finds no fault" "no zsh"
fi
check "no help has a place that was not filled" sh -c '! grep -q "@[A-Z]*@" ../*.script'
check "zsh knows whose script it is" test "$(head -n 1 ../zsh.script)" = "#compdef detinit"
for command in $(commands); do
    check "zsh and fish know $command" sh -c \
        "grep -q \"^ *'$command:\" ../zsh.script && grep -q -- '-a $command -d ' ../fish.script"
done

# The same text is what is installed.
build=$(dirname "$DETINIT")
if [ -z "${UNDER_VALGRIND:-}" ] && [ -f "$build/completion/detinit" ]; then
    check "what bash is given" cmp ../bash.script "$build/completion/detinit"
    check "what zsh is given" cmp ../zsh.script "$build/completion/_detinit"
    check "what fish is given" cmp ../fish.script "$build/completion/detinit.fish"
else
    skip "what is installed" "not built here"
fi
cd ..
finish
