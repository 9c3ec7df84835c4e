#!/usr/bin/env bash
# What `make soak` runs within other `real parts`, once those of the soak are gone with all their data: the backup in the folder
# SOAK_KEPT is brought back.
set -euo pipefail
: "${SOAK_KEPT:?a folder}"
go test -count=1 -v -timeout 0 -run '^TestDrill$' crateful.dev/e2e
