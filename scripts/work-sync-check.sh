#!/usr/bin/env bash
# Fails when `go work sync` would change a go.mod: the workspace and the modules alone must build the same versions.
set -euo pipefail
cd "$(dirname "$0")/.."
files=(go.work go.mod ./*/go.mod)
before=$(sha256sum "${files[@]}")
keep=$(mktemp -d)
trap 'rm -rf "$keep"' EXIT
cp --parents "${files[@]}" go.sum ./*/go.sum "$keep"
[ -f go.work.sum ] && cp go.work.sum "$keep"
go work sync
after=$(sha256sum "${files[@]}")
if [ "$before" != "$after" ]; then
  diff <(echo "$before") <(echo "$after") || true
  cp -r "$keep"/. .
  echo "go work sync changes go.mod files: run it and commit the result" >&2
  exit 1
fi
