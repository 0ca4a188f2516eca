"""The handler: answers the events of a gateway with a model."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import mimeparse

from serving import gateway
from serving.formats import JSON, Answers, Asked, Format, Prediction, as_json, dumps
from serving.gateway import Request, Response
from serving.model import Model
from serving.parameters import Parameter, values
from serving.problems import Problem, similar

LONGEST_ACCEPT = 10_240  # characters; API Gateway rejects more, and parsing takes quadratic time
Route = Callable[[Request], Response]
Points = Sequence[Sequence[Any]]


class Part(Protocol):
    """An optional part: adds routes, formats or hooks to a handler, or changes its model."""

    def add_to(self, handler: "Handler") -> None: ...


class Note(NamedTuple):
    """What a part says about each answer, from the points and all options, and its JSON Schema."""

    write: Callable[[Points, Answers, Mapping[str, Any]], list[Any]]
    schema: dict[str, Any]


class Handler:
    """Answers events with the model, and with what the optional parts add, in any order.

    formats: by name, the default first.
    routes: by method, and by what the path ends in; "" is any path.
    options: the model's, and those of the parts.
    notes: what the parts say about answers, by its key in JSON.
    on_response: called with the response to each event.
    """

    def __init__(self, model: Model, *parts: Part) -> None:
        self.model = model
        formats = {"json": as_json(model.answers), **model.formats}
        default = next((name for name, f in model.formats.items() if f.is_default), "json")
        self.formats: dict[str, Format] = {default: formats[default], **formats}
        self.routes: dict[tuple[str, str], Route] = {
            ("GET", ""): self.answer_query,
            ("GET", "/favicon.ico"): lambda request: Response(204),
            ("GET", "/healthz"): lambda request: self.json({"status": "ok", "model": model.about}),
        }
        self.options = model.options
        self.notes: dict[str, Note] = {}
        self.on_response: list[Callable[[Response], object]] = []
        for part in parts:
            part.add_to(self)
        if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            self.warm_up()

    def __call__(self, event: Any, context: object) -> dict[str, Any]:
        """Answer one event."""
        request, response = Request(), Response(500)
        try:
            request = gateway.read(event)
            response = self.respond(request)
        except Problem as problem:
            response = self.explain(problem, request)
        finally:
            for watch in self.on_response:
                watch(response)
        version = str(self.model.about["version"])
        return gateway.write(response, request, {"x-model-version": version})

    def warm_up(self) -> None:
        """Answer the example in each format, so that a snapshot has loaded what they need."""
        for name in self.format.choices:
            with suppress(Problem):  # of a model without an example
                self.respond(Request(query={**self.model.example, "format": name}))

    @property
    def format(self) -> Parameter:
        listed = tuple(name for name, chosen in self.formats.items() if chosen.listed)
        return Parameter("format", "How the answer is written.", "string", choices=listed)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (*self.model.inputs, *self.options, self.format)

    @property
    def allow(self) -> str:
        methods = ["GET", "HEAD", *(method for method, _ in self.routes), "OPTIONS"]
        return ", ".join(dict.fromkeys(methods))

    def respond(self, request: Request) -> Response:
        """Route by the method and the end of the path; a stage may come before it."""
        if request.method == "OPTIONS":
            return Response(204, headers={"allow": self.allow})
        method = "GET" if request.method == "HEAD" else request.method
        end = "/" + request.path.rstrip("/").rpartition("/")[2]
        route = self.routes.get((method, end)) or self.routes.get((method, ""))
        if not route:
            raise Problem(405, f"This method is not supported. It must be one of {self.allow}.")
        return route(request)

    def answer_query(self, request: Request) -> Response:
        """Answer one point, whose inputs and options are the query's parameters."""
        parameters, sent = self.parameters, self.without_blanks(request.query)
        self.reject_misspelt(request.query, parameters)
        asked = Asked(values(parameters, sent, Parameter.parse))
        chosen = self.formats[asked.pop("format") or self.negotiate(request)]
        prediction = self.predict([self.model.point(asked)], asked)
        defaults = [p.name for p in self.model.inputs if p.default is not None]
        asked["defaulted"] = [name for name in defaults if name not in sent]
        asked.notes = {key: note for key, [note] in prediction.notes.items() if note}
        body = chosen.write(asked, prediction.answers[0], self.model.about)
        return Response(200, chosen.media_type, body, chosen.headers(), prediction)

    def predict(self, points: Points, asked: Mapping[str, Any]) -> Prediction:
        """Return the model's checked answers and the parts' notes; `asked` has all options."""
        begun = perf_counter()
        answers = self.model.answer(points, **{o.name: asked[o.name] for o in self.model.options})
        seconds = perf_counter() - begun
        notes = {key: note.write(points, answers, asked) for key, note in self.notes.items()}
        return Prediction(answers, notes, seconds)

    def without_blanks(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out empty values that count as absent, as in a page's form."""
        optional = [p.name for p in self.model.inputs if p.may_be_missing and not p.may_be_empty]
        if query.get("format") == "html":
            optional += [p.name for p in self.options if not p.required]
        return {name: v for name, v in query.items() if v != "" or name not in optional}

    def reject_misspelt(self, query: Mapping[str, Any], parameters: Sequence[Parameter]) -> None:
        """Raise Problem (400) for an unknown name that looks like an absent input."""
        known = {p.name for p in parameters}
        absent = [p.name for p in self.model.inputs if p.name not in query]
        for name in query:
            if name not in known and (meant := similar(name, absent)):
                wrong = f"{name[:40]!r} is not a parameter. Did you mean {meant}?"
                raise Problem(400, wrong, meant)

    def explain(self, problem: Problem, request: Request) -> Response:
        """Write a problem in the format that was asked for."""
        asked = request.query.get("format")
        chosen = self.formats[asked if asked in self.format.choices else self.negotiate(request)]
        body = chosen.write_problem(problem, request.query)
        headers = {**chosen.headers(), "cache-control": "no-store"}
        if problem.status == 405:
            headers["allow"] = self.allow
        return Response(problem.status, chosen.problem_media_type, body, headers)

    def negotiate(self, request: Request) -> str:
        """Name the format that Accept prefers; the default if it prefers none of ours."""
        default = next(iter(self.formats))
        accept = request.headers.get("accept", "")[:LONGEST_ACCEPT].lower()
        if accept in ("", "*/*"):
            return default
        names = {chosen.media_type.partition(";")[0]: n for n, chosen in self.formats.items()}
        try:  # among equals, mimeparse prefers the last
            return names.get(mimeparse.best_match([*reversed(names)], accept), default)
        except mimeparse.MimeTypeParseException:
            return default

    def json(self, document: object, prediction: Prediction | None = None) -> Response:
        return Response(200, JSON, dumps(document), prediction=prediction)
