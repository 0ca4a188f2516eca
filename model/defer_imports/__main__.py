"""Make installed packages defer the imports that the model's example does not need.

The image's build runs `python -m defer_imports` in the folder that holds app.py and the model's
files. It answers the model's example, and fails if the model cannot; EAGER_IMPORT=1 stops there.
Outside the image it needs `--here`, because it changes the packages of the current environment.
"""

import itertools
import marshal
import os
import py_compile
import subprocess
import sys
import sysconfig
from collections.abc import Collection, Iterable
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from typing import Any

from defer_imports.rewrite import Module, Rewriting

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
    put_back(Path(name) for folder in SITE for name in Path(folder).rglob("*.py"))
    if not (plain := observe("answer")):
        sys.exit("The model does not answer its example: see above. The build needs its answer.")
    if os.environ.get("EAGER_IMPORT", "0") not in ("", "0"):
        return print("EAGER_IMPORT is set: the packages stay as they are.")
    print(Step(*plain).run())


def observe(*arguments: Any) -> Any:
    """Run observe.py in a new process; return what it found, or None if it failed."""
    command = [sys.executable, str(Path(__file__).with_name("observe.py"))]
    done = subprocess.run(command, input=marshal.dumps(arguments), stdout=subprocess.PIPE)
    return marshal.loads(done.stdout) if done.returncode == 0 else None


class Step:
    """Rewrites the modules that the example loads with plain imports."""

    def __init__(self, answers: Any, modules: list[tuple[Any, ...]]) -> None:
        self.answers, self.modules = answers, {fields[0]: Module(*fields) for fields in modules}
        self.paths = {name: Path(m.path) for name, m in self.modules.items() if can_change(m)}
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
        names = sum(self.deferred.values())
        unchanged = "".join(f"\n  {name}: {why}" for name, why in self.unchanged.items())
        return (
            f"An answer now loads {len(used.keys() & self.paths)} of {len(self.paths)} modules: "
            f"{names} names in {len(self.deferred)} modules wait until they are used.\n"
            f"{len(self.unchanged)} modules stay as they are:{unchanged}"
        )

    def rewrite(self, name: str, in_use: Collection[str] = ()) -> None:
        """Rewrite a module; names that are in use keep their place."""
        path = self.paths[name]
        source = path.read_bytes()
        try:
            new = Rewriting(source, self.modules[name], self.modules, in_use)
            code = compile(new.tree, path, "exec", dont_inherit=True)
        except (RecursionError, SyntaxError, TypeError, ValueError) as error:
            self.unchanged[name] = str(error)
            return
        if new.sources:
            write(path, UNCHECKED + source_hash(source) + marshal.dumps(code))
            self.deferred[name] = len(new.sources)
        elif self.deferred.pop(name, None) is not None:
            put_back([path])

    def answer(self) -> dict[str, Collection[str]]:
        """Answer with the packages as they are now; return the names in the modules that this
        loads, or nothing if something differs.
        """
        answers, modules = observe("answer") or (None, [])
        if answers != self.answers:
            return {}
        return {module.name: module.attributes for module in itertools.starmap(Module, modules)}

    def repaired(self) -> dict[str, Collection[str]]:
        """Put back modules that differ from the plain ones, until none does; then answer.

        While that fails, put back whole packages: first those that had such modules, then the last
        that was imported.
        """
        broken = set[str]()
        while wrong := observe("check", {n: self.modules[n][4:] for n in self.deferred}):
            broken |= {name.partition(".")[0] for name in wrong}
            self.unchanged |= wrong
            self.put_back(wrong)
        if wrong is None:
            return {}
        roots = [name for name in reversed(self.modules) if "." not in name]
        roots.sort(key=lambda root: root not in broken)
        while not (used := self.answer()) and roots:
            root = roots.pop(0)
            if inside := [name for name in self.deferred if name.partition(".")[0] == root]:
                self.unchanged[root] = "the example needs all of the package's imports in place"
                self.put_back(inside)
        return used

    def put_back(self, names: Collection[str]) -> None:
        put_back(self.paths[name] for name in names)
        self.deferred = {n: count for n, count in self.deferred.items() if n not in names}


def can_change(module: Module) -> bool:
    installed = module.path.startswith(SITE) and module.path.endswith(".py")
    return installed and not f"{module.name}.".startswith(NEVER)


def put_back(paths: Iterable[Path]) -> None:
    """Recompile rewritten modules from their unchanged sources."""
    for path in paths:
        cache = Path(cache_from_source(str(path)))
        if cache.is_file() and cache.open("rb").read(8)[4:] == UNCHECKED:
            py_compile.compile(str(path), str(cache), doraise=True)


def write(path: Path, code: bytes) -> None:
    cache = Path(cache_from_source(str(path)))
    cache.parent.mkdir(exist_ok=True)
    new = cache.with_name(f"{cache.name}.{os.getpid()}")
    new.write_bytes(MAGIC_NUMBER + code)
    new.chmod(0o644)  # others may run the function
    new.replace(cache)


if __name__ == "__main__":
    main()
