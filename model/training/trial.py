"""The trial: loads a pickle as the function will, and repeats predictions there.

A new process has neither pandas nor the training's modules, nor any package that the lock of the
serving image has not. What cannot be served fails here and now, and not after a deployment.
"""

import json
import pickle
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from signature import ModelError, rows

LOCK = Path(__file__).resolve().parent.parent / "requirements.txt"
ROWS = 5  # of the training table, predicted again
CODE = """
import json, pickle, sys

class Absent:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

absent, file, points = pickle.load(sys.stdin.buffer)
sys.meta_path.insert(0, Absent)
with open(file, "rb") as opened:
    model = pickle.load(opened)
print(json.dumps(model.predict(points).tolist()))
"""
OF_LIBRARIES = (
    "Build it of what libraries have: FunctionTransformer(np.log1p), say, and neither a lambda nor "
    "a function or class of the training"
)
ADVICE = {
    "Specifying the columns using strings": (
        "Fit it on artefacts.rows(table), and give columns by number: (encoder, [0, 5])"
    ),
    "only supported for": "Fit it on artefacts.rows(table), and give columns by number",
    "No module named": "Name its package in model/requirements.in, and run: make lock",
    "Can't get attribute": OF_LIBRARIES,
}


def load(file: Path, model: Any, inputs: pd.DataFrame, flat: bool) -> None:
    """Raise ModelError if the pickle does not load or predicts otherwise than the model."""
    points = inputs.head(ROWS).iloc[:, 0].tolist() if flat else rows(inputs.head(ROWS))
    sent = pickle.dumps((_absent(), str(file), points))
    done = subprocess.run([sys.executable, "-I", "-c", CODE], input=sent, capture_output=True)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1]
        own = {path.stem for path in Path(__file__).parent.glob("*.py")} | {"__main__"}
        advice = next((advice for what, advice in ADVICE.items() if what in said), "Mend the model")
        if match := re.search(r"No module named '(\w+)", said):
            advice = OF_LIBRARIES if match[1] in own else advice
        raise ModelError(f"The function could not use this model: {said}. {advice}.")
    expected = np.asarray(model.predict(points))
    predicted = np.asarray(json.loads(done.stdout))
    is_number = np.issubdtype(expected.dtype, np.floating)
    same = np.allclose if is_number else np.array_equal
    if not same(predicted, expected):
        raise ModelError(
            f"In a new process the model predicts {predicted.tolist()} and here "
            f"{expected.tolist()}. It must predict the same for the same inputs."
        )


def _absent() -> set[str]:
    """Return the modules that are here, and that the serving image has not."""
    locked = re.findall(r"^([\w.-]+)==", LOCK.read_text(), re.MULTILINE)
    there = {_plain(name) for name in locked}
    found = packages_distributions().items()
    return {name for name, packages in found if not there & {_plain(p) for p in packages}}


def _plain(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
