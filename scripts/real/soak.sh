#!/usr/bin/env bash
# What `make soak` runs within `real parts`. Its backup is left in the folder SOAK_KEPT.
# usage: scripts/real/soak.sh DURATION
set -euo pipefail
: "${SOAK_KEPT:?a folder}"
export SOAK=$1
go test -count=1 -v -timeout 0 -run '^TestSoak$' crateful.dev/e2e
