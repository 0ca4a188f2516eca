"""Pipelines fitted on a DataFrame predict the same for a table without pandas."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from artefacts.image import run
from artefacts.signature import as_columns, describe
from tests.artefacts.pipelines import given

GIVEN = given()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fit all pipelines, and let a process without pandas answer with them."""
    folder = tmp_path_factory.mktemp("pipelines")
    for name, (model, table, targets) in GIVEN.items():
        inputs = table.drop(columns=targets)
        model.fit(inputs, table[targets[0]] if len(targets) == 1 else table[targets])
        entries = tuple(describe(column) for _, column in inputs.items())
        asked = (model, entries, dict.fromkeys(targets, ""), as_columns(entries, inputs))
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(asked))
    code, output = run(Path(__file__).with_name("ask_tables.py"), str(folder))
    assert code == 0, output
    return folder


@pytest.mark.parametrize("name", GIVEN)
def test_predictions_equal_those_for_the_data_frame_bit_for_bit(name: str, folder: Path) -> None:
    model, table, targets = GIVEN[name]
    found = pickle.loads((folder / f"{name}.out").read_bytes())
    expected = model.predict(table.drop(columns=targets)).reshape(len(table), -1)
    np.testing.assert_array_equal(np.hstack([*found.values()]), expected)
