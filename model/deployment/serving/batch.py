"""Many points at once: the body of a POST in, the results of each point out."""

import json
from base64 import b64decode
from typing import Any, NoReturn

from serving.gateway import Request
from serving.handler import Handler, Routes
from serving.model import Model
from serving.parameters import Parameter, values
from serving.problems import Problem, quoted, similar

MOST_POINTS = 1_000
MOST_RESULTS = 10_000  # points times results for each


def routes(handler: Handler) -> Routes:
    batch = Batch(handler.model)
    return {("POST", ""): lambda request: handler.json(batch.answer(request))}


class Batch:
    """Answers batches with a model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.names = [parameter.name for parameter in model.inputs]
        defaults = {p.name: p.default for p in model.options if p.default is not None}
        point = f"[[{', '.join(self.names)}], ...]"
        self.must_be = f"must be {json.dumps({'points': []} | defaults).replace('[]', point)}."

    def answer(self, request: Request) -> dict[str, Any]:
        """Predict for every point; raise Problem (400, 413, 415) if the body is not a batch."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        encoding = request.headers.get("content-encoding", "").strip().lower()
        if media_type != "application/json" or encoding not in ("", "identity"):
            raise Problem(
                415, "The body must be sent as content-type application/json, not encoded."
            )
        document = self.parse(request.body, request.is_base64)
        points = document["points"]
        options = values(self.model.options, document, Parameter.check)
        self.refuse_too_many(len(points), options)
        checked = [self.check(i, point) for i, point in enumerate(points)]
        once = list(dict.fromkeys(checked))  # what is asked repeatedly is answered once
        answers = dict(zip(once, self.model.predict(once, **options), strict=True))
        return {"results": [answers[point] for point in checked], "model": self.model.about}

    def parse(self, body: Any, is_base64: bool) -> dict[str, Any]:
        """Decode the body, UTF-8: a JSON object with a list of at least one point."""
        try:
            sent = b64decode(body or "", validate=True) if is_base64 else str(body or "").encode()
            document = json.loads(sent.decode("utf-8-sig"), parse_constant=refuse)
        except RecursionError as error:
            raise Problem(400, f"The body nests too deep. It {self.must_be}") from error
        except (ValueError, TypeError) as error:
            raise Problem(400, f"The body is not JSON. It {self.must_be}") from error
        if not isinstance(document, dict) or not isinstance(document.get("points"), list):
            raise Problem(400, f"The body has no list of points. It {self.must_be}", "points")
        if not document["points"]:
            allowed = f"It must have 1 to {MOST_POINTS} points."
            raise Problem(400, f"points is empty. {allowed}", "points")
        return document

    def refuse_too_many(self, points: int, options: dict[str, Any]) -> None:
        count = self.model.count
        with_count = f" with {count} {options[count]}" if count else ""
        at_most = f", and points times {count} at most {MOST_RESULTS}" if count else ""
        if points > MOST_POINTS or points * (options.get(count) or 0) > MOST_RESULTS:
            raise Problem(
                413,
                f"{points} points{with_count} are too many for one batch. "
                f"At most {MOST_POINTS} points are allowed{at_most}.",
                "points",
            )

    def check(self, index: int, point: object) -> tuple[Any, ...]:
        """Return the values of a point, which is a list in the inputs' order or an object."""
        if isinstance(point, list) and len(point) == len(self.names):
            point = dict(zip(self.names, point, strict=True))
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


def refuse(constant: str) -> NoReturn:
    """Refuse NaN and the infinities, which Python reads but JSON does not have."""
    raise ValueError(constant)
