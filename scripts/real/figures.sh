#!/usr/bin/env bash
# What bench-real runs within `real parts`: the figures that want real servers.
# usage: scripts/real/figures.sh FOLDER-OF-THE-SERVICES
set -euo pipefail
services=$1
export EXPERIENCE_RATE_LIMIT=1000000000 MODELS_LIMIT_FACTOR=100000 # all comes from one address

bench -only outbox,relay
real services -programs "$services" bench -only real
