"""The README is true: its code is the code, its transcripts happen, its tables are the tables."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from app import lambdaHandler
from tests.chipotle.benchmarks import tables
from tests.chipotle.benchmarks.charts import RESULTS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / folder / "README.md"
    for folder in (".", "model", "predictive_lambda", "tests", "tests/chipotle/benchmarks")
]
README = "\n".join(document.read_text() for document in DOCUMENTS)
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
CODE = ("python", "dockerfile")
COMMANDS = [
    line.removeprefix("$ ")
    for language, block in BLOCKS
    if language == "console"
    for line in block.splitlines()
    if line.startswith("$ ")
]


def files() -> list[Path]:
    """The project's files, as far as the README speaks of them."""
    folders = [ROOT / name for name in ("img", "model", "predictive_lambda", "tests")]
    return [*ROOT.iterdir(), *(file for folder in folders for file in folder.rglob("*"))]


@pytest.mark.parametrize(
    "code", [code for kind, code in BLOCKS if kind in ("python", "dockerfile")]
)
def test_code_is_the_code(code: str) -> None:
    sources = [file for file in files() if file.suffix == ".py" or "Dockerfile" in file.name]
    assert any(code in source.read_text() for source in sources)


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("curl")])
def test_transcripts_happen(command: str, local_api: str) -> None:
    said = README[README.index(f"$ {command}\n") + len(command) + 3 :].partition("\n")[0]
    words = shlex.split(command.replace("http://127.0.0.1:8000/", local_api))
    done = subprocess.run([*words, "--silent"], capture_output=True, text=True)
    assert done.stdout == said


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|\$ )make ([a-z-]+)", README))))
def test_make_has_the_target(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{target}:.* ## ", makefile, re.MULTILINE)


def test_the_table_of_parameters_is_the_predictors() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|`]+) \|", README, re.MULTILINE))
    assert {
        name: rows.get(name) for name in rows if name in {p.name for p in lambdaHandler.parameters}
    } == {parameter.name: parameter.allowed for parameter in lambdaHandler.parameters}


def test_the_table_of_accuracy_is_what_was_evaluated() -> None:
    evaluated = json.loads((ROOT / "tests" / "benchmarks" / "accuracy.json").read_text())
    lines = {f"| {' | '.join(map(str, row.values()))} |" for row in evaluated}
    quoted = re.findall(r"^\| (?:in us box|on earth) .*\|$", README, re.MULTILINE)
    assert len(quoted) == 6
    assert set(quoted) <= lines


def test_the_tables_of_benchmarks_are_what_was_measured() -> None:
    measured = tables.tables(json.loads(RESULTS.read_text())).splitlines()
    assert len(measured) > 50
    assert set(measured) <= set(README.splitlines())


def test_every_file_that_it_names_is_there() -> None:
    [tree] = [block for kind, block in BLOCKS if kind == "text"]
    names = {name for line in tree.splitlines() for name in line[:36].split()}
    parts = {part for file in files() for part in file.relative_to(ROOT).parts}
    assert {part for name in names for part in name.strip("/").split("/")} <= parts


def test_it_shows_every_picture() -> None:
    shown = re.findall(r"(?:!\[.+?\]\(|<img alt=\".+?\" src=\"|srcset=\")(.+?)[\")]", README)
    pictures = {f"img/{picture.name}" for picture in (ROOT / "img").glob("*.png")}
    assert {picture.replace("../", "") for picture in shown} == pictures
