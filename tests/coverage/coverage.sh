#!/bin/sh
# coverage.sh TEST ...: builds what counts lines in coverage/build, out of the sources in coverage/sources
# that `make distdir` left there, runs the tests, and tells what of src/ they run and what they do not.
# Counts of earlier runs are dropped, but with KEEP=yes, which adds to them: KEEP=yes TESTS=tests/file/test_csv.
# A test that fails does not hide the numbers; the status tells of it, though.
# The makefile sets MAKE, CC, GCOV, PYTHON3 and srcdir.
set -u
here=$(cd "$(dirname "$0")" && pwd)
jobs=$(getconf _NPROCESSORS_ONLN)

give_up() {
    echo "coverage: $1" >&2
    exit 1
}
command -v "$GCOV" >/dev/null || give_up "no $GCOV here: install gcc, or name its gcov by GCOV="
"$GCOV" --help | grep -q -e --json-format || give_up "$GCOV writes no JSON: gcc's does since 9"

# Left out is what counts nothing here: what builds the library or the package again, elsewhere, with flags of its
# own, and what looks at texts alone.
# What happens where allocations and system calls fail counts, too: more of them than test_faults.sh takes, but not
# in scenarios that draw panes, which take seconds without optimization.
tests='' faults=no
for test; do
    case $test in
    tests/faults/test_faults.sh) faults=yes ;;
    tests/install/* | tests/frameworks/* | tests/python/* | tests/matrix/test_flags.sh) ;;
    tests/man/* | tests/test_includes.sh) ;;
    # The same tests once for each build of kernels, which share their lines.
    tests/kernel/test_builds.sh) ;;
    # A race in full, of which train/test_race runs every line.
    tests/verb/test_race.sh) ;;
    # Minutes without optimization, for lines that other tests of the explorer run.
    tests/pane/test_clipping | tests/pane/test_rows | tests/lesson/test_lessons | tests/explorer/test_footer) ;;
    *) tests="$tests $test" ;;
    esac
done

unset MAKEFLAGS MFLAGS MAKELEVEL
mkdir -p coverage/build && cd coverage/build || exit 1
[ -f Makefile ] || ../sources/configure --enable-coverage --without-python CC="$CC" --quiet || exit 1
"$MAKE" -j"$jobs" >make.log 2>&1 || { tail make.log; exit 1; }
# Counts of an object that was compiled anew are of no use to it.
if [ "${KEEP:-no}" = yes ]; then
    find src -name '*.gcda' | while IFS= read -r counts; do
        [ ! "${counts%.gcda}.gcno" -nt "$counts" ] || rm -f "$counts"
    done
else
    find src -name '*.gcda' -exec rm -f {} +
fi

status=0
"$MAKE" -k -j"$jobs" check TESTS="$tests" >check.log 2>&1 || status=1
grep -e '^FAIL' -e '^ERROR' -e '^# ' check.log
if [ $faults = yes ]; then
    "$MAKE" tests/faults/program tests/faults/api >>make.log 2>&1 &&
        "$PYTHON3" ../sources/tests/faults/faults.py tests/faults/program tests/faults/api ../sources/tests/data \
            --most 300 --only '^(?!script|export|learn|showcase)' --jobs "$jobs" >faults.log 2>&1 || { tail faults.log; status=1; }
fi
"$PYTHON3" "$here/report.py" "$GCOV" . ../sources "$here/exceptions.txt" || status=1
exit $status
