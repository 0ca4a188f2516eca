"""What a user may expect of whatever model is in the tree: `make conformance` runs this folder."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app import lambdaHandler
from tests.contract.request_table import MODEL, POINT, query
from tests.engines import EXAMPLE, in_process
from tests.table import JSON, Row

DEPLOYMENT = Path(__file__).resolve().parents[2] / "model" / "deployment"
# As in the image: without pandas, without the training's modules, every warning an error.
START = """
import sys, time
sys.path.insert(0, sys.argv[1])
class NoPandas:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "pandas": raise ModuleNotFoundError("No module named 'pandas'", name=name)
sys.meta_path.insert(0, NoPandas)
begun = time.perf_counter()
import app
imported = time.perf_counter()
event = {"rawPath": "/", "rawQueryString": "", "queryStringParameters": eval(sys.argv[2])}
answer = app.lambdaHandler(event, None)
answered = time.perf_counter()
import json, resource
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB, on macOS bytes
megabytes = peak / (1024**2 if sys.platform == "darwin" else 1024)
print(json.dumps([answer["statusCode"], imported - begun, answered - imported, megabytes]))
"""


def test_the_model_loads_without_the_training_and_without_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = {name: str(value) for name, value in MODEL.example.items()}
    command = [sys.executable, "-I", "-W", "error", "-c", START, str(DEPLOYMENT), repr(asked)]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    status, imported, answered, megabytes = json.loads(done.stdout)
    assert status == 200
    with capsys.disabled():
        print(
            f"\nThe model: import {imported:.2f} s, first answer {1000 * answered:.0f} ms, "
            f"{megabytes:.0f} MB at most."
        )


def test_the_example_says_each_input_that_must_be_sent() -> None:
    missing = [p.name for p in MODEL.inputs if p.required and p.name not in MODEL.example]
    assert missing == []


def test_answers_are_what_result_declares() -> None:
    kinds = {"string": str, "number": float, "integer": int, "boolean": bool}
    found = json.loads(in_process(Row("", "/?" + query(format="json"))).text)[MODEL.answers]
    for result in found:
        assert [*result] == [*MODEL.result]
        for name, value in result.items():
            assert type(value) is kinds[MODEL.result[name]], (name, value)


def test_the_hundredth_answer_is_the_first_also_in_eight_threads() -> None:
    first = in_process(EXAMPLE)
    with ThreadPoolExecutor(8) as threads:
        assert all(answer == first for answer in threads.map(in_process, [EXAMPLE] * 100))


def test_a_batch_answers_as_single_requests_do() -> None:
    body = json.dumps({"points": [POINT, POINT]})
    answered = in_process(Row("", "/", "POST", {"content-type": JSON}, body))
    single = json.loads(in_process(Row("", "/?" + query(format="json"))).text)
    assert json.loads(answered.text)["results"] == [single[MODEL.answers]] * 2


TEXTS = ["\x00\x1f", "x" * 10_000, "\u202eabc\u05d0", "<script>alert(1)</script>", "\ud800", "a,b"]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
@pytest.mark.parametrize("how", lambdaHandler.format.choices)
def test_any_text_is_safe_in_any_input(text: str, how: str) -> None:
    for parameter in MODEL.inputs:
        sent: dict[str, Any] = {n: str(v) for n, v in MODEL.example.items()}
        sent |= {parameter.name: text, "format": how}
        answer = lambdaHandler({"queryStringParameters": sent}, None)
        assert answer["statusCode"] in (200, 400)
        assert (
            "<script>alert" not in answer["body"] or "html" not in answer["headers"]["content-type"]
        )
        body = json.dumps({"points": [POINT | {parameter.name: text}]})
        event = {"requestContext": {"http": {"method": "POST"}}, "body": body}
        batch = lambdaHandler(event | {"headers": {"content-type": JSON}}, None)
        assert batch["statusCode"] in (200, 400)
