#!/bin/bash
# What goes into the image of each program: collect.sh BIN OUT
#   OUT/<service>/root      the stripped program, and /entrypoint, which leads to it
#   OUT/<service>/packages  Debian packages of the shared libraries that it names, certificates, and what it reads at run time
set -eu
bin=$1 out=$2

package_of() { # soname
	dpkg-query -S "*/$1" | sed 's/:.*//; q'
}

for main in services/*/main.c; do
	service=$(basename "$(dirname "$main")")
	program=ark-$service
	[ "$service" = cli ] && program=ark
	root=$out/$service/root
	mkdir -p "$root/usr/bin"
	strip -o "$root/usr/bin/$program" "$bin/$program"
	ln -s "usr/bin/$program" "$root/entrypoint"
	{
		echo ca-certificates
		objdump -p "$bin/$program" | awk '$1 == "NEEDED" { print $2 }' | while read -r soname; do
			package_of "$soname"
		done
		# The zones of cron and of templates are files.
		if grep -q /usr/share/zoneinfo "$bin/$program"; then echo tzdata; fi
	} | sort -u > "$out/$service/packages"
done
