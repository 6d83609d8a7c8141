#!/usr/bin/env bash
# Gradient-boosted trees and an isolation forest on the very facts that Vigie exports, by the protocol of
# studies/handbook-h2.yaml: options chosen on July with labels until 23 June, fitted again with July, measured
# once on the test week. Models of Vigie that are named are measured on the same by `vigie evaluate`, and the median of
# their average precisions is compared with that of the trees.
#
# Usage: Benchmarks/peers/quality.sh DATA [--json] [MODEL.safetensors …]
#
# DATA is the folder with handbook-2018-04-to-08.csv.gz. Needs Python 3.10 or later with venv, and the packages of
# quality/requirements.txt, which it installs with pip under .build/peers. VIGIE names the program (by default the
# release build). Paths are taken from the project's folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
vigie=${VIGIE:-.build/release/vigie}
environment=.build/peers/quality
requirements=Benchmarks/peers/quality/requirements.txt
data=${1:?quality.sh: the folder with handbook-2018-04-to-08.csv.gz is missing}
shift

[ -x "$vigie" ] || { echo "quality.sh: $vigie is missing; run \`make release\` first" >&2; exit 1; }
if ! cmp -s "$requirements" "$environment/requirements.txt"; then
    echo "quality.sh: installing $(grep -v '^#' "$requirements" | xargs)" >&2
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$environment/requirements.txt"
fi
json=
[ "${1:-}" != --json ] || { json=--json; shift; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
evaluations=()
for model in "$@"; do
    evaluations+=("$work/${#evaluations[@]}.json")
    "$vigie" evaluate --study studies/handbook-h2.yaml --data "$data" --model "$model" --json >"${evaluations[-1]}"
done
"$vigie" describe --format csv --mapping mappings/handbook.yaml --file "$data/handbook-2018-04-to-08.csv.gz" \
    --from 2018-04-15T00:00:00Z >"$work/facts.csv"
"$environment/bin/python" Benchmarks/peers/quality/trees.py "$work/facts.csv" $json "${evaluations[@]}"
