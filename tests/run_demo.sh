#!/bin/bash
# What `make run` shows: the suite starts on this machine, an example team is fired over HTTP, its steps and tokens stream back,
# everything stops. run_demo.sh BIN
set -eu
cd "$(dirname "$0")/.."
bin=$(realpath "$1")
work=$(mktemp -d /tmp/ark-demo-XXXXXX)
up=

stop() {
	if [ -n "$up" ] && kill -0 "$up" 2> /dev/null; then
		kill -TERM "$up"
		wait "$up" 2> /dev/null || true
	fi
	rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

say '1. ark up: a private Redis and every daemon'
for try in 1 2 3 4 5; do
	base=$((20000 + (RANDOM % 1500) * 20)) # somebody else may have the usual ports
	"$bin/ark" up examples/blog.yaml --state-dir "$work/state" --port-base "$base" \
		--mock --mock-file examples/mock/blog.json > "$work/up.log" 2>&1 &
	up=$!
	for _ in $(seq 300); do
		kill -0 "$up" 2> /dev/null || break
		grep -q '^The suite is up' "$work/up.log" && break 2
		sleep 0.1
	done
	kill -0 "$up" 2> /dev/null && break
done
if ! grep -q '^The suite is up' "$work/up.log"; then
	cat "$work/up.log"
	echo 'the suite did not start' >&2
	exit 1
fi
cat "$work/up.log"

url="http://127.0.0.1:$((base + 12))"
token=$(cat "$work/state/secrets/default/blog-webhook-token/token")

say "2. curl fires the team: POST $url/triggers/default/blog/fire?mode=sse"
curl -sN --max-time 60 -H "Authorization: Bearer $token" --json '{"topic":"tea"}' \
	"$url/triggers/default/blog/fire?mode=sse" | tee "$work/stream"
grep -q '^event: flow.completed' "$work/stream" || { echo 'the run did not complete' >&2; exit 1; }

say '3. The same again, asking for the result only (mode=sync)'
curl -s --max-time 60 -H "Authorization: Bearer $token" --json '{"topic":"tea"}' \
	"$url/triggers/default/blog/fire?mode=sync"
echo

say '4. What passed between the daemons, at the end: redis-cli XREVRANGE ark:{0}:runs + - COUNT 2'
redis-cli -s "$work/state/redis.sock" XREVRANGE 'ark:{0}:runs' + - COUNT 2 | sed 's/^/   /'

say '5. ark runs'
(cd "$work" && "$bin/ark" runs --redis-url "unix://$work/state/redis.sock")

say 'Stopping.'
