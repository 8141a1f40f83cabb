"""`ark validate`: every kind of finding at its place, formats and exit codes (SPEC 21.7, 21.28)."""

import json
import subprocess

import pytest

TEAM = """apiVersion: arkonis.dev/v1alpha1
kind: ArkTeam
metadata: {name: blog}
spec:
"""


def validate(ark, *args, stdin=None, cwd=None):
    done = subprocess.run([ark, "validate", *map(str, args)], input=stdin, capture_output=True, text=True, cwd=cwd,
                          timeout=30)
    return done.returncode, done.stdout, done.stderr


FINDINGS = [
    ("unknown field", "  rols: []\n  roles:\n  - {name: a, model: mock, systemPrompt: x}\n",
     5, "error", "spec.rols", "unknown field"),
    ("wrong type", "  timeoutSeconds: soon\n  roles:\n  - {name: a, model: mock, systemPrompt: x}\n",
     5, "error", "spec.timeoutSeconds", "expected integer"),
    ("bad duration", "  roles:\n  - {name: a, model: mock, systemPrompt: x}\n  runRetainFor: 5 days\n",
     7, "error", "spec.runRetainFor", "duration"),
    ("bad template", "  roles:\n  - {name: a, model: mock, systemPrompt: x}\n  pipeline:\n  - role: a\n"
     "    if: '{{ .input.x '\n", 9, "error", "spec.pipeline[0].if", "template"),
    ("cycle", "  roles:\n  - {name: a, model: mock, systemPrompt: x}\n  - {name: b, model: mock, systemPrompt: x}\n"
     "  pipeline:\n  - {role: a, dependsOn: [b]}\n  - {role: b, dependsOn: [a]}\n",
     None, "error", "spec.pipeline", "cycle: a -> b -> a"),
    ("missing agent", "  roles:\n  - {name: a, arkAgent: nobody}\n",
     None, "error", "spec.roles[0]", "there is no ArkAgent 'nobody'"),
    ("missing secret is a warning", "  roles:\n  - {name: a, model: mock, systemPrompt: x, "
     "envFrom: [{secretRef: {name: keys}}]}\n", None, "warning", "spec.roles[0]", "there is no Secret 'keys'"),
]


@pytest.mark.parametrize("name, spec, line, severity, field, text", FINDINGS, ids=[f[0] for f in FINDINGS])
def test_finding(ark, tmp_path, name, spec, line, severity, field, text):
    file = tmp_path / "team.yaml"
    file.write_text(TEAM + spec)
    code, out, err = validate(ark, file)
    lines = [l for l in out.splitlines() if text in l]
    assert len(lines) == 1, out
    place, found, path, words = lines[0].split(": ", 3)
    assert found == severity and path.startswith(field)
    assert place.startswith(f"{file}:") and (line is None or place == f"{file}:{line}")
    assert code == (1 if severity == "error" else 0)
    assert err == ""


def test_fine(ark, tmp_path):
    file = tmp_path / "team.yaml"
    file.write_text(TEAM + "  roles:\n  - {name: a, model: mock, systemPrompt: x}\n")
    assert validate(ark, file) == (0, "OK\n", "")
    assert validate(ark, "-", stdin=file.read_text()) == (0, "OK\n", "")
    assert validate(ark, tmp_path) == (0, "OK\n", "")


def test_not_yaml_and_the_rest_of_the_file(ark, tmp_path):
    file = tmp_path / "team.yaml"
    file.write_text(TEAM + "  rols: []\n---\na: [1,\n---\n" + TEAM.replace("blog", "other") + "  rols: []\n")
    code, out, _ = validate(ark, file)
    assert code == 1
    assert [l.split(":")[1] for l in out.splitlines() if "unknown field" in l] == ["5", "13"]
    assert any(": error: document: " in l for l in out.splitlines())


def test_nothing_there(ark, tmp_path):
    assert validate(ark, tmp_path)[0] == 3
    assert validate(ark, tmp_path / "no.yaml")[0] == 3
    (tmp_path / "other.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: x}\n")
    code, out, err = validate(ark, tmp_path)
    assert (code, out) == (3, "") and "nothing to validate" in err


def test_usage(ark, tmp_path):
    code, out, err = validate(ark)
    assert (code, out) == (2, "") and "usage: ark validate FILE" in err
    code, out, err = validate(ark, "--tema", "x", tmp_path)
    assert (code, out) == (2, "") and "did you mean --team?" in err
    done = subprocess.run([ark, "validat"], capture_output=True, text=True)
    assert done.returncode == 2 and "did you mean 'validate'?" in done.stderr


def test_json(ark, tmp_path):
    file = tmp_path / "team.yaml"
    file.write_text(TEAM + "  rols: []\n")
    code, out, _ = validate(ark, "-o", "json", file)
    report = json.loads(out)
    assert code == 1 and report["valid"] is False
    assert any(f["line"] == 5 and f["field"] == "spec.rols" and f["severity"] == "error" for f in report["findings"])


def test_one_team_only(ark, tmp_path):
    file = tmp_path / "teams.yaml"
    good = "  roles:\n  - {name: a, model: mock, systemPrompt: x}\n"
    file.write_text(TEAM + good + "---\n" + TEAM.replace("blog", "bad") + "  rols: []\n")
    assert validate(ark, file)[0] == 1
    assert validate(ark, "--team", "blog", file) == (0, "OK\n", "")
    assert validate(ark, "--flow", "bad", file)[0] == 1
    assert validate(ark, "--team", "none", file)[0] == 3


def test_terminal_controls_are_escaped(ark, tmp_path):
    file = tmp_path / "team.yaml"
    file.write_text(TEAM + '  "ro\\els": []\n  roles:\n  - {name: a, model: mock, systemPrompt: x}\n')
    _, out, _ = validate(ark, file)
    assert "\x1b" not in out and "\\u001b" in out
