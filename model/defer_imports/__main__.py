"""Make installed packages defer the imports that the model's example does not need.

The image's build runs `python -m defer_imports` in the folder that holds app.py and the model's
files. It answers the model's example, and fails if the model cannot; EAGER_IMPORT=1 stops there.
Outside the image it needs `--here`, because it changes the packages of the current environment.
"""

import json
import marshal
import os
import py_compile
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from typing import Any

from defer_imports.rewrite import LeftAlone, Module, Rewriting, Source

SITE = tuple({sysconfig.get_path("purelib") + os.sep, sysconfig.get_path("platlib") + os.sep})
# numpy's modules import one another; loky's processes import it in their own way.
NEVER = ("numpy", "joblib.externals.loky")
UNCHECKED = (1).to_bytes(
    4, "little"
)  # a .pyc file that is never compared with its source (PEP 552)


def main() -> None:
    if os.environ.get("LAMBDA_TASK_ROOT") != os.getcwd() and "--here" not in sys.argv:
        sys.exit(
            f"This changes the packages of {sys.prefix}. The image's build runs it. To run it "
            "outside, in the folder that holds app.py: python -m defer_imports --here"
        )
    put_back(Path(name) for folder in SITE for name in Path(folder).rglob("*.py"))
    if not (plain := observe("answer")):
        sys.exit("The model does not answer its example: see above. The build needs its answer.")
    if os.environ.get("EAGER_IMPORT", "0") not in ("", "0"):
        return print("EAGER_IMPORT is set: the packages stay as they are.")
    step = Step(plain)
    try:
        print(step.run())
    except StepError as error:
        put_back(step.changed)
        print(f"All packages stay as they are: {error}.")
    except BaseException:
        put_back(step.changed)
        raise


class StepError(Exception):
    """The rewritten packages behave differently from the plain ones."""


def observe(what: str, plan: Any = None) -> Any:
    """Run observe.py in a new process and return what it found."""
    with tempfile.TemporaryDirectory() as folder:
        result, planned = Path(folder, "result.json"), Path(folder, "plan.json")
        planned.write_text(json.dumps(plan))
        command = [sys.executable, str(Path(__file__).with_name("observe.py")), what]
        done = subprocess.run([*command, result, planned], stdout=subprocess.DEVNULL)
        return json.loads(result.read_text()) if done.returncode == 0 else None


def compiled(path: Path) -> Path:
    return Path(cache_from_source(str(path)))


def put_back(paths: Iterable[Path]) -> None:
    """Recompile rewritten modules from their unchanged sources."""
    for path in paths:
        cache = compiled(path)
        try:
            with cache.open("rb") as file:
                ours = file.read(8)[4:] == UNCHECKED
        except OSError:
            continue
        if ours:
            py_compile.compile(str(path), str(cache), doraise=True)


def write(module: Module, rewritten: Rewriting, source: bytes) -> None:
    code = compile(rewritten.tree, module.path, "exec", dont_inherit=True)
    cache = compiled(Path(module.path))
    cache.parent.mkdir(exist_ok=True)
    new = cache.with_name(f"{cache.name}.{os.getpid()}")
    new.write_bytes(MAGIC_NUMBER + UNCHECKED + source_hash(source) + marshal.dumps(code))
    new.chmod(0o644)  # others may run the function
    new.replace(cache)


class Step:
    """Rewrites the modules that the example loads with plain imports."""

    def __init__(self, plain: Any) -> None:
        self.answers = plain["answers"]
        self.modules = {entry["name"]: Module(**entry) for entry in plain["modules"]}
        self.unchanged: dict[str, str] = {}  # modules that are not rewritten, and why
        self.deferred: dict[str, dict[str, Source]] = {}  # by the names of rewritten modules

    @property
    def changed(self) -> list[Path]:
        return [Path(self.modules[name].path) for name in self.deferred]

    def run(self) -> str:
        """Defer all that can wait, see what the example still loads, and defer only the rest.

        Returns a summary; raises StepError if the model does not answer as before.
        """
        self.rewrite_all(loaded=set())
        if not (loaded := self.answer()):
            self.put_back_broken()
            loaded = self.answer()
        if loaded:
            self.rewrite_all(loaded)
            self.put_back_broken()
            loaded = self.answer()
        if not loaded:
            raise StepError("with imports deferred, the model answers its example differently")
        names = sum(map(len, self.deferred.values()))
        unchanged = "".join(f"\n  {name}: {why}" for name, why in self.unchanged.items())
        return (
            f"An answer now loads {len(loaded)} modules instead of {len(self.modules)}: "
            f"{names} names in {len(self.deferred)} modules wait until they are used.\n"
            f"{len(self.unchanged)} modules stay as they are:{unchanged}"
        )

    def rewrite_all(self, loaded: set[str]) -> None:
        """Rewrite all modules; imports of what is loaded anyway keep their place."""
        before, self.deferred = self.deferred, {}
        for module in self.modules.values():
            if module.name in self.unchanged or not can_change(module):
                continue
            source = Path(module.path).read_bytes()
            try:
                stays = partial(keeps_place, before, loaded)
                new = Rewriting(source, module, self.modules, stays)
            except (LeftAlone, SyntaxError, ValueError) as error:
                self.unchanged[module.name] = str(error)
                continue
            if new.changed:
                write(module, new, source)
                self.deferred[module.name] = new.deferred
        put_back(Path(self.modules[name].path) for name in before.keys() - self.deferred.keys())

    def answer(self) -> set[str] | None:
        """Answer with the packages as they are now; return what is loaded if nothing differs."""
        found = observe("answer")
        if found and found["answers"] == self.answers:
            return {module["name"] for module in found["modules"]}
        return None

    def put_back_broken(self) -> None:
        """Put back modules that differ from the plain ones, until none does."""
        while wrong := observe("check", self.plan()):
            for name, why in wrong.items():
                self.unchanged[name] = why.partition("\n")[0]
                put_back([Path(self.modules[name].path)])
                del self.deferred[name]
        if wrong is None:
            raise StepError("the packages cannot be checked")

    def plan(self) -> dict[str, Any]:
        """Return the names that each rewritten module must have."""
        modules = {}
        for name, deferred in self.deferred.items():
            module = self.modules[name]
            names = [n for n in module.attributes if not n.startswith("__")]
            public = [n for n in names if not n.startswith("_")]
            modules[name] = {
                "deferred": deferred,
                "attributes": names,
                "listed": module.listed,
                "exports": public if module.exports is None else module.exports,
            }
        return {"numpy": "numpy" in self.modules, "modules": modules}


def can_change(module: Module) -> bool:
    never = any(f"{module.name}.".startswith(f"{root}.") for root in NEVER)
    return module.path.startswith(SITE) and module.path.endswith(".py") and not never


def keeps_place(before: dict[str, dict[str, Source]], loaded: set[str], source: Source) -> bool:
    """Say whether an import stays: it costs nothing, or others may rely on what it does.

    `import importlib.util` anywhere makes `importlib.util` work everywhere.
    """
    package, dot, _ = source[0].partition(".")
    return bool(dot and package in sys.stdlib_module_names) or {*origins(source, before)} <= loaded


def origins(source: Source, deferred: dict[str, dict[str, Source]]) -> Iterator[str]:
    """Yield the modules that importing a name loads, following packages that pass it on."""
    module, name = source
    yield module
    if name in deferred.get(module, {}):
        yield from origins(deferred[module][name], deferred)


if __name__ == "__main__":
    main()
