#!/usr/bin/env bash
# Vigie's engine against ONNX Runtime and OpenVINO: the same model file, the same descriptions of 32 phrases,
# one core, one run. The peers' graphs are built from the model file (model/*_graphs.py), their float32 output
# must equal Vigie's float32 reference within 1e-4 in log-odds, and all are measured in turn, round after round.
#
# Usage: Benchmarks/peers/model.sh [--json] [--width 64|128] [--batch 1|8|64] [--rounds N]
#
# Needs Python 3.10 or later with venv, and the packages of model/requirements.txt, which it installs with pip
# into a virtual environment of its own under .build/peers. VIGIE names the program (by default the release
# build), CORE the core to run on.
set -euo pipefail
cd "$(dirname "$0")/../.."
vigie=${VIGIE:-.build/release/vigie}
environment=.build/peers/environment
requirements=Benchmarks/peers/model/requirements.txt

[ -x "$vigie" ] || { echo "model.sh: $vigie is missing; run \`make release\` first" >&2; exit 1; }
if ! cmp -s "$requirements" "$environment/requirements.txt"; then
    echo "model.sh: installing $(grep -v '^#' "$requirements" | xargs)" >&2
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$environment/requirements.txt"
fi
# OpenVINO's tools send no usage statistics when they take this for a build machine.
export CI=true
exec taskset -c "${CORE:-0}" "$environment/bin/python" Benchmarks/peers/model/bench.py --program "$vigie" "$@"
