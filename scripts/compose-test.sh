#!/usr/bin/env bash
# Brings all of docker-compose.yml up with secrets of its own, has the doctor look at it, goes from a folder to a sale by the
# API, kills copies of every service, goes again, makes two backups, and takes everything down. What the containers said is in
# reports/compose.log when something failed.
# usage: scripts/compose-test.sh
set -euo pipefail
cd "$(dirname "$0")/.."
docker=${DOCKER:-docker}
dir=$(mktemp -d)
begin=$SECONDS
say() { echo "== $1 ($((SECONDS - begin)) s)"; }

scripts/env.sh "$dir/env"
export OUTSIDE=$dir/outside
export SITE_BIND=127.0.0.1:18080 STORAGE_BIND=127.0.0.1:19000 MAIL_BIND=127.0.0.1:18025 SANDBOX_BIND=127.0.0.1:18026
export CRATEFUL_PUBLIC_URL=http://$SITE_BIND S3_PUBLIC_ENDPOINT=http://$STORAGE_BIND SANDBOX_URL=http://$SANDBOX_BIND
export CRATEFUL_CHECKOUT_ORIGINS=$SANDBOX_URL SMTP_URL=smtp://outside:1025
STRIPE_SECRET_KEY=sk_test_$(head -c 12 /dev/urandom | base64 | tr -dc a-zA-Z0-9)
STRIPE_WEBHOOK_SECRET=whsec_$(head -c 12 /dev/urandom | base64 | tr -dc a-zA-Z0-9)
export STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRET
compose() {
  "$docker" compose --project-name crateful-test --env-file "$dir/env" --file docker-compose.yml --file deploy/compose/test.yml --progress quiet "$@"
}

end() {
  local code=$?
  trap - EXIT
  if [ $code -ne 0 ]; then
    mkdir -p reports
    { compose ps --all; compose logs --no-color --timestamps; } >reports/compose.log 2>&1 || true
    compose ps --all --format '{{.Service}} {{.Status}}' || true
    echo "failed after $((SECONDS - begin)) s; reports/compose.log holds what the containers said" >&2
  fi
  compose --profile '*' down --volumes --timeout 30 || code=1
  rm -rf "$dir"
  exit $code
}
trap end EXIT

up() { compose up --detach --no-build --wait --wait-timeout "${UP_SECONDS:-420}"; }
journey() {
  CRATEFUL_URL=$CRATEFUL_PUBLIC_URL CRATEFUL_MAIL_URL=http://$MAIL_BIND "$dir/e2e.test" -test.run '^TestFolderToSale$' -test.count 1 -test.v -test.timeout 6m
}
ctl() { compose run --rm --no-TTY cratefulctl "$@"; }
killed() { # copies
  compose kill --signal KILL "$@"
  local running
  running=$(compose ps --services --status running)
  for copy in "$@"; do
    if grep -qx "$copy" <<<"$running"; then echo "$copy still runs" >&2; return 1; fi
  done
}

CGO_ENABLED=0 go build -o "$OUTSIDE" ./local/cmd/outside
CGO_ENABLED=0 go test -c -o "$dir/e2e.test" ./e2e
chmod 755 "$dir" "$OUTSIDE"
compose --profile '*' config --quiet

say "up"
up
compose stats --no-stream --format 'table {{.Name}}\t{{.MemUsage}}\t{{.CPUPerc}}'
say "the doctor"
ctl doctor
say "journey"
journey
for n in 1 2; do
  say "journey without web-$n, experience-$n and models-$n"
  killed "web-$n" "experience-$n" "models-$n"
  journey
  up
done
say "the front page without indexer, recommender and analyzer"
killed indexer-search indexer-ingest recommender analyzer
curl --fail --silent --show-error --max-time 10 --output /dev/null "$CRATEFUL_PUBLIC_URL/"
up
say "journey after all came back"
journey
say "the doctor, and two backups"
ctl doctor
ctl backup /backups
ctl backup /backups | tee "$dir/backup"
grep -q ', 0 of them (0 B) new$' "$dir/backup" || { echo "the second backup brought objects again" >&2; exit 1; }
ctl backups /backups
restarted=$(compose ps --quiet | xargs "$docker" inspect --format '{{.RestartCount}} {{.Name}}' | grep -v '^0 ' || true)
if [ -n "$restarted" ]; then echo "ended by themselves and were started again: $restarted" >&2; exit 1; fi
say "passed"
