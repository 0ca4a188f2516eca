"""Each example trains and answers; the penguins also as a page in Chromium."""

import json
import runpy
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Page, expect
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier

import artefacts
from artefacts import image
from serving import batch, explain, html, openapi, outside, tabular
from serving.handler import Handler
from tests.engines import served
from tests.serving.flowers import ask

EXAMPLES = image.MODEL / "examples"
PACKAGES = {"wines": "xgboost-cpu"}  # that the example adds to the image's lock
ANSWERS: dict[str, tuple[dict[str, Any], str]] = {  # by the target
    "cultivar": ({}, "class_0"),
    "language": ({"text": "Where is my umbrella?"}, "English"),
    "species": ({"bill_length_mm": 50.0, "island": "Biscoe", "year": 2008}, "Gentoo"),
}
TABLE = pd.DataFrame({"colour": ["red", "blue"] * 4, "kind": ["a", "b"] * 4})


def serve(folder: Path) -> Handler:
    return Handler(tabular.model(folder), batch, openapi, html, explain, outside)


@pytest.fixture(scope="module")
def trained(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Handler, Any]:
    """An example's handler, and the estimator that its training has fitted."""
    folder = tmp_path_factory.mktemp(request.param)
    lock = folder / "requirements.txt"
    added = PACKAGES.get(request.param)
    lock.write_text(image.LOCK.read_text() + (f"{added}=={version(added)}\n" if added else ""))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image, "LOCK", lock)
        patch.setattr(artefacts, "write", partial(artefacts.write, folder=folder))
        names = runpy.run_path(str(EXAMPLES / request.param / "training.py"))
    return serve(folder), names["model"]


def train(*examples: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("trained", examples, indirect=True)


@train(*sorted(path.name for path in EXAMPLES.iterdir()))
def test_an_example_trains_and_answers(trained: tuple[Handler, Any]) -> None:
    handler, _ = trained
    target, _ = handler.model.result
    sent, expected = ANSWERS[target]
    [answer] = json.loads(ask(handler, **(sent or handler.model.example), format="json")["body"])[
        "predictions"
    ]
    assert answer[target] == expected and answer["probability"] > 0.5


@train("penguins")
@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"island": "Atlantis"}, ["island"]),
        ({"sex": None}, []),  # may be missing
        ({"sex": "unknown", "year": 1}, ["sex", "year"]),
        ({"body_mass_g": 6300.1}, ["body_mass_g"]),
    ],
)
def test_a_penguin_unlike_all_others_is_answered_and_says_so(
    trained: tuple[Handler, Any], changes: dict[str, Any], names: list[str]
) -> None:
    handler, model = trained
    point = {**handler.model.example, **changes}
    answer = json.loads(ask(handler, **point, format="json")["body"])
    assert answer.get("outside", []) == names
    frame = pd.DataFrame([point]).fillna({"sex": float("nan")})  # as read_csv gives it
    assert answer["predictions"][0]["species"] == model.predict(frame)[0]
    assert answer["predictions"][0]["probability"] == model.predict_proba(frame).max()


@pytest.mark.parametrize(
    ("encoder", "status"),
    [
        (OneHotEncoder(), 400),  # cannot encode it
        (OneHotEncoder(handle_unknown="ignore"), 200),
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), 200),
    ],
)
def test_an_unknown_category_is_rejected_only_by_models_that_cannot_take_it(
    encoder: Any, status: int, tmp_path: Path
) -> None:
    model = make_pipeline(make_column_transformer((encoder, ["colour"])), DecisionTreeClassifier())
    model.fit(TABLE[["colour"]], TABLE["kind"])
    artefacts.write(model, name="colours", table=TABLE, target="kind", folder=tmp_path)
    answers = serve(tmp_path)
    for sent, expected in (("green", status), ("red", 200), ("red,blue", 400)):  # sent twice
        answer = ask(answers, colour=sent, format="json")
        assert answer["statusCode"] == expected, answer["body"]
    document = json.loads(ask(answers, "/openapi.json")["body"])
    colour = document["paths"]["/"]["get"]["parameters"][0]
    assert ("enum" in colour["schema"]) is (status == 400)
    assert "blue or red" in colour["description"]


@train("penguins")
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_explains_an_unlikely_penguin_in_a_browser(
    trained: tuple[Handler, Any], visit: Callable[..., Page], width: int
) -> None:
    with served(lambda event: trained[0](event, None)) as url:
        page = visit("/?format=html", url, viewport={"width": width, "height": 800})
        page.get_by_label("island", exact=True).fill("Atlantis")
        page.get_by_label("explain", exact=True).select_option("true")
        page.get_by_role("button").click()
        expect(page.get_by_text("Outside the training data: island.")).to_be_visible()
        expect(page.locator("progress")).to_have_count(len(trained[0].model.inputs))
        expect(page.get_by_label("island", exact=True)).to_have_value("Atlantis")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
