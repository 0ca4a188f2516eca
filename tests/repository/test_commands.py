"""The commands of the Makefile that no other test runs: what they do, and what they say."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=folder, capture_output=True, text=True
    )


def test_smoke_sends_the_table_of_requests(local_api: str) -> None:
    done = make("smoke", f"URL={local_api}")
    said = re.fullmatch(r"Request table, .*: (\d+) of (\d+) rows hold\.\n", done.stdout)
    assert said and said[1] == said[2], done


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["smoke"], "Say where: make smoke URL=https://..."),
        (["smoke", "URL=nowhere"], "Say where: make smoke URL=https://..."),
        (["score"], "Say which files: make score IN=points.csv OUT=answers.csv"),
        (["score", "IN=a b.csv", "OUT=c.csv"], "a b.csv: No such file or directory."),
    ],
)
def test_what_a_command_needs_is_said(command: list[str], sentence: str) -> None:
    done = make(*command)
    assert done.returncode
    assert sentence in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("print('trained')", "training.py wrote no model. It must end with artefacts.write"),
        ("import absent_package", "If a package is missing, see 'Another package' in"),
    ],
)
def test_a_training_that_wrote_nothing_is_no_success(
    code: str, sentence: str, tmp_path: Path
) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "model", tmp_path / "model", ignore=ignored)
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=ignored)
    for file in ("Makefile", "requirements.txt"):
        shutil.copy2(ROOT / file, tmp_path)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "model" / "training" / "training.py").write_text(f"{code}\n")
    done = make("train-local", folder=tmp_path)
    assert done.returncode
    assert sentence in done.stdout
    assert "Trained:" not in done.stdout


def test_a_missing_predictor_is_said(tmp_path: Path) -> None:
    for name in ("model", "predictive_lambda"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(tmp_path / "model" / "deployment" / "predictor")
    done = subprocess.run(
        [ROOT / ".venv" / "bin" / "python", "-m", "predictive_lambda.local.api"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("There is no MODEL in model/deployment/predictor/__init__.py.")
