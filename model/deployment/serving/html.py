"""A plain page for a model that has none: a form of its parameters, and the answer as a table."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from serving.formats import About, Format, Query, Result
from serving.model import Model
from serving.parameters import Parameter
from serving.problems import Problem

HTML = "text/html; charset=utf-8"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title><style>{style}</style>
<h1>{title}</h1>{answer}
<form><input type="hidden" name="format" value="html">{fields}<button>Predict</button></form>
<p><small>Model {version}</small></p></html>"""
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
.wrong { font-weight: 600; opacity: 1; color: light-dark(#a4001d, #ff9aa8); }
"""


def added_to(model: Model) -> Model:
    """Return the model with a page as its format "html", unless it has one."""

    def write(query: Query, results: list[Result], about: About) -> str:
        return page(model, query, table(results))

    def write_problem(problem: Problem, query: Query) -> str:
        if not {parameter.name for parameter in model.inputs} & query.keys():
            return page(model, model.example)  # nobody has asked yet
        return page(model, query, problem=problem)

    html = Format(HTML, write, HTML, write_problem, head)
    return replace(model, formats={**model.formats, "html": model.formats.get("html", html)})


@cache
def head() -> Mapping[str, str]:
    """Allow the page its own style, and nothing else."""
    from base64 import b64encode
    from hashlib import sha256

    style = b64encode(sha256(STYLE.encode()).digest()).decode()
    rules = ("default-src 'none'", f"style-src 'sha256-{style}'", "form-action 'self'")
    policy = "; ".join((*rules, "base-uri 'none'", "frame-ancestors 'none'"))
    return {"content-security-policy": policy, "referrer-policy": "no-referrer"}


def escaped(value: Any) -> str:
    from html import escape  # few requests need it, and no cold start

    return escape("" if value is None else str(value))


def page(model: Model, query: Query, answer: str = "", problem: Problem | None = None) -> str:
    """Write the page: what was asked in the form, and the problem at the field that it concerns."""
    at = {problem.parameter: wrong(problem)} if problem else {}
    fields = "".join(
        field(f"field-{i}", parameter, query.get(parameter.name), at.pop(parameter.name, ""))
        for i, parameter in enumerate((*model.inputs, *model.options))
    )
    return PAGE.format(
        title=escaped(model.title),
        style=STYLE,
        answer="".join(at.values()) + answer,
        fields=fields,
        version=escaped(model.about["version"]),
    )


def wrong(problem: Problem) -> str:
    return f'<small class="wrong" role="alert">{escaped(problem.detail)}</small>'


def field(id_: str, parameter: Parameter, value: Any, problem: str) -> str:
    """Write a field of the right kind, with what is allowed, and what was wrong, below it."""
    name = escaped(parameter.name)
    attributes = f'id="{id_}" name="{name}" aria-describedby="about-{id_}"'
    attributes += " required" * parameter.required + ' aria-invalid="true"' * bool(problem)
    sent = parameter.default if value is None else value
    sent = str(sent).lower() if isinstance(sent, bool) else sent
    choices = ("true", "false") if parameter.type == "boolean" else parameter.choices
    if choices:
        options = "".join(
            f'<option value="{escaped(choice)}"{" selected" * (choice == sent)}>{escaped(choice)}'
            for choice in (*[""] * parameter.may_be_missing, *choices)
        )
        control = f"<select {attributes}>{options}</select>"
    elif parameter.type == "string":
        control = f"<textarea {attributes} rows='3'>\n{escaped(sent)}</textarea>"
    else:
        control = f'<input {attributes} inputmode="decimal" value="{escaped(sent)}">'
    about = f"{parameter.description} It must be {parameter.allowed}."
    below = f'{problem}<small id="about-{id_}">{escaped(about)}</small>'
    return f'<div><label for="{id_}">{name}</label>{control}{below}</div>'


def table(results: list[Result]) -> str:
    rows = "".join(
        "<tr>" + "".join(f'<td dir="auto">{escaped(shown(value))}' for value in result.values())
        for result in results
    )
    names = "".join(f'<th scope="col">{escaped(name)}' for result in results[:1] for name in result)
    return f"<table><tr>{names}{rows}</table>" if rows else "<p>The model has no answer.</p>"


def shown(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value
