#!/usr/bin/env bash
# Makes the images that Dockerfile and docker-compose.yml name, for a Docker engine that reaches no registry of images: from
# Debian's packages, Maven's artifacts, Go's modules and this machine's own Go and Node. They take the same settings as the
# real ones, as far as docker-compose.yml uses them. They hold this machine's certificates: never push them.
# usage: KAFKA=… ELASTICSEARCH=… MINIO=… scripts/images/stand-ins.sh [debian] [golang] [node] [nginx] [postgres] [kafka] [elasticsearch] [minio]
set -euo pipefail
cd "$(dirname "$0")/../.."
here=scripts/images
cache=${CACHE:-.cache/images}
docker=${DOCKER:-docker}
export DOCKER_BUILDKIT=1
mkdir -p "$cache"

# name finds the one name of an image with its version, as the files above have it.
name() {
  local found
  found=$(sed -nE "s#^(FROM|    image:) ($1:[^ ]+).*#\2#p" Dockerfile docker-compose.yml | sort -u)
  [ "$(wc -l <<<"$found")" = 1 ] && [ -n "$found" ] || { echo "$1 has no name, or two: $found" >&2; exit 1; }
  echo "$found"
}
version() { sed -E 's/^.*:([0-9.]+).*/\1/' <<<"$1"; }
there() { "$docker" image inspect "$1" >/dev/null 2>&1 && echo "$1 is there"; }
build() { # name, Dockerfile, folder
  echo "making $1"
  "$docker" build --quiet --tag "$1" --build-arg "BASE=$debian" --file "$here/$2" "$3" >/dev/null
}
program() { command -v "$1" >/dev/null || { echo "$1 is needed: apt-get install $2" >&2; exit 1; }; }

debian=$(name debian)

make_debian() {
  there "$debian" && return
  program mmdebstrap mmdebstrap
  local tar=$cache/debian.tar
  [ -e "$tar" ] || {
    echo "making $debian"
    mmdebstrap --quiet --format=tar --variant=minbase --include=ca-certificates --aptopt='Acquire::Check-Valid-Until "false"' bookworm "$tar.part"
    mv "$tar.part" "$tar"
  }
  # The machine may see the registries through a gateway with a certificate of its own.
  "$docker" import "$tar" "$debian-bare" >/dev/null
  "$docker" build --quiet --tag "$debian" --build-arg "BASE=$debian-bare" --file "$here/debian.Dockerfile" /etc/ssl/certs >/dev/null
}

make_golang() {
  local name; name=$(name golang)
  there "$name" && return
  [ "go$(version "$name")" = "$(go env GOVERSION)" ] || echo "this machine's $(go env GOVERSION) goes by $name" >&2
  build "$name" golang.Dockerfile "$(dirname "$(go env GOROOT)")/$(basename "$(go env GOROOT)")"
}

make_node() {
  local name; name=$(name node)
  there "$name" && return
  [ "v$(version "$name")" = "$(node --version)" ] || echo "this machine's $(node --version) goes by $name" >&2
  rm -rf "$cache/node"
  mkdir -p "$cache/node"
  cp "$(readlink -f "$(command -v node)")" "$cache/node/node"
  cp -r "$(npm root -g)/npm" "$cache/node/npm"
  build "$name" node.Dockerfile "$cache/node"
}

make_nginx() { local name; name=$(name nginx); there "$name" || build "$name" nginx.Dockerfile "$here"; }
make_postgres() { local name; name=$(name postgres); there "$name" || build "$name" postgres.Dockerfile "$here"; }

make_kafka() {
  local name; name=$(name apache/kafka)
  there "$name" && return
  rm -rf "$cache/kafka"
  mkdir -p "$cache/kafka"
  cp -r "${KAFKA:?the folder of its jars}" "$cache/kafka/libs"
  cp "$here/kafka.sh" "$cache/kafka/start"
  build "$name" kafka.Dockerfile "$cache/kafka"
}

make_elasticsearch() {
  local name; name=$(name docker.elastic.co/elasticsearch/elasticsearch)
  there "$name" && return
  rm -rf "$cache/elasticsearch"
  mkdir -p "$cache/elasticsearch"
  cp -r "${ELASTICSEARCH:?the folder of the server}" "$cache/elasticsearch/server"
  cp "$here/elasticsearch.sh" "$cache/elasticsearch/start"
  build "$name" elasticsearch.Dockerfile "$cache/elasticsearch"
}

make_minio() {
  local name; name=$(name minio/minio)
  there "$name" && return
  rm -rf "$cache/minio"
  mkdir -p "$cache/minio"
  cp "${MINIO:?the program}" "$cache/minio/minio"
  build "$name" minio.Dockerfile "$cache/minio"
}

[ $# -gt 0 ] || set -- debian golang node nginx postgres kafka elasticsearch minio
for part in "$@"; do "make_$part"; done
