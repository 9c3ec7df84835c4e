#!/usr/bin/env bash
# What test-real runs within `real parts`.
# usage: scripts/real/suites.sh FOLDER-OF-THE-SERVICES
set -euo pipefail
services=$1
export CRATEFUL_TEST_REAL=1 # the suites run on the servers that the environment names, and fail where one is missing

said=$(mktemp)
trap 'rm -f "$said"' EXIT
# all runs tests and shows everything they said when one failed, or was left out: that would pass for one that succeeded.
all() {
  if "$@" >"$said" 2>&1 && ! grep -q -e '--- SKIP' "$said"; then
    grep -E '^(--- |ok )' "$said"
    return
  fi
  cat "$said"
  echo "failed, or left out: $(grep -E -e '--- (FAIL|SKIP)' "$said" | tr -s ' \n' ' ')" >&2
  return 1
}

all go test -count=1 -timeout 10m -v crateful.dev/kit/kafka crateful.dev/kit/objects crateful.dev/indexer crateful.dev/indexer/internal/elastic
all real services -programs "$services" go test -count=1 -timeout 10m -v -run '^TestFolderToSale$' crateful.dev/e2e
