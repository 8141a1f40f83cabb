#!/bin/bash
# Unit tests, fuzz corpora and simulated histories: check.sh BUILD
# Two at a time. Prints a line for each program and, in full, what failed. The last line is "N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 2
[ $# = 1 ] && [ -d "$1" ] || { echo "usage: check.sh BUILD" >&2; exit 2; }
build=$1
seconds=${CHECK_SECONDS:-300} # for one program: whatever hangs fails
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Leaves the numbers of passed and failed tests of one program in a file of its own.
run() { # kind name command...
	local kind=$1 name=$2 passed failed status
	shift 2
	local log=$work/${name//\//_}.log
	CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 5 "$seconds" "$@" > "$log" 2>&1
	status=$?
	passed=0 failed=0
	if [ "$kind" = unit ]; then
		passed=$(grep -c '^ok [0-9]' "$log")
		failed=$(grep -c '^not ok [0-9]' "$log")
	elif [ $status = 0 ]; then
		passed=1
	fi
	# Died before it could say what failed, or ran no test at all.
	if [ "$failed" = 0 ] && { [ $status != 0 ] || [ "$passed" = 0 ]; }; then failed=1; fi
	echo "$passed $failed" > "$log.counts"
	if [ "$failed" = 0 ]; then
		echo "ok    $name ($passed)"
	else
		# One write, so that two programs that fail at once do not mix.
		echo "FAIL  $name (exit status $status)
$(tail -c 60000 "$log")"
	fi
}
export -f run
export work seconds

{
	for source in tests/unit/*/test_*.c; do
		printf '%s\0' unit "${source%.c}" "$build/${source%.c}" ''
	done
	for source in tests/fuzz/fuzz_*.c; do
		name=${source%.c}
		printf '%s\0' fuzz "$name" "$build/$name" "tests/fuzz/corpus/${name##*/}"
	done
	printf '%s\0' replay tests/replay/histories "$build/tests/replay/histories" ''
} | xargs -0 -n4 -P2 bash -c 'run "$1" "$2" "$3" ${4:+"$4"}' run

cat "$work"/*.counts | {
	passed=0 failed=0
	while read -r p f; do
		passed=$((passed + p)) failed=$((failed + f))
	done
	echo "$passed passed, $failed failed"
	[ $failed = 0 ] && [ $passed -gt 0 ]
}
