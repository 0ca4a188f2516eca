"""Unknown categories and values beyond the training's, and the penguins' page in Chromium."""

import json
import runpy
from collections.abc import Callable, Iterator
from functools import partial
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
from serving import batch, explain, html, openapi, outside, tabular
from serving.handler import Handler
from tests.engines import served

TRAINING = Path(__file__).resolve().parents[2] / "model" / "examples" / "penguins" / "training.py"
TABLE = pd.DataFrame({"colour": ["red", "blue"] * 4, "kind": ["a", "b"] * 4})


def handler(folder: Path) -> Handler:
    return Handler(tabular.model(folder), batch, openapi, html, explain, outside)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Handler, Any]]:
    """The penguins' handler, and the pipeline that the training has fitted."""
    folder = tmp_path_factory.mktemp("penguins")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(artefacts, "write", partial(artefacts.write, folder=folder))
        names = runpy.run_path(str(TRAINING))
    yield handler(folder), names["model"]


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
    point = dict(handler.model.example) | changes
    query = {name: str(value) for name, value in point.items() if value is not None}
    response = handler({"queryStringParameters": query | {"format": "json"}}, None)
    answer = json.loads(response["body"])
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
    answers = handler(tmp_path)
    for sent, expected in (("green", status), ("red", 200), ("red,blue", 400)):  # sent twice
        answer = answers({"queryStringParameters": {"colour": sent, "format": "json"}}, None)
        assert answer["statusCode"] == expected, answer["body"]
    document = json.loads(answers({"rawPath": "/openapi.json"}, None)["body"])
    colour = document["paths"]["/"]["get"]["parameters"][0]
    assert ("enum" in colour["schema"]) is (status == 400)
    assert "blue or red" in colour["description"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_shows_both_in_a_browser(
    trained: tuple[Handler, Any], visit: Callable[..., Page], width: int, scheme: str
) -> None:
    with served(lambda event: trained[0](event, None)) as url:
        viewport = {"width": width, "height": 800}
        page = visit("/?format=html", url, viewport=viewport, color_scheme=scheme)
        page.get_by_label("island", exact=True).fill("Atlantis")
        page.get_by_label("explain", exact=True).select_option("true")
        page.get_by_role("button").click()
        expect(page.get_by_text("Outside the training data: island.")).to_be_visible()
        expect(page.locator("progress")).to_have_count(len(trained[0].model.inputs))
        expect(page.get_by_label("island", exact=True)).to_have_value("Atlantis")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
