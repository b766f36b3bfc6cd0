#!/bin/sh
# README's two commands on bare machines: check_fresh.sh BUILD [RELEASE ...] makes a minimal Debian of
# each release (bookworm and trixie unless some are named) in a scratch directory and runs them
# there as root.  BUILD is this tree's build directory, for the logs.  Exits with 77 where none of
# them could be made.  All that is mounted and started lives in namespaces of its own and ends with them.
set -u
LC_ALL=C
export LC_ALL
script=$(cd "$(dirname "$0")" && pwd)/check_fresh.sh
sources=${script%/tests/*}

# The longest that each step may take, in seconds.
debootstrap_limit=900
command_limit=3600

# The commands as README prints them.
first=$(grep '^\./bootstrap && \./detinit ' "$sources/README.md")
second=$(grep '^\./bootstrap && make check$' "$sources/README.md")

# ------------------------------------------------------- within the namespaces

# Says what the machine's apt needs to reach its mirror, for the one inside.
apt_settings() { apt-config dump | grep -E '^Acquire::(([^ ]*::)?Proxy|Check-)[^ ]* '; }

# make_bare ROOT RELEASE MIRROR: a minimal Debian with file systems and devices of its own.
make_bare() {
    timeout $debootstrap_limit debootstrap --variant=minbase "$2" "$1" "$3" || return
    apt_settings >"$1/etc/apt/apt.conf.d/90outside"
    mount -t proc proc "$1/proc" &&
        mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$1/dev/pts" &&
        mount -t tmpfs tmpfs "$1/dev/shm" &&
        [ -c "$1/dev/null" ] && [ ! "$1/dev/null" -ef /dev/null ]
}

# inside ROOT COMMAND: what a user has who has just logged in.
inside() {
    timeout $command_limit env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=linux \
        ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} \
        chroot "$1" sh -c "cd /root/detinit && $2"
}

# report STATUS SINCE WHAT: one line for whoever called, beside the log.
report() { echo "$1: $release: $3 ($(($(date +%s) - $2)) s)" >&3; }

# in_namespaces ROOT RELEASE MIRROR LOG: standard output is descriptor 3, all else goes to the log.
in_namespaces() {
    root=$1
    release=$2
    exec 3>&1 >"$4" 2>&1
    begun=$(date +%s)
    if ! make_bare "$root/debian" "$release" "$3"; then
        report SKIP "$begun" "no bare machine can be made here: $(grep '^E: ' "$4" | tail -n 1)"
        exit 77
    fi
    mv "$root/detinit" "$root/debian/root/detinit"
    begun=$(date +%s)
    if inside "$root/debian" "$first" >"$root/printed" &&
        grep -q '^  Max:  *1\.38688426 at 2,13' "$root/printed"; then
        report PASS "$begun" "$first"
    else
        cat "$root/printed"
        report FAIL "$begun" "$first"
        exit 1
    fi
    begun=$(date +%s)
    if inside "$root/debian" "$second"; then
        report PASS "$begun" "$second: $(sed -n 's/^# PASS: *//p' "$4") passed"
    else
        report FAIL "$begun" "$second"
        exit 1
    fi
}

if [ "${1:-}" = --in-namespaces ]; then
    shift
    in_namespaces "$@"
    exit
fi

# ---------------------------------------------------------------- outside

# cannot WHY: says in one line that nothing could be tried.
cannot() {
    echo "SKIP: fresh machines: $1"
    exit 77
}

# The mirror that apt has, of the Debian that runs here.
find_mirror() {
    codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    found=$(apt-get update --print-uris 2>/dev/null |
        sed -n "s|^'\([^']*[^/']\)/*/dists/$codename/.*|\1|p" | head -n 1)
    case $found in
    mirror+file:*) grep -oE '^[^ #]+' "${found#mirror+file:}" | head -n 1 ;;
    *) echo "$found" ;;
    esac
}

# copy_tree TO: the sources as a checkout or a release has them, with what was changed since.
copy_tree() {
    mkdir "$1"
    if [ -d "$sources/.git" ]; then
        changed=$(git -C "$sources" -c safe.directory="$sources" stash create)
        git -C "$sources" -c safe.directory="$sources" archive "${changed:-HEAD}" | tar -xf - -C "$1"
    else
        make -s -C "$build" distdir distdir="$1"
    fi
}

build=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- bookworm trixie
[ -n "$first" ] && [ -n "$second" ] || { echo "FAIL: README has other commands than these"; exit 1; }
[ "$(id -u)" -eq 0 ] || cannot "only root can make them"
for command in apt-config debootstrap timeout unshare; do
    command -v $command >/dev/null || cannot "no $command here"
done
unshare --mount --pid --fork --kill-child true 2>/dev/null || cannot "no namespaces here"
grep -qx 'ID=debian' /etc/os-release && mirror=$(find_mirror) && [ -n "$mirror" ] ||
    cannot "apt has no mirror of Debian"
eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
export http_proxy https_proxy

root=
child=
# Ends what runs in the namespaces, and then takes away what it leaves.
clean() {
    if [ -n "$child" ]; then
        kill "$child" 2>/dev/null
        wait "$child"
    fi
    [ -z "$root" ] || rm -rf --one-file-system "$root" || { sleep 1 && rm -rf --one-file-system "$root"; }
}
trap clean EXIT
trap 'exit 1' HUP INT TERM
tried=77
for release; do
    log=$build/fresh-$release.log
    root=$(mktemp -d "${TMPDIR:-/tmp}/detinit-fresh-XXXXXX")
    copy_tree "$root/detinit" || exit 1
    unshare --mount --pid --fork --kill-child sh "$script" --in-namespaces "$root" "$release" "$mirror" "$log" &
    child=$!
    wait "$child"
    status=$?
    child=
    rm -rf --one-file-system "$root"
    root=
    case $status in
    0) [ $tried -ne 77 ] || tried=0 ;;
    77) ;;
    *)
        tried=1
        grep -aE '^(FAIL|ERROR|not ok|E:|W:)|error:' "$log" | head -n 50 | sed 's|^|    |'
        tail -n 20 "$log" | sed "s|^|    |"
        ;;
    esac
done
exit $tried
