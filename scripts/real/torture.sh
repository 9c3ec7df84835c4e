#!/usr/bin/env bash
# What `make torture` runs within `real parts`.
set -euo pipefail
export CRATEFUL_TEST_REAL=1 INDEXER_LISTINGS=20000
go test -count=1 -v -timeout 0 -run '^TestManyListings$' crateful.dev/indexer
