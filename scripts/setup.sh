#!/usr/bin/env bash
# Installs what is missing through the system's package manager, or says in one line what to install.
# usage: scripts/setup.sh [ffmpeg] [postgres] [chromium] [node] [java] [maven] [unzip] [zip] [nginx] [python]
set -euo pipefail

packages=()
for need in "$@"; do
  case $need in
    ffmpeg) command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null || packages+=(ffmpeg) ;;
    postgres) command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages+=(postgresql) ;;
    chromium) command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || packages+=(chromium) ;;
    java) command -v java >/dev/null || packages+=(default-jre-headless) ;;
    maven) command -v mvn >/dev/null || packages+=(maven) ;;
    nginx) command -v nginx >/dev/null || packages+=(nginx-light) ;;
    python) python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv) ;;
    zip) command -v zip >/dev/null || packages+=(zip) ;;
    unzip) command -v unzip >/dev/null || packages+=(unzip) ;;
    node)
      major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/' || true)
      if [ "${major:-0}" -lt 20 ]; then
        echo "Node 20 or newer is needed: install it from your distribution or nodejs.org, then run this again." >&2
        exit 1
      fi
      ;;
    *) echo "setup: unknown part $need" >&2; exit 2 ;;
  esac
done
[ ${#packages[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo)
  else
    echo "Missing: ${packages[*]}. Install with: sudo apt-get install ${packages[*]}" >&2
    exit 1
  fi
fi
if ! command -v apt-get >/dev/null; then
  echo "Missing: ${packages[*]}. Install them with your system's package manager." >&2
  exit 1
fi
echo "installing ${packages[*]}"
"${as_root[@]}" apt-get update -qq
# A server that the package would start is not needed: Crateful runs its own cluster from the binaries.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
