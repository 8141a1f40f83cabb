#!/bin/sh
# Builds the control plane that the tests run against, from the Go module proxy: build.sh FOLDER
# Some minutes the first time; the folder is complete or not there at all.
set -eu
cd "$(dirname "$0")"
[ $# = 1 ] || { echo "usage: build.sh FOLDER" >&2; exit 2; }
command -v go > /dev/null || { echo "build.sh: needs go (1.24 or newer)" >&2; exit 1; }

version=$(sed -n 's,^\tk8s.io/kubernetes \(v[0-9.]*\)$,\1,p' go.mod)
minor=${version#v1.} minor=${minor%%.*}
package=k8s.io/component-base/version
# Clients refuse a server that does not know its version.
flags="-s -w -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=$minor"

mkdir -p "$(dirname "$1")"
work=$(mktemp -d "$1.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
CGO_ENABLED=0 nice -n 15 go build -trimpath -o "$work/" -ldflags "$flags" \
	./etcd \
	k8s.io/kubernetes/cmd/kube-apiserver \
	k8s.io/kubernetes/cmd/kube-controller-manager \
	k8s.io/kubernetes/cmd/kube-scheduler \
	k8s.io/kubernetes/cmd/kubectl \
	sigs.k8s.io/kwok/cmd/kwok
chmod 755 "$work"
# Somebody else may have been faster: theirs is as good.
mv -T "$work" "$1" 2> /dev/null || [ -x "$1/kwok" ]
