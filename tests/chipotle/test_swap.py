"""The README's two commands replace the example, and everything works without an edit."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.engines import started

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.name for path in (ROOT / "model" / "examples").iterdir())
STAMPS = (".venv/.serving", ".venv/.deploying", ".venv/.development", "node_modules/.installed")
WITHOUT_ENGINE = {"DOCKER_HOST": "unix:///nowhere.sock", "CI": ""}
PATHS = ("../../../../model/deployment", "../../../../model", "../../../..")  # as in the Makefile


def run(*command: str, folder: Path, **environment: str) -> str:
    """Run a command in the clone; return what it printed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def clone(folder: Path) -> Path:
    """Copy this tree, without what .gitignore lists, and set it up."""
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", *ignored))
    borrow_packages(folder)
    return folder


def borrow_packages(folder: Path) -> None:
    """Set up .venv and node_modules with the packages of this tree."""
    mine, borrowed = folder / ".venv", ROOT / ".venv"
    run(sys.executable, "-m", "venv", "--without-pip", str(mine), folder=folder)
    [packages] = mine.glob("lib/python*/site-packages")
    paths = (*PATHS, str(borrowed / packages.relative_to(mine)))
    (packages / "project.pth").write_text("\n".join(paths))
    for program in (borrowed / "bin").iterdir():
        copy = mine / "bin" / program.name
        if not copy.exists():
            content = program.read_bytes()
            copy.write_bytes(content.replace(str(borrowed).encode(), str(mine).encode(), 1))
            copy.chmod(0o755)
    (mine / ".made").write_text(str(mine.resolve()))
    run("cp", "-a", str(ROOT / "node_modules"), ".", folder=folder)  # npm may empty the folder
    for stamp in STAMPS:
        (folder / stamp).touch()


def swap(folder: Path, example: str) -> Path:
    """Follow the README in a clone; return its folder."""
    readme = (ROOT / "README.md").read_text()
    [section] = re.findall(r"(?ms)^## Your own model$(.*?)^## ", readme)
    commands = re.findall(r"^\$ (.*)$", section, re.MULTILINE)
    assert [command.split()[0] for command in commands[:3]] == ["rm", "cp", "make"]
    replace = "\n".join(commands[:2]).replace("penguins", example)
    run("bash", "-ec", replace, folder=clone(folder))
    script = (folder / "model" / "training" / "training.py").read_text()
    for add in re.findall("^First add the package: (.*)$", script, re.MULTILINE):
        run("bash", "-ec", add, folder=folder)
    assert "Wrote model/" in run("make", "train-local", folder=folder)
    return folder


@pytest.fixture(scope="module")
def penguins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return swap(tmp_path_factory.mktemp("swapped") / "clone", "penguins")


def test_the_new_model_answers(penguins: Path) -> None:
    assert [path.name for path in (penguins / "model").glob("*.pkl")] == ["penguins.pkl"]
    command = ["make", "--no-print-directory", "run", "PORT=0"]
    with started(command, cwd=penguins) as (_, url), urlopen(url, timeout=60) as answer:
        assert answer.read() == b"Adelie"


def test_nothing_else_needs_the_example(penguins: Path) -> None:
    names = ("contract/test_rows", "contract/test_conformance", "repository/test_readme")
    run(".venv/bin/pytest", "-q", *(f"tests/{name}.py" for name in names), folder=penguins)
    run(".venv/bin/pytest", "-q", "--collect-only", folder=penguins)
    run(".venv/bin/ruff", "check", folder=penguins)
    run(".venv/bin/mypy", "model/deployment/app.py", folder=penguins)
    listed = run("make", "help", folder=penguins)
    assert "make bench " in listed and "bench-quick" not in listed


@pytest.mark.proof
@pytest.mark.parametrize("example", EXAMPLES)
def test_everything_passes_without_an_engine(example: str, tmp_path: Path) -> None:
    folder = swap(tmp_path / "clone", example)
    for target in ("lint", "synth", "test"):
        run("make", target, folder=folder, **WITHOUT_ENGINE)


@pytest.mark.proof
def test_the_container_and_the_deployment_answer(penguins: Path, engine: None) -> None:
    run("make", "train", folder=penguins)
    tests = ("tests/containers", "tests/infrastructure/test_deployment.py")
    run(".venv/bin/pytest", "-q", *tests, folder=penguins, CI="true")  # nothing may be skipped
