# Sourced by the shell tests: test cases in TAP, in a scratch directory of their own.
# $DETINIT is the program; it sees a terminal of 80 x 24 and a UTF-8 locale.  $sources is the
# top of the source tree.

set -u
: "${DETINIT:?names the program to test}"
export LC_ALL=C.UTF-8 COLUMNS=80 LINES=24
unset NO_COLOR
case_number=0
failures=0
sources=$(cd "${srcdir:-.}" && pwd)
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch" "$scratch.counts"' EXIT
cd "$scratch" || exit 1

pass() {
    case_number=$((case_number + 1))
    echo "ok $case_number - $1"
}

# fail NAME [FILE ...]: the files are shown.
fail() {
    case_number=$((case_number + 1))
    failures=$((failures + 1))
    echo "not ok $case_number - $1"
    shift
    for shown; do
        echo "# $shown:"
        sed 's/^/#   /' "$shown" | head -n 40
    done
}

skip() {
    case_number=$((case_number + 1))
    echo "ok $case_number - $1 # SKIP $2"
}

# limit_files BLOCKS: no file can be written that is longer, from here on; in a subshell. `make coverage` would lose counts
# that are cut short there, so they go elsewhere.
limit_files() {
    export GCOV_PREFIX="$scratch.counts" GCOV_ERROR_FILE=/dev/null
    ulimit -f "$1"
}

# with_lapack NAME: true; but where it was left out NAME is skipped, and this is false.
with_lapack() {
    [ "${LAPACK:-yes}" = no ] || return 0
    skip "$1" "configured --without-lapack"
    return 1
}

# check NAME COMMAND ...: passes where the command succeeds; its output is shown where it does not.
check() {
    name=$1
    shift
    if "$@" >check.log 2>&1; then
        pass "$name"
    else
        fail "$name" check.log
    fi
}

# same NAME EXPECTED ACTUAL: passes where both texts are equal.
same() {
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        printf 'expected: %s\nactual:   %s\n' "$2" "$3" >same.log
        fail "$1" same.log
    fi
}

# needs COMMAND ...: ends the test as failed where one of them is not to be had here.
needs() {
    missing=
    for command; do
        command -v "$command" >/dev/null || missing="$missing $command"
    done
    [ -n "$missing" ] || return 0
    fail "the commands that this test needs: please install$missing"
    finish
    exit 1
}

# Waits until a command succeeds, ten seconds at most.
wait_until() {
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || return 1
        sleep 0.01
    done
}

# device NAME MINOR: NAME is the memory device MINOR (3 null, 7 full), or this fails. Root makes
# one of its own, so that a broken program cannot replace the machine's.
device() {
    if [ "$(id -u)" -eq 0 ]; then
        mknod "$1" c 1 "$2"
    elif [ "$2" -eq 3 ]; then
        ln -s /dev/null "$1"
    else
        ln -s /dev/full "$1"
    fi && [ -c "$1" ] && true <"$1"
}

# The python3 that has a module, or nothing.
python_with() {
    for python in python3 /usr/bin/python3; do
        if "$python" -c "import $1" 2>/dev/null; then
            echo "$python"
            return
        fi
    done
}

finish() {
    echo "1..$case_number"
    [ $failures -eq 0 ]
}
