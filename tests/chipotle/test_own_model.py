"""The README's "Your own model", followed to the letter in a copy of the project."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "model" / "examples"
LINKED = (".venv", "node_modules")  # they are set up
SECTION = r"^## Your own model$(.*?)^## "


def run(*command: str, folder: Path, **environment: str) -> str:
    """Run a command in the copy, as it is outside of pytest; return what it printed."""
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


def follow_the_readme(folder: Path, example: str = "penguins") -> Path:
    """Copy the project, and let the README's commands replace the example; return the copy."""
    ignored = shutil.ignore_patterns(
        ".git", ".*_cache", ".bench", "__pycache__", "cdk.out", *LINKED
    )
    shutil.copytree(ROOT, folder, ignore=ignored)
    for name in LINKED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    [section] = re.findall(SECTION, (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    commands = re.findall(r"^\$ (.*)$", section, re.MULTILINE)
    assert commands[-4:] == ["make run", "make test", "make train", "make deploy"]
    run("bash", "-ec", "\n".join(commands[:-4]).replace("penguins", example), folder=folder)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return follow_the_readme(tmp_path_factory.mktemp("own") / "project")


@pytest.fixture(scope="module")
def trained_in_its_container(project: Path, engine: None) -> Path:
    run("make", "train", folder=project)
    return project


@pytest.fixture
def url(project: Path) -> Iterator[str]:
    """What `make run` prints."""
    process = subprocess.Popen(
        ["make", "--no-print-directory", "run", "PORT=0"],
        cwd=project,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    yield process.stdout.readline().split()[1]
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)


def test_the_example_is_replaced_and_its_successor_answers(project: Path, url: str) -> None:
    assert [path.name for path in (project / "model").glob("*.pkl")] == ["penguins.pkl"]
    with urlopen(url, timeout=60) as answer:
        assert answer.read() == b"Adelie"


@pytest.mark.proof
def test_the_tests_are_green_without_an_engine(project: Path) -> None:
    said = run("make", "test", folder=project, DOCKER_HOST="unix:///nowhere.sock", CI="")
    assert re.search(r"^local API: \d\d passed$", said, re.MULTILINE)


@pytest.mark.proof
def test_lint_is_clean(project: Path) -> None:
    run("make", "lint", folder=project)


@pytest.mark.proof
def test_images_and_deployment_answer_the_rows(trained_in_its_container: Path) -> None:
    tests = ("tests/containers", "tests/infrastructure/test_deployment.py")
    said = run(".venv/bin/pytest", "-q", *tests, folder=trained_in_its_container)
    for engine in ("container", "deployment"):
        assert re.search(rf"^{engine}: \d\d passed", said, re.MULTILINE)


@pytest.mark.proof
@pytest.mark.parametrize(
    "example", sorted(path.name for path in EXAMPLES.iterdir() if path.name != "penguins")
)
def test_the_other_examples_conform(example: str, tmp_path: Path) -> None:
    said = run("make", "conformance", folder=follow_the_readme(tmp_path / "project", example))
    assert re.search(r"^local API: \d\d passed$", said, re.MULTILINE)


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir()))
def test_the_readme_says_how_many_lines_each_took(example: str) -> None:
    files = (EXAMPLES / example).rglob("*.py")
    lines = [line for file in files for line in file.read_text().splitlines() if line.strip()]
    readme = (ROOT / "model" / "README.md").read_text()
    assert f"| [{example}](examples/{example}) | {len(lines)} |" in readme
