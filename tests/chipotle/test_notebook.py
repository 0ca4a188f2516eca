"""The notebook runs, and its committed outputs are up to date."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import training

NOTEBOOK = Path(training.__file__).with_name("Chipotle.ipynb")


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(cell: Any) -> list[str]:
    """Return a cell's outputs as text; pictures differ between versions of matplotlib."""
    return [
        output.text if output.output_type == "stream" else output.data["text/plain"]
        for output in cell.outputs
        if "image/png" not in output.get("data", {})
    ]


def test_it_runs_and_reproduces_its_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "error::FutureWarning,error::DeprecationWarning")
    committed = read()
    fresh = read()
    for cell in code(fresh):
        cell.outputs = []
    resources = {"metadata": {"path": str(NOTEBOOK.parent)}}
    NotebookClient(fresh, timeout=120, resources=resources).execute()
    for ours, theirs in zip(code(fresh), code(committed), strict=True):
        assert texts(ours) == texts(theirs)
        assert len(ours.outputs) == len(theirs.outputs)


def test_it_reveals_nothing_about_the_machine() -> None:
    nbformat.validate(read())
    content = NOTEBOOK.read_text()
    for word in ("/home/", "/Users/", "/tmp/", str(Path.home()), "Traceback", "Warning"):
        assert word not in content
    assert content.count('"image/png": ') == 5
