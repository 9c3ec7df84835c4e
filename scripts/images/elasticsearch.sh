#!/bin/bash
# Hands the settings in the environment (names with dots) to the server, with the password of the user elastic.
set -euo pipefail
cd /usr/share/elasticsearch
settings=(-Enetwork.host=0.0.0.0)
while IFS='=' read -r -d '' key value; do
  [[ $key =~ ^[a-z_]+(\.[a-z_]+)+$ ]] && settings+=("-E$key=$value")
done </proc/self/environ
if [ -n "${ELASTIC_PASSWORD:-}" ]; then
  [ -e config/elasticsearch.keystore ] || bin/elasticsearch-keystore create
  bin/elasticsearch-keystore add --force --stdin bootstrap.password <<<"$ELASTIC_PASSWORD"
fi
exec bin/elasticsearch "${settings[@]}"
