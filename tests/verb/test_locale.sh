#!/bin/sh
# A locale with a decimal comma changes no number that is printed or read, by the program or the library.
. "${srcdir:-.}/tests/tap.sh"
built=$(dirname "$DETINIT")/tests

mkdir locales
export LOCPATH="$scratch/locales" XDG_STATE_HOME="$scratch/state"
localedef -i de_DE -f UTF-8 locales/de_DE.UTF-8 >made.log 2>&1
if [ "$(LC_ALL=de_DE.UTF-8 locale decimal_point 2>/dev/null)" != , ]; then
    skip "a decimal comma" "localedef makes no de_DE.UTF-8 here"
    finish
    exit
fi

# alike NAME ARGUMENT ...: prints the same in both locales, and succeeds.
alike() {
    name=$1
    shift
    LC_ALL=C.UTF-8 "$DETINIT" "$@" >dots 2>&1 || echo failed >>dots
    LC_ALL=de_DE.UTF-8 "$DETINIT" "$@" >commas 2>&1
    if cmp -s dots commas && ! grep -q '^failed' dots; then pass "$name"; else fail "$name" dots commas; fi
}
cat >net.json <<'JSON'
{"version": 1, "seed": 3, "tensors": [{"name": "a", "shape": [4, 6], "mode": "normal", "std": 0.125,
 "nonlinearity": "leaky_relu:0.25"}]}
JSON
for form in text json csv; do
    alike "a matrix as $form" --mode normal --std 0.5 --gain 1.5 --show-dist --compare-modes --format $form
    alike "a signal as $form" signal --width 16 --depth 3 --sigma-b 0.25 --format $form
    alike "a weight as $form" weight --at 1,2 --nonlinearity leaky_relu:0.3 --format $form
    alike "a network as $form" init --manifest net.json --save net.safetensors --format $form
    alike "an audit as $form" audit net.safetensors --format $form
    alike "an analysis as $form" analyze net.safetensors --threshold 0.001 --format $form
done
alike "the explorer" --command 'std 0.5; mode normal; export o.txt statistics 78x16; gain 1.5; save w.csv'
grep -q '0\.5' o.txt && pass "and what it draws" || fail "and what it draws" o.txt
check "a weight in CSV has a dot" grep -q '^-\{0,1\}[0-9]*\.[0-9]*,' w.csv
if [ -n "${UNDER_VALGRIND:-}${EMULATOR:-}" ]; then
    skip "the library" "the tests of it run by themselves"
else
    for test in base/test_plain file/test_csv; do
        LC_ALL=de_DE.UTF-8 CMOCKA_MESSAGE_OUTPUT=TAP TEST_DATA="$sources/tests/data" "$built/$test" >out 2>&1
        if [ $? -eq 0 ] && grep -q '^ok' out && ! grep -qi skip out; then
            pass "the library: $test"
        else
            fail "the library: $test" out
        fi
    done
fi
finish
