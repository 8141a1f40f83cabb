#!/bin/sh
# Sees to it that the Debian packages are there: packages.sh build|test
# As root it installs what is missing; otherwise it prints the one line to type and fails.
set -eu

build="gcc g++ make pkg-config libhiredis-dev libcurl4-openssl-dev libevent-dev libssl-dev libyaml-dev libre2-dev
redis-server redis-tools ca-certificates tzdata curl"
test="$build libcmocka-dev python3 python3-pytest python3-redis python3-yaml openssl"

case "${1:-}" in
build) wanted=$build ;;
test) wanted=$test ;;
*) echo "usage: packages.sh build|test" >&2; exit 2 ;;
esac

missing=
for p in $wanted; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ]; then
	echo "ark needs some Debian packages. Type this, then try again:" >&2
	echo "  sudo apt-get install --no-install-recommends$missing" >&2
	exit 1
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# A service that a package would start (redis-server) is not wanted: ark starts its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' > "$policy"
	chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -qq -y --no-install-recommends $missing >/dev/null
