"""Look at the installed packages: what the example's answers are, and which modules differ.

As a script, it sees rewritten packages: given null it answers, given modules it checks them.
It imports little, because packages that forgot an import would find it done.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

Names = tuple[list[str], list[str], list[str]]
Report = Callable[[str, str], None]  # of a module, by its name: what is wrong


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


def check(plan: dict[str, Names], report: Report) -> None:
    """Import each rewritten module first in its own process; then compare all their names."""
    import_first(sorted(plan), report)
    for name, expected in plan.items():
        try:
            if found := "; ".join(differences(import_module(name), *expected)):
                report(name, found)
        except Exception as error:
            report(name, f"{type(error).__name__}: {error}")


def import_first(names: list[str], report: Report) -> None:
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
            import_first(inside, report)
        except BaseException as error:
            report(name, f"{type(error).__name__}: {error}")
        os._exit(0)


def differences(
    module: ModuleType, attributes: list[str], listed: list[str], exports: list[str]
) -> Iterator[str]:
    """Yield how a rewritten module differs from the plain one."""
    for name, (source, inside) in vars(module)["__deferred__"].items():
        original = import_module(source)
        if getattr(module, name) is not (getattr(original, inside) if inside else original):
            yield f"{name} is another object"
    missing = {name for name in attributes if not hasattr(module, name)}
    missing |= {*listed} - {*dir(module)} | {*exports} - {*getattr(module, "__all__", ())}
    if missing := missing - {"__warningregistry__"}:
        yield f"it lacks {', '.join(sorted(missing))}"


if __name__ == "__main__":
    sys.path[0] = os.getcwd()
    result = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the model may print

    def write(*found: Any) -> None:
        print(json.dumps(found), file=result, flush=True)

    if (plan := json.load(sys.stdin)) is not None:
        check(plan, write)
    else:
        answers, loaded = answer(), [*sys.modules.items()]  # looking at a lazy module loads others
        write(answers, {name: [*vars(m)] for name, m in loaded if isinstance(m, ModuleType)})
