#!/bin/sh
# Builds the kernels for 64-bit Arm and compares NEON with the scalar twin under emulation.
# Needs aarch64-linux-gnu-gcc and qemu-aarch64 (Debian: gcc-aarch64-linux-gnu, qemu-user).
# Usage: scripts/neon-check.sh [trials] [seed]
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
aarch64-linux-gnu-gcc -std=gnu11 -O2 -Wall -Wno-unknown-pragmas -ffp-contract=off -static \
    -ISources/CKernels/include Sources/CKernels/*.c scripts/compare-kernels.c -lm -o "$folder/compare-kernels"
qemu-aarch64 "$folder/compare-kernels" "$@"
