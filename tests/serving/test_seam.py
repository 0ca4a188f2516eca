"""The pattern serves any model, and what is optional can be deleted."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serving import batch, metrics, openapi
from serving.formats import Format, as_text
from serving.handler import Handler
from serving.model import Model
from serving.parameters import Parameter
from serving.problems import Problem
from tests.engines import EXAMPLE, in_process
from tests.serving.flowers import FLOWER
from tests.serving.flowers import MODEL as FLOWERS

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "model"
WORDS = r"(?<!no-)\b(stores?|chipotle|nearest|lat|latitude|long|longitude|address|distance(_m)?)\b"
KEPT = "ANY_MODEL + REFUSALS"
SEND = """
import sys
sys.path[:0] = [{task!r}, {root!r}]
from tests.engines import in_process
from tests.contract.request_table import ANY_MODEL, DESCRIPTION, MANY, REFUSALS
for row in {rows}: row.check(in_process(row))
import bulk
"""


LAZY = {"import lazy_imports.*\n": ""}
PACK = {"import pack.*\n": ""}
BATCH = {"batch, ": "", "batch.routes, ": ""}
OPENAPI = {"openapi, ": "", ", openapi.routes": ""}
METRICS = {"metrics, ": "", "metrics.lines, ": ""}
PAGE = {", page\n": "\n", r"html.added_to\(MODEL\)": "MODEL"}
OPTIONAL = ("batch", "metrics", "openapi", "page")
ALL = {"from serving import .*\n": "", r"html.added_to\(MODEL\).*\)": "MODEL)"}


@pytest.mark.parametrize(
    ("delete", "names", "rows"),
    [
        (["lazy_imports"], LAZY, f"{KEPT} + DESCRIPTION + MANY"),
        (["pack.py"], PACK, f"{KEPT} + DESCRIPTION + MANY"),
        (["serving/batch.py"], BATCH, f"{KEPT} + DESCRIPTION"),
        (["serving/openapi.py"], OPENAPI, f"{KEPT} + MANY"),
        (["serving/metrics.py"], METRICS, f"{KEPT} + DESCRIPTION + MANY"),
        (["serving/html.py"], PAGE, f"{KEPT} + DESCRIPTION + MANY"),
        (
            ["lazy_imports", "pack.py", *(f"serving/{name}.py" for name in OPTIONAL)],
            LAZY | PACK | ALL,
            KEPT,
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_optional_goes_with_its_name(
    delete: list[str], names: dict[str, str], rows: str, tmp_path: Path
) -> None:
    task = tmp_path / "task"
    shutil.copytree(MODEL / "deployment", task, ignore=shutil.ignore_patterns("__pycache__"))
    for name in delete:
        path = task / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for artefact in (*MODEL.glob("*.pkl"), *MODEL.glob("*.json")):
        shutil.copy(artefact, task)
    for file in (task / "app.py", task / "bulk.py"):
        code = file.read_text()
        for name, instead in names.items():
            code, found = re.subn(name, instead, code, count=1)
            assert found or (file.name == "bulk.py" and name not in LAZY | PACK), name
        file.write_text(code)
    script = SEND.format(task=str(task), root=str(ROOT), rows=rows)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=task)
    assert done.returncode == 0, done.stderr


def test_the_pattern_knows_nothing_of_the_example() -> None:
    for file in (MODEL / "deployment" / "serving").glob("*.py"):
        assert not re.findall(WORDS, file.read_text(), re.IGNORECASE), file
        assert not re.findall(
            r"(?:import|from) (predictor|training|lazy_imports|pack)", file.read_text()
        )


def ask(handler: Handler, path: str = "/", **query: str) -> Any:
    return handler({"rawPath": path, "queryStringParameters": query}, None)


def post(handler: Handler, **document: Any) -> Any:
    http = {"requestContext": {"http": {"method": "POST"}}}
    headers = {"content-type": "application/json"}
    return handler({**http, "headers": headers, "body": json.dumps(document)}, None)


def test_flowers_are_served_beside_this_trees_model() -> None:
    flowers = Handler(FLOWERS, batch.routes, openapi.routes)
    assert ask(flowers, **FLOWER)["body"] == "setosa"
    answered = json.loads(ask(flowers, **FLOWER, k="2", format="json")["body"])
    assert [result["species"] for result in answered["predictions"]] == ["setosa", "versicolor"]
    problem = ask(flowers, **FLOWER | {"petal_width": "wide"})["body"]
    assert problem.startswith("petal_width is 'wide', which is not a plain decimal number")
    assert list(flowers.formats) == ["text", "json"]
    [[result]] = json.loads(post(flowers, points=[[5.1, 3.5, 1.4, 0.2]])["body"])["results"]
    assert result["species"] == "setosa"
    described = json.loads(ask(flowers, "/openapi.json")["body"])
    assert described["info"]["title"] == "The species of an iris"
    assert in_process(EXAMPLE).status == 200


def test_without_batches_post_is_refused_and_not_described() -> None:
    handler = Handler(FLOWERS, openapi.routes)
    refusal = post(handler, points=[[1, 1, 1, 1]])
    assert (refusal["statusCode"], refusal["headers"]["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert json.loads(ask(handler, "/openapi.json")["body"])["paths"]["/"].keys() == {"get"}


@pytest.mark.parametrize(("started", "rehearsed"), [("snap-start", 1), ("on-demand", 0)])
def test_before_a_snapshot_the_example_is_answered_in_every_format(
    started: str,
    rehearsed: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    written: list[str] = []

    def note(name: str) -> Format:
        return as_text(lambda query, results, about: written.append(name) or results[0]["species"])  # type: ignore[func-returns-value]

    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", started)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    handler = Handler(replace(FLOWERS, formats={n: note(n) for n in ("a", "b")}), metrics.lines)
    assert written == ["a", "b"] * rehearsed
    assert capsys.readouterr().out == ""  # it was no request
    ask(handler, **FLOWER)
    assert json.loads(capsys.readouterr().out)["cold_start"] == 1


def parcel(points: Any, k: int, by: str) -> Any:
    return [[{"said": f"{point}, {by}"}] * k for point in points]


def test_a_whole_number_is_not_rounded() -> None:
    number = Parameter("id", "Of it.", "integer")
    sent = ("9007199254740993", 9007199254740993)
    assert [number.parse(value) for value in sent] == [2**53 + 1] * 2
    for far in (f"1{'0' * 399}", f"-1{'0' * 5_000}"):
        with pytest.raises(Problem, match="which is not finite"):
            number.parse(far)


def read_label(label: str) -> dict[str, Any]:
    size, _, weight = label.partition(" ")
    if not weight:
        raise Problem(400, f"label is {label}, and has no weight.", "label")
    return {"size": size, "weight": float(weight)}


PARCELS = Handler(
    Model(
        about={"version": "parcels"},
        inputs=(
            Parameter("size", "Of it.", "string", choices=("small", "big"), required=True),
            Parameter("weight", "Of it.", "number", "kg", above=0, required=True),
            Parameter("fragile", "Is it?", "boolean", default=False),
            Parameter("note", "For the driver.", "string", longest=20),
            Parameter("height", "Of it.", "number", "cm"),
        ),
        options=(
            Parameter("k", "How many.", "integer", minimum=1, default=2),
            Parameter("by", "Transport.", "string", choices=("road", "sea"), default="road"),
        ),
        aliases={Parameter("label", "Size and weight.", "string", longest=20): read_label},
        result={"said": "string"},
        predict=parcel,
        count="k",
    ),
    batch.routes,
    openapi.routes,
)
BIG = {"size": "big", "weight": "2"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (BIG, "('big', 2.0, False, None, nan), road"),
        (BIG | {"fragile": "1", "height": "3"}, "('big', 2.0, True, None, 3.0), road"),
        (BIG | {"note": "a, b\x00<i>"}, "('big', 2.0, False, 'a, b\\x00<i>', nan), road"),
        (BIG | {"note": "", "height": ""}, "('big', 2.0, False, None, nan), road"),
        ({"label": "big 2", "by": "sea"}, "('big', 2.0, False, None, nan), sea"),
    ],
)
def test_inputs_of_every_kind_get_to_the_model(query: dict[str, str], said: str) -> None:
    answered = json.loads(ask(PARCELS, **query)["body"])
    assert answered["predictions"] == [{"said": said}] * 2


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        (BIG | {"size": "huge"}, "size is 'huge', which is not one of its values."),
        (BIG | {"size": "big,small"}, "size is 'big,small', given twice."),
        ({"size": "big"}, "weight is missing. It must be a number greater than 0 (kg)."),
        (BIG | {"fragile": "yes"}, "fragile is 'yes', which is neither. It must be true or false."),
        (BIG | {"note": "x" * 21}, "which has 21 characters. It must be text of at most 20"),
        (BIG | {"k": "0"}, "k is '0', which is out of range. It must be a whole number from 1."),
        (BIG | {"hight": "3"}, "height is absent, and 'hight' is unknown."),
        (BIG | {"amp;height": "3"}, "height is absent, and 'amp;height' is unknown."),
        (BIG | {"label": "big 2"}, "label excludes size and weight. Send one or the other."),
        ({"label": "big"}, "label is big, and has no weight."),
        ({"label": "huge 2"}, "size is 'huge', which is not one of its values."),
        ({"label": "x" * 21}, "label is 'xxxxxxxxxxxxxxxxxxxxx', which has 21 characters."),
    ],
)
def test_a_bad_query_is_a_sentence(query: dict[str, str], detail: str) -> None:
    answered = ask(PARCELS, **query)
    assert answered["statusCode"] == 400
    assert detail in answered["body"]


@pytest.mark.parametrize(
    ("point", "said"),
    [
        (["big", 2, True, "x", 1], "('big', 2.0, True, 'x', 1.0), road"),
        (["big", 2, True, None, None], "('big', 2.0, True, None, nan), road"),
        ({"weight": 2, "size": "big"}, "('big', 2.0, False, None, nan), road"),
        ({"weight": 2, "size": "huge"}, "points[0]: size is 'huge', which is not one"),
        ({"weight": 2}, "points[0]: size is missing. It must be small or big."),
        (
            {"weight": 2, "size": "big", "hieght": 1},
            "'hieght' is not an input. Did you mean height",
        ),
        ([None, 2, True, "x", 1], "points[0]: size is null, which is not one of its values."),
        (["big", 2], "points[0] is "),
        ("big", 'The body must be {\\"points\\": [[size, weight, fragile, note, height], ...]'),
    ],
)
def test_points_are_lists_or_objects(point: Any, said: str) -> None:
    assert said in post(PARCELS, points=[point])["body"]


def nothing(points: Any, **options: Any) -> Any:
    return [[] for _ in points]


PLAIN = Model({"version": "1"}, (Parameter("x", "", "number"),), {"y": "number"}, nothing)
GEO = Format("application/geo+json", lambda *_: "", needs=("where",))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"about": {}}, "no version"),
        ({"inputs": ()}, "no inputs"),
        ({"options": PLAIN.inputs}, "two parameters have one name"),
        ({"inputs": (Parameter("format", "", "number"),)}, "one of the names format"),
        ({"result": {"y": "complex"}}, "whose type is not"),
        ({"formats": {"geo": GEO}}, "geo needs where"),
        ({"formats": {"json": GEO}}, "which every model has"),
        ({"answers": "query"}, "answers is 'query'"),
        ({"count": "x"}, "count is 'x'"),
        ({"aliases": {Parameter("x", "", "string"): str}}, "two parameters have one name"),
        ({"aliases": {Parameter("z", "", "number"): str}}, "an alias is no text"),
        ({"example": {"z": 1}}, "the example has 'z'"),
        ({"example": {"x": "one"}}, "x is 'one', which is not a number"),
    ],
)
def test_a_model_that_cannot_work_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(PLAIN, **changes)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"type": "float"}, "has the type 'float'"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "limits that no number can meet"),
        (
            {"type": "number", "maximum": 1, "default": 2},
            "default of x is 2, which is out of range",
        ),
        ({"type": "number", "choices": ("a",)}, "has choices, but is no string"),
        ({"type": "string", "choices": ("a", "a")}, "repeated"),
        ({"type": "string", "minimum": 1}, "has limits, but is no number"),
        ({"type": "string", "longest": 0}, "allows no character"),
        ({"type": "number", "required": True, "default": 1}, "required and has a default"),
    ],
)
def test_a_parameter_that_cannot_work_is_refused(more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Parameter("x", "", **more)
