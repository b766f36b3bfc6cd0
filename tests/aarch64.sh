#!/bin/sh
# The golden digests on another architecture: builds the core for AArch64, where the kernels
# are NEON, and runs it under emulation.  Needs Debian's gcc-aarch64-linux-gnu,
# libc6-dev-arm64-cross and qemu-user; not a part of make check.
set -eu
cd "$(dirname "$0")/.."
CC=${CC:-aarch64-linux-gnu-gcc}
EMULATOR=${EMULATOR:-qemu-aarch64}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

echo '#define PACKAGE_VERSION "golden"' >"$room/config.h"
"$CC" -std=c11 -D_GNU_SOURCE -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math -Wall \
    -Wextra -Wconversion -I"$room" -Isrc -DBUILD=baseline src/base/*.c src/number/*.c \
    src/kernel/*.c src/matrix/*.c tests/print_weights.c -static -pthread -lm \
    -o "$room/print_weights"

compared=0
while read -r seed layer shape mode dist fan_in std gain zero_mean dtype digest; do
    [ "$seed" != '#' ] || continue
    found=$("$EMULATOR" "$room/print_weights" "$seed" "$layer" "$shape" "$mode" "$dist" "$fan_in" \
        "$std" "$gain" "$zero_mean" "$dtype" | sha256sum)
    if [ "${found%% *}" != "$digest" ]; then
        echo "aarch64: other weights for $seed $layer $shape $mode $dist $fan_in $dtype" >&2
        exit 1
    fi
    compared=$((compared + 1))
done <tests/golden/weights.txt
echo "$compared recipes have their digests on AArch64"
