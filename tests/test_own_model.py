"""The README's "Your own model", followed to the letter in a copy of the project."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINKED = (".venv", "node_modules")  # they are set up
ASK = """
import json, sys
sys.path.insert(0, "model/deployment")
from app import lambdaHandler
answer = lambdaHandler({"queryStringParameters": lambdaHandler.model.example}, None)
print(lambdaHandler.model.title, answer["statusCode"], answer["body"])
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the project, in which the README's commands have replaced the example."""
    folder = tmp_path_factory.mktemp("own") / "project"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "cdk.out", *LINKED)
    shutil.copytree(ROOT, folder, ignore=ignored)
    for name in LINKED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    [section] = re.findall(
        r"^## Your own model$(.*?)^## ", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    commands = re.findall(r"^\$ (.*)$", section, re.MULTILINE)
    assert commands[-1] == "make run"
    script = "\n".join(["set -e", *commands[:-1]])
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    yield folder


def test_the_example_is_replaced_and_its_successor_answers(project: Path) -> None:
    assert [path.name for path in (project / "model").glob("*.pkl")] == ["penguins.pkl"]
    assert not list((project / "tests").glob("chipotle"))
    done = subprocess.run(
        [".venv/bin/python", "-c", ASK], cwd=project, capture_output=True, text=True
    )
    assert done.stdout == "The species of a penguin 200 Adelie\n", done.stderr


@pytest.mark.proof
def test_the_tests_are_green_with_it(project: Path) -> None:
    tests = ["tests/contract", "tests/serving", "tests/infrastructure", "tests/lazy_imports"]
    environment = os.environ | {"DOCKER_HOST": "unix:///nowhere.sock", "CI": ""}
    command = [".venv/bin/pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
