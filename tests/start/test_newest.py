"""The step with the newest versions of the libraries, and models of all kinds in one function."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.start.environments import Environment
from tests.start.kinds import KINDS, TRAIN

PACKAGES = ("numpy", "scipy", "scikit-learn", "xgboost-cpu", "lightgbm", "polars")
ANSWER = """
import pickle
from pathlib import Path
import polars
import numpy as np
models = [pickle.loads(path.read_bytes()) for path in sorted(Path(__file__).parent.glob("*.pkl"))]
answer = lambda: [model.predict(np.array([[5.1, 3.5, 1.4, 0.2]])).tolist() for model in models]
"""
COUNT = """
import app, builtins
app.answer()
plain, imported = builtins.__import__, []
builtins.__import__ = lambda *given, **named: imported.append(given[0]) or plain(*given, **named)
print(app.answer(), *imported)
"""


@pytest.mark.proof
def test_the_newest_versions_work_and_a_warm_answer_imports_nothing_more(tmp_path: Path) -> None:
    environment = Environment(tmp_path, {}, ANSWER)
    uv = Path(sys.executable).with_name("uv")
    install = [str(uv), "pip", "install", "--quiet", "--only-binary", ":all:"]
    subprocess.run([*install, "--python", str(environment.python), *PACKAGES], check=True)
    for kind, model in KINDS.items():
        environment.run("-c", TRAIN, model)
        shutil.move(environment.task / "model.pkl", environment.task / f"{kind}.pkl")
    plain = environment.run("-c", COUNT).stdout
    said = environment.defer()
    assert "wait until they are used" in said, said
    assert "fork" not in said
    assert len(plain) > 100
    assert environment.run("-c", COUNT).stdout == plain
