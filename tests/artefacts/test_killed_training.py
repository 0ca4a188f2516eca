"""A killed training leaves the previous pickle and manifest in place."""

import hashlib
import json
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest

TRAIN = """
import sys
from pathlib import Path
import pandas as pd
from sklearn.dummy import DummyRegressor
import artefacts

number, folder = int(sys.argv[1]), Path(sys.argv[2])
table = pd.DataFrame({"x": [1.0, 2.0], "y": [float(number)] * 2})
model = DummyRegressor().fit(table[["x"]], table["y"])
print("trained", flush=True)
artefacts.write(
    model, name="one", table=table, target="y", about={"number": number}, folder=folder
)
"""


def training(number: int, folder: Path) -> list[str]:
    return [sys.executable, "-c", TRAIN, str(number), str(folder)]


def number_of_the_pair(folder: Path) -> int:
    """Return the number of the training that wrote both files."""
    content = (folder / "one.pkl").read_bytes()
    manifest = json.loads((folder / "one.json").read_text())
    assert manifest["pickle_sha256"] == hashlib.sha256(content).hexdigest()
    number = int(manifest["about"]["number"])
    assert pickle.loads(content).predict([[0]]) == [number]
    return number


@pytest.mark.parametrize("seconds", [0.1, 0.5])
def test_a_killed_training_leaves_the_old_pair(seconds: float, tmp_path: Path) -> None:
    subprocess.run(training(1, tmp_path), check=True)
    with subprocess.Popen(training(2, tmp_path), stdout=subprocess.PIPE) as killed:
        assert killed.stdout
        killed.stdout.readline()
        time.sleep(seconds)
        killed.kill()
    assert number_of_the_pair(tmp_path) == (2 if killed.returncode == 0 else 1)
