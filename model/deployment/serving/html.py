"""A plain page (optional) for models without their own: a form, and the answer as a table."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
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
<h1 dir="auto">{title}</h1>{answer}{form}
<p><small>Model {version}</small></p></html>"""
FORM = """<form><input type="hidden" name="format" value="html">{fields}
<button>Predict</button></form>"""
TOO_MANY = "<p>This model has more inputs than fit into a URL. Send them as JSON, by POST.</p>"
WHY = "<h2>Why this answer</h2><p>How it would change if one input were typical.</p>"
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
th:last-child { min-width: 6.5em; }
progress { display: block; width: 100%; accent-color: #57a; }
.wrong { font-weight: 600; opacity: 1; color: light-dark(#a4001d, #ff9aa8); }
"""
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS = {  # allow the page its own style, and nothing else
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}


def add_to(handler: Handler) -> None:
    def write(query: Query, results: list[Result], about: About) -> str:
        return page(handler, query, answer(results, getattr(query, "notes", {})))

    def write_problem(problem: Problem, query: Query) -> str:
        if query.keys().isdisjoint(parameter.name for parameter in handler.model.inputs):
            return page(handler, handler.model.example)  # nothing was asked yet
        return page(handler, query, problem=problem)

    html = Format(HTML, write, HTML, write_problem, lambda: HEADERS, is_default=False)
    handler.formats.setdefault("html", html)


def page(handler: Handler, query: Query, answer: str = "", problem: Problem | None = None) -> str:
    """Write the page: the query in the form, and the problem next to its field."""
    model = handler.model
    errors = {}
    if problem:
        wrong = f'<small class="wrong" role="alert">{escaped(problem.detail)}</small>'
        errors[problem.parameter] = wrong
    fields = "".join(
        field(f"field-{i}", parameter, query.get(parameter.name), errors.pop(parameter.name, ""))
        for i, parameter in enumerate((*model.inputs, *handler.options))
    )
    fits = len(urlencode(dict.fromkeys((p.name for p in model.inputs), "0.0"))) < LONGEST_QUERY
    return PAGE.format(
        title=escaped(model.title),
        style=STYLE,
        answer="".join(errors.values()) + answer,  # those without a field
        form=FORM.format(fields=fields) if fits else TOO_MANY,
        version=escaped(model.about["version"]),
    )


def field(id_: str, parameter: Parameter, value: Any, problem: str) -> str:
    """Write a field of the right kind; below it, what is allowed and what was wrong."""
    name = escaped(parameter.name)
    required = " required" if parameter.required else ""
    invalid = ' aria-invalid="true" autofocus' if problem else ""
    attributes = f'id="{id_}" name="{name}" aria-describedby="about-{id_}"{required}{invalid}'
    about = f"{parameter.description} It must be {parameter.allowed}."
    current = parameter.default if value is None else value
    return (
        f'<div><label for="{id_}">{name}</label>{control(id_, parameter, attributes, current)}'
        f'{problem}<small id="about-{id_}">{escaped(about)}</small></div>'
    )


def control(id_: str, parameter: Parameter, attributes: str, value: Any) -> str:
    text = escaped(str(value).lower() if isinstance(value, bool) else value)
    choices = ("true", "false") if parameter.type == "boolean" else parameter.choices
    if not choices and parameter.type == "string":
        return f"<textarea {attributes} rows='3'>\n{text}</textarea>"
    if not choices:
        return f'<input {attributes} inputmode="decimal" value="{text}">'
    options = "".join(
        f'<option value="{choice}"{" selected" if choice == text else ""}>{choice}'
        for choice in map(escaped, ("", *choices) if parameter.may_be_missing else choices)
    )
    if parameter.others_allowed:
        list_ = f'<datalist id="{id_}-list">{options}</datalist>'
        return f'<input {attributes} list="{id_}-list" value="{text}">{list_}'
    return f"<select {attributes}>{options}</select>"


def answer(results: list[Result], notes: Mapping[str, Any]) -> str:
    """Write the results; then the inputs outside the training data, and each input's effect."""
    found = "<p>The model has no answer.</p>"
    if results:
        names = results[0].keys()
        found = table(names, ([shown(result[name]) for name in names] for result in results))
    if outside := notes.get("outside"):
        found += f"<p>Outside the training data: {escaped(', '.join(outside))}.</p>"
    if why := notes.get("why"):
        largest = max(abs(change["change"]) for change in why) or 1
        rows = (effect(change, largest) for change in why)
        found += WHY + table(("input", "value → typical", "change"), rows)
    return found


def effect(why: Mapping[str, Any], largest: float) -> tuple[str, str, str]:
    """Write an input, its values, and how much it changes the answer: a number and a bar."""
    change = why["change"]
    number = f"{change:+z.3g}" if abs(change) < 1e3 else f"{round(change):+}"
    bar = f'<progress max="{largest}" value="{abs(change)}"></progress>'
    return shown(why["input"]), f"{shown(why['value'])} → {shown(why['typical'])}", number + bar


def table(names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table; its cells are HTML."""
    head = "".join(f'<th scope="col">{escaped(name)}' for name in names)
    body = "".join("<tr>" + "".join(f'<td dir="auto">{cell}' for cell in row) for row in rows)
    return f"<table><tr>{head}{body}</table>"


def shown(value: Any) -> str:
    return escaped(f"{value:z.6g}" if isinstance(value, float) and abs(value) < 1e6 else value)


def escaped(value: Any) -> str:
    from html import escape  # few requests need it, and no cold start does

    return escape("" if value is None else str(value))
