"""Look at the installed packages: what the example's answers are, and which modules differ.

As a script, with packages that are rewritten, it reports modules that differ and then the answers.
It imports little itself, as what it loads would hide that a rewritten package lacks an import.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

Names = tuple[list[str], list[str], list[str]]


def answer() -> str:
    """Answer the model's example in every format and as a batch; return all answers as one text."""
    handler = import_module("app").lambdaHandler
    example = {n: v for n, v in handler.model.example.items() if v is not None}
    query = {n: v if isinstance(v, str) else json.dumps(v) for n, v in example.items()}
    inputs = {parameter.name for parameter in handler.model.inputs}
    point = {n: v for n, v in example.items() if n in inputs}
    post = {
        "requestContext": {"http": {"method": "POST", "path": "/"}},
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"points": [point, point]}),
    }
    queries = [query, *(query | {"format": name} for name in handler.formats)]
    events = [*({"queryStringParameters": query} for query in queries), post]
    answers = [handler(event, None) for event in events]
    if answers[0]["statusCode"] != 200:
        raise ValueError(answers[0]["body"])
    return json.dumps(answers)


def names(module: ModuleType) -> Names:
    """Return a module's attributes, what dir() says they are, and what a star import gets."""
    attributes = vars(module)
    return [*attributes], dir(module), [*map(str, attributes.get("__all__", ()))]


def import_first(names: list[str]) -> None:
    """Import each in a process that has imported nothing but the packages around it."""
    while names:
        name, inside = names[0], [n for n in names if n.startswith(f"{names[0]}.")]
        names = names[1 + len(inside) :]
        if child := os.fork():
            if os.waitpid(child, 0)[1]:
                report(name, "importing it crashes or hangs")
            continue
        signal.alarm(60)  # a lock that another thread held at the fork is never released
        try:
            import_module(name)
            signal.alarm(0)
            import_first(inside)
        except BaseException as error:
            report(name, f"{type(error).__name__}: {error}")
        os._exit(0)


def differences(name: str, expected: Names) -> Iterator[str]:
    """Yield how a rewritten module differs from the plain one."""
    module, (attributes, listed, exports) = import_module(name), expected
    for name, (source, inside) in vars(module)["__deferred__"].items():
        original = import_module(source)
        if getattr(module, name) is not (getattr(original, inside) if inside else original):
            yield f"{name} is another object"
    missing = {name for name in attributes if not hasattr(module, name)}
    missing |= {*listed} - {*dir(module)} | {*exports} - {*getattr(module, "__all__", ())}
    if missing := missing - {"__warningregistry__"}:
        yield f"it lacks {', '.join(sorted(missing))}"


def report(*found: Any) -> None:
    print(json.dumps(found), file=result, flush=True)


if __name__ == "__main__":
    sys.path[0] = os.getcwd()
    result = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the model may print
    plan = json.load(sys.stdin)
    import_first(sorted(plan))
    try:
        answers = answer()
    except Exception as error:
        answers = f"{type(error).__name__}: {error}"
    used = {n: [*vars(m)] for n, m in [*sys.modules.items()] if isinstance(m, ModuleType)}
    for name, expected in plan.items():
        try:
            if found := "; ".join(differences(name, expected)):
                report(name, found)
        except Exception as error:
            report(name, f"{type(error).__name__}: {error}")
    report(answers, used)
