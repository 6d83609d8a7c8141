#!/usr/bin/env bash
# Builds the kernels for 64-bit Arm and compares NEON with the scalar twin under emulation, bit for bit.
# Needs Debian's gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user: installs them where it may, and
# says so and ends well where it may not.
# Usage: scripts/neon-check.sh [trials] [seed]
set -euo pipefail
cd "$(dirname "$0")/.."

# On 64-bit Arm itself the tests of CKernels compare NEON already.
if [ "$(uname -m)" = aarch64 ]; then
    echo "neon-check: this is 64-bit Arm; CKernelsTests compares NEON here"
    exit 0
fi
if ! command -v aarch64-linux-gnu-gcc >/dev/null || ! command -v qemu-aarch64 >/dev/null; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    packages=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
    echo "neon-check: installing ${packages[*]}"
    if ! { "${as_root[@]}" apt-get update -qq && DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get \
        install -y -qq --no-install-recommends "${packages[@]}"; } >/dev/null 2>&1; then
        echo "neon-check: SKIPPED, NEON is not compared: install ${packages[*]} and run \`make neon\`" >&2
        exit 0
    fi
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The kernels that read; those that train are written in vectors of the compiler's own and need clang.
aarch64-linux-gnu-gcc -std=gnu11 -O2 -Wall -Wno-unknown-pragmas -ffp-contract=off -static \
    -ISources/CKernels/include Sources/CKernels/{compare,dispatch,kernels_*}.c scripts/compare-kernels.c -lm \
    -o "$folder/compare-kernels"
qemu-aarch64 "$folder/compare-kernels" "$@"
