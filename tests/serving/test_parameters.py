"""Parameters: how requests of any kind are read, and what is wrong with invalid ones."""

from typing import Any

import pytest

from serving import batch, openapi
from serving.handler import Handler
from serving.model import Model
from serving.parameters import Parameter
from serving.problems import Problem
from tests.serving.flowers import ask, post


def parcel(points: Any, k: int, by: str) -> Any:
    return [[{"said": f"{point}, {by}"}] * k for point in points]


def test_large_integers_keep_all_digits() -> None:
    number = Parameter("id", "Of it.", "integer")
    sent = ("9007199254740993", 9007199254740993)
    assert [number.parse(value) for value in sent] == [2**53 + 1] * 2
    for far in (f"1{'0' * 399}", f"-1{'0' * 5_000}"):
        with pytest.raises(Problem, match="which is not finite"):
            number.parse(far)


PARCELS = Handler(
    Model(
        about={"version": "parcels"},
        inputs=(
            Parameter("size", "Of it.", "string", choices=("<tiny>", "big"), required=True),
            Parameter("weight", "Of it.", "number", "kg", above=0, required=True),
            Parameter("fragile", "Is it?", "boolean", default=False),
            Parameter("note", "For the driver.", "string", longest=20),
            Parameter("height", "Of it.", "number", "cm"),
        ),
        options=(
            Parameter("k", "How many.", "integer", minimum=1, default=2),
            Parameter("by", "Transport.", "string", choices=("road", "sea"), default="road"),
        ),
        result={"said": "string"},
        predict=parcel,
        count="k",
        title="A <parcel>",
        example={"size": "<tiny>", "weight": 2, "fragile": True},
    ),
    batch,
    openapi,
)
BIG = {"size": "big", "weight": "2"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (BIG, "('big', 2.0, False, None, nan), road"),
        (BIG | {"fragile": "1", "height": "3"}, "('big', 2.0, True, None, 3.0), road"),
        (BIG | {"note": "a, b<i>"}, "('big', 2.0, False, 'a, b<i>', nan), road"),
        (BIG | {"note": "", "height": ""}, "('big', 2.0, False, None, nan), road"),
        (BIG | {"size": "huge"}, "size is 'huge', which is not one of its values."),
        (BIG | {"size": "big,<tiny>"}, "size is 'big,<tiny>', which was given twice."),
        ({"size": "big"}, "weight is missing. It must be a number greater than 0 (kg)."),
        (BIG | {"weight": "2,5"}, "'2,5', which was given twice, or has a decimal comma."),
        (BIG | {"fragile": "yes"}, "'yes', which is not true or false. It must be true or false."),
        (BIG | {"note": "x" * 21}, "which has 21 characters. It must be text of at most 20"),
        (BIG | {"k": "0"}, "k is '0', which is out of range. It must be a whole number from 1."),
        (BIG | {"eight": "3"}, "('big', 2.0, False, None, nan), road"),  # something else
        (BIG | {"hight": "3"}, "'hight' is not a parameter. Did you mean height?"),
        (BIG | {" height": "3"}, "' height' is not a parameter. Did you mean height?"),
        (BIG | {"amp;height[]": "3"}, "'amp;height[]' is not a parameter. Did you mean height?"),
    ],
)
def test_queries_reach_the_model_or_are_explained(query: dict[str, str], said: str) -> None:
    answered = ask(PARCELS, **query)
    assert said in answered["body"]
    assert answered["statusCode"] == (200 if said.endswith("road") else 400)


@pytest.mark.parametrize(
    ("point", "said"),
    [
        (["big", 2, True, "x", 1], "('big', 2.0, True, 'x', 1.0), road"),
        (["big", 2, True, None, None], "('big', 2.0, True, None, nan), road"),
        ({"weight": 2, "size": "big"}, "('big', 2.0, False, None, nan), road"),
        ({"weight": 2, "size": "huge"}, "points[0]: size is 'huge', which is not one"),
        ({"weight": 2}, "points[0]: size is missing. It must be <tiny> or big."),
        ({"weight": 2, "hieght": 1}, "'hieght' is not an input. Did you mean height"),
        ({"weight": 2, "colour": 1}, "'colour' is not an input. It must be size, weight, fragile,"),
        ([None, 2, True, "x", 1], "points[0]: size is null, which is not text in quotes."),
        (["big", 2], "('big', 2.0, False, None, nan), road"),
        (["big"], "points[0] is "),
        (["big", 2, True, "x", 1, 1], "points[0] is "),
        ("big", 'The body must be {\\"points\\": [[size, weight, fragile, note, height], ...]'),
    ],
)
def test_points_are_lists_or_objects(point: Any, said: str) -> None:
    assert said in post(PARCELS, points=[point])["body"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"type": "float"}, "has the type 'float'"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "limits that no number can meet"),
        ({"type": "number", "maximum": 1, "default": 2}, "default of x is 2, which is out of"),
        ({"type": "number", "choices": ("a",)}, "has choices, but is not a string"),
        ({"type": "string", "choices": ("a", "a")}, "repeated"),
        ({"type": "string", "minimum": 1}, "has limits, but is not a number"),
        ({"type": "string", "longest": 0}, "allows no text"),
        ({"type": "number", "required": True, "default": 1}, "required and has a default"),
    ],
)
def test_a_contradictory_parameter_is_rejected(more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Parameter("x", "", **more)


USUAL = {"choices": ("a", "b"), "others_allowed": True}


@pytest.mark.parametrize(
    ("changes", "sent", "expected"),
    [
        ({"required": True}, "", "note is missing. It must be text of at most 1000 characters."),
        ({"default": "none"}, "", "none"),
        ({"required": True, "may_be_empty": True}, "", ""),
        ({"required": True}, " ", " "),
        (USUAL, "", None),
        (USUAL | {"required": True}, "", "note is missing. It must be text, such as a or b."),
    ],
)
def test_an_empty_text_is_absent_unless_it_may_be_empty(
    changes: dict[str, Any], sent: str, expected: str | None
) -> None:
    note = Parameter("note", "", "string", **changes)
    for read in (note.parse, note.check):
        try:
            assert read(sent) == expected
        except Problem as problem:
            assert problem.detail == expected
