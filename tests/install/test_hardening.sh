#!/bin/sh
# What the program is built with against mistakes that nobody found yet, as far as compiler and linker
# take it: configure says what that is, readelf what became of it.
. "${srcdir:-.}/tests/tap.sh"

build=$(dirname "$DETINIT")
program=$build/detinit

# told WORD: whether configure chose a flag.
told() { grep -q "^DETINIT_[A-Z]* = .*$1" "$build/Makefile"; }

# carries NAME FLAG PATTERN READELF'S OPTION: a program for which configure chose a flag shows it.
carries() {
    if ! told "$2"; then
        skip "$1" "configured without $2"
    else
        LC_ALL=C readelf "$4" "$program" >read 2>&1
        if grep -q "$3" read; then pass "$1"; else fail "$1" read; fi
    fi
}
if ! command -v readelf >/dev/null; then
    skip "hardening" "no readelf"
else
    carries "tables are read-only once loaded" -z,relro GNU_RELRO -lW
    carries "all symbols are bound at the start" -z,now BIND_NOW -dW
    carries "frames are checked" -fstack-protector-strong __stack_chk_fail -sW
    carries "copies are checked" -D_FORTIFY_SOURCE=2 '__[a-z]*printf_chk' -sW
    if printf '#ifndef __PIE__\n#error\n#endif\n' | ${CC:-cc} -E - >/dev/null 2>&1; then
        LC_ALL=C readelf -hW "$program" >read
        check "the program lies anywhere" grep -q 'DYN' read
    else
        skip "the program lies anywhere" "not as the compiler makes programs"
    fi
fi

# What configure chooses of its own accord, where the compiler optimizes.
if [ -n "${EMULATOR:-}" ] || ! ${CC:-cc} --version 2>/dev/null | grep -q 'Free Software Foundation'; then
    skip "configure chooses them with gcc" "another compiler"
else
    for flag in -z,relro -z,now -fstack-protector-strong; do
        check "configure chooses $flag" told "$flag"
    done
fi
finish
