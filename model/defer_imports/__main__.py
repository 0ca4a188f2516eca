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
from collections.abc import Collection, Iterable
from importlib.machinery import SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from types import ModuleType
from typing import Any

from defer_imports.observe import Names, answer, names
from defer_imports.rewrite import Rewriting

SITE = tuple({sysconfig.get_path("purelib") + os.sep, sysconfig.get_path("platlib") + os.sep})
# numpy's modules import one another; loky's processes import it in their own way.
NEVER = ("numpy.", "joblib.externals.loky.")
UNCHECKED = b"\1\0\0\0"  # a .pyc file that is never compared with its source (PEP 552)


def main() -> None:
    if os.environ.get("LAMBDA_TASK_ROOT") != os.getcwd() and "--here" not in sys.argv:
        sys.exit(
            f"This changes the packages of {sys.prefix}. The image's build runs it. To run it "
            "outside, in the folder that holds app.py: python -m defer_imports --here"
        )
    for path in (path for folder in SITE for path in Path(folder).rglob("*.py")):
        restore(path)
    try:
        answers = answer()
    except Exception as error:
        error.add_note("The model does not answer its example. The build needs its answer.")
        raise
    if os.environ.get("EAGER_IMPORT", "0") not in ("", "0"):
        return print("EAGER_IMPORT is set: the packages stay as they are.")
    print(Step(answers).run())


def observe(plan: dict[str, Names] | None = None) -> list[list[Any]] | None:
    """Run observe.py in a new process; return what it reports, or None if it fails."""
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("observe.py"))]
    done = subprocess.run(command, input=json.dumps(plan), stdout=subprocess.PIPE, text=True)
    return None if done.returncode else [json.loads(line) for line in done.stdout.splitlines()]


class Step:
    """Rewrites the files of the modules that the example has loaded; this process keeps its own."""

    def __init__(self, answers: str) -> None:
        self.answers = answers
        loaded = [*sys.modules.items()]  # looking at a lazy module loads others
        self.paths = {name: path for name, module in loaded if (path := source_of(name, module))}
        self.unchanged: dict[str, str] = {}  # modules that are not rewritten, and why
        self.deferred: dict[str, int] = {}  # how many names, by the names of rewritten modules

    def run(self) -> str:
        """Defer all that can wait, see what the example still uses, and defer only the rest.

        Puts everything back if the model does not answer as before. Returns a summary.
        """
        for name in self.paths:
            self.rewrite(name)
        if used := self.answer() or self.repaired():
            for name in used.keys() & self.deferred.keys():
                self.rewrite(name, used[name])
            used = self.repaired()
        if not used:
            self.put_back([*self.deferred])
            return "All packages stay as they are: otherwise the model answers differently."
        unchanged = "".join(f"\n  {name}: {why}" for name, why in self.unchanged.items())
        return (
            f"An answer now loads {len(used.keys() & self.paths)} of {len(self.paths)} modules: "
            f"{sum(self.deferred.values())} names in {len(self.deferred)} modules wait until they "
            f"are used.\n{len(self.unchanged)} modules stay as they are:{unchanged}"
        )

    def rewrite(self, name: str, in_use: Collection[str] = ()) -> None:
        """Rewrite a module; names that are in use keep their place."""
        path = self.paths[name]
        try:
            source = path.read_bytes()
            new = Rewriting(source, sys.modules[name], in_use)
            code = compile(new.tree, path, "exec", dont_inherit=True)
        except Exception as error:  # a module may be odd in any way
            self.unchanged[name] = str(error)
            return
        if new.sources:
            write(path, UNCHECKED + source_hash(source) + marshal.dumps(code))
            self.deferred[name] = len(new.sources)
        elif self.deferred.pop(name, None):
            restore(path)

    def answer(self) -> dict[str, list[str]]:
        """Answer with the packages as they are now; return the names in the modules that this
        loads, or nothing if something differs.
        """
        for answers, used in observe() or ():
            if answers == self.answers:
                return used
        return {}

    def repaired(self) -> dict[str, list[str]]:
        """Put back modules that differ from the plain ones, until none does; then answer.

        The packages around them go back as well, because their imports may be what is missing.
        While the answer fails, put back whole packages: first those that had such modules, then
        the last that was imported.
        """
        broken = set[str]()
        while wrong := observe({name: names(sys.modules[name]) for name in self.deferred}):
            modules = [name for name, _ in wrong]
            around = [p for p in self.deferred if any(n.startswith(f"{p}.") for n in modules)]
            self.unchanged |= dict.fromkeys(around, f"{modules[0]} needs its imports") | dict(wrong)
            self.put_back({*around, *modules})
            broken |= {root(name) for name in modules}
        if wrong is None:
            return {}
        packages = [*reversed(dict.fromkeys(map(root, self.deferred)))]
        packages.sort(key=lambda package: package not in broken)
        while not (used := self.answer()) and packages:
            package = packages.pop(0)
            self.unchanged[package] = "the example needs all of the package's imports in place"
            self.put_back([name for name in self.deferred if root(name) == package])
        return used

    def put_back(self, names: Iterable[str]) -> None:
        for name in names:
            del self.deferred[name]
            restore(self.paths[name])


def source_of(name: str, module: object) -> Path | None:
    """Return the file of a module that may be rewritten; sys.modules also has None and objects."""
    path = str(vars(module).get("__file__")) if isinstance(module, ModuleType) else ""
    known = f"{name}.".startswith(NEVER)
    return Path(path) if path.startswith(SITE) and path.endswith(".py") and not known else None


def root(name: str) -> str:
    return name.partition(".")[0]


def restore(path: Path) -> None:
    """Compile a module from its unchanged source if it was rewritten."""
    cache = Path(cache_from_source(str(path)))
    if cache.is_file() and cache.open("rb").read(8)[4:] == UNCHECKED:
        py_compile.compile(str(path), str(cache), doraise=True)


def write(path: Path, code: bytes) -> None:
    cache = cache_from_source(str(path))
    SourceFileLoader("", "").set_data(cache, MAGIC_NUMBER + code)  # at once, or not at all
    os.chmod(cache, 0o644)  # Lambda runs as another user


if __name__ == "__main__":
    main()
