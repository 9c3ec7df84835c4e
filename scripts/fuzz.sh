#!/usr/bin/env bash
# Runs every fuzz target of the workspace for the given time each.
# usage: scripts/fuzz.sh 20s
set -euo pipefail
cd "$(dirname "$0")/.."
each=${1:-20s}
grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' . | while read -r file; do
  dir=$(dirname "$file")
  grep -oE '^func (Fuzz[A-Za-z0-9_]+)' "$file" | awk '{print $2}' | while read -r target; do
    echo "$dir $target"
    (cd "$dir" && go test -run '^$' -fuzz "^$target\$" -fuzztime "$each" .)
  done
done
