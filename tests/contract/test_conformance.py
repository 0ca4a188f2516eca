"""What holds for whatever model is in the tree: `make conformance` runs this folder."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app import lambdaHandler
from tests.contract.request_table import MODEL, POINT, SAMPLE, TEXTS, query
from tests.contract.start import DEPLOYMENT, BrokenModel, start
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


def test_the_model_answers_with_only_the_packages_of_its_image(
    capsys: pytest.CaptureFixture[str],
) -> None:
    took = start()
    with capsys.disabled():
        print(f"\n{took}")


@pytest.mark.parametrize(
    ("predict", "sentence"),
    [
        (
            "raise KeyError('y')",
            "The model raises for its example: KeyError: 'y'. "
            "Fix MODEL in model/deployment/predictor.",
        ),
        (
            "return [[{'y': float('nan')}] for _ in points]",
            "The model rejects its example: The model has no finite answer for these values. "
            "Fix MODEL in model/deployment/predictor.",
        ),
        (
            "pass\nimport pandas",
            "The model does not load: ModuleNotFoundError: No module named 'pandas'. "
            "Name its package in model/requirements.in, and run: make lock.",
        ),
        (
            "from serving.problems import Problem; raise Problem(400, 'Not this one.')",
            "The model rejects its example: Not this one. Fix MODEL in model/deployment/predictor.",
        ),
    ],
    ids=["raises", "answers NaN", "needs a missing package", "rejects its example"],
)
def test_a_broken_model_is_explained(predict: str, sentence: str, tmp_path: Path) -> None:
    copy = tmp_path / "deployment"
    shutil.copytree(DEPLOYMENT, copy, ignore=shutil.ignore_patterns("predictor", "__pycache__"))
    (copy / "predictor").mkdir()
    (copy / "predictor" / "__init__.py").write_text(BROKEN.format(predict))
    with pytest.raises(BrokenModel) as broken:
        start(copy)
    assert str(broken.value) == sentence


def test_repeated_answers_are_equal_in_eight_threads() -> None:
    first = in_process(EXAMPLE)
    with ThreadPoolExecutor(8) as threads:
        assert all(answer == first for answer in threads.map(in_process, [EXAMPLE] * 100))


def test_a_batch_answers_as_single_requests_do() -> None:
    body = json.dumps({"points": [POINT, POINT]})
    answered = in_process(Row("", "/", "POST", {"content-type": JSON}, body))
    single = json.loads(in_process(Row("", "/?" + query(format="json"))).text)
    assert json.loads(answered.text)["results"] == [single[MODEL.answers]] * 2


@pytest.mark.parametrize("text", TEXTS.values(), ids=[*TEXTS])
@pytest.mark.parametrize("how", lambdaHandler.format.choices)
def test_any_text_is_safe_in_any_input(text: str, how: str) -> None:
    for parameter in SAMPLE:
        sent: dict[str, Any] = {n: str(v) for n, v in MODEL.example.items()}
        sent |= {parameter.name: text, "format": how}
        answer = lambdaHandler({"queryStringParameters": sent}, None)
        assert answer["statusCode"] in (200, 400)
        assert (
            "<script>alert" not in answer["body"] or "html" not in answer["headers"]["content-type"]
        )
        changed = {parameter.name: text} if parameter in MODEL.inputs else {}
        body = json.dumps({"points": [POINT | changed]})
        event = {"requestContext": {"http": {"method": "POST"}}, "body": body}
        batch = lambdaHandler(event | {"headers": {"content-type": JSON}}, None)
        assert batch["statusCode"] in (200, 400)
