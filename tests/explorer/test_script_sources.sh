#!/bin/sh
# Where scripts come from, and what is no script: each ends, and none that was not run succeeds.
. "${srcdir:-.}/tests/tap.sh"

# refused NAME SENTENCE ARGUMENT ...: a status other than 0, and the one line.
refused() {
    name=$1 expected="detinit: $2"
    shift 2
    timeout 10 "$DETINIT" "$@" >out 2>err </dev/null
    status=$?
    [ $status -eq 1 ] || echo "status $status" >>err
    same "$name" "$expected" "$(cat err)"
}
refused "a folder" "--script: cannot read '.': Is a directory" --script .
refused "a file that is not there" "--script: cannot read 'absent': No such file or directory" \
    --script absent
printf 'seed 7\nseed 8\000seed 9\n' >nul
refused "a NUL" "nul:2: the line holds a NUL; a script is text" --script nul
{ echo 'seed 7'; head -c 70000 /dev/zero | tr '\0' x; echo; } >long
refused "a line of any length" "long:2: the line is too long; expected fewer than 65536 bytes" \
    --script long
printf 'seed 7\nsede 8\n' >wrong
timeout 10 "$DETINIT" --script wrong >out 2>err
check "a wrong line is told by its number" grep -q '^detinit: wrong:2: ' err
echo 'export /nowhere/x.txt' >bad_export
timeout 10 "$DETINIT" --script bad_export >out 2>err
check "and so is one that cannot be carried out" grep -q '^detinit: bad_export:1: export' err

# runs NAME ARGUMENT ...: the seed is 7.
runs() {
    name=$1
    shift
    rm -f seen.txt
    timeout 10 "$DETINIT" "$@" >out 2>err
    check "$name" grep -q 'seed 7' seen.txt
}
printf '\357\273\277seed 7\r\nexport seen.txt' >marked
runs "a byte order mark, CRLF, no newline at the end" --script marked
printf 'seed 7\nexport seen.txt\n' >plain
runs "standard input" --script - <plain
runs "a text" --command 'seed 7
export seen.txt'
mkfifo pipe
cat plain >pipe &
runs "a pipe" --script pipe
wait

# A signal ends the waiting for a pipe: before anybody writes, and between two lines.
for how in nobody somebody; do
    "$DETINIT" --script pipe >out 2>err &
    waiting=$!
    if [ $how = somebody ]; then
        exec 3>pipe
        echo 'seed 7' >&3
    fi
    sleep 0.3
    kill -TERM $waiting
    (sleep 5; kill -KILL $waiting 2>/dev/null) &
    late=$!
    wait $waiting
    same "TERM while $how writes" 143 $?
    kill $late 2>/dev/null
    exec 3>&-
done
finish
