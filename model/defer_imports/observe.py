"""Look at the installed packages in a new process: what an answer loads, and what works.

python observe.py answer|check     in the folder that holds app.py; the data are in marshal's format

Imports little: what it imports is there for the packages as well.
"""

import json
import marshal
import os
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any


def answer() -> tuple[Any, list[tuple[Any, ...]]]:
    """Answer the model's example in every format and as a batch; return the modules this loads."""
    handler = import_module("app").lambdaHandler
    example = {n: v for n, v in handler.model.example.items() if v is not None}
    query = {n: v if isinstance(v, str) else json.dumps(v) for n, v in example.items()}
    names = {parameter.name for parameter in handler.model.inputs}
    point = {n: v for n, v in example.items() if n in names}
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
    return answers, modules()


def modules() -> list[tuple[Any, ...]]:
    """Describe the modules that are loaded: the fields of rewrite.Module."""
    return [
        (
            name,
            vars(module).get("__file__") or "",
            "__path__" in vars(module),
            id(module),
            {key: id(value) for key, value in vars(module).items()},
            dir(module),
            [*map(str, vars(module)["__all__"])] if "__all__" in vars(module) else None,
        )
        for name, module in [*sys.modules.items()]
        if isinstance(module, ModuleType)
    ]


def check(plan: dict[str, tuple[Any, ...]]) -> dict[str, str]:
    """Return what is wrong with rewritten modules, by name.

    Each is imported first in its own process; then all their names are compared.
    """
    wrong = import_first(sorted(plan))
    for name, expected in plan.items():
        try:
            reason = "; ".join(differences(import_module(name), *expected))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
        if reason:
            wrong.setdefault(name, reason)
    return wrong


def import_first(names: list[str]) -> dict[str, str]:
    """Import each in a process that has imported nothing but the packages around it."""
    wrong: dict[str, str] = {}
    while names:
        name, inside = names[0], [n for n in names if n.startswith(f"{names[0]}.")]
        names = names[1 + len(inside) :]
        reader, writer = os.pipe()
        if os.fork():
            os.close(writer)
            with open(reader, "rb") as pipe:
                found = pipe.read()
            os.wait()
            wrong |= marshal.loads(found) if found else {name: "importing it crashes or hangs"}
        else:
            signal.alarm(60)  # what a package's threads hold when this forks stays locked
            try:
                import_module(name)
                signal.alarm(0)
                result = import_first(inside)
            except BaseException as error:
                result = {name: f"{type(error).__name__}: {error}".partition("\n")[0]}
            with open(writer, "wb") as pipe:
                marshal.dump(result, pipe)
            os._exit(0)
    return wrong


def differences(
    module: ModuleType, attributes: dict[str, int], listed: list[str], exports: list[str] | None
) -> Iterator[str]:
    """Yield how a rewritten module differs from the plain one."""
    for name, (source, inside) in vars(module)["__deferred__"].items():
        original = import_module(source)
        if getattr(module, name) is not (getattr(original, inside) if inside else original):
            yield f"{name} is another object"
    missing = {name for name in attributes if not hasattr(module, name)}
    missing |= {*listed} - {*dir(module)}
    missing |= {*(exports or ())} - {*getattr(module, "__all__", ())}
    if missing := missing - {"__warningregistry__"}:
        yield f"it lacks {', '.join(sorted(missing))}"


if __name__ == "__main__":
    sys.path[0] = os.getcwd()
    result = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the model may print
    what, *arguments = marshal.load(sys.stdin.buffer)
    marshal.dump(answer() if what == "answer" else check(*arguments), result)
