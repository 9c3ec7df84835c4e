#!/usr/bin/env bash
# What test-real runs within `real parts`. CRATEFUL_TEST_SERVICES and CRATEFUL_TEST_TOXIPROXY say where the programs are;
# with REPORTS, JUnit files go there.
set -euo pipefail
export CRATEFUL_TEST_REAL=1 # the suites run on the servers that the environment names, and fail where one is missing

said=$(mktemp)
trap 'rm -f "$said"' EXIT
# all runs tests and shows everything they said when one failed, or was left out: that would pass for one that succeeded.
all() { # name of the report, arguments of go test
  local began=$SECONDS run=(go test)
  if [ -n "${REPORTS:-}" ]; then
    read -ra run <<<"$GOTESTSUM"
    run+=(--format standard-verbose --junitfile "$REPORTS/real-$1.xml" --)
  fi
  if "${run[@]}" -count=1 -v "${@:2}" >"$said" 2>&1 && ! grep -q -e '--- SKIP' "$said"; then
    grep -E '^(--- |ok )' "$said"
    echo "== $1 passed after $((SECONDS - began)) s"
    return
  fi
  cat "$said"
  echo "failed, or left out: $(grep -E -e '--- (FAIL|SKIP)' "$said" | tr -s ' \n' ' ')" >&2
  return 1
}

all suites -timeout 10m crateful.dev/kit/kafka crateful.dev/kit/objects crateful.dev/indexer crateful.dev/indexer/internal/elastic crateful.dev/indexer/internal/relevance
all spark -timeout 15m -p 1 -run '^TestSpark' crateful.dev/recommender/internal/spark crateful.dev/e2e
all faults -timeout 18m -run '^(TestFolderToSale$|TestFault)' crateful.dev/e2e
all copies -timeout 10m -run '^TestCopies' crateful.dev/e2e
