"""The Makefile's targets that no other test runs."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILES = "\n".join(
    file.read_text() for file in [ROOT / "Makefile", *ROOT.glob("tests/*/targets.mk")]
)
TARGETS = {*" ".join(re.findall(r"^([\w./ -]+):", MAKEFILES, re.MULTILINE)).split()}


def make(
    *arguments: str, folder: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *arguments]
    variables = os.environ | environment
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)


def test_help_lists_every_target() -> None:
    phony = " ".join(re.findall(r"^\.PHONY: (.+)", MAKEFILES, re.MULTILINE)).split()
    listed = [line.split(maxsplit=2)[1] for line in make("help").stdout.splitlines()]
    assert sorted(listed) == sorted(phony)


def test_smoke_sends_the_request_table(local_api: str) -> None:
    done = make("smoke", f"URL={local_api}")
    summary = re.fullmatch(r"Request table, .*: (\d+) of (\d+) rows hold\.\n", done.stdout)
    assert summary and summary[1] == summary[2], done


@pytest.mark.parametrize(
    ("command", "explanation"),
    [
        (["smoke"], "make smoke URL=https://..."),
        (["smoke", "URL=nowhere"], "make smoke URL=https://..."),
        (["smoke", "URL=http://h", "HEADER=token"], "HEADER must be a name and a value"),
        (["smoke", "URL=http://127.0.0.1:1"], "http://127.0.0.1:1 does not answer: "),
        (["score"], "Name the files: make score IN=points.csv OUT=answers.csv"),
        (["score", 'IN=a "b`.csv', "OUT=c.csv"], 'a "b`.csv: No such file or directory.'),
    ],
)
def test_missing_arguments_are_explained(command: list[str], explanation: str) -> None:
    done = make(*command)
    assert done.returncode
    assert explanation in done.stdout + done.stderr


def test_the_set_up_uses_pips_index_and_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ignores pip's other settings, such as `user = true`."""
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = http://h/file\ncert = a b.pem\nuser = true\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.delenv("PIP_CERT", raising=False)
    plan = ("--dry-run", "--always-make", ".venv/.serving")
    by_file = make(*plan, HOME=str(tmp_path)).stdout
    assert "SSL_CERT_FILE='a b.pem'" in by_file and "--default-index 'http://h/file'" in by_file
    assert (tmp_path / ".cache").stat().st_mode & 0o777 == 0o700  # or the CDK may reject it
    assert "--default-index 'http://h/env'" in make(*plan, PIP_INDEX_URL="http://h/env").stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project that uses this project's packages."""
    for name in ("model", "predictive_lambda", "tests"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("Makefile", "requirements.txt"):
        shutil.copy2(ROOT / name, tmp_path)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


@pytest.mark.parametrize(
    ("code", "explanation"),
    [
        ("print('trained')", "training.py wrote no model. It must end with artefacts.write"),
        ("import absent_package", "No module named 'absent_package'"),
    ],
)
def test_a_training_that_writes_nothing_fails(code: str, explanation: str, project: Path) -> None:
    (project / "model" / "training" / "training.py").write_text(f"{code}\n")
    done = make("train-local", folder=project)
    assert done.returncode
    assert explanation in done.stdout + done.stderr
    assert "Wrote" not in done.stdout
