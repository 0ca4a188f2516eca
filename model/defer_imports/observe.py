"""Inspect the installed packages in a new process: what an answer loads, and what works.

python observe.py answer|check RESULT.json PLAN.json     in the folder that holds app.py
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any


def answer() -> dict[str, Any]:
    """Answer the model's example in every format and as a batch; list the modules it loaded."""
    sys.path.insert(0, os.getcwd())
    handler = import_module("app").lambdaHandler
    example = {n: v for n, v in handler.model.example.items() if v is not None}
    query = {n: v if isinstance(v, str) else json.dumps(v) for n, v in example.items()}
    names = {parameter.name for parameter in handler.model.inputs}
    batch = json.dumps({"points": [{n: v for n, v in example.items() if n in names}] * 2})
    post = {
        "requestContext": {"http": {"method": "POST", "path": "/"}},
        "headers": {"content-type": "application/json"},
        "body": batch,
    }
    events = [{"queryStringParameters": query | {"format": name}} for name in handler.formats]
    answers = [handler(event, None) for event in ({"queryStringParameters": query}, *events, post)]
    if answers[0]["statusCode"] != 200:
        raise ValueError(answers[0]["body"])
    return {"answers": answers, "modules": modules()}


def modules() -> list[dict[str, Any]]:
    """Describe the modules that are loaded: the fields of rewrite.Module."""
    loaded = {
        name: module for name, module in sys.modules.items() if isinstance(module, ModuleType)
    }
    return [
        {
            "name": name,
            "path": vars(module).get("__file__") or "",
            "is_package": "__path__" in vars(module),
            "identity": id(module),
            "attributes": {key: id(value) for key, value in vars(module).items()},
            "listed": dir(module),
            "exports": [*map(str, vars(module)["__all__"])] if "__all__" in vars(module) else None,
        }
        for name, module in loaded.items()
    ]


def check(plan: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with rewritten modules, by name.

    Each is imported first in its own process; then all their names are compared.
    """
    if plan["numpy"]:
        import_module("numpy")  # it is never rewritten, and takes most of the time
    wrong = {name: reason for name, reason in import_each([*plan["modules"]]) if reason}
    for name, module in plan["modules"].items():
        try:
            reason = "; ".join(differences(name, module))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
        if reason:
            wrong.setdefault(name, reason)
    return wrong


def import_each(names: list[str], seconds: int = 60) -> Iterator[tuple[str, str]]:
    """Import each module in its own process, as many at once as there are processors."""
    running: dict[int, tuple[str, int]] = {}
    while names or running:
        while names and len(running) < (os.cpu_count() or 1):
            name, (reader, writer) = names.pop(), os.pipe()
            if not (process := os.fork()):
                signal.alarm(seconds)
                try:
                    import_module(name)
                except BaseException as error:
                    os.write(writer, f"{type(error).__name__}: {error}".encode()[:1000])
                os._exit(0)
            os.close(writer)
            running[process] = name, reader
        process, status = os.wait()
        name, reader = running.pop(process)
        with open(reader) as reason:
            yield name, reason.read() or ("importing it ends the process" if status else "")


def differences(name: str, module: dict[str, Any]) -> Iterator[str]:
    """Yield how a rewritten module differs from the plain one."""
    found = import_module(name)
    for attribute, (source, inside) in module["deferred"].items():
        original = import_module(source)
        if getattr(found, attribute) is not (getattr(original, inside) if inside else original):
            yield f"{attribute} is another object"
    if missing := [n for n in module["attributes"] if not hasattr(found, n)]:
        yield f"it lacks {', '.join(missing)}"
    if missing := [n for n in module["listed"] if n not in dir(found)]:
        yield f"its dir lacks {', '.join(missing)}"
    if lost := {*module["exports"]} - {*getattr(found, "__all__", vars(found))}:
        yield f"a star import lacks {', '.join(lost)}"


if __name__ == "__main__":
    what, result, plan = sys.argv[1:]
    found = answer() if what == "answer" else check(json.loads(Path(plan).read_text()))
    Path(result).write_text(json.dumps(found))
