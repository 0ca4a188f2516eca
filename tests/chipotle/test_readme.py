"""What the READMEs say about the example is true: transcripts, parameters, figures, links."""

import json
import re
import shlex
import shutil
import subprocess

import pytest

from app import lambdaHandler
from tests.chipotle.benchmarks import tables
from tests.repository import test_readme as readmes
from tests.repository.test_commands import TARGETS
from tests.repository.test_readme import COMMANDS, DELETABLE, README, ROOT

BENCHMARKS = ROOT / "tests" / "chipotle" / "benchmarks"
FIGURES = README + (BENCHMARKS / "README.md").read_text()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl was not found. Install it.")
@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("curl")])
def test_transcripts_are_current(command: str, local_api: str) -> None:
    said = README[README.index(f"$ {command}\n") + len(command) + 3 :].partition("\n")[0]
    words = shlex.split(command.replace("http://127.0.0.1:8000/", local_api))
    done = subprocess.run([*words, "--silent"], capture_output=True, text=True)
    assert done.stdout == said


def test_all_make_targets_exist() -> None:
    """Including those that only the text mentions, such as the example's own."""
    assert {*re.findall(r"(?:`|\$ )make ([a-z-]+)", FIGURES)} <= TARGETS


def test_what_the_readme_says_to_delete_exists() -> None:
    assert DELETABLE
    for pattern in DELETABLE:
        assert list(ROOT.glob(pattern)), pattern


def test_links_to_files_of_the_example_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readmes, "DELETABLE", [])  # so that none of them may be missing
    for document in readmes.DOCUMENTS:
        readmes.test_links_pictures_and_headings_exist(document)


def test_all_pictures_are_shown() -> None:
    for picture in (ROOT / "img").glob("*.png"):
        assert f"img/{picture.name}" in FIGURES, picture.name


def test_the_table_of_parameters_is_the_predictors() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|`]+) \|", README, re.MULTILINE))
    parameters = {parameter.name: parameter.allowed for parameter in lambdaHandler.parameters}
    assert {name: rows[name] for name in rows if name in parameters} == parameters


def test_the_table_of_accuracy_has_the_evaluated_figures() -> None:
    evaluated = json.loads((BENCHMARKS / "accuracy.json").read_text())
    lines = {f"| {' | '.join(map(str, row.values()))} |" for row in evaluated}
    quoted = re.findall(r"^\| (?:in us box|on earth) .*\|$", FIGURES, re.MULTILINE)
    assert len(quoted) == 6
    assert {*quoted} <= lines


def test_the_tables_of_benchmarks_have_the_measured_figures() -> None:
    measured = tables.tables(json.loads(tables.RESULTS.read_text())).strip().split("\n\n")
    lines = set(FIGURES.splitlines())
    shown = [table.splitlines() for table in measured if table.splitlines()[0] in lines]
    assert len(shown) > 3
    assert {line for table in shown for line in table} <= lines
