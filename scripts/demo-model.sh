#!/usr/bin/env bash
# Makes the shipped demo model again: simulates a bank, trains on it, writes models/demo. Same bytes every time.
set -euo pipefail
cd "$(dirname "$0")/.."
vigie=${VIGIE:-.build/release/vigie}
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
"$vigie" simulate --seed 1 --accounts 8000 --days 154 \
    --output "$data/demo-transactions.jsonl" --labels "$data/demo-labels.jsonl"
"$vigie" train --study studies/demo.yaml --data "$data" --output models/demo/scorecard.safetensors
