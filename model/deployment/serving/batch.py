"""Many points at once (optional): answers every point in the body of a POST."""

import json
from base64 import b64decode
from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

from serving.gateway import Request, Response
from serving.handler import Handler
from serving.model import MOST_POINTS, MOST_RESULTS, Model
from serving.parameters import Parameter, values
from serving.problems import Problem, quoted, similar


def add_to(handler: Handler) -> None:
    handler.routes["POST", ""] = partial(answer, handler)


def answer(handler: Handler, request: Request) -> Response:
    """Predict for every point; raise Problem (400, 413, 415) if the body is not a batch."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if media_type != "application/json" or encoding not in ("", "identity"):
        wrong = "Send the body as content-type application/json, without a content-encoding."
        raise Problem(415, wrong)
    model = handler.model
    document = parse(model, request)
    options = values(handler.options, document, Parameter.check)
    reject_too_many(model, len(document["points"]), options)
    points = read_points(model, document["points"])
    prediction = handler.predict(points, options)
    notes = {key: note for key, note in prediction.notes.items() if any(note)}
    content = {"results": prediction.answers, **notes, "model": model.about}
    return handler.json(content, prediction)


def parse(model: Model, request: Request) -> dict[str, Any]:
    """Decode the body: a JSON object in UTF-8, with a list of at least one point."""
    body = request.body or ""
    try:
        sent = b64decode(body, validate=True) if request.is_base64 else str(body).encode()
        text = sent.decode("utf-8-sig")
        document = json.loads(text, parse_constant=reject_constant, object_pairs_hook=members)
    except (ValueError, TypeError, RecursionError) as error:
        wrong = f"The body is not JSON, or nested too deeply. {must_be(model)}"
        raise Problem(400, wrong) from error
    if not isinstance(document, dict) or not isinstance(document.get("points"), list):
        raise Problem(400, f"The body has no list of points. {must_be(model)}", "points")
    if not document["points"]:
        raise Problem(400, f"points is empty. It must have 1 to {MOST_POINTS} points.", "points")
    return document


def must_be(model: Model) -> str:
    return f'The body must be {{"points": [[{", ".join(p.name for p in model.inputs)}], ...]}}.'


def reject_too_many(model: Model, points: int, options: Mapping[str, Any]) -> None:
    count = options.get(model.count) or 1
    if points > MOST_POINTS or points * count > MOST_RESULTS:
        what = f"{points} points with {model.count} {count}" if model.count else f"{points} points"
        most = f"At most {MOST_POINTS} points and {MOST_RESULTS} results are allowed."
        raise Problem(413, f"{what} are too many for one batch. {most}", "points")


def read_points(model: Model, sent: list[Any]) -> list[tuple[Any, ...]]:
    """Return each point's values; a point is an object, or a list in the inputs' order."""
    names, fewest, points = {p.name: p for p in model.inputs}, model.fewest, []
    for i, point in enumerate(sent):
        if isinstance(point, list) and fewest <= len(point) <= len(names):
            point = dict(zip(names, point, strict=False))
        if not isinstance(point, dict):
            raise Problem(400, f"points[{i}] is {quoted(point)}. {must_be(model)}", "points")
        if unknown := [name for name in point if name not in names]:
            meant = similar(unknown[0], names)
            advice = f"Did you mean {meant}?" if meant else f"It must be {', '.join(names)}."
            wrong = f"points[{i}]: {quoted(unknown[0])} is not an input. {advice}"
            raise Problem(400, wrong, "points")
        try:
            points.append(model.point(values(model.inputs, point, Parameter.check)))
        except Problem as problem:
            raise Problem(400, f"points[{i}]: {problem.detail}", problem.parameter) from problem
    return points


def reject_constant(constant: str) -> NoReturn:
    """Reject NaN and the infinities, which Python reads although JSON does not have them."""
    raise Problem(400, f"The body is not JSON: {constant} is not allowed. Send null or a number.")


def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's members; reject a repeated name: Python would take the last value."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Problem(400, "The body is ambiguous: one of its objects repeats a name.")
    return found
