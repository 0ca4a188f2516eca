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
STYLE = """
:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
label { display: block; margin-top: .8rem; font-weight: 600; }
small { display: block; opacity: .75; }
input, select, textarea, button { box-sizing: border-box; width: 100%; padding: .5rem;
  font: inherit; border: 1px solid; border-radius: .4rem; }
button { margin-top: 1.2rem; cursor: pointer; font-weight: 600; }
table { width: 100%; border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .4rem .6rem .4rem 0; text-align: start; border-bottom: 1px solid; }
.wrong { font-weight: 600; color: light-dark(#a4001d, #ff9aa8); }
"""


def added_to(model: Model) -> Model:
    """Return the model with a page as its format "html", unless it has one."""
    if "html" in model.formats:
        return model

    def write(query: Query, results: list[Result], about: About) -> str:
        return page(model, query, table(results), about=about)

    def write_problem(problem: Problem, query: Query) -> str:
        is_first = all(parameter.name not in query for parameter in model.inputs)
        return page(model, model.example if is_first else query, "", None if is_first else problem)

    html = Format(
        "text/html; charset=utf-8", write, "text/html; charset=utf-8", write_problem, head
    )
    return replace(model, formats={**model.formats, "html": html})


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


def page(
    model: Model,
    query: Query,
    answer: str,
    problem: Problem | None = None,
    about: About | None = None,
) -> str:
    parameters = (*model.inputs, *model.options)
    at = problem.parameter if problem else None
    fields = "".join(
        field(p, query.get(p.name), problem if p.name == at else None) for p in parameters
    )
    sentence = ""
    if problem and all(p.name != at for p in parameters):
        sentence = f'<p class="wrong" role="alert">{escaped(problem.detail)}</p>'
    version = f"<p><small>Model {escaped(about['version'])}</small></p>" if about else ""
    title = escaped(model.title)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style><h1>{title}</h1>{sentence}{answer}"
        f'<form><input type="hidden" name="format" value="html">{fields}'
        f"<button>Predict</button></form>{version}</html>"
    )


def field(parameter: Parameter, value: Any, problem: Problem | None) -> str:
    """Write a field of the right kind, with what is allowed, and what was wrong, below it."""
    name = escaped(parameter.name)
    wrong = (
        f'<small class="wrong" role="alert">{escaped(problem.detail)}</small>' if problem else ""
    )
    attributes = f'id="{name}" name="{name}" aria-describedby="about-{name}"'
    attributes += " required" * parameter.required + ' aria-invalid="true"' * bool(problem)
    sent = str(value).lower() if isinstance(value, bool) else value
    sent = parameter.default if sent is None else sent
    choices = ("true", "false") if parameter.type == "boolean" else parameter.choices
    if choices:
        none = [] if parameter.required else [("", "")]
        options = "".join(
            f'<option value="{escaped(choice)}"{" selected" * (choice == sent)}>{escaped(shown)}'
            for choice, shown in [*none, *((choice, choice) for choice in choices)]
        )
        control = f"<select {attributes}>{options}</select>"
    elif parameter.type == "string":
        control = f"<textarea {attributes} rows='3'>\n{escaped(sent)}</textarea>"
    else:
        control = f'<input {attributes} inputmode="decimal" value="{escaped(sent)}">'
    about = f"{parameter.description} It must be {parameter.allowed}."
    return (
        f'<label for="{name}">{name}</label>{control}{wrong}'
        f'<small id="about-{name}">{escaped(about)}</small>'
    )


def table(results: list[Result]) -> str:
    if not results:
        return "<p>The model has no answer.</p>"
    names = "".join(f'<th scope="col">{escaped(name)}' for name in results[0])
    rows = "".join(
        "<tr>" + "".join(f'<td dir="auto">{escaped(shown(value))}' for value in result.values())
        for result in results
    )
    return f"<table><tr>{names}{rows}</table>"


def shown(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value
