#!/bin/sh
# run.sh SECONDS TARGET ...: builds the library and each fuzz target with libFuzzer and the
# sanitizers, and lets each run so long.  From the makefile, in the build directory, with CC (a
# clang), LIBS, srcdir, SOURCES of the library, KERNELS, and BUILDS, the instruction sets that they
# are built for, with the flags of each: FLAGS_baseline, ...  Built in fuzz/; what is found is
# added to fuzz/corpus, and a failure is left there as TARGET-crash-...
set -eu
: "${srcdir:?is set by the makefile}"
seconds=$1
shift
flags="-std=c11 -D_GNU_SOURCE -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION -I. -I$srcdir/src -g -O1 -ffp-contract=off -fno-math-errno
-fno-omit-frame-pointer -fno-sanitize-recover=all"
if ! echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
    $CC -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null; then
    echo "run.sh: '$CC' has no libFuzzer; try: make fuzz-files CC=clang" >&2
    exit 1
fi

rm -rf fuzz/objects
mkdir -p fuzz/objects fuzz/corpus
# compile NAME SOURCE FLAG ...
compile() {
    object=fuzz/objects/$1.o
    from=$2
    shift 2
    # shellcheck disable=SC2086  # flags and a compiler's words
    $CC "$@" $flags -fsanitize=fuzzer-no-link,address,undefined -c "$from" -o "$object"
}
for source in $SOURCES; do
    case $source in
    *.c) compile "$(basename "$source" .c)" "$srcdir/$source" ;;
    esac
done
for build in $BUILDS; do
    eval "flags_of_build=\$FLAGS_$build"
    for source in $KERNELS; do
        # shellcheck disable=SC2154,SC2086  # set by eval; flags
        compile "$(basename "$source" .c)_$build" "$srcdir/$source" $flags_of_build
    done
done

for target; do
    mkdir -p "fuzz/corpus/$target"
    # shellcheck disable=SC2086  # flags, words and libraries
    $CC $flags -fsanitize=fuzzer,address,undefined "$srcdir/tests/fuzz/fuzz_$target.c" \
        "$srcdir/tests/fuzz/common.c" fuzz/objects/*.o -o "fuzz/$target" $LIBS
    echo "run.sh: $target, $seconds seconds; fuzz/$target.log"
    if ! "fuzz/$target" -max_total_time="$seconds" -max_len=8192 -timeout=10 -print_final_stats=1 \
        -dict="$srcdir/tests/fuzz/$target.dict" -artifact_prefix="fuzz/corpus/$target-" \
        "fuzz/corpus/$target" "$srcdir/tests/fuzz/corpus/$target" >"fuzz/$target.log" 2>&1; then
        tail -n 40 "fuzz/$target.log"
        exit 1
    fi
    grep -aE 'DONE|^stat::' "fuzz/$target.log"
done
