#!/bin/sh
# Whether the same sources make the same bytes: check_reproducible.sh SOURCES FLAGS... builds program
# and libraries twice from SOURCES, as make distdir leaves them, in folders of other names, at
# times that the sources and SOURCE_DATE_EPOCH tell otherwise, configured with the same FLAGS.
set -eu
sources=$1
shift
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR SOURCE_DATE_EPOCH
begun=$(date +%s)

# build FOLDER FLAGS...: its log is in FOLDER.log.
build() {
    folder=$scratch/$1
    shift
    mkdir -p "$(dirname "$folder")"
    cp -R "$sources" "$folder"
    chmod -R u+w "$folder"
    (cd "$folder" && ./configure --quiet --enable-shared --without-python "$@" &&
        make -j"$(getconf _NPROCESSORS_ONLN)" detinit libdetinit.la) >"$folder.log" 2>&1 && return
    tail -n 50 "$folder.log"
    exit 1
}
build a "$@"
export SOURCE_DATE_EPOCH=1000000000
find "$sources" -type f -exec touch -c -d @1500000000 {} +
build another/of-a-longer-name "$@"

status=0
for file in detinit .libs/libdetinit.a .libs/libdetinit.so; do
    if cmp "$scratch/a/$file" "$scratch/another/of-a-longer-name/$file"; then
        echo "ok $file: $(sha256sum <"$scratch/a/$file" | cut -c 1-16)"
    else
        echo "not ok $file"
        status=1
    fi
done
echo "$(($(date +%s) - begun)) s"
exit $status
