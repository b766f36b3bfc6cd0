#!/bin/sh
# A call of every scenario fails now and then; make check-faults fails all of them, with sanitizers.
built=$PWD
. "${srcdir:-.}/tests/tap.sh"
needs "${PYTHON3:=python3}"

"$PYTHON3" "$sources/tests/faults/faults.py" "$built/tests/faults/program" "$built/tests/faults/api" \
    "$sources/tests/data" --every 37 --jobs 2 >faults.log 2>&1
same "every 37th fault of every scenario ends as it should" 0 $?
grep -v ' 0 wrong$' faults.log | sed 's/^/# /'
finish
