"""The manifests in manifests/*.yaml, and what is to be said about each.

A document begins with comments: `# good: <what>` or `# bad: <what>`; of a bad one `# api: <text>` is a part of the API server's
refusal (`accepts`: only the suite can see it) and `# ark: <text>` a part of what `ark validate` prints.
"""

import dataclasses
import pathlib

import yaml

FOLDER = pathlib.Path(__file__).resolve().parent / "manifests"
ACCEPTS = "accepts"


@dataclasses.dataclass
class Manifest:
    file: str
    text: str
    object: dict
    good: bool
    what: str
    api: str = None
    ark: str = None

    def __str__(self):
        return f"{self.object['kind']}: {self.what}"


def load():
    found = []
    for file in sorted(FOLDER.glob("*.yaml")):
        for text in file.read_text().split("\n---\n"):
            says = {}
            for line in text.splitlines():
                if line.startswith("# "):
                    key, _, value = line[2:].partition(": ")
                    says[key] = value
            good = "good" in says
            found.append(Manifest(file.name, text, yaml.safe_load(text), good, says["good" if good else "bad"],
                                  says.get("api"), says.get("ark")))
    return found
