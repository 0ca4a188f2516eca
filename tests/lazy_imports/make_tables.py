"""The tree's model and the examples in, lazy_imports/tables.py out: `make lazy-tables`.

It runs with what the image has. It writes what may wait with these versions, and keeps it if the
proofs pass.
"""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec, resolve_name
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill as wrap

from tests.lazy_imports.model_start import Broken, Start, Tables, package_of, start_of
from tests.lazy_imports.new_interpreter import MODEL, child

TABLES = MODEL / "deployment" / "lazy_imports" / "tables.py"
VENV = MODEL.parent / ".venv" / "bin" / "python"  # trains and tests
LIBRARIES = ("joblib", "narwhals", "numpy", "scikit-learn", "scipy")
ROOTS = [name.replace("scikit-learn", "sklearn") for name in LIBRARIES]
WORTH_MS = 0.5
PROOFS = (["tests/lazy_imports"], ["-m", "proof", "tests/lazy_imports"])


def main() -> None:
    before = TABLES.read_text()
    TABLES.write_text(text(found()))
    for proofs in PROOFS:
        if subprocess.run([VENV, "-m", "pytest", "-q", *proofs]).returncode:
            TABLES.write_text(before)
            sys.exit("The proofs fail with the new tables: the old ones are back.")
    print(f"Wrote {TABLES}. The proofs pass.")


def found() -> Tables:
    names = packages()
    tables = Tables({name for name in names if re_exports(name)}, set(), set(), {})
    saved_ms = times_ms(", ".join(sorted(tables.re_exporting)))
    with task_roots() as roots:
        models = [(root, child(times_ms, "app", root, lazily=False)) for root in roots]
        starts = [start_of(*model, tables) for model in models]
        for depth in (1, 2, 1):  # numpy.ma, scipy.sparse.linalg, then scipy.linalg, which that uses
            print(f"Trying what may wait, at depth {depth} ...", flush=True)
            more = {
                name
                for name in {*names} - tables.re_exporting
                if name.count(".") == depth and "._" not in name
                if not package_of(name, tables.deferred)
                if not any(package_of(other, {name}) for other in tables.deferred)
                if any(spent_ms(start.ran_ms, name) >= WORTH_MS for start in starts)
            }
            tables, starts = settled(tables.re_exporting, tables.deferred | more, models)
    imported = {name for start in starts for name in start.ms}
    for name in imported:  # for what no model here imports, others may
        saved_ms[name] = max(start.left_out(name) for start in starts)
    ran = {name for start in starts for name in start.ran}
    for name in sorted(tables.re_exporting):
        is_private = "._" in name and name not in ran
        if is_private or package_of(name, tables.deferred) or spent_ms(saved_ms, name) < WORTH_MS:
            tables.re_exporting.discard(name)
    return tables


def settled(
    re_exporting: set[str], deferred: set[str], models: list[tuple[Path, dict[str, float]]]
) -> tuple[Tables, list[Start]]:
    """Drop packages, and begin anew, until each can wait and some model's start is faster by it."""
    while True:
        tables = Tables({*re_exporting}, {*deferred}, set(), {})
        try:
            # What this tree's model needs of a package is looked for. Other models may run it all.
            starts = [start_of(*model, tables, model is models[0]) for model in models]
        except Broken as broken:
            dropped = {package_of(f"{broken}.", deferred)}
        else:
            dropped = {n for n in deferred if not any(is_worth(n, s, deferred) for s in starts)}
            victims = {name for start in starts for name in start.victims}
            dropped = dropped - victims or dropped  # without the others, they may wait
        if not dropped:
            return tables, starts
        print(f"Without {', '.join(sorted(dropped))} ...", flush=True)
        deferred = deferred - dropped


@contextmanager
def task_roots() -> Iterator[list[Path]]:
    """Folders as /var/task in the image: of this tree, and of each example, trained."""
    with TemporaryDirectory() as name:
        roots = []
        for example in [None, *sorted((MODEL / "examples").iterdir())]:
            model = Path(name) / (example.name if example else "model")
            shutil.copytree(MODEL, model, ignore=shutil.ignore_patterns("__pycache__"))
            if example:
                for file in [*model.glob("*.pkl"), *model.glob("*.json")]:
                    file.unlink()
                shutil.rmtree(model / "deployment" / "predictor")
                shutil.copytree(example, model, dirs_exist_ok=True)
                subprocess.run([VENV, model / "training" / "training.py"], check=True)
            roots.append(model / "deployment")
        yield roots


def packages() -> list[str]:
    """Name the packages inside the libraries, but for tests."""
    names = []
    for root in ROOTS:
        folder = Path(str(find_spec(root).origin)).parent  # type: ignore[union-attr]
        for file in folder.rglob("__init__.py"):
            names.append(".".join([root, *file.parent.relative_to(folder).parts]))
    return [name for name in names if "tests" not in name.split(".")]


def re_exports(package: str) -> bool:
    """Say whether an __init__ imports names from modules inside, and does nothing with them.

    A name that is also a module's may be either, as the last import has it: that is not for us.
    """
    folder = Path(str(find_spec(package).origin)).parent  # type: ignore[union-attr]
    inside = {file.name.partition(".")[0] for file in folder.iterdir()}
    recorded: set[str] = set()
    others: list[ast.stmt] = []
    for statement in ast.parse((folder / "__init__.py").read_bytes()).body:
        if isinstance(statement, ast.ImportFrom):
            source = resolve_name("." * statement.level + (statement.module or ""), package)
            if f"{source}.".startswith(f"{package}.") and statement.names[0].name != "*":
                names = {alias.asname or alias.name for alias in statement.names}
                if source != package and names & inside:
                    return False
                recorded |= names
        elif isinstance(statement, ast.Expr | ast.Assign):
            others.append(statement)
        elif not isinstance(statement, ast.Import):
            return False
    used = {node.id for other in others for node in ast.walk(other) if isinstance(node, ast.Name)}
    return bool(recorded) and not {*recorded, "dir", "globals", "locals", "vars"} & used


def times_ms(names: str, root: Path | None = None) -> dict[str, float]:
    """Import modules in a new interpreter; return the time of each that runs."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {names}"],
        cwd=root,
        env={"EAGER_IMPORT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = re.findall(r"^import time: +(\d+) \| +\d+ \| +(\S+)", done.stderr, re.MULTILINE)
    return {module: int(time) / 1e3 for time, module in lines}


def spent_ms(times: dict[str, float], package: str) -> float:
    return sum(time for name, time in times.items() if f"{name}.".startswith(f"{package}."))


def is_worth(package: str, start: Start, deferred: set[str]) -> bool:
    """Say whether a package waits, and half of its modules, and half a millisecond, with it."""
    own = [name for name in start.ms if package_of(f"{name}.", deferred) == package]
    saved = sum(map(start.left_out, own))
    half = sum(start.ms[name] for name in own) / 2
    return package in start.waits and saved >= max(WORTH_MS, half)


def text(tables: Tables) -> str:
    """Write tables.py: as it is, with other names and versions."""
    new = {
        "PROVED": "".join(f'"{name}": "{version(name)}", ' for name in LIBRARIES),
        "RE_EXPORTING": "".join(f'"{name}", ' for name in sorted(tables.re_exporting)),
        "DEFERRED": "".join(f'"{name}", ' for name in sorted(tables.deferred)),
        "INDEPENDENT": "".join(f'"{name}", ' for name in sorted(tables.independent)),
        "KNOWN": "".join(f'"{name}": "{at}",\n' for name, at in sorted(tables.known.items())),
    }
    written = TABLES.read_text()
    for name, rows in new.items():
        lines = [
            wrap(row.replace(": ", ":\0"), 100, initial_indent="    ", subsequent_indent="    ")
            for row in rows.splitlines()
        ]
        body = "\n".join(lines).replace("\0", " ")
        written = re.sub(
            rf"^{name} = {{.*?^}}", f"{name} = {{\n{body}\n}}", written, flags=re.M | re.S
        )
    return written


if __name__ == "__main__":
    main()
