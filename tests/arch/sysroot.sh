#!/bin/sh
# sysroot.sh ARCHITECTURE SUITE DIRECTORY: headers and static libraries of one of Debian's architectures
# for a cross compiler, by apt-get and dpkg-deb. It installs nothing on the machine and needs no root.
set -eu
architecture=$1 suite=$2
mkdir -p "$3"
root=$(cd "$3" && pwd)
packages='libatomic1 libc6-dev libcmocka-dev libjansson-dev libncurses-dev nettle-dev zlib1g-dev libzstd-dev'

[ ! -e "$root/complete-$suite" ] || exit 0
apt=$root/apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/none" "$root/usr/lib"
: >"$apt/status"
mirror=$(sed -n 's/^URIs: *//p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\).*/\2/p' \
    /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main" \
    >"$apt/sources.list"

get() {
    apt-get -q -y -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
        -o APT::Sandbox::User= -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt" \
        -o Dir::State::status="$apt/status" -o Dir::Etc::SourceList="$apt/sources.list" \
        -o Dir::Etc::SourceParts="$apt/none" -o Dir::Etc::Preferences="$apt/none" \
        -o Dir::Etc::PreferencesParts="$apt/none" -o Debug::NoLocking=1 "$@"
}
get update
# shellcheck disable=SC2086  # a list of package names
get install --download-only --no-install-recommends $packages

# Newer packages have all in usr/, older ones some of it beside.
for folder in lib lib64; do
    ln -sfn usr/lib "$root/$folder"
done
for package in "$apt"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -C "$root" -x --keep-directory-symlink --exclude='./usr/share/*'
done
# Links from the top are links from the top of this root.
find "$root" -type l -lname '/*' | while read -r link; do
    ln -sfn "$root$(readlink "$link")" "$link"
done
rm -rf "$apt"
: >"$root/complete-$suite"
