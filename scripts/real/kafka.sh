#!/usr/bin/env bash
# Puts the jars of Apache Kafka into a folder, by Maven.
# usage: scripts/real/kafka.sh VERSION FOLDER
set -euo pipefail
version=$1 folder=$2

echo "fetching Kafka $version" >&2
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
cat >"$work/pom.xml" <<POM
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.crateful</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.4</version></dependency>
  </dependencies>
</project>
POM
mvn --batch-mode --quiet -Dstyle.color=never --file "$work/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
  -DincludeScope=runtime -DoutputDirectory="$work/jars" >&2
mv "$work/jars" "$folder" # whole or not at all
