#!/bin/sh
# link.sh NM OBJCOPY COMMAND ...: links the library with COMMAND.  A shared library hides what is
# not public; a static one cannot, so there every inner name gets the prefix detinit__, and whoever
# links it may use all others.  Without objcopy the names stay as they are.
set -eu
nm=$1
objcopy=$2
shift 2
"$@"

archive=.libs/libdetinit.a
[ -n "$objcopy" ] && [ -f "$archive" ] || exit 0
$nm -g -P "$archive" |
    awk 'NF > 1 && $2 ~ /^[A-TV-Z]$/ && $1 !~ /^detinit_/ { print $1, "detinit__" $1 }' |
    sort -u >"$archive.names"
$objcopy -D --redefine-syms="$archive.names" "$archive" || { rm -f libdetinit.la; exit 1; }
rm -f "$archive.names"
