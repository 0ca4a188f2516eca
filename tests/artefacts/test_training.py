"""A training script: with a model from a file, or killed."""

import re
import subprocess
import sys
import time
from pathlib import Path

import joblib
import pytest
import sklearn.base
from sklearn.linear_model import LogisticRegression

from serving.artefacts import load
from tests.artefacts.test_pipelines import PASSENGERS

README = Path(__file__).resolve().parents[2] / "model" / "README.md"
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
    model, manifest = load(folder)
    number = int(manifest.about["number"])
    assert model.predict([[0]]) == [number]
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


@pytest.mark.parametrize("traceback", ["", "1"])
def test_a_file_of_another_scikit_learn_is_rejected(
    traceback: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = LogisticRegression().fit(PASSENGERS[["class"]], PASSENGERS["survived"])
    with monkeypatch.context() as patched:
        patched.setattr(sklearn.base, "__version__", "1.3.0")
        joblib.dump(model, tmp_path / "model.joblib")
    PASSENGERS[["class", "survived"]].to_csv(tmp_path / "rows.csv", index=False)
    [script] = re.findall(r"```python\n([^`]*joblib.load[^`]*)```", README.read_text())
    (tmp_path / "training.py").write_text(script)
    monkeypatch.setenv("TRACEBACK", traceback)
    command = [sys.executable, "-W", "ignore", str(tmp_path / "training.py")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Trying to unpickle estimator LogisticRegression from version 1.3.0" in done.stderr
    assert done.stderr.count("Traceback") == len(traceback)
