"""Many points at once: the body of a POST in, the nearest stores of each point out."""

import json
from base64 import b64decode
from typing import Any, NoReturn

import predictor
from payload import Request
from problem import Problem, echo
from render import plain

MOST_POINTS = 1_000
MOST_RESULTS = 10_000  # points times k
DEFAULTS: dict[str, Any] = {option.name: option.default for option in predictor.OPTIONS}
POINTS = f"[[{', '.join(parameter.name for parameter in predictor.INPUTS)}], ...]"
SHAPE = json.dumps(
    {"points": []} | {name: value for name, value in DEFAULTS.items() if value is not None}
).replace("[]", POINTS)


def answer(request: Request) -> dict[str, Any]:
    """Predict for every point of the body; raise Problem (400, 413, 415) if it is not a batch."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" or request.headers.get("content-encoding"):
        raise Problem(415, "The body must be sent as content-type application/json, not encoded.")
    document = parse(request.body, request.is_base64)
    points = document["points"]
    options = DEFAULTS | {
        option.name: option.check(document[option.name])
        for option in predictor.OPTIONS
        if option.name in document
    }
    k = options.get("k", 1)
    if len(points) > MOST_POINTS or len(points) * k > MOST_RESULTS:
        raise Problem(
            413,
            f"{len(points)} points with k {k} are too many for one batch. "
            f"At most {MOST_POINTS} points are allowed, and points times k at most {MOST_RESULTS}.",
            "points",
        )
    checked = [check(i, point) for i, point in enumerate(points)]
    once = list(dict.fromkeys(checked))  # what is asked repeatedly is answered once
    answers = dict(zip(once, map(plain, predictor.predict(once, **options)), strict=True))
    return {"results": [answers[point] for point in checked], "model": predictor.MODEL}


def parse(body: object, is_base64: bool) -> dict[str, Any]:
    """Decode the body: a JSON object with a list of at least one point."""
    try:
        if is_base64:
            body = b64decode(body or "", validate=True)  # type: ignore[arg-type]
        document = json.loads(body or "", parse_constant=refuse)  # type: ignore[arg-type]
    except (ValueError, TypeError, RecursionError) as error:
        raise Problem(400, f"The body is not JSON. It must be {SHAPE}.") from error
    if not isinstance(document, dict) or not isinstance(document.get("points"), list):
        raise Problem(400, f"The body has no list of points. It must be {SHAPE}.", "points")
    if not document["points"]:
        raise Problem(400, f"points is empty. It must have 1 to {MOST_POINTS} points.", "points")
    return document


def refuse(constant: str) -> NoReturn:
    """Refuse NaN and the infinities, which Python reads but JSON does not have."""
    raise ValueError(constant)


def check(index: int, point: object) -> tuple[Any, ...]:
    """Return the point's values in the order of the model's inputs."""
    if not isinstance(point, list) or len(point) != len(predictor.INPUTS):
        raise Problem(400, f"points[{index}] is {echo(point)}. The body must be {SHAPE}.", "points")
    try:
        return tuple(p.check(v) for p, v in zip(predictor.INPUTS, point, strict=True))
    except Problem as problem:
        raise Problem(400, f"points[{index}]: {problem.detail}", problem.parameter) from problem
