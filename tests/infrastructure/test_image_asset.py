"""What is in the image, and nothing else, redeploys it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from predictive_lambda import predictive_lambda_stack
from tests.infrastructure.synthesized import synthesize


def image_tag(model: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(predictive_lambda_stack, "MODEL", model)
    [function] = synthesize().find_resources("AWS::Lambda::Function").values()
    return json.dumps(function["Properties"]["Code"]["ImageUri"])


def test_another_base_image_is_another_image() -> None:
    base = "public.ecr.aws/lambda/python:3.13@sha256:" + "0" * 64
    functions = [
        synthesize(**knobs).find_resources("AWS::Lambda::Function")
        for knobs in ({}, {"base_image": base}, {"base_image": base.replace("0", "1")})
    ]
    images = {json.dumps(function) for function in functions}
    assert len(images) == 3


@pytest.fixture
def model(tmp_path: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(predictive_lambda_stack.MODEL, tmp_path / "model", ignore=ignore)
    return tmp_path / "model"


@pytest.mark.parametrize(
    ("file", "redeploys"),
    [
        ("deployment/app.py", True),
        ("chipotle.pkl", True),
        ("requirements.txt", True),
        ("Dockerfile", True),
        ("training/Chipotle.ipynb", False),
        ("training/training.py", False),
        ("trainmodel.sh", False),
        ("deployment/__pycache__/app.cpython-313.pyc", False),  # `make run` leaves some
        ("deployment/.DS_Store", False),  # nor a look at it in the Finder
        (".training-abc/chipotle.pkl", False),
        ("notes.txt", False),
    ],
)
def test_only_what_is_in_the_image_redeploys_it(
    file: str, redeploys: bool, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = image_tag(model, monkeypatch)
    (model / file).parent.mkdir(exist_ok=True)
    with open(model / file, "a") as edited:
        edited.write("\n# edited")
    assert (image_tag(model, monkeypatch) != before) == redeploys
