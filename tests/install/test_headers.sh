#!/bin/sh
# Each public header alone, to a user's compiler with all its warnings: in C11 and in C++17.
. "${srcdir:-.}/tests/tap.sh"

cxx=$(command -v "${CXX:-g++}")
warnings='-Wall -Wextra -Wpedantic -Werror'
for header in "$sources"/src/detinit*.h; do
    header=$(basename "$header")
    printf '#include <%s>\nint main(void) { return 0; }\n' "$header" >alone.c
    cp alone.c alone.cpp
    # shellcheck disable=SC2086  # a command and flags
    check "$header in C11" ${CC:-cc} -std=c11 $warnings -I"$sources/src" -fsyntax-only alone.c
    if [ -n "$cxx" ]; then
        # shellcheck disable=SC2086
        check "$header in C++17" "$cxx" -std=c++17 $warnings -I"$sources/src" -fsyntax-only alone.cpp
    else
        skip "$header in C++17" "no g++"
    fi
done

# The compilers do see what they read.
echo 'int f(void) { int unused; return 0; }' >>alone.c
# shellcheck disable=SC2086
if ${CC:-cc} -std=c11 $warnings -I"$sources/src" -fsyntax-only alone.c 2>/dev/null; then
    fail "a warning is an error"
else
    pass "a warning is an error"
fi
finish
