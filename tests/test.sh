#!/bin/bash
# Everything: test.sh BUILD runs check.sh, then the component, system and chaos tests, those against a real Kubernetes API where
# one can be had, and those of the containers where a Docker engine answers.
# The last line is the sum of all: "N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 2
[ $# = 1 ] && [ -d "$1" ] || { echo "usage: test.sh BUILD" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The number before a word in a summary line; 0 when the word is not there.
number() { # word line
	local n
	n=$(grep -oE "[0-9]+ $1" <<< "$2" | tail -1)
	echo "${n%% *}"
}

tests/check.sh "$1" | tee "$work/check"
line=$(tail -1 "$work/check")
passed=$(number passed "$line") failed=$(number failed "$line")
passed=${passed:-0} failed=${failed:-1}

folders="tests/component tests/system tests/chaos"
no_kube=
if [ -d tests/kube ]; then
	if (set -o pipefail; /usr/bin/python3 tests/kube/programs.py 2>&1 > /dev/null | tee "$work/kube" >&2); then
		folders="$folders tests/kube"
	else
		no_kube=$(tail -1 "$work/kube")
	fi
fi

no_docker=
for folder in $folders tests/docker; do
	compgen -G "$folder/test_*.py" > /dev/null || continue
	echo
	echo "$folder"
	ARK_BUILD=$1 /usr/bin/python3 -m pytest -q -rfEs -p no:cacheprovider "$folder" 2>&1 | tee "$work/pytest"
	status=${PIPESTATUS[0]}
	line=$(tail -1 "$work/pytest")
	p=$(number passed "$line") f=$(number failed "$line") e=$(number errors? "$line")
	p=${p:-0} f=$((${f:-0} + ${e:-0}))
	# pytest ended in another way than by a failed test: that is a failure, too.
	if [ "$status" != 0 ] && [ $f = 0 ]; then f=1; fi
	passed=$((passed + p)) failed=$((failed + f))
	[ "$folder" = tests/docker ] && no_docker=$(sed -n 's/.*NOTHING OF DOCKER IS TESTED: //p' "$work/pytest" | head -1)
done

echo
if [ -n "$no_kube" ]; then
	echo "*** NOT RUN: the tests against a real Kubernetes API (tests/kube)"
	echo "*** $no_kube"
	echo "*** They need Go 1.24 or newer and the Go module proxy, or KUBEBUILDER_ASSETS."
fi
if [ -n "$no_docker" ]; then
	echo "*** NOT RUN: the tests of the images and of docker-compose.yml (tests/docker)"
	echo "*** $no_docker"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
