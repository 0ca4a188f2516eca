"""What the CDK builds an image from: changes to nothing else make a new image."""

import json
import shutil
from pathlib import Path

from aws_cdk import App, Stack

from predictive_lambda import PredictiveLambda
from tests.infrastructure.synthesized import ROOT

BASE = "public.ecr.aws/lambda/python:3.13@sha256:" + "0" * 64
STRAYS = (
    "training/training.py",
    "deployment/__pycache__/app.cpython-313.pyc",  # `make run` leaves some
    "deployment/.DS_Store",  # the Finder leaves some
    ".training-abc/model.pkl",
    "notes.txt",
)
NEEDED = (".dockerignore", "Dockerfile", "requirements.txt", "defer_imports", "deployment")


def test_an_image_is_made_of_what_it_holds_and_its_base(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(ROOT / "model", model, ignore=shutil.ignore_patterns("__pycache__"))
    for name in STRAYS:
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_text("")
    app = App(outdir=str(tmp_path / "cdk.out"))
    PredictiveLambda(Stack(app, "stack"), "Model", model=model, base_image=BASE)
    app.synth()
    assets = json.loads((tmp_path / "cdk.out" / "stack.assets.json").read_text())
    [source] = [image["source"] for image in assets["dockerImages"].values()]
    assert source["dockerBuildArgs"] == {"BASE": BASE}
    staged = tmp_path / "cdk.out" / source["directory"]
    expected = {path for name in NEEDED for path in [model / name, *(model / name).rglob("*")]}
    expected |= {*model.glob("*.pkl"), *model.glob("*.json")}
    expected -= {model / name for name in STRAYS}
    found = {path.relative_to(staged) for path in staged.rglob("*") if path.is_file()}
    assert found == {path.relative_to(model) for path in expected if path.is_file()}
