"""Only changes to what is in the image, or to its base, make a new image."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from predictive_lambda import PredictiveLambda
from tests.infrastructure.synthesized import ROOT

BASE = "public.ecr.aws/lambda/python:3.13@sha256:"


def image_tag(model: Path, **arguments: Any) -> str:
    stack = Stack(App(), "stack")
    PredictiveLambda(stack, "Model", model=model, **arguments)
    [function] = Template.from_stack(stack).find_resources("AWS::Lambda::Function").values()
    return json.dumps(function["Properties"]["Code"]["ImageUri"])


def test_another_base_image_is_another_image() -> None:
    bases = ("", BASE + "0" * 64, BASE + "1" * 64)
    assert len({image_tag(ROOT / "model", base_image=base) for base in bases}) == 3


@pytest.mark.parametrize(
    ("file", "redeploys"),
    [
        ("deployment/app.py", True),
        ("model.pkl", True),
        ("Dockerfile", True),
        ("defer_imports.py", True),
        ("training/training.py", False),
        ("deployment/__pycache__/app.cpython-313.pyc", False),  # `make run` leaves some
        ("deployment/.DS_Store", False),  # the Finder leaves some
        (".training-abc/model.pkl", False),
        ("notes.txt", False),
    ],
)
def test_only_what_is_in_the_image_redeploys_it(file: str, redeploys: bool, tmp_path: Path) -> None:
    model, ignore = tmp_path / "model", shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "model", model, ignore=ignore)
    before = image_tag(model)
    (model / file).parent.mkdir(exist_ok=True)
    with open(model / file, "a") as edited:
        edited.write("\n# edited")
    assert (image_tag(model) != before) == redeploys
