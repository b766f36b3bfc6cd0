#!/bin/sh
# Who may include whom: src <- model, command, job <- panes <- term, prompt, loop; and the library
# neither prints nor ends the program.  Each rule is also seen to find its own breach.
. "${srcdir:-.}/tests/tap.sh"

# reached TREE FILE ...: all headers that the files include, also by way of one another.
reached() {
    tree=$1
    shift
    : >"$scratch/seen"
    for file; do echo "$file"; done >"$scratch/next"
    while [ -s "$scratch/next" ]; do
        while read -r file; do
            sed -n 's/^ *# *include *[<"]\([^>"]*\)[>"].*/\1/p' "$file"
        done <"$scratch/next" | sort -u | comm -13 "$scratch/seen" - >"$scratch/new"
        sort -o "$scratch/seen" "$scratch/seen" "$scratch/new"
        while read -r header; do
            for part in src ui; do
                [ ! -f "$tree/$part/$header" ] || echo "$tree/$part/$header"
            done
        done <"$scratch/new" >"$scratch/next"
    done
    cat "$scratch/seen"
}

# never TREE PATTERN FILE ...: none of the files reaches a header of that name.
never() {
    tree=$1
    pattern=$2
    shift 2
    for file; do [ -f "$file" ] || return 1; done
    ! reached "$tree" "$@" | grep -xE "$pattern"
}

# without FILE ...: sets `files` to those that are not named in `skipped`.
without() {
    files=
    for file; do
        case " $skipped " in
        *" ${file##*/} "*) ;;
        *) files="$files $file" ;;
        esac
    done
}

headers_of_ui() { (cd "$1/ui" && printf '%s\n' *.h | sed 's/\./\\./g' | paste -sd '|' -); }

terminal='(n?curses|ncursesw?/.*|term|termios|readline/.*|sys/ioctl)\.h'
outside='(term|prompt|loop|explorer)\.h'
drawing='(pane|pane_draw|layout|chart|cell|palette)\.h'

# Calls in FILE ..., comments and texts left out.
code() {
    sed -e 's/"\([^"\\]\|\\.\)*"/""/g' -e 's|/\*.*\*/||g' -e 's|/\*.*||' -e '/^ *\*/d' -e 's/format(printf//' "$@"
}

library_apart() { never "$1" "$(headers_of_ui "$1")" "$1"/src/*.[ch]; }
library_no_terminal() { never "$1" '(n?curses|ncursesw?/.*|termios|readline/.*)(\.h)?' "$1"/src/*.[ch]; }
library_silent() {
    ! code "$1"/src/*.[ch] |
        grep -nE '(^|[^[:alnum:]_])(v?printf|puts|putchar|perror|stdout|stderr)([^[:alnum:]_]|$)'
}
library_stays() {
    ! code "$1"/src/*.[ch] | grep -nE '(^|[^[:alnum:]_])(_?exit|_Exit|quick_exit|abort|assert) *\('
}
core_no_drawing() {
    never "$1" "$drawing|$outside|$terminal" "$1"/ui/model.[ch] "$1"/ui/command.[ch] "$1"/ui/job.[ch]
}
panes_no_terminal() {
    never "$1" "$outside|$terminal" "$1"/ui/pane*.[ch] "$1"/ui/cell.[ch] "$1"/ui/chart.[ch] \
        "$1"/ui/layout.[ch] "$1"/ui/export.[ch] "$1"/ui/palette.[ch]
}
curses_once() {
    skipped=term.c
    without "$1"/ui/*.[ch] "$1"/src/*.[ch]
    never "$1" '(n?curses|ncursesw?/.*)\.h' $files && reached "$1" "$1/ui/term.c" | grep -q curses
}
readline_once() {
    skipped=prompt.c
    without "$1"/ui/*.[ch] "$1"/src/*.[ch]
    never "$1" 'readline/.*' $files && reached "$1" "$1/ui/prompt.c" | grep -q readline
}

# rule NAME FUNCTION FILE LINE ...: holds, and does not once a LINE stands in its FILE.
rule() {
    name=$1
    function=$2
    shift 2
    check "$name" "$function" "$tested"
    while [ $# -gt 0 ]; do
        rm -rf "$scratch/broken"
        mkdir "$scratch/broken"
        cp -R "$tested/src" "$tested/ui" "$scratch/broken"
        chmod -R u+w "$scratch/broken"
        echo "$2" >>"$scratch/broken/$1"
        if "$function" "$scratch/broken" >check.log 2>&1; then
            fail "$name: not with $2 in $1" check.log
        else
            pass "$name: not with $2 in $1"
        fi
        shift 2
    done
}

case ${srcdir:-.} in
/*) tested=$srcdir ;;
*) tested=$OLDPWD/${srcdir:-.} ;;
esac
rule "the library includes nothing of ui" library_apart \
    src/survey.c '#include "model.h"' src/error.h '#include "cell.h"'
rule "the library knows no terminal" library_no_terminal \
    src/save.c '#include <termios.h>' src/save.c '#include <readline/readline.h>' \
    src/dtype.h '#include <curses.h>'
rule "the library prints nothing" library_silent \
    src/save.c 'static void f(void) { printf("x"); }' \
    src/save.c 'static void f(void) { fputs("x", stderr); }'
rule "the library never ends the program" library_stays \
    src/save.c 'static void f(void) { exit(1); }' src/save.c 'static void f(void) { abort(); }'
rule "model, command and job draw nothing" core_no_drawing \
    ui/model.h '#include "pane.h"' ui/command.c '#include "layout.h"' \
    ui/work.h '#include "term.h"' ui/job.c '#include "prompt.h"'
rule "panes know no terminal" panes_no_terminal \
    ui/pane_modes.c '#include "term.h"' ui/pane_draw.h '#include "prompt.h"' \
    ui/chart.c '#include <curses.h>' ui/cell.h '#include "explorer.h"'
rule "only term.c includes curses" curses_once \
    ui/loop.c '#include <curses.h>' ui/term.h '#include <ncurses.h>'
rule "only prompt.c includes readline" readline_once \
    ui/loop.c '#include <readline/readline.h>' ui/prompt.h '#include <readline/history.h>'

# The shared library shows its own names alone.
library=$(find "$(dirname "$DETINIT")/.libs" -name 'libdetinit.so.*.*' 2>/dev/null |
    head -n 1)
if [ -n "$library" ] && command -v nm >/dev/null; then
    nm -D --defined-only "$library" | awk '{ print $NF }' | sed 's/@.*//' | sort >exported
    same "the shared library exports detinit_ names alone" "" "$(grep -v '^detinit_' exported)"
    check "and does export them" grep -qx detinit_matrix_new exported
else
    skip "the shared library exports detinit_ names alone" "no shared library was built"
fi
finish
