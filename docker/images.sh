#!/bin/bash
# Builds all images: `make images` calls it.
#   VERSION             the tag; without it what the file VERSION says, and `latest`
#   BASE                base image (debian:bookworm-slim); where it can be neither found nor pulled, make_base.sh makes it
#   DOCKER_BUILD_FLAGS  more flags of `docker build`: --network host, --build-arg http_proxy=...
# Labels say the commit and its time, not that of the build: the same commit gives the same labels.
# Exit status 3: there is no base image.
set -eu
cd "$(dirname "$0")/.."
base=${BASE:-debian:bookworm-slim}
version=${VERSION:-$(cat VERSION)}
revision=$(git describe --always --abbrev=40 --exclude '*' --dirty 2> /dev/null || echo unknown)
created=$(TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd 2> /dev/null || echo 1970-01-01T00:00:00Z)

build() { # name flag...
	local name=$1 words
	shift
	# shellcheck disable=SC2086
	words=$(docker build -q -f docker/Dockerfile --build-arg "BASE=$base" --build-arg "VERSION=$version" \
		--build-arg "REVISION=$revision" --build-arg "CREATED=$created" ${DOCKER_BUILD_FLAGS:-} \
		-t "$name:$version" "$@" . 2>&1) || {
		echo "$name: $words" >&2
		return 1
	}
	[ -n "${VERSION:-}" ] || docker tag "$name:$version" "$name:latest"
	# What it adds to the base, which all share.
	docker image inspect -f "{{.Size}}" "$base" "$name:$version" | tr '\n' ' ' |
		awk -v tag="$name:$version" '{ printf "%-24s %5.1f MB, %.1f MB of it over the base\n", tag, $2 / 1e6, ($2 - $1) / 1e6 }'
}

docker version > /dev/null
docker image inspect "$base" > /dev/null 2>&1 || docker pull "$base" || docker/make_base.sh "$base" || exit 3

# The first ones fill the cache: Redis, and the stage that compiles everything. The others only pick from it.
build ark-redis --target redis
build ark --build-arg SERVICE=cli --target cli
jobs=()
for main in services/*/main.c; do
	service=$(basename "$(dirname "$main")")
	[ "$service" = cli ] && continue
	build "ark-$service" --build-arg "SERVICE=$service" &
	jobs+=($!)
done
status=0
for job in "${jobs[@]}"; do
	wait "$job" || status=1
done
exit $status
