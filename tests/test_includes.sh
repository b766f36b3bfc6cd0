#!/bin/sh
# The architecture, held: who may include whom, no circles, a library that neither prints nor ends
# the program, functions and files of a size that fits an eye.  Each rule is also seen to find its
# own breach.
. "${srcdir:-.}/tests/tap.sh"

# The rooms, each including only itself and those before it.
src_rooms='base number kernel matrix describe file network track audit train'
ui_rooms='system text option trained lesson verb model pane explorer term'

# A room's place in that order: what is in ui/ comes after all of src/.
ranks() {
    n=0
    for room in $src_rooms; do
        n=$((n + 1))
        echo "src/$room $n"
    done
    for room in $ui_rooms; do
        n=$((n + 1))
        echo "ui/$room $n"
    done
}

sources() { (cd "$1" && find src ui -name '*.[ch]' -o -name '*.def' | sort); }

# edges TREE: "FILE INCLUDED" for all includes of our own files in rooms.
edges() {
    (cd "$1" && sources . | xargs awk '
        /^ *# *include *"/ {
            split($0, part, "\"")
            for (n = 1; n <= 2; n++) {
                file = (n == 1 ? "src/" : "ui/") part[2]
                if ((getline line < file) >= 0) { close(file); print FILENAME, file }
            }
        }')
}

# Every file lies in a room, and every include goes to its own room or one before it.
directions() {
    stray=$(sources "$1" | grep -vE '^(src/detinit[a-z_]*\.h|ui/main\.c)$' | while read -r file; do
        ranks | grep -q "^${file%/*} " || echo "$file lies in no room"
    done)
    wrong=$(edges "$1" | awk -v ranks="$(ranks | tr '\n' ' ')" '
        function room(file) { sub("/[^/]*$", "", file); return file }
        BEGIN { n = split(ranks, word, " "); for (i = 1; i < n; i += 2) rank[word[i]] = word[i + 1] }
        room($1) in rank && room($2) in rank && rank[room($1)] + 0 < rank[room($2)] + 0 {
            print $1 " may not include " $2
        }')
    [ -z "$stray$wrong" ] || { printf '%s\n%s\n' "$stray" "$wrong"; return 1; }
}

# No file includes one that includes it, however long the way.
no_circles() {
    edges "$1" | sed 's/\.[chdef]*\( \|$\)/\1/g' | awk '$1 != $2' | sort -u | tsort 2>&1 >/dev/null |
        grep . && return 1
    return 0
}

# All headers that FILE reaches, also by way of one another, and those of the system.
reached() {
    tree=$1
    shift
    for file; do echo "$file"; done >"$scratch/next"
    : >"$scratch/seen"
    while [ -s "$scratch/next" ]; do
        while read -r file; do
            sed -n 's/^ *# *include *[<"]\([^>"]*\)[>"].*/\1/p' "$tree/$file"
        done <"$scratch/next" | sort -u | comm -13 "$scratch/seen" - >"$scratch/new"
        sort -o "$scratch/seen" "$scratch/seen" "$scratch/new"
        while read -r header; do
            for part in src ui; do
                [ ! -f "$tree/$part/$header" ] || echo "$part/$header"
            done
        done <"$scratch/new" >"$scratch/next"
    done
    cat "$scratch/seen"
}

# only TREE FILE PATTERN: FILE includes such headers of the system, and nobody else does.
only() {
    reached "$1" "$2" | grep -qE "^$3" || return 1
    found=$(cd "$1" && sources . | grep -vxF "$2" | xargs grep -nE "^ *# *include *[<\"]($3)")
    [ -z "$found" ] || { echo "$found"; return 1; }
}

curses_once() { only "$1" ui/term/term.c '(n?curses|ncursesw?/[a-z]*)\.h'; }
readline_once() { only "$1" ui/term/prompt.c 'readline/'; }

terminal='^(n?curses|ncursesw?/.*|term|termios|readline/.*|sys/ioctl)\.h$'
apart_from_terminal() {
    ! reached "$1" $(sources "$1" | grep -vE '^ui/(term/|verb/|main\.c)') | grep -E "$terminal"
}

# Calls in FILE ..., comments and texts left out.
code() {
    sed -e 's/"\([^"\\]\|\\.\)*"/""/g' -e 's|/\*.*\*/||g' -e 's|/\*.*||' -e '/^ *\*/d' -e 's/format(printf//' "$@"
}
library() { (cd "$1" && find src -name '*.[ch]' | sort | sed "s|^|$1/|"); }
library_silent() {
    ! code $(library "$1") |
        grep -nE '(^|[^[:alnum:]_])(v?printf|puts|putchar|perror|stdout|stderr)([^[:alnum:]_]|$)'
}
library_stays() {
    ! code $(library "$1") | grep -nE '(^|[^[:alnum:]_])(_?exit|_Exit|quick_exit|abort|assert) *\('
}

# Functions of 60 lines at most, from the line of their brace on; files of 600.
sizes() {
    (cd "$1" && sources . | xargs awk '
        FNR == 1 { begun = 0 }
        /^{/ { begun = FNR }
        /^}/ && begun { if (FNR - begun > 60) { print FILENAME ":" begun ": a long function"; bad = 1 } begun = 0 }
        FNR == 601 { print FILENAME ": a long file"; bad = 1 }
        END { exit bad }')
}

# rule NAME FUNCTION FILE LINE ...: holds, and does not once a LINE stands in its FILE.
rule() {
    name=$1
    function=$2
    shift 2
    check "$name" "$function" "$sources"
    while [ $# -gt 0 ]; do
        rm -rf "$scratch/broken"
        mkdir "$scratch/broken"
        cp -R "$sources/src" "$sources/ui" "$scratch/broken"
        chmod -R u+w "$scratch/broken"
        printf '%b\n' "$2" >>"$scratch/broken/$1"
        if "$function" "$scratch/broken" >check.log 2>&1; then
            fail "$name: not with $(echo "$2" | head -n 1) in $1" check.log
        else
            pass "$name: not with $(echo "$2" | head -n 1) in $1"
        fi
        shift 2
    done
}

rule "rooms include themselves and those before them" directions \
    src/base/error.h '#include "number/dtype.h"' src/number/dtype.c '#include "kernel/kernels.h"' \
    src/kernel/isa.c '#include "matrix/matrix.h"' src/matrix/stream.c '#include "describe/theory.h"' \
    src/describe/survey.c '#include "file/npy.h"' src/file/npy.c '#include "network/network.h"' \
    src/network/network.c '#include "track/tracked.h"' src/track/mask.c '#include "train/mlp.h"' \
    src/train/mlp.c '#include "system/progress.h"' ui/system/memory.c '#include "text/cell.h"' \
    ui/text/cell.c '#include "option/settings.h"' ui/option/option.c '#include "trained/checkpoint.h"' \
    ui/trained/checkpoint.c '#include "lesson/lesson.h"' ui/lesson/lesson.c '#include "verb/verb.h"' ui/verb/verb.c '#include "model/model.h"' \
    ui/model/model.h '#include "pane/pane.h"' ui/pane/layout.c '#include "explorer/command.h"' \
    ui/explorer/command.h '#include "term/term.h"'
rule "no file includes one that includes it" no_circles \
    src/base/error.h '#include "base/threads.h"' src/number/address.h '#include "number/lanes.h"' \
    ui/option/settings.h '#include "option/option.h"' ui/text/cell.h '#include "text/chart.h"'
rule "only term.c includes curses" curses_once \
    ui/term/loop.c '#include <curses.h>' ui/text/cell.h '#include <ncurses.h>'
rule "only prompt.c includes readline" readline_once \
    ui/term/loop.c '#include <readline/readline.h>' ui/text/cell.h '#include <readline/history.h>'
rule "no terminal but in term/ and behind reports" apart_from_terminal \
    src/file/output.c '#include <termios.h>' ui/pane/layout.c '#include <sys/ioctl.h>'
rule "the library prints nothing" library_silent \
    src/network/matrix_save.c 'static void f(void) { printf("x"); }' \
    src/network/matrix_save.c 'static void f(void) { fputs("x", stderr); }'
rule "the library never ends the program" library_stays \
    src/network/matrix_save.c 'static void f(void) { exit(1); }' \
    src/network/matrix_save.c 'static void f(void) { abort(); }'
long_function() { echo 'void f(void)\n{'; yes ';' | head -n 61; echo '}'; }
rule "functions have 60 lines at most, files 600" sizes \
    ui/text/cell.c "$(long_function)" ui/text/cell.c "$(yes '/* */' | head -n 600)"
finish
