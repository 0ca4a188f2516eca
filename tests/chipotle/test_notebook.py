"""The notebook runs, and its committed outputs are up to date."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import training

NOTEBOOK = Path(training.__file__).with_name("Chipotle.ipynb")


def texts(notebook: Any) -> list[str]:
    """Return the outputs that are text; pictures differ between versions of matplotlib."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return [
        output.get("text") or output.data["text/plain"]
        for output in outputs
        if "image/png" not in output.get("data", {})
    ]


def test_it_runs_and_reproduces_its_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "error::FutureWarning,error::DeprecationWarning:__main__")
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    committed = texts(notebook)
    NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    ).execute()
    assert texts(notebook) == committed


def test_it_reveals_nothing_about_the_machine() -> None:
    content = NOTEBOOK.read_text()
    for word in ("/home/", "/Users/", "/tmp/", str(Path.home()), "Traceback", "Warning"):
        assert word not in content
    assert content.count('"image/png": ') == 5
