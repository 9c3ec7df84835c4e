#!/usr/bin/env bash
# What `make soak` runs within `real parts`.
# usage: scripts/real/soak.sh DURATION
set -euo pipefail
export SOAK=$1
go test -count=1 -v -timeout 0 -run '^TestSoak$' crateful.dev/e2e
