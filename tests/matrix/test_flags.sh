#!/bin/sh
# Flags that bend arithmetic, and so the bits of weights, are refused: by configure, by the
# compiler, and of a library that was built by hand all the same, when it makes its first weight.
# make check-arch runs it with other compilers, and an EMULATOR.
. "${srcdir:-.}/tests/tap.sh"

compiler=${CC:-cc}
refused='-Ofast
-ffast-math
-ffp-contract=fast
-ffp-contract=on
-funsafe-math-optimizations
-fassociative-math
-freciprocal-math
-fsingle-precision-constant'

for flag in $refused; do
    for variable in CFLAGS CPPFLAGS; do
        status=0
        "$sources/configure" "$variable=-O2 $flag" >out 2>err || status=$?
        if [ $status -ne 0 ] && grep -q "error: $flag would change the bits of weights" err; then
            pass "configure $variable=$flag is refused"
        else
            fail "configure $variable=$flag is refused" out err
        fi
    done
done

# A blank on the way to the sources, or to where they are built.
mkdir 'a blank'
ln -s "$sources" 'a blank/sources'
# configures NAME PATH CONFIGURE: in a folder it is refused with one line that tells the path.
configures() {
    if (cd "$2" && ! "$3" >out 2>err && [ ! -e Makefile ]) && grep -q "^configure: error: '.*a blank.*' has a blank" "$2/err"; then
        pass "$1"
    else
        fail "$1" "$2/out" "$2/err"
    fi
}
mkdir build
configures "a build in a path with a blank" 'a blank' "$sources/configure"
configures "sources in a path with a blank" build "$scratch/a blank/sources/configure"

# compiles FLAGS...: a source whose bits are promised.
compiles() {
    # shellcheck disable=SC2086  # a compiler may be several words
    $compiler -std=c11 -D_GNU_SOURCE "-I$sources/src" "$@" -c "$sources/src/number/gaussian.c" -o gaussian.o 2>err
}

# defines MACRO FLAGS...: whether the compiler defines it.
defines() {
    macro=$1
    shift
    # shellcheck disable=SC2086  # a compiler may be several words
    $compiler "$@" -dM -E - </dev/null 2>err | grep -Eqw "$macro"
}

check "the source compiles without such flags" compiles -O2
told="-ffast-math -Ofast"
# Not told by every compiler: clang's __FAST_MATH__ stands for all of them together, it takes no notice of
# -fsingle-precision-constant, and has no x87 beside SSE.
if defines __clang__; then
    clang=yes
else
    clang=no
    told="$told -fsingle-precision-constant -freciprocal-math -funsafe-math-optimizations"
fi
# A compiler need not know -Ofast at all (emcc 3.1 does not).
fastest=-Ofast
# shellcheck disable=SC2086  # a compiler may be several words
$compiler -Ofast -E - </dev/null >out 2>err || fastest="-O3 -ffast-math"
for flag in $told; do
    if [ "$flag" = -Ofast ] && [ "$fastest" != -Ofast ]; then
        skip "the compiler refuses -Ofast" "it does not know it"
        continue
    fi
    if ! compiles -O2 "$flag" && grep -q 'must not be built with' err; then
        pass "the compiler refuses $flag"
    else
        fail "the compiler refuses $flag" err
    fi
done
if [ $clang = no ] && defines '__x86_64__|__i386__'; then
    if ! compiles -O2 -mfpmath=387 && grep -q 'add -msse2 -mfpmath=sse' err; then
        pass "the compiler refuses the x87, and says what to add"
    else
        fail "the compiler refuses the x87, and says what to add" err
    fi
fi

# The main thread of a page or of node cannot wait for others.
defines __EMSCRIPTEN__ || compiler="$compiler -pthread"

# by_hand FLAGS...: builds the core around strict.h, and asks it for weights.
by_hand() {
    echo '#define PACKAGE_VERSION "by hand"' >config.h
    # shellcheck disable=SC2086  # a compiler may be several words
    $compiler -std=c11 -D_GNU_SOURCE -O2 -w "$@" -U__FAST_MATH__ -U__ASSOCIATIVE_MATH__ -U__RECIPROCAL_MATH__ \
        -I. "-I$sources/src" -DBUILD=baseline "$sources"/src/base/*.c "$sources"/src/number/*.c \
        "$sources"/src/kernel/*.c "$sources"/src/matrix/*.c "$sources/tests/print_weights.c" -lm \
        -o by_hand 2>err &&
        ${EMULATOR:-} ./by_hand 42 0 6x4 he normal cols 0.02 1 0 float64 >out 2>err
}

check "a library built by hand makes weights" by_hand -ffp-contract=off
fused=-ffp-contract=fast
if [ -z "${EMULATOR:-}" ] && defines __x86_64__; then
    fused="$fused -march=native"
fi
for flags in "$fastest" -freciprocal-math "$fused"; do
    case $flags in
    *contract*)
        # shellcheck disable=SC2086  # a list of flags
        defines '__FP_FAST_FMA|__FMA__' $flags || { skip "by hand with $flags" "no fused multiply-add here"; continue; }
        ;;
    esac
    # shellcheck disable=SC2086  # a list of flags
    if ! by_hand $flags && grep -q 'this build makes other weights than the generator promises' err && [ ! -s out ]; then
        pass "a library built by hand with $flags refuses to make weights"
    else
        fail "a library built by hand with $flags refuses to make weights" err
    fi
done
finish
