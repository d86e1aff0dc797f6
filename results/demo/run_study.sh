#!/usr/bin/env bash
# Runs sweeps/demo_full.toml with its controls on a world of `attempt demo WORLD --world full` and exports the results.
# ATTEMPT_WORKERS is how many trainers (default: 2). Interrupted, the same command goes on. Usage: results/demo/run_study.sh WORLD OUT [attempt run options]
set -euo pipefail
world=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
attempt=${ATTEMPT:-$here/build/release/bin/attempt}
python=${ATTEMPT_PYTHON:-python3}

# run NAME BACKBONE DATA OPTIONS...: one study below OUT, and its trials as OUT/NAME.json
run() {
  local name=$1 backbone=$2 data=$3
  shift 3
  "$attempt" run "$here/sweeps/demo_full.toml" --out "$out/$name" --workers "${ATTEMPT_WORKERS:-2}" \
    --set model.path="$backbone" --set data.root="$data" "$@"
  "$attempt" export "$out/$name" --format json > "$out/$name.json"
}

run study "$world/backbone" "$world/data" "$@"

[ -e "$world/random/backbone/model.safetensors" ] ||
  "$attempt" pretrain "$world/pretrain/random.toml" --out "$world/random"
run random_backbone "$world/random/backbone" "$world/data" \
  --set sources.tasks='[]' --set targets.methods='["prompt_tuning"]' "$@"

seed=$(cat "$world/seed")
rows=$(cat "$world/rows")
"$attempt" demo "$out/shuffled" --world full --seed "$seed" --rows "$rows" --shuffle-labels
run shuffled_labels "$world/backbone" "$out/shuffled/data" \
  --set sources.tasks='[]' --set targets.methods='["prompt_tuning"]' "$@"

prompts=$("$python" "$here/results/demo/random_prompts.py" "$out/study" "$out/random_prompts")
run random_sources "$world/backbone" "$world/data" \
  --set sources.tasks='[]' --set sources.prompts="$prompts" --set targets.methods='["attempt"]' \
  --set method.attempt.target_init=random_mnli "$@"
