"""What the README promises: delete what you do not need, and put in your own model."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
MODEL = TESTS.parent / "model"
PAGE = ("page.py", "page.html", "page_map.py", "page_words.py", "page_outlines.json")
SEND = """
import json, sys
sys.path[:0] = [{task!r}, {tests!r}]
import app
from request_table import BAD_QUERIES, BATCHES, NEGOTIATION, PREDICTIONS
from test_contract import in_process
"""


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A copy of what is in the image."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(MODEL / "deployment", tmp_path / "task", ignore=ignore)
    for name in ("chipotle.pkl", "chipotle.json"):
        shutil.copy(MODEL / name, tmp_path / "task")
    return tmp_path / "task"


def run(task: Path, code: str) -> str:
    script = SEND.format(task=str(task), tests=str(TESTS)) + code
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=task)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        (["lazy_imports.py"], "PREDICTIONS + NEGOTIATION + BAD_QUERIES + BATCHES"),
        (["batch.py"], "PREDICTIONS + NEGOTIATION + BAD_QUERIES"),
        (["openapi.py"], "PREDICTIONS + NEGOTIATION + BAD_QUERIES + BATCHES"),
        ([*PAGE], "PREDICTIONS + NEGOTIATION + BAD_QUERIES + BATCHES"),
        (
            ["lazy_imports.py", "batch.py", "openapi.py", *PAGE],
            "PREDICTIONS + NEGOTIATION + BAD_QUERIES",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_deleted_is_gone_and_the_rest_answers(
    files: list[str], kept: str, task: Path
) -> None:
    for name in files:
        (task / name).unlink(missing_ok=True)  # you may have deleted it already
    run(task, f"for row in {kept}: row.check(in_process(row))")


def test_without_batches_post_is_refused_and_not_described(task: Path) -> None:
    (task / "batch.py").unlink()
    printed = run(
        task,
        """
post = {"requestContext": {"http": {"method": "POST"}}}
print(json.dumps(app.lambdaHandler(post, None)))
print(app.lambdaHandler({"rawPath": "/openapi.json"}, None)["body"])
""",
    )
    refusal, description = map(json.loads, printed.splitlines())
    assert refusal["statusCode"] == 405
    assert refusal["headers"]["allow"] == "GET, HEAD, OPTIONS"
    assert description["paths"]["/"].keys() == {"get"}


def test_the_very_first_page_has_its_policy_even_if_it_is_an_error(task: Path) -> None:
    """The page is read late, for the sake of the cold start, and its headers with it."""
    event = """{"queryStringParameters": {"lat": "x", "format": "html"}}"""
    printed = run(task, f"print(app.lambdaHandler({event}, None)['headers'])")
    assert "content-security-policy" in printed


def test_another_model_takes_a_predictor_and_two_functions_of_render(task: Path) -> None:
    """The handler, parsing, errors, negotiation, batch and OpenAPI stay as they are."""
    for name in (*PAGE, "geodesics.py", "artefacts.py", "chipotle.pkl", "chipotle.json"):
        (task / name).unlink(missing_ok=True)
    shutil.copy(TESTS / "own_model" / "predictor.py", task)
    render = (task / "render.py").read_text()
    render = render.replace('store["address"]', 'store["species"]')
    render = render.replace('round(store["distance_m"], 3)', 'round(store["probability"], 3)')
    render = render.replace('"distance_m"', '"probability"')
    render = re.sub(r'def geojson.*?\n\n\n|    "geojson": .*?\n', "", render, flags=re.DOTALL)
    (task / "render.py").write_text(render)
    printed = run(
        task,
        """
def ask(**query):
    return app.lambdaHandler({"queryStringParameters": query}, None)["body"].replace("\\n", "; ")
flower = dict(sepal_length="5.1", sepal_width="3.5", petal_length="1.4", petal_width="0.2")
print(ask(**flower))
print(ask(**flower, k="2", format="json"))
print(ask(**flower | {"petal_width": "wide"}))
print(app.lambdaHandler({"rawPath": "/openapi.json"}, None)["body"])
for name in app.FORMATS:
    ask(**flower, k="3", format=name), ask(k="4", format=name)
    print(name)
""",
    )
    text, document, problem, description, *formats = printed.splitlines()
    assert text == "setosa"
    assert [result["species"] for result in json.loads(document)["nearest"]] == [
        "setosa",
        "versicolor",
    ]
    assert problem.startswith("petal_width is 'wide', which is not a plain decimal number")
    names = [p["name"] for p in json.loads(description)["paths"]["/"]["get"]["parameters"]]
    assert names == ["sepal_length", "sepal_width", "petal_length", "petal_width", "k", "format"]
    assert formats == ["text", "json"]


SIZES = """
from parameters import Parameter

INPUTS = (
    Parameter("size", "Of the parcel.", "string", choices=("small", "big")),
    Parameter("weight", "Of the parcel.", "number", "kg", above=0),
)
OPTIONS = (
    Parameter("k", "How many.", "integer", minimum=1, default=3),
    Parameter("by", "Transport.", "string", choices=("road", "sea"), default="road"),
)
RESULT, MODEL = {"address": "string", "distance_m": "number"}, {"version": "parcels"}


def predict(points, k, by):
    addresses = [f"{size}, {weight}, {by}" for size, weight in points]
    return [[{"address": address, "distance_m": 0.0}] * k for address in addresses]
"""


def test_inputs_may_be_choices_and_get_and_post_have_the_same_defaults(task: Path) -> None:
    (task / "predictor.py").write_text(SIZES)
    for name in PAGE:
        (task / name).unlink(missing_ok=True)
    printed = run(
        task,
        """
def get(**query):
    print(app.lambdaHandler({"queryStringParameters": query}, None)["body"].replace("\\n", "; "))
def post(*points, **options):
    http = {"requestContext": {"http": {"method": "POST"}}}
    headers = {"content-type": "application/json"}
    body = json.dumps({"points": points, **options})
    print(app.lambdaHandler({**http, "headers": headers, "body": body}, None)["body"])
get(size="big", weight="2")
post(["big", 2])
post(["small", 2], k=1, by="sea")
get(size="huge", weight="2")
post(["huge", 2])
post([None, 2])
get(size="big", weight="0")
get(size="big", weight="2", k="0")
post("big")
get(size="big")
description = json.loads(app.lambdaHandler({"rawPath": "/openapi.json"}, None)["body"])
print([p["required"] for p in description["paths"]["/"]["get"]["parameters"]])
""",
    )
    got, posted, by_sea, *problems, required = printed.splitlines()
    assert required == "[True, True, False, False, False]"
    assert got == "big, 2.0, road; big, 2.0, road; big, 2.0, road"
    assert [parcel["address"] for parcel in json.loads(posted)["results"][0]] == got.split("; ")
    assert "small, 2.0, sea" in by_sea
    assert problems == [
        "size is 'huge', which is not one of its values. It must be small or big.",
        "points[0]: size is 'huge', which is not one of its values. It must be small or big.",
        "points[0]: size is null, which is not one of its values. It must be small or big.",
        "weight is '0', which is out of range. It must be a number greater than 0 (kg).",
        "k is '0', which is out of range. It must be a whole number from 1.",
        "points[0] is 'big'. The body must be "
        '{"points": [[size, weight], ...], "k": 3, "by": "road"}.',
        "weight is missing. It must be a number greater than 0 (kg).",
    ]
