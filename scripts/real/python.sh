#!/usr/bin/env bash
# Makes an environment of Python with what a folder's requirements-build.txt and requirements.txt name, every file by its hash.
# usage: scripts/real/python.sh recommender/spark FOLDER
set -euo pipefail
lock=${1:?folder of the lock} to=${2:?where to}
part=$to.part
rm -rf "$part"
python3 -m venv "$part"
pip() { "$part/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }
if [ -e "$lock/requirements-build.txt" ]; then pip install --require-hashes -r "$lock/requirements-build.txt"; fi
pip install --require-hashes --no-build-isolation -r "$lock/requirements.txt"
# Programs of an environment know its folder by its whole name.
grep -rlIF "$part/bin/python" "$part/bin" | xargs -r sed -i "1s|$part/bin|$to/bin|"
rm -rf "$to"
mv "$part" "$to"
