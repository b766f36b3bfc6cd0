#!/bin/sh
# What make coverage says of counts that are known: a gcov that knows three lines.
. "${srcdir:-.}/tests/tap.sh"

if ! "$PYTHON3" -c '' 2>/dev/null; then
    skip "the report of make coverage" "there is no python3"
    finish
    exit
fi
report=$sources/tests/coverage/report.py
mkdir -p build/src/room tree/src/room
touch build/src/room/a.gcno build/src/room/b.gcno
printf 'int f(int x)\n{\nif (x && y)\nreturn 1;\n}\n' >tree/src/room/a.c

# counts OBJECT CONDITION RETURN: an object in which lines 3 and 4 ran so often.
counts() {
    printf '{"current_working_directory": "%s/build", "files": [{"file": "../tree/src/room/a.c", "lines": [' "$PWD"
    printf '{"line_number": 3, "function_name": "f", "count": %d, "branches": [' "$2"
    printf '{"count": %d, "throw": false}, {"count": 0, "throw": false}]},' "$2"
    printf '{"line_number": 4, "function_name": "f", "count": %d, "branches": []}]}]}\n' "$3"
}
# gcov_of A B: a gcov that tells one line of JSON of each of its objects.
gcov_of() {
    printf '%s\n' "$1" >a.json
    printf '%s\n' "$2" >b.json
    cat >gcov <<END
#!/bin/sh
for object; do case \$object in */[ab].gcno) object=\${object##*/}; cat "$PWD/\${object%.gcno}.json" ;; esac; done
END
    chmod +x gcov
}
# told STATUS TEXT ROW ...: the report ends so and has this line, with these rows as its list.
told() {
    expected=$1 text=$2
    shift 2
    printf '%b\n' "$@" >rows
    status=0
    "$PYTHON3" "$report" "$PWD/gcov" build tree rows >out 2>err || status=$?
    if [ $status -eq "$expected" ] && cat out err | grep -qF "$text"; then
        pass "$text"
    else
        fail "$text, status $status" out err
    fi
}

gcov_of "$(counts a 5 0)" "$(counts b 1 0)"
told 1 "src/room/a.c:4: f: never ran: return 1;" "# none"
told 1 "src/room/a.c:3: f: 1 of 2 arms: if (x && y)" "# none"
told 1 "without a reason: 1 lines, 1 branches" "# none"
told 1 "fewer than 95.0 % of branches were taken" 'src/room/a.c\tf\ta reason'
told 1 "without a reason: 0 lines, 0 branches; with one: 2 lines" 'src/room/a.c\tf\ta reason'
told 1 "without a reason: 0 lines, 1 branches; with one: 1 lines" 'src/*/a.c\t"return 1"\ta reason'
told 1 "no longer an exception: src/room/b.c" 'src/room/b.c\tf\ta reason'
told 1 "a row is a file, a function or" "two\tcolumns"
told 1 "build counts lines: configure it with --enable-coverage" 'src/room/*.gcno\t""\tnone is looked at'
same "a row of some machines may name nothing" "" "$(printf '?src/room/b.c\tf\ta reason\n' >rows
    "$PYTHON3" "$report" "$PWD/gcov" build tree rows | grep 'no longer')"

# What ran in any of its builds did run.
gcov_of "$(counts a 5 0)" "$(counts b 1 2)"
told 1 "all of src/            2/2 100.00%            1/2  50.00%" "# none"
printf '#!/bin/sh\necho "a.gcda:stamp mismatch with notes file" >&2\nexit 5\n' >gcov
told 1 "says: a.gcda:stamp mismatch with notes file" "# none"

# Without gcov one line says so.
mkdir elsewhere
(cd elsewhere && GCOV=no-such-gcov sh "$sources/tests/coverage/coverage.sh" 2>../err)
same "a machine without gcov is told so" "coverage: no no-such-gcov here: install gcc, or name its gcov by GCOV=" "$(cat err)"
finish
