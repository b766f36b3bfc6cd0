#!/bin/sh
# The library as its users have it: configured with --enable-shared in a scratch directory, installed,
# found by pkg-config, linked both ways from C and C++.  It shows the functions of the public
# headers and nothing else.
. "${srcdir:-.}/tests/tap.sh"

cxx=$(command -v "${CXX:-g++}")
needs make nm objdump tar
build=$(dirname "$DETINIT")
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR

# What configure and the library need of the sources, without what was built among them.
copy_sources() {
    (cd "$sources" && find configure configure.ac Makefile.am Makefile.in aclocal.m4 config.h.in \
        detinit.pc.in build-aux m4 src ! -type d ! -name '*.o' ! -name '*.lo' ! -name .dirstamp \
        ! -path '*/.deps/*' ! -path '*/.libs/*' | tar -chf - -T -) | tar -xf - -C "$1"
    chmod -R u+w "$1"
}

# As this tree was configured, but for the sanitizers, which a user's program would need, too.
configure_shared() {
    (cd library && eval "./configure $("$build/config.status" --config) --quiet --prefix='$scratch/prefix' \
        --libdir='$scratch/prefix/lib' --includedir='$scratch/prefix/include' --enable-shared \
        --enable-static --disable-sanitizers --srcdir=. --disable-dependency-tracking")
}

install_library() {
    make -C library -j"$(getconf _NPROCESSORS_ONLN)" libdetinit.la &&
        make -C library install-libLTLIBRARIES install-includeHEADERS install-pkgconfigDATA
}

mkdir library
copy_sources library
check "a shared library is configured" configure_shared
check "built and installed" install_library
if [ $failures -gt 0 ]; then
    finish
    exit
fi
lib=$scratch/prefix/lib

# ---------------------------------------------------------------- names

# Whatever the public headers declare: a name of ours right before a parenthesis, outside comments.
cat "$scratch"/prefix/include/detinit*.h | awk '
    { all = all $0 "\n" }
    END {
        while ((begin = index(all, "/*")) > 0) {
            rest = substr(all, begin + 2)
            all = substr(all, 1, begin - 1) substr(rest, index(rest, "*/") + 2)
        }
        while (match(all, /detinit_[a-z0-9_]*\(/)) {
            print substr(all, RSTART, RLENGTH - 1)
            all = substr(all, RSTART + RLENGTH)
        }
    }' | sort -u >declared
check "the headers declare functions" grep -qx detinit_matrix_new declared

nm -D --defined-only "$lib/libdetinit.so" | awk '{ print $NF }' | sort >exported
check "the shared library exports what they declare and nothing else" diff declared exported
nm -g --defined-only "$lib/libdetinit.a" | awk 'NF == 3 { print $3 }' | sort >shown
check "all of it is in the static library" sh -c 'comm -23 declared shown | (! grep .)'
if grep -q "^OBJCOPY='..*'" library/config.log; then
    same "whose other names begin with detinit__" "" "$(comm -13 declared shown | grep -v '^detinit__')"
else
    skip "whose other names begin with detinit__" "no objcopy"
fi
same "the shared library has a version" "libdetinit.so.0" \
    "$(objdump -p "$lib/libdetinit.so" | awk '$1 == "SONAME" { print $2 }')"

# ---------------------------------------------------------------- users

export PKG_CONFIG_PATH="$lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
: "${PKG_CONFIG:=pkg-config}"
warnings='-Wall -Wextra -Wpedantic -Werror'
weight=1.3868842640837595
sha256=5d4d78bbd600e7599e6bacb5b3a38f4d13d646501bd1fa9dd0875e1d64371a3f

same "pkg-config tells the version" "$("$DETINIT" --version | awk '{ print $2 }')" \
    "$($PKG_CONFIG --modversion detinit)"
same "a shared link names this library alone" "-L$lib -ldetinit" \
    "$($PKG_CONFIG --libs detinit | sed 's/ *$//')"

# linked LANGUAGE EXPECTED COMPILER ...: the user's program, shared and static, prints what is expected.
# shellcheck disable=SC2046,SC2086  # flags
linked() {
    language=$1
    expected=$2
    shift 2
    rm -f shared static
    check "$language, shared" "$@" $warnings $($PKG_CONFIG --cflags detinit) -o shared \
        $($PKG_CONFIG --libs detinit) -Wl,-rpath,"$lib"
    same "$language, shared, makes a known weight" "$expected" "$(./shared)"
    check "$language, static" "$@" $warnings $($PKG_CONFIG --cflags detinit) -o static \
        $($PKG_CONFIG --static --libs detinit | sed 's/-ldetinit/-l:libdetinit.a/')
    same "$language, static, makes it, too" "$expected" "$(./static)"
}
programs=$sources/tests/install
linked "C11" "$weight $sha256 2" ${CC:-cc} -std=c11 "$programs/user.c"
if [ -n "$cxx" ]; then
    linked "C++17" "$weight" "$cxx" -std=c++17 "$programs/user.cpp"
else
    skip "C++17, shared and static" "no g++"
fi

# A user's program that has functions of its own by every inner name: none is called in the place of ours.
comm -13 declared shown | sed -n 's/^detinit__//p' | sed 's/.*/void &(void); void &(void) { __builtin_trap(); }/' >own_names.c
# shellcheck disable=SC2046  # flags
if [ -s own_names.c ]; then
    check "a program with names like our inner ones is linked with the static library" ${CC:-cc} -std=c11 -fno-builtin -w \
        $($PKG_CONFIG --cflags detinit) -o own_names own_names.c "$programs/user.c" \
        $($PKG_CONFIG --static --libs detinit | sed 's/-ldetinit/-l:libdetinit.a/')
    same "whose weights come from ours" "$weight $sha256 2" "$(./own_names)"
fi
check "the shared program does use the shared library" sh -c 'objdump -p shared | grep libdetinit.so.0'
check "the static one does not" sh -c '! objdump -p static | grep libdetinit'
finish
