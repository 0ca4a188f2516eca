"""Look at the installed packages, in a new process: what an answer loads, and what works."""

import ast
import json
import os
import signal
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from importlib.util import resolve_name
from io import StringIO
from tempfile import TemporaryFile
from types import ModuleType
from typing import Any, TextIO

Source = tuple[str, str]  # what `from module import name` names; no name means the module itself
Sources = Mapping[str, Source]  # of the names of a module


@dataclass(frozen=True)
class Module:
    """A module after an answer; attributes and modules are given by their id()."""

    name: str
    path: str
    is_package: bool
    identity: int
    attributes: Mapping[str, int]
    listed: Collection[str]  # its dir()
    exports: list[str] | None  # its __all__

    def absolute(self, node: ast.ImportFrom) -> str:
        """Return the full name of the module that one of its from-imports names."""
        package = self.name if self.is_package else self.name.rpartition(".")[0]
        return resolve_name("." * node.level + (node.module or ""), package)


def answer() -> tuple[Any, dict[str, Module]]:
    """Answer the model's example in every format and as a batch; return the modules this loads."""
    sys.path.insert(0, os.getcwd())
    with redirect_stdout(StringIO()):
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


def modules() -> dict[str, Module]:
    """Describe the modules that are loaded."""
    return {
        name: Module(
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
    }


def check(plain: Mapping[str, Module], deferred: Mapping[str, Sources]) -> dict[str, str]:
    """Return what is wrong with rewritten modules, by name.

    Each is imported first in its own process; then all their names are compared.
    """
    if "numpy" in plain:
        import_module("numpy")  # it is never rewritten
    with TemporaryFile("w+") as report:
        import_first(sorted(deferred), report)
        report.seek(0)
        wrong = dict(line.rstrip().split(": ", 1) for line in report)
    for name, sources in deferred.items():
        try:
            reason = "; ".join(differences(plain[name], sources))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
        if reason:
            wrong.setdefault(name, reason)
    return wrong


def import_first(names: list[str], report: TextIO) -> None:
    """Import each module in a process that imported nothing but the packages around it."""
    while names:
        name, inside = names[0], [n for n in names if n.startswith(f"{names[0]}.")]
        names = names[1 + len(inside) :]
        if process := os.fork():
            if os.waitpid(process, 0)[1]:
                print(f"{name}: importing it ends the process", file=report, flush=True)
            continue
        signal.alarm(60)
        try:
            import_module(name)
        except BaseException as error:
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            print(f"{name}: {reason}", file=report, flush=True)
            inside = []
        signal.alarm(0)
        import_first(inside, report)
        os._exit(0)


def differences(plain: Module, sources: Sources) -> Iterator[str]:
    """Yield how a rewritten module differs from the plain one."""
    found = import_module(plain.name)
    for name, (module, inside) in sources.items():
        original = import_module(module)
        if getattr(found, name) is not (getattr(original, inside) if inside else original):
            yield f"{name} is another object"
    public = [n for n in plain.attributes if not n.startswith("_")]
    missing = {name for name in plain.attributes if not hasattr(found, name)}
    missing |= {*plain.listed} - {*dir(found)}
    exports = public if plain.exports is None else plain.exports
    missing |= {*exports} - {*getattr(found, "__all__", vars(found))}
    if missing := missing - {"__warningregistry__"}:
        yield f"it lacks {', '.join(sorted(missing))}"
