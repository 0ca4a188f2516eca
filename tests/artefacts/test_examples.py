"""Each example trains in model/training/, and its model answers."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

MODEL = Path(__file__).resolve().parents[2] / "model"
PACKAGES = {"wines": "xgboost-cpu"}  # that the example adds to the image's lock
ASK = """
import json, sys
from app import MODEL
from serving.parameters import Parameter, values
sent = json.loads(sys.argv[1]) or MODEL.example
point = MODEL.point(values(MODEL.inputs, sent, Parameter.check))
print(json.dumps(MODEL.answer([point])[0][0]))
"""
ANSWERS = {
    "languages": ({"text": "Where is my umbrella?"}, "language", "English"),
    "penguins": ({"bill_length_mm": 50.0, "island": "Biscoe", "year": 2008}, "species", "Gentoo"),
    "wines": ({}, "cultivar", "class_0"),
}


def test_every_example_is_tested() -> None:
    assert [path.name for path in sorted((MODEL / "examples").iterdir())] == [*ANSWERS]


@pytest.mark.parametrize("example", ANSWERS)
def test_an_example_trains_and_answers(example: str, tmp_path: Path) -> None:
    model = tmp_path / "model"
    ignored = shutil.ignore_patterns("*.pkl", "*.json", "training", "predictor", "examples")
    shutil.copytree(MODEL, model, ignore=ignored)
    shutil.copytree(MODEL / "examples" / example, model / "training")
    if added := PACKAGES.get(example):
        with (model / "requirements.txt").open("a") as lock:
            lock.write(f"{added}=={version(added)}\n")

    def run(*command: object) -> str:
        path = os.pathsep.join(map(str, (model / "deployment", model)))
        environment = os.environ | {"PYTHONPATH": path}
        words = [sys.executable, "-P", *map(str, command)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(model / "training" / "training.py")
    sent, target, expected = ANSWERS[example]
    answer = json.loads(run("-c", ASK, json.dumps(sent)))
    assert answer[target] == expected and answer["probability"] > 0.5
