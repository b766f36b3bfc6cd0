#!/bin/sh
# One matrix in the hands of many threads, under the thread sanitizer: the rooms up to describe/, built
# by hand. make check-threads is the same for everything that uses threads.
. "${srcdir:-.}/tests/tap.sh"

compiler=${CC:-cc}
what="threads share a matrix without a race"

# sanitized OUTPUT SOURCE ...: whether the compiler makes programs with the sanitizer.
sanitized() {
    output=$1
    shift
    # shellcheck disable=SC2086  # a compiler may be several words
    $compiler -std=c11 -D_GNU_SOURCE -O1 -g -w -ffp-contract=off -fsanitize=thread -I. "-I$sources/src" \
        -DBUILD=baseline "$@" -pthread -lm -o "$output" 2>err
}

echo 'int main(void) { return 0; }' >nothing.c
echo '#define PACKAGE_VERSION "by hand"' >config.h
describe=$(find "$sources/src/describe" -name '*.c' | grep -vE '/(bidiagonal|blas|spectrum|product_spectrum)\.c$')
if [ -n "${EMULATOR:-}${UNDER_VALGRIND:-}" ] || ! sanitized nothing nothing.c || ! ./nothing 2>/dev/null; then
    skip "$what" "the compiler has no thread sanitizer that runs here"
    finish
    exit
fi
# shellcheck disable=SC2086  # a list of files
if sanitized share_matrix "$sources"/src/base/*.c "$sources"/src/number/*.c "$sources"/src/kernel/*.c \
    "$sources"/src/matrix/*.c $describe "$sources/tests/matrix/share_matrix.c"; then
    TSAN_OPTIONS=exitcode=66 ./share_matrix >out 2>err
    status=$?
    if [ $status -eq 0 ]; then pass "$what"; else fail "$what" out err; fi
else
    fail "the rooms up to describe/ are built with the thread sanitizer" err
fi
finish
