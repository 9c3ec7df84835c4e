#!/usr/bin/env bash
# Writes what docker-compose.yml needs into a file that only its owner may read, with fresh secrets. A file that is there
# stays as it is: other secrets would lock its data out.
# usage: scripts/env.sh .env
set -euo pipefail
cd "$(dirname "$0")/.."
file=${1:?which file}
if [ -e "$file" ]; then
  echo "$file is there and stays as it is"
  exit 0
fi
umask 077
set -o noclobber # whoever writes it first wins
random() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
keys=$(go run ./cmd/crateful keys)
part=$(mktemp "$file.XXXXXX")
trap 'rm -f "$part"' EXIT
cat >|"$part" <<ENV
# Of this installation alone; .env.example says what each is for. Written by \`make env\`.

# ---- yours to fill in
CRATEFUL_ENV=development
CRATEFUL_PUBLIC_URL=http://127.0.0.1:8080
S3_PUBLIC_ENDPOINT=http://127.0.0.1:9000
SMTP_URL=
MAIL_FROM="Crateful <hello@crateful.test>"
CRATEFUL_FIRST_ADMIN=
STRIPE_SECRET_KEY=
STRIPE_WEBHOOK_SECRET=
TRUSTED_PROXIES=

# ---- docker-compose.yml alone
SITE_BIND=127.0.0.1:8080
STORAGE_BIND=127.0.0.1:9000
CRATEFUL_NETWORK=10.87.31

# ---- secrets, fresh ones
POSTGRES_PASSWORD=$(random)
ELASTIC_PASSWORD=$(random)
S3_ACCESS_KEY=crateful-$(random | head -c 8)
S3_SECRET_KEY=$(random)
$keys
ENV
ln "$part" "$file" # fails when somebody was faster
echo "$file is written; say in it where the site is and which server sends mail (SMTP_URL)"
