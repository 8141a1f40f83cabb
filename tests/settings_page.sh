#!/bin/bash
# Prints docs/settings.md: settings_page.sh BIN
# Each program prints its own tables (--reference); those that all have in common are kept once.
set -eu
cat <<'INTRO'
# Settings

Printed by `make docs` from the tables of the programs: do not edit.

Each setting is an environment variable and a flag; the flag wins. A value that does not parse, or an unknown flag,
ends the process with exit code 2. Sizes are bytes or `64KiB`, `1MiB`, `1GiB`; durations are `90s` or `1m30s`.
`--check` reads the settings and exits with 0 or 2.

INTRO
for program in "$1"/ark-*; do
	"$program" --reference
done | awk '
	/^## / {
		common = $0 ~ /: (Common|Limits)$/
		print_it = !common || !seen[$3]++
		if (common)
			sub(/^## [^:]*/, "## All")
	}
	print_it'
