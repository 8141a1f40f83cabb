"""The programs of a Kubernetes control plane: where they are, and how they come to be there.

Each is taken from the folder KUBEBUILDER_ASSETS when it is there, else from a cache folder that plane/build.sh fills once,
from the Go module proxy. `python3 programs.py` does that and prints the folder of each program; exit status 1 and a reason
when the programs cannot be had.
"""

import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys

NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubectl")
PLANE = pathlib.Path(__file__).resolve().parent / "plane"
BUILD_DEADLINE_S = 45 * 60


class Missing(Exception):
    """The programs cannot be had; says why."""


def cache():
    version = re.search(r"^\tk8s.io/kubernetes (v[0-9.]+)$", (PLANE / "go.mod").read_text(), re.M)[1]
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base) / "ark-kube" / version


def find():
    """{name: path} of the programs that are there."""
    folders = [pathlib.Path(f) for f in (os.environ.get("KUBEBUILDER_ASSETS"), cache()) if f]
    found = {}
    for name in NAMES:
        for folder in folders:
            if os.access(folder / name, os.X_OK):
                found[name] = folder / name
                break
    return found


def provide():
    """{name: path} of all of them, built when need be. Raises Missing."""
    found = find()
    if len(found) == len(NAMES):
        return found
    if not shutil.which("go"):
        raise Missing("no go to build them with, and not all of them in KUBEBUILDER_ASSETS")
    cache().parent.mkdir(parents=True, exist_ok=True)
    with open(cache().parent / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test run may be at it
        if len(find()) < len(NAMES):
            print(f"building a Kubernetes control plane into {cache()}, once: this takes some minutes",
                  file=sys.stderr, flush=True)
            try:
                done = subprocess.run([PLANE / "build.sh", cache()], timeout=BUILD_DEADLINE_S, stdout=sys.stderr)
            except subprocess.TimeoutExpired:
                raise Missing("the build took too long") from None
            if done.returncode:
                raise Missing("the build failed")
    return find()


if __name__ == "__main__":
    try:
        for name, path in provide().items():
            print(name, path)
    except Missing as why:
        sys.exit(f"no control plane: {why}")
