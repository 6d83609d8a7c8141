#!/usr/bin/env bash
# Makes the shipped demo models again: simulates a bank, trains both bricks on it, writes models/demo.
# Same data, same options, same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
vigie=${VIGIE:-.build/release/vigie}
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
"$vigie" simulate --seed 1 --accounts 8000 --days 154 \
    --output "$data/demo-transactions.jsonl" --labels "$data/demo-labels.jsonl"
"$vigie" train --study studies/demo.yaml --data "$data" --output models/demo/scorecard.safetensors
"$vigie" train --study studies/demo.yaml --data "$data" --brick language_model \
    --output "$data/language.safetensors"
rm "$data"/language.*.checkpoint
mv "$data"/language.* models/demo/
