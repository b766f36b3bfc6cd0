#!/bin/sh
# The core's tests as on machines of fewer instruction sets: with each build of the kernels but
# the last as the best there is.
. "${srcdir:-.}/tests/tap.sh"
export TEST_DATA="$sources/tests/data" TEST_GOLDEN="$sources/tests/golden"

programs='audit/test_audit describe/test_figures describe/test_survey kernel/test_kernels matrix/test_golden
matrix/test_matrix matrix/test_orthogonal matrix/test_region matrix/test_stream number/test_dist
number/test_dtype track/test_change track/test_mask track/test_packed track/test_pruned
track/test_reproducibility track/test_threshold'

# shellcheck disable=SC2086  # a list of words
set -- ${KERNEL_BUILDS:-baseline}
if [ $# -eq 1 ]; then
    skip "lesser kernels" "this machine's kind has one build of them"
fi
while [ $# -gt 1 ]; do
    for program in $programs; do
        if [ -n "${UNDER_VALGRIND:-}" ]; then
            skip "$program on $1" "under valgrind it has run already"
        else
            DETINIT_KERNELS=$1 check "$program on $1" "$(dirname "$DETINIT")/tests/$program"
        fi
    done
    shift
done
finish
