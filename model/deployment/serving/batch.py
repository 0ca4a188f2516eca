"""Many points at once (optional): answers every point in the body of a POST."""

import json
from base64 import b64decode
from typing import Any, NoReturn

from serving.gateway import Request, Response
from serving.handler import Handler
from serving.model import MOST_POINTS, MOST_RESULTS
from serving.parameters import Parameter, values
from serving.problems import Problem, quoted, similar


def add_to(handler: Handler) -> None:
    handler.routes["POST", ""] = lambda request: answer(handler, request)


def answer(handler: Handler, request: Request) -> Response:
    """Predict for every point; raise Problem (400, 413, 415) if the body is not a batch."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if media_type != "application/json" or encoding not in ("", "identity"):
        raise Problem(
            415, "Send the body as content-type application/json, without a content-encoding."
        )
    batch = Batch(handler)
    document = batch.parse(request.body, request.is_base64)
    options = values(handler.options, document, Parameter.check)
    batch.reject_too_many(len(document["points"]), options)
    points = [batch.check(i, point) for i, point in enumerate(document["points"])]
    unique = list(dict.fromkeys(points))  # repeated points are answered once
    answers, notes = handler.predict(unique, options)
    row = {point: i for i, point in enumerate(unique)}
    columns = {"results": answers} | {key: notes[key] for key in notes if any(notes[key])}
    found = {key: [column[row[point]] for point in points] for key, column in columns.items()}
    return handler.json({**found, "model": handler.model.about})


class Batch:
    """Reads the body of a batch for a handler's model."""

    def __init__(self, handler: Handler) -> None:
        self.model = handler.model
        self.names = [p.name for p in self.model.inputs]
        needed = [i for i, p in enumerate(self.model.inputs) if p.required]
        self.fewest = max(needed, default=0) + 1  # values of a point that is a list
        defaults = {p.name: p.default for p in self.model.options if p.default is not None}
        point = f"[[{', '.join(self.names)}], ...]"
        self.must_be = f"must be {json.dumps({'points': []} | defaults).replace('[]', point)}."

    def parse(self, body: Any, is_base64: bool) -> dict[str, Any]:
        """Decode the body: a JSON object in UTF-8, with a list of at least one point."""
        try:
            sent = b64decode(body or "", validate=True) if is_base64 else str(body or "").encode()
            document = json.loads(sent.decode("utf-8-sig"), parse_constant=reject_constant)
        except RecursionError as error:
            raise Problem(400, f"The body is nested too deeply. It {self.must_be}") from error
        except (ValueError, TypeError) as error:
            raise Problem(400, f"The body is not JSON. It {self.must_be}") from error
        if not isinstance(document, dict) or not isinstance(document.get("points"), list):
            raise Problem(400, f"The body has no list of points. It {self.must_be}", "points")
        if not document["points"]:
            allowed = f"It must have 1 to {MOST_POINTS} points."
            raise Problem(400, f"points is empty. {allowed}", "points")
        return document

    def reject_too_many(self, points: int, options: dict[str, Any]) -> None:
        count = self.model.count
        if points <= MOST_POINTS and points * (options.get(count) or 0) <= MOST_RESULTS:
            return
        with_count = f" with {count} {options[count]}" if count else ""
        at_most = f", and points times {count} at most {MOST_RESULTS}" if count else ""
        raise Problem(
            413,
            f"{points} points{with_count} are too many for one batch. "
            f"At most {MOST_POINTS} points are allowed{at_most}.",
            "points",
        )

    def check(self, index: int, point: object) -> tuple[Any, ...]:
        """Return the values of a point, which is an object, or a list in the inputs' order.

        A list may leave out optional inputs at its end.
        """
        if isinstance(point, list) and self.fewest <= len(point) <= len(self.names):
            point = dict(zip(self.names, point, strict=False))
        if not isinstance(point, dict):
            wrong = f"points[{index}] is {quoted(point)}. The body {self.must_be}"
            raise Problem(400, wrong, "points")
        if unknown := [name for name in point if name not in self.names]:
            meant = similar(unknown[0], self.names)
            advice = f"Did you mean {meant}?" if meant else f"It must be {', '.join(self.names)}."
            wrong = f"points[{index}]: {quoted(unknown[0])} is not an input. {advice}"
            raise Problem(400, wrong, "points")
        try:
            return self.model.point(values(self.model.inputs, point, Parameter.check_or_missing))
        except Problem as problem:
            raise Problem(400, f"points[{index}]: {problem.detail}", problem.parameter) from problem


def reject_constant(constant: str) -> NoReturn:
    """Reject NaN and the infinities, which Python reads although JSON does not have them."""
    raise Problem(400, f"The body is not JSON: {constant} is not allowed. Send null or a number.")
