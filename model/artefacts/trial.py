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

from artefacts.refusals import OF_LIBRARIES, ModelError, refusal
from artefacts.signature import as_taken, predict, rows

LOCK = Path(__file__).resolve().parent.parent / "requirements.txt"
DEPLOYMENT = LOCK.with_name("deployment")
ROWS = 100  # at most, of the training table, predicted again
HIDE = """
import json, pickle, sys

class Absent:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

absent, *given = pickle.load(sys.stdin.buffer)
sys.meta_path.insert(0, Absent)
"""
REPEAT = """
file, points, deployment = given
try:
    with open(file, "rb") as opened:
        model = pickle.load(opened)
    predicted = [model.predict(points).tolist() for _ in range(2)]
    sys.path.insert(0, deployment)
    from serving import tabular
    tabular.model(file)  # what cannot be served is refused there
    print()  # some models print
    print(json.dumps(predicted))
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}".splitlines()[0])
"""


def load(file: Path, model: Any, inputs: pd.DataFrame, flat: bool) -> None:
    """Raise ModelError if the pickle does not load or predicts otherwise than the model."""
    step = -(-len(inputs) // ROWS)
    tried, given = inputs.iloc[::step], as_taken(rows(inputs)[::step], flat)
    # What was fitted on a table is compared with what it predicts for a table.
    expected = predict(model, tried if hasattr(model, "feature_names_in_") else given)
    if expected.dtype.kind == "f" and not np.isfinite(expected).all():
        raise ModelError("The model predicts NaN or infinity for rows of the table. Mend it.")
    code, said = as_in_the_image(REPEAT, str(file), given, str(DEPLOYMENT))
    if code:
        own = {path.stem for path in Path(__file__).parent.glob("*.py")}
        if (match := re.search(r"No module named '(\w+)", said)) and match[1] in own:
            raise ModelError(f"The function could not use this model: {said}. {OF_LIBRARIES}.")
        raise refusal(said)
    for predicted in json.loads(said.splitlines()[-1]):
        _compare(np.asarray(predicted), expected)


def _compare(predicted: np.ndarray, expected: np.ndarray) -> None:
    same = np.allclose if expected.dtype.kind == "f" else np.array_equal
    if not same(predicted, expected):
        differ = int(np.flatnonzero(predicted != expected)[0])
        raise ModelError(
            f"In a new process the model predicts {predicted.ravel()[differ]}, and here "
            f"{expected.ravel()[differ]}. It must predict the same for the same inputs: "
            "without chance, and without a memory of what it was asked."
        )


def as_in_the_image(code: str, *given: object) -> tuple[int, str]:
    """Run code in a new process without what the image has not; return how it ended, what it said.

    What is said is what it printed, or the last line of its error.
    """
    command = [sys.executable, "-I", "-c", HIDE + code]
    done = subprocess.run(command, input=pickle.dumps((_absent(), *given)), capture_output=True)
    if not done.returncode:
        return 0, done.stdout.decode()
    [*_, said] = done.stderr.decode(errors="replace").splitlines() or ["it was killed"]
    return done.returncode, said


def _absent() -> set[str]:
    """Return the modules that are here, and that the serving image has not."""
    locked = re.findall(r"^([\w.-]+)==", LOCK.read_text(), re.MULTILINE)
    there = {_plain(name) for name in locked}
    found = packages_distributions().items()
    return {name for name, packages in found if not there & {_plain(p) for p in packages}}


def _plain(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
