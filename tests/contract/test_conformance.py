"""Tests that hold for any model in this tree: `make conformance` runs this folder."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app import lambdaHandler
from tests.contract.request_table import MODEL, POINT, SAMPLE, query
from tests.contract.start import DEPLOYMENT, start
from tests.engines import EXAMPLE, in_process
from tests.table import JSON, Row

BROKEN = """
from serving.model import Model
from serving.parameters import Parameter

def predict(points):
    {}

X = Parameter("x", "", "number")
MODEL = Model({{"version": "1"}}, (X,), {{"y": "number"}}, predict, example={{"x": 1}})
"""


def test_the_model_answers_with_only_the_packages_of_its_image() -> None:
    assert "first answer" in start()


FIX = "Fix MODEL in model/deployment/predictor."


@pytest.mark.parametrize(
    ("predict", "sentence"),
    [
        ("raise KeyError('y')", f"KeyError: 'y'. {FIX}"),
        (
            "return [[{'y': float('nan')}] for _ in points]",
            f"The model has no finite answer for these values. {FIX}",
        ),
        (
            "pass\nimport pytest",
            "ModuleNotFoundError: No module named 'pytest'. "
            "Name its package in model/requirements.in, and run: make lock.",
        ),
    ],
    ids=["raises", "answers NaN", "needs a missing package"],
)
def test_a_broken_model_is_explained(predict: str, sentence: str, tmp_path: Path) -> None:
    copy = tmp_path / "deployment"
    shutil.copytree(DEPLOYMENT, copy, ignore=shutil.ignore_patterns("predictor", "__pycache__"))
    (copy / "predictor").mkdir()
    (copy / "predictor" / "__init__.py").write_text(BROKEN.format(predict))
    with pytest.raises(SystemExit) as broken:
        start(copy)
    assert str(broken.value) == f"The model does not answer its example: {sentence}"


def test_repeated_answers_are_equal_in_eight_threads() -> None:
    first = in_process(EXAMPLE)
    with ThreadPoolExecutor(8) as threads:
        assert all(answer == first for answer in threads.map(in_process, [EXAMPLE] * 100))


def test_a_batch_answers_as_a_single_request_does() -> None:
    body = json.dumps({"points": [POINT, POINT]})
    answered = in_process(Row("", "/", "POST", {"content-type": JSON}, body))
    # Linear algebra may round differently for several points.
    text = in_process(Row("", "/?" + query(format="json"))).text
    single = json.loads(text, parse_float=lambda digits: pytest.approx(float(digits)))
    assert json.loads(answered.text)["results"] == [single[MODEL.answers]] * 2


STRANGE = "\x00\x1f, \u202eשלום<script>alert(1)</script>"


@pytest.mark.parametrize("how", lambdaHandler.format.choices)
@pytest.mark.parametrize("text", [STRANGE, "\ud800", "x" * 10_000], ids=["strange", "half", "long"])
def test_any_text_is_safe_in_any_input(text: str, how: str) -> None:
    sent: dict[str, Any] = {name: str(value) for name, value in MODEL.example.items()}
    for parameter in SAMPLE:
        asked = {**sent, parameter.name: text, "format": how}
        body = json.dumps({"points": [POINT | {parameter.name: text}]})
        post = {"httpMethod": "POST", "headers": {"content-type": JSON}, "body": body}
        for event in ({"queryStringParameters": asked}, post):
            answer = lambdaHandler(event, None)
            assert answer["statusCode"] in (200, 400, 405)
            is_page = "html" in answer["headers"]["content-type"]
            assert not (is_page and "<script>alert" in answer["body"])
