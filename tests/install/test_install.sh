#!/bin/sh
# make install puts everything where DESTDIR says, and make uninstall takes all of it away again.
. "${srcdir:-.}/tests/tap.sh"

build=$(dirname "$DETINIT")
unset MAKEFLAGS MFLAGS MAKELEVEL

# Prints what lies in the tree; of folders only our own, since the others are shared.
installed() { (cd root && find . ! -type d -o -path '*/share/detinit*' | sed 's|.*/||' | sort); }

expected() {
    (cd "$sources" && ls src/detinit*.h lessons/*.lesson manifests/*.json)
    for name in bin/detinit detinit.pc detinit.1 libdetinit.la share/detinit share/detinit/lessons \
        share/detinit/manifests completions/detinit _detinit detinit.fish; do
        echo "$name"
    done
    (cd "$build/.libs" && ls libdetinit.a libdetinit.so* 2>/dev/null)
}

mkdir root
check "make install" make -C "$build" install DESTDIR="$PWD/root"
same "installs program, headers, library, detinit.pc, manual, completions, manifests and lessons" \
    "$(expected | sed 's|.*/||' | sort)" "$(installed)"
same "the installed program is this one" "$("$DETINIT" --version)" \
    "$("$(find root -path '*/bin/detinit')" --version)"

# A program is linked as detinit.pc says, here or below DESTDIR; a static library alone names all
# that it needs.
link_user() {
    sed "s|^prefix=|&$PWD/root|" "$(find root -name detinit.pc)" >detinit.pc
    static=--static
    grep -q '^library_names=.*[a-z]' "$build/libdetinit.la" || static=
    # shellcheck disable=SC2046,SC2086  # flags
    ${CC:-cc} -std=c11 "$sources/tests/install/user.c" -o user \
        $(PKG_CONFIG_PATH=.:${PKG_CONFIG_PATH-} ${PKG_CONFIG:-pkg-config} $static --cflags --libs detinit |
            sed 's/-ldetinit/-l:libdetinit.a/') && ./user | grep '^1.3868842640837595 '
}
if "$build/config.status" --config | grep -q enable-sanitizers; then
    skip "a program is linked with what was installed" "it would need the sanitizers, too"
else
    check "a program is linked with what was installed" link_user
fi

check "make uninstall" make -C "$build" uninstall DESTDIR="$PWD/root"
same "leaves nothing behind" "" "$(installed)"
finish
