#!/bin/bash
# Makes the base image of docker/Dockerfile from Debian's packages, where no registry can be reached:
#   make_base.sh [TAG]      (root, debootstrap; about 90 s; TAG: debian:bookworm-slim)
# DEBIAN_MIRROR names another mirror; it does not get into the image.
set -eu
tag=${1:-debian:bookworm-slim}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

fail() {
	echo "make_base.sh: $*" >&2
	exit 1
}
[ "$(id -u)" = 0 ] || fail 'must run as root, debootstrap needs it'
command -v debootstrap > /dev/null || fail 'debootstrap is missing: apt-get install debootstrap'
command -v docker > /dev/null || fail 'docker is missing'

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM
root=$work/root
echo "make_base.sh: $tag from $mirror" >&2
debootstrap --variant=minbase bookworm "$root" "$mirror" > "$work/log" 2>&1 || {
	tail -20 "$work/log" >&2
	fail 'debootstrap failed'
}

# What the slim image of a registry leaves out, now and in packages to come.
cat > "$root/etc/dpkg/dpkg.cfg.d/docker" <<'SLIM'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/groff/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
SLIM
find "$root/usr/share/doc" -type f ! -name copyright -delete
find "$root/usr/share/doc" -depth -mindepth 1 ! -type f -empty -delete
rm -rf "$root"/usr/share/{groff,info,locale,man}/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin \
	"$root"/var/cache/apt/archives/*.deb "$root"/var/log/{apt,bootstrap.log,dpkg.log,alternatives.log} \
	"$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old

cat > "$root/etc/apt/apt.conf.d/docker" <<'APT'
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Apt::AutoRemove::SuggestsImportant "false";
APT
cat > "$root/etc/apt/sources.list" <<'SOURCES'
deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
SOURCES
# A service that a package would start is not wanted in an image.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
# These are of the machine that it was made on.
rm -f "$root/etc/hostname" "$root/etc/resolv.conf"

tar -C "$root" --numeric-owner --exclude './dev/*' -c . |
	docker import --change 'CMD ["bash"]' --message 'debootstrap --variant=minbase bookworm' - "$tag"
