#!/bin/bash
# The rules of the code that a compiler does not know. Prints each line that breaks one; exit status 1 when there are any.
set -u
[ $# = 1 ] || { echo "usage: lint.sh CRDS-TOOL (make lint)" >&2; exit 2; }
tool=$(realpath "$1")
cd "$(dirname "$0")/.." || exit 2
shopt -s globstar nullglob lastpipe # lastpipe: rule sets a variable of this shell
broken=0

# Says the rule when its input, the offending lines, is not empty.
rule() {
	local lines
	lines=$(cat)
	[ -z "$lines" ] && return
	printf '%s\n%s\n\n' "$1" "$lines"
	broken=1
}

code=(common/**/*.[ch] common/**/*.cc proto/*.[ch] services/**/*.[ch])
all=("${code[@]}" tests/**/*.[ch])

# Lines of code that match, without those that are comments as a whole.
code_lines() { # pattern file...
	local pattern=$1
	shift
	grep -nE -- "$pattern" "$@" /dev/null | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(\*|/\*|//)'
}

# --- who may know whom: DESIGN 9

for folder in services/*/; do
	daemon=$(basename "$folder")
	others=$(ls services | grep -vx "$daemon" | paste -sd '|')
	[ -z "$others" ] && continue
	grep -nE "#include [\"<](services/|\.\./)*($others)/" "$folder"**/*.[ch] /dev/null |
		rule "services/$daemon includes another service"
done
daemons=$(ls services 2> /dev/null | paste -sd '|')
grep -nE "#include [\"<](services/|\.\./)*($daemons)/" common/**/*.[ch] proto/*.[ch] /dev/null |
	rule "common/ and proto/ know no daemon"
grep -nE '#include [<"](event2/|redis/|process/|http/http_|stdio\.h|time\.h|unistd\.h)' services/*/*decide*.c /dev/null |
	rule "a pure file touches the world (DESIGN 4)"

# --- each library is wrapped once: DESIGN 9

wrapped() { # header pattern, files that may include it
	grep -lE "#include [<\"]$1" "${all[@]}" | grep -vE "^($2)$" | rule "$1 is included outside of its wrapper"
}
# What a measurement is compared with is written without ark.
wrapped '(hiredis/)?(hiredis|async|read|sds)\.h' 'common/redis/codec\.[ch]|tests/bench/.*'
wrapped 'curl/' 'common/http/http_call\.[ch]|common/http/http_client\.[ch]'
wrapped 'yaml\.h' 'common/lang/yaml\.c'
wrapped 're2/' 'common/lang/regex\.cc'
# Ciphers are in base; the rest of OpenSSL is TLS.
wrapped 'openssl/' 'common/base/(hash|seal)\.c|common/(http|redis)/[a-z_]*\.[ch]|tests/.*'
ls common/**/*.cc 2> /dev/null | grep -vx 'common/lang/regex.cc' | rule "C++ is for RE2 only"

# --- functions and words that are not used here: STYLE 2

banned='strcpy|strcat|stpcpy|sprintf|vsprintf|strncpy|strncat|strtok|strtok_r|gets|atoi|atol|atoll|atof'
banned="$banned|strtol|strtoll|strtoul|strtoull|gmtime|localtime|mktime|ctime|asctime|alloca|tmpnam|mktemp|system|popen"
code_lines "(^|[^a-zA-Z0-9_.>])($banned)\(" "${all[@]}" | rule "a banned function"
code_lines '(^|[^a-zA-Z0-9_.>])(malloc|calloc|realloc|strdup|strndup)\(' "${code[@]}" | grep -vE '^common/base/fail\.c:' |
	rule "memory without a check: xmalloc and friends, or an arena"
code_lines '^[[:space:]]*typedef ' "${code[@]}" | rule "a typedef"
grep -nE '\b(TODO|FIXME|HACK)\b' "${all[@]}" Makefile tests/*.sh /dev/null | grep -v '^tests/lint\.sh:' | rule "unfinished"
code_lines '(^|[^a-z_])(printf|puts|perror|fprintf)\(' common/**/*.c services/*/*.c /dev/null |
	grep -vE '^(services/cli/|services/[a-z]*/main\.c|common/process/|common/base/fail\.c)' |
	rule "library code does not print (STYLE 1)"
code_lines '(^|[^a-z_])log_(debug|info|warn|error)\(' common/**/*.c /dev/null | grep -vE '^common/(process|stream)/' |
	rule "library code does not log: who reacts, logs, once (STYLE 2)"

# --- headers

# Tables that one file includes have no guard.
for header in common/**/*.h proto/*.h services/**/*.h; do
	[[ $header = *_tables.h ]] && continue
	name=$(sed -E 's,^(common|services)/,,; s,[/.-],_,g' <<< "$header" | tr a-z A-Z)
	grep -q "^#ifndef ARK_$name\$" "$header" || echo "$header: wanted ARK_$name"
done | rule "an include guard is named after its path"

# --- nothing is undocumented

settings=$(grep -ohE '(\.name = |LIMIT\([a-z_]+, )"[A-Z][A-Z0-9_]+"' common/process/*.c common/base/limits.def services/*/*.c |
	grep -oE '[A-Z][A-Z0-9_]+"' | tr -d '"' | sort -u)
for name in $settings; do
	grep -qw "$name" docs/settings.md 2> /dev/null || echo "$name"
done | rule "settings that docs/settings.md does not name (make docs writes it)"
# Who reads a setting is what its row says (`only`; a limit's daemons): a row that says too little is ignored, one that says too much
# promises an effect that is not there. Members used in common/kinds and common/stream count for whoever is named.
check_readers() { # member setting readers
	local used
	used=$(grep -lwE -- "$1" services/*/*.c | cut -d/ -f2 | sort -u | grep -vx cli)
	for who in $used; do
		[[ " $3 " = *" $who "* ]] || echo "$2 is used by $who, but not read by it"
	done
	for who in $3; do
		grep -qx "$who" <<< "$used" || grep -qwE -- "$1" common/kinds/*.c common/stream/*.c ||
			echo "$2 is read by $who, but not used by it"
	done
}
{
	sed -nE 's/^LIMIT\(([a-z_]+), "([A-Z_]+)", "([a-z ]*)".*/\1 \2 \3/p' common/base/limits.def
	awk '/\.name = /{name = $3} /\.at = /{at = $NF} /\.only = /{sub(/.*\.only = /, ""); print at, name, $0}' \
		common/process/settings_common.c | grep -v '(who)' | sed -E 's/\)?,? \{?/ /g; s/[",}]//g; s/[()]//g'
} | while read -r member setting readers; do
	check_readers "$member" "$setting" "$readers"
done | rule "settings whose readers are wrong"
for name in $(grep -oE '^MESSAGE\([A-Z_]+, "[a-z.]+"' proto/messages.def | grep -oE '"[a-z.]+"' | tr -d '"'); do
	grep -qF "\`$name\`" proto/streams.md 2> /dev/null || echo "$name: no rule in proto/streams.md"
	files=(proto/examples/"$name" proto/examples/"$name".*)
	[ -e "${files[0]}" ] || [ ${#files[@]} -gt 1 ] || echo "$name: no file in proto/examples"
done | rule "messages without documentation"
for target in tests/fuzz/fuzz_*.c; do
	name=$(basename "$target" .c)
	files=(tests/fuzz/corpus/"$name"/*)
	[ ${#files[@]} -gt 0 ] || echo "$target"
done | rule "a fuzz target without a corpus"

# --- what is made is current. The argument is the tool that makes the CRDs.

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
"$tool" "$made" && diff -r "$made" deploy/crds | rule "deploy/crds is not what the tables of common/kinds say (make docs writes it)"

# --- scripts parse

for script in tests/*.sh tests/kube/*/*.sh docker/*.sh tests/fuzz/run .ci/run; do
	case $(head -1 "$script") in
	'#!/bin/bash') bash -n "$script" 2>&1 ;;
	'#!/bin/sh') sh -n "$script" 2>&1 ;;
	esac
done | rule "a script does not parse"

[ $broken = 0 ] && echo "lint: fine"
exit $broken
