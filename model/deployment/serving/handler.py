"""The handler: serves a model. An event in, the answer for the gateway out."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import mimeparse

from serving import gateway
from serving.formats import JSON, Format, as_json, dumps
from serving.gateway import Request, Response
from serving.model import Model
from serving.parameters import Parameter, values
from serving.problems import Problem, similar

LARGEST_ACCEPT = 10_240  # characters; API Gateway refuses more, and parsing takes quadratic time
Route = Callable[[Request], Response]
Routes = Mapping[tuple[str, str], Route]  # by method, and by what the path ends in; "" is any path


class Handler:
    """Answers events with the model, and with what the optional parts add.

    Each of `extras` gets this handler and returns its routes.
    """

    def __init__(self, model: Model, *extras: "Callable[[Handler], Routes]") -> None:
        self.model = model
        self.version = {"x-model-version": str(model.about["version"])}
        # The first format is the default, unless it is the page, which browsers ask for.
        first = dict([*model.formats.items()][:1]) if [*model.formats] != ["html"] else {}
        self.formats: dict[str, Format] = {**first, "json": as_json(model.answers), **model.formats}
        named = tuple(name for name in self.formats if not name.startswith("_"))
        self.format = Parameter("format", "How the answer is written.", "string", choices=named)
        self.parameters = (*model.inputs, *model.aliases, *model.options, self.format)
        self.routes: dict[tuple[str, str], Route] = {
            ("GET", ""): self.predict,
            ("GET", "/favicon.ico"): lambda request: Response(204, headers=self.version),
            ("GET", "/healthz"): lambda request: self.json({"status": "ok", "model": model.about}),
        }
        self.answered: Callable[[Response], object] = lambda response: None  # told of each answer
        if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            self.rehearse()
        for extra in extras:
            self.routes |= extra(self)

    def __call__(self, event: Any, context: object) -> dict[str, Any]:
        """Answer one event."""
        request, response = Request(), Response(500)
        try:
            request = gateway.read(event)
            response = self.respond(request)
        except Problem as problem:
            response = self.explain(problem, request)
        finally:
            self.answered(response)
        return gateway.write(response, request)

    def rehearse(self) -> None:
        """Answer the example in every format: what is slow the first time is in the snapshot."""
        example = {n: v if isinstance(v, str) else dumps(v) for n, v in self.model.example.items()}
        for name in self.format.choices:
            self({"queryStringParameters": {**example, "format": name}}, None)

    @property
    def allow(self) -> str:
        methods = ["GET", "HEAD", *dict.fromkeys(method for method, _ in self.routes), "OPTIONS"]
        return ", ".join(dict.fromkeys(methods))

    def respond(self, request: Request) -> Response:
        """Route by the method and the end of the path, before which a stage may stand."""
        if request.method == "OPTIONS":
            return Response(204, headers={"allow": self.allow, **self.version})
        method = "GET" if request.method == "HEAD" else request.method
        end = "/" + request.path.rstrip("/").rpartition("/")[2]
        route = self.routes.get((method, end)) or self.routes.get((method, ""))
        if not route:
            raise Problem(405, f"This method is not supported. It must be one of {self.allow}.")
        return route(request)

    def predict(self, request: Request) -> Response:
        self.refuse_misspelt(request.query)
        sent = {
            name: value
            for name, value in request.query.items()
            if value != "" or not self.may_be_empty(name, request.query)
        }
        sent = self.with_inputs(sent)
        unsent = {alias.name for alias in self.model.aliases} - sent.keys()
        parameters = [p for p in self.parameters if p.name not in unsent]
        asked = values(parameters, sent, Parameter.parse)
        chosen = self.formats[asked.pop("format") or self.negotiate(request)]
        options = {option.name: asked[option.name] for option in self.model.options}
        [results] = self.model.predict([self.model.point(asked)], **options)
        defaulted = [p.name for p in self.model.inputs if p.name not in sent]
        body = chosen.write(asked | {"defaulted": defaulted}, results, self.model.about)
        return Response(200, chosen.media_type, body, {**chosen.headers(), **self.version})

    def with_inputs(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Add the values of the inputs that an alias stands for; raise Problem (400) for both."""
        for alias, read in self.model.aliases.items():
            if alias.name in sent:
                if both := [p.name for p in self.model.inputs if p.name in sent]:
                    excluded = f"{alias.name} excludes {' and '.join(both)}. Send one or the other."
                    raise Problem(400, excluded, alias.name)
                sent |= read(str(alias.parse(sent[alias.name])))
        return sent

    def may_be_empty(self, name: str, query: Mapping[str, Any]) -> bool:
        """Say whether an empty value counts as absent: of an input that may be missing, and of what
        else a page's form need not have."""
        may = [p.name for p in self.model.inputs if p.may_be_missing]
        if query.get("format") == "html":
            may += [p.name for p in (*self.model.aliases, *self.model.options) if not p.required]
        return name in may

    def refuse_misspelt(self, query: Mapping[str, Any]) -> None:
        """Raise Problem (400) for a name that looks like an input which is absent."""
        unknown = [name for name in query if all(name != p.name for p in self.parameters)]
        absent = [p.name for p in self.model.inputs if p.name not in query]
        for name in unknown if absent else []:
            if meant := similar(name, absent):
                raise Problem(400, f"{meant} is absent, and {name[:40]!r} is unknown.", meant)

    def explain(self, problem: Problem, request: Request) -> Response:
        """Write a problem in the format that was asked for."""
        asked = request.query.get("format")
        chosen = self.formats.get(str(asked)) or self.formats[self.negotiate(request)]
        body = chosen.write_problem(problem, request.query)
        headers = {**chosen.headers(), **self.version, "cache-control": "no-store"}
        if problem.status == 405:
            headers["allow"] = self.allow
        return Response(problem.status, chosen.problem_media_type, body, headers)

    def negotiate(self, request: Request) -> str:
        """Name the format that Accept prefers; the first one if it prefers none of ours."""
        first = next(iter(self.formats))
        accept = request.headers.get("accept", "")[:LARGEST_ACCEPT].lower()
        if accept in ("", "*/*"):
            return first
        names = {chosen.media_type.partition(";")[0]: n for n, chosen in self.formats.items()}
        try:  # of equals, mimeparse prefers the last
            return names.get(mimeparse.best_match([*reversed(names)], accept), first)
        except mimeparse.MimeTypeParseException:
            return first

    def json(self, document: object) -> Response:
        return Response(200, JSON, dumps(document), self.version)
