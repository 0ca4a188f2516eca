"""A plain page (optional) for models without their own: a form, and the answer as a table."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from serving.formats import About, Format, Query, Result
from serving.handler import Handler
from serving.parameters import Parameter
from serving.problems import Problem

HTML = "text/html; charset=utf-8"
LONGEST_QUERY = 8_000  # characters; gateways allow 10,240 bytes of URL and headers
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title><style>{style}</style>
<h1>{title}</h1>{answer}{form}
<p><small>Model {version}</small></p></html>"""
FORM = (
    '<form><input type="hidden" name="format" value="html">{fields}<button>Predict</button></form>'
)
WHY = (
    "<h2>Why this answer</h2><p>How it would change if one input were typical.</p>"
    '<table><tr><th scope="col">input<th scope="col">value → typical<th scope="col">change{rows}'
    "</table>"
)
TOO_MANY = "<p>This model has more inputs than fit into a URL. Send them as JSON, by POST.</p>"
STYLE = """
:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
form { display: grid; gap: 1rem 2rem;
  grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); }
label { font-weight: 600; }
small { display: block; opacity: .75; }
input, select, textarea, button { box-sizing: border-box; width: 100%; padding: .5rem;
  font: inherit; border: 1px solid; border-radius: .4rem; }
button { grid-column: 1 / -1; cursor: pointer; font-weight: 600; }
table { width: 100%; border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .4rem .6rem .4rem 0; text-align: start; border-bottom: 1px solid; }
progress { display: block; width: 100%; min-width: 5rem; accent-color: #57a; }
.wrong { font-weight: 600; opacity: 1; color: light-dark(#a4001d, #ff9aa8); }
"""


def add_to(handler: Handler) -> None:
    def write(query: Query, results: list[Result], about: About) -> str:
        return page(handler, query, table(results) + notes(getattr(query, "notes", {})))

    def write_problem(problem: Problem, query: Query) -> str:
        if query.keys().isdisjoint(parameter.name for parameter in handler.model.inputs):
            return page(handler, handler.model.example)  # nothing was asked yet
        return page(handler, query, problem=problem)

    html = Format(HTML, write, HTML, write_problem, headers, is_default=False)
    handler.formats.setdefault("html", html)


@cache
def headers() -> Mapping[str, str]:
    """Allow the page its own style, and nothing else."""
    from base64 import b64encode
    from hashlib import sha256

    style = b64encode(sha256(STYLE.encode()).digest()).decode()
    rules = ("default-src 'none'", f"style-src 'sha256-{style}'", "form-action 'self'")
    policy = "; ".join((*rules, "base-uri 'none'", "frame-ancestors 'none'"))
    return {"content-security-policy": policy, "referrer-policy": "no-referrer"}


def escaped(value: Any) -> str:
    from html import escape  # few requests need it, and no cold start does

    return escape("" if value is None else str(value))


def page(handler: Handler, query: Query, answer: str = "", problem: Problem | None = None) -> str:
    """Write the page: the query in the form, and the problem next to its field."""
    model = handler.model
    at = {problem.parameter: wrong(problem)} if problem else {}
    fields = "".join(
        field(f"field-{i}", parameter, query.get(parameter.name), at.pop(parameter.name, ""))
        for i, parameter in enumerate((*model.inputs, *handler.options))
    )
    fits = len(urlencode(dict.fromkeys((p.name for p in model.inputs), "0.0"))) < LONGEST_QUERY
    return PAGE.format(
        title=escaped(model.title),
        style=STYLE,
        answer="".join(at.values()) + answer,
        form=FORM.format(fields=fields) if fits else TOO_MANY,
        version=escaped(model.about["version"]),
    )


def wrong(problem: Problem) -> str:
    return f'<small class="wrong" role="alert">{escaped(problem.detail)}</small>'


def field(id_: str, parameter: Parameter, value: Any, problem: str) -> str:
    """Write a field of the right kind; below it, what is allowed and what was wrong."""
    name = escaped(parameter.name)
    required = " required" if parameter.required else ""
    invalid = ' aria-invalid="true"' if problem else ""
    attributes = f'id="{id_}" name="{name}" aria-describedby="about-{id_}"{required}{invalid}'
    shown = parameter.default if value is None else value
    about = f"{parameter.description} It must be {parameter.allowed}."
    return (
        f'<div><label for="{id_}">{name}</label>{control(id_, parameter, attributes, shown)}'
        f'{problem}<small id="about-{id_}">{escaped(about)}</small></div>'
    )


def control(id_: str, parameter: Parameter, attributes: str, value: Any) -> str:
    if isinstance(value, bool):
        value = str(value).lower()
    choices = ("true", "false") if parameter.type == "boolean" else parameter.choices
    offered = ("", *choices) if parameter.may_be_missing else choices
    options = "".join(
        f'<option value="{escaped(choice)}"{" selected" if choice == value else ""}>'
        f"{escaped(choice)}"
        for choice in offered
    )
    if choices and parameter.others_allowed:
        text = f'<input {attributes} list="{id_}-list" value="{escaped(value)}">'
        return f'{text}<datalist id="{id_}-list">{options}</datalist>'
    if choices:
        return f"<select {attributes}>{options}</select>"
    if parameter.type == "string":
        return f"<textarea {attributes} rows='3'>\n{escaped(value)}</textarea>"
    return f'<input {attributes} inputmode="decimal" value="{escaped(value)}">'


def table(results: list[Result]) -> str:
    if not results:
        return "<p>The model has no answer.</p>"
    names = "".join(f'<th scope="col">{escaped(name)}' for name in results[0])
    rows = "".join(
        "<tr>" + "".join(f'<td dir="auto">{escaped(short(value))}' for value in result.values())
        for result in results
    )
    return f"<table><tr>{names}{rows}</table>"


def notes(notes: Mapping[str, Any]) -> str:
    """Say which inputs lie outside the training data, and show what explains the answer as bars."""
    found = ""
    if outside := notes.get("outside"):
        found += f"<p>Outside the training data: {escaped(', '.join(outside))}.</p>"
    if why := notes.get("why"):
        largest = max(abs(change["change"]) for change in why) or 1
        rows = "".join(
            f"<tr><td>{escaped(c['input'])}"
            f"<td>{escaped(short(c['value']))} → {escaped(short(c['typical']))}"
            f"<td>{c['change']:+.3g}"
            f'<progress max="{largest}" value="{abs(c["change"])}"></progress>'
            for c in why
        )
        found += WHY.format(rows=rows)
    return found


def short(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value
