#!/bin/sh
# check_arch.sh: the same bits on other machines and by other compilers. Each target that has its
# compiler and emulator here is built in arch/, and then says: the golden digests, the tests of
# the core, files that must equal those of the native program, and what must be refused.
# The makefile sets DETINIT (the native program), srcdir, and distdir (sources as `make distdir`
# leaves them); ARCHES chooses targets: make check-arch ARCHES="s390x i686". It keeps the sysroots and builds,
# so that a second run is short. Ends with a table, and a status that is not 0 where anything differs.
set -u
: "${DETINIT:?names the native program}" "${distdir:?holds the sources}"
here=$(cd "$(dirname "$0")" && pwd)
sources=$(cd "$distdir" && pwd)
export LC_ALL=C.UTF-8 TEST_DATA="$sources/tests/data" TEST_GOLDEN="$sources/tests/golden" srcdir="$sources"
jobs=${JOBS:-2}
mkdir -p arch
room=$(cd arch && pwd)

# Name, triplet of the compiler, Debian's architecture and release, its folder of libraries, the
# emulator, and flags. Debian 12 has no riscv64.
machines='
s390x   s390x-linux-gnu       s390x   bookworm s390x-linux-gnu       qemu-s390x
i686    i686-linux-gnu        i386    bookworm i386-linux-gnu        qemu-i386    -msse2 -mfpmath=sse
aarch64 aarch64-linux-gnu     arm64   bookworm aarch64-linux-gnu     qemu-aarch64
riscv64 riscv64-linux-gnu     riscv64 trixie   riscv64-linux-gnu     qemu-riscv64
ppc64le powerpc64le-linux-gnu ppc64el bookworm powerpc64le-linux-gnu qemu-ppc64le
armhf   arm-linux-gnueabihf   armhf   bookworm arm-linux-gnueabihf   qemu-arm
'
# Builds of the core alone, static, by other compilers: name, the command that they need, all of it.
cores='
clang-O0 clang    clang -O0 -pthread
clang-O3 clang    clang -O3 -pthread
musl     musl-gcc musl-gcc -O3 -pthread
wasm32   emcc     emcc -O3 -sNODERAWFS=1 -sFORCE_FILESYSTEM=1 -sALLOW_MEMORY_GROWTH=1
'

# The program that is tested, on another processor than this one: no AVX, so that baseline kernels draw the screens.
processors='
nehalem qemu-x86_64 -cpu Nehalem
'
screens='pane/test_pane lesson/test_lessons explorer/test_screen explorer/test_footer'

# Quick ones: not what takes minutes under emulation.
tests='base/test_arena base/test_names base/test_progress base/test_whole base/test_wide
number/test_address number/test_dist number/test_dtype number/test_gaussian
kernel/test_kernels
matrix/test_matrix matrix/test_recipe_fields matrix/test_scheme
file/test_bad_files file/test_columns file/test_csv file/test_format file/test_npy file/test_savefile file/test_tensor_types
file/test_tensorfile file/test_tensorwriter
network/test_expression network/test_names network/test_network_save network/test_recipes network/test_shards
track/test_types track/test_buffers track/test_mask track/test_packed_layout track/test_pruned'
golden='matrix/test_golden matrix/test_self_check'

rows=$room/table
printf '%-10s %-9s %-11s %-9s %s\n' target digests tests files refusals >"$rows"
status=0

# row TARGET DIGESTS TESTS FILES REFUSALS, each "good/all" or a word
row() {
    printf '%-10s %-9s %-11s %-9s %s\n' "$@" | sed 's/ *$//' >>"$rows"
    tail -n 1 "$rows"
}

skip() {
    echo "$1: skipped: $2"
    printf '%-10s skipped: %s\n' "$1" "$2" >>"$rows"
}

# run_tests EMULATOR TEST ...: prints good/all of their cases, and the failed ones on standard error.
run_tests() {
    emulator=$1
    shift
    good=0 all=0
    for test; do
        # shellcheck disable=SC2086  # an emulator and its options
        if ! CMOCKA_MESSAGE_OUTPUT=TAP sh "$sources/tests/run-cmocka.sh" $emulator "tests/$test" >run.out 2>run.err; then
            echo "$name: tests/$test failed:" >&2
            grep -v '^ok' run.out >&2
            tail -n 5 run.err >&2
            grep -q '^not ok' run.out || all=$((all + 1))
        fi
        ok=$(grep -c '^ok' run.out)
        good=$((good + ok)) all=$((all + ok + $(grep -c '^not ok' run.out)))
    done
    echo "$good/$all"
}

# save_files PROGRAM ...: one of each kind into the working directory. Quiet, and the same on every machine.
save_files() {
    small='--rows 37 --cols 29 --seed 7 -q'
    # shellcheck disable=SC2086  # options
    {
        for type in float64 float32 float16 bfloat16; do
            "$@" $small --dtype $type --save $type.npy
            "$@" verify $type.npy $small --seed 8 --dtype $type --format json >verify-$type.json 2>&1
        done
        "$@" $small --orthogonal --save orthogonal.npy
        "$@" $small --dtype float32 --save weights.csv
        for type in float32 bfloat16; do
            "$@" init --net 40-30-20 --seed 3 -q --dtype $type --save net-$type.safetensors
            "$@" init --net 40-30-20 --seed 4 -q --dtype $type --save other-$type.safetensors
            "$@" mask other-$type.safetensors --manifest net-$type.safetensors --threshold 0.1 -q \
                --save mask-$type.safetensors
            "$@" pack other-$type.safetensors --manifest net-$type.safetensors --threshold 0.1 -q \
                --save packed-$type.safetensors
            "$@" diff net-$type.safetensors other-$type.safetensors -q --save patch-$type.safetensors
            "$@" unpack packed-$type.safetensors -q --save unpacked-$type.safetensors
        done
        "$@" diff net-float32.safetensors other-bfloat16.safetensors --format json >diff.json
        "$@" diff "$TEST_DATA/checkpoints/types.safetensors" "$TEST_DATA/checkpoints/types.pt" --format json >types.json
        "$@" diff "$TEST_DATA/bf16_init.safetensors" "$TEST_DATA/f32_of_bf16.safetensors" --format json >widened.json
        "$@" analyze other-float32.safetensors --manifest net-float32.safetensors --format json >analyze.json
    } >/dev/null
    for sample in "$TEST_DATA"/*.npy "$TEST_DATA"/*.npz "$TEST_DATA"/*.safetensors "$TEST_DATA"/checkpoints/* \
        "$TEST_DATA"/hdf5/*; do
        case $sample in
        *.txt) ;;
        *) read_sample "$sample" "$@" ;;
        esac
    done
    return 0 # what is refused is compared, too
}

# read_sample FILE PROGRAM ...: all that the program says of a checkpoint, and, as a patch, all of its tensors.
# Figures to 11 digits: eigenvalues take hypot() of the C library, which is of its machine, and p-values multiply that.
read_sample() {
    sample=$1 of=$(basename "$1")
    shift
    {
        "$@" list "$sample"
        "$@" audit "$sample" --format json
        "$@" diff net-float32.safetensors "$sample" -q --save "tensors-$of.safetensors"
    } 2>&1 | sed 's/\(\.[0-9]\{11\}\)[0-9]*/\1/g' >"said-$of"
}

# compare_files: good/all of the files of the native program that are the same here. Another release
# of zstd may make other frames: then what the native program unpacks is compared.
compare_files() {
    good=0 all=0
    for native in "$room"/native/*; do
        file=$(basename "$native")
        all=$((all + 1))
        case $file in
        packed-*)
            cmp -s "$native" "$file" || { [ "$zstd" != "$(pkg-config --modversion libzstd)" ] &&
                "$DETINIT" unpack "$file" -q --save again.safetensors && cmp -s again.safetensors "$room/native/un$file"; }
            ;;
        *) cmp -s "$native" "$file" ;;
        esac && good=$((good + 1)) || echo "$name: $file is not as the native one" >&2
    done
    echo "$good/$all"
}

# refusals COMPILER EMULATOR: good/all of the cases of test_flags.sh.
refusals() {
    CC=$1 EMULATOR=$2 sh "$sources/tests/matrix/test_flags.sh" >flags.out 2>flags.err
    grep '^not ok' flags.out >&2
    echo "$(grep '^ok' flags.out | grep -vc '# SKIP')/$(grep '^ok\|^not ok' flags.out | grep -vc '# SKIP')"
}

# machine NAME TRIPLET ARCHITECTURE RELEASE LIBRARIES EMULATOR FLAGS...
machine() {
    name=$1 triplet=$2 root=$room/sysroot/$3 libraries=$5 emulator=$6
    for command in "$triplet-gcc" "$emulator"; do
        command -v "$command" >/dev/null || { skip "$name" "no $command"; return; }
    done
    if ! sh "$here/sysroot.sh" "$3" "$4" "$root" >"$room/sysroot-$name.log" 2>&1; then
        skip "$name" "no libraries of $3 from Debian"
        return
    fi
    shift 6
    export PKG_CONFIG_LIBDIR="$root/usr/lib/$libraries/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$root"
    compiler="$triplet-gcc --sysroot=$root -B$root/usr/lib/$libraries${*:+ $*}"
    emulator="$emulator -L $root"
    mkdir -p "$room/$name" && cd "$room/$name" || exit 1
    echo "$name: building"
    if ! { [ -f Makefile ] || "$sources/configure" --host="$triplet" --without-lapack --without-readline --with-python=no \
        --disable-werror CC="$compiler" CFLAGS=-O2 EMULATOR="$emulator"; } >build.log 2>&1 ||
        # shellcheck disable=SC2046  # lists of tests
        ! make -j"$jobs" detinit $(printf 'tests/%s ' $golden $tests) >>build.log 2>&1; then
        tail -n 20 build.log >&2
        row "$name" failed failed failed failed
        cd "$room/.." || exit 1
        return
    fi
    rm -rf files && mkdir files
    refusals "$compiler" "$emulator" >refusals & # which are many builds: beside the tests
    # shellcheck disable=SC2086  # lists of words
    set -- "$(run_tests "$emulator" $golden)" "$(run_tests "$emulator" $tests)" \
        "$(cd files && save_files $emulator ../detinit && compare_files)"
    wait $!
    row "$name" "$@" "$(cat refusals)"
    cd "$room/.." || exit 1
}

# processor NAME EMULATOR OPTIONS...: screens count as tests; configure refuses for all processors alike.
processor() {
    name=$1
    [ "$(uname -m)" = x86_64 ] || { skip "$name" "this machine is no x86-64"; return; }
    command -v "$2" >/dev/null || { skip "$name" "no $2"; return; }
    shift
    rm -rf "$room/$name" && mkdir -p "$room/$name/files" && ln -s "$room/../tests" "$room/$name/tests" &&
        cd "$room/$name" || exit 1
    # shellcheck disable=SC2086  # lists of words
    row "$name" "$(run_tests "$*" $golden)" "$(run_tests "$*" $screens)" \
        "$(cd files && save_files "$@" "$DETINIT" && compare_files)" -
    cd "$room/.." || exit 1
}

# core NAME COMMAND COMPILER...: the digests of the core that it builds.
core() {
    name=$1 runner=
    command -v "$2" >/dev/null || { skip "$name" "no $2"; return; }
    if [ "$name" = wasm32 ]; then
        # A node from elsewhere than Debian does not look where Debian's emcc has its modules; and this emcc's
        # programs would fetch themselves as from a server where node can fetch.
        runner=node
        export NODE_PATH="${NODE_PATH:-/usr/share/nodejs}" NODE_OPTIONS=--no-experimental-fetch
    fi
    [ -z "$runner" ] || command -v "$runner" >/dev/null || { skip "$name" "no $runner"; return; }
    shift 2
    mkdir -p "$room/$name" && cd "$room/$name" || exit 1
    echo "$name: building"
    echo '#define PACKAGE_VERSION "golden"' >config.h
    program=./print_weights${runner:+.js}
    if ! "$@" -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -ffp-contract=off -fno-math-errno -fno-trapping-math -w -I. \
        "-I$sources/src" -DBUILD=baseline "$sources"/src/base/*.c "$sources"/src/number/*.c "$sources"/src/kernel/*.c \
        "$sources"/src/matrix/*.c "$sources/tests/print_weights.c" -static -lm -o "$program" >build.log 2>&1; then
        tail -n 20 build.log >&2
        row "$name" failed - - -
    else
        row "$name" "$(digests $runner "$program")" - - "$(refusals "$*" "$runner")"
    fi
    cd "$room/.." || exit 1
}

# digests COMMAND...: good/all of the digests of weights.txt.
digests() {
    good=0 all=0
    while read -r seed layer shape mode dist fan_in std gain zero_mean dtype digest; do
        [ "$seed" != '#' ] || continue
        found=$("$@" "$seed" "$layer" "$shape" "$mode" "$dist" "$fan_in" "$std" "$gain" "$zero_mean" "$dtype" |
            sha256sum)
        all=$((all + 1))
        if [ "${found%% *}" = "$digest" ]; then
            good=$((good + 1))
        else
            echo "$name: other weights for $seed $layer $shape $mode $dist $fan_in $dtype" >&2
        fi
    done <"$TEST_GOLDEN/weights.txt"
    echo "$good/$all"
}

zstd=$(pkg-config --modversion libzstd)
rm -rf "$room/native" && mkdir "$room/native" && (cd "$room/native" && save_files "$DETINIT") || exit 1
# wanted NAME: whether ARCHES, where it is set, names it.
wanted() {
    case " ${ARCHES:-$1} " in
    *" $1 "*) ;;
    *) false ;;
    esac
}
# each FUNCTION TABLE
each() {
    function=$1
    while read -r name rest; do
        [ -n "$name" ] && wanted "$name" || continue
        # shellcheck disable=SC2086  # the words of a row
        ($function $name $rest </dev/null) || status=1
    done <<ROWS
$2
ROWS
}
for name in ${ARCHES:-}; do
    if ! printf '%s' "$machines$cores$processors" | grep -q "^$name "; then
        echo "check_arch.sh: ARCHES: no target is called '$name'" >&2
        exit 1
    fi
done
each machine "$machines"
each core "$cores"
each processor "$processors"
echo
cat "$rows"
awk 'NR > 1 {
    for (n = 2; n <= NF; n++) {
        split($n, figure, "/")
        if ($n == "skipped:") { skipped++; break }
        if ($n ~ "/" && figure[1] == figure[2] && figure[1] > 0) passed++
        else if ($n != "-") failed++
    }
}
END { printf "# PASS: %d\n# FAIL: %d\n# SKIP: %d\n", passed, failed, skipped; exit failed > 0 }' "$rows" || status=1
exit $status
