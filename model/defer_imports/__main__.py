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
from collections import defaultdict
from collections.abc import Collection
from importlib.machinery import SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from types import ModuleType
from typing import Any

from defer_imports.observe import Names, answer, names
from defer_imports.rewrite import Rewriting

SITE = tuple({sysconfig.get_path("purelib") + os.sep, sysconfig.get_path("platlib") + os.sep})
# numpy would lose docstrings and gain little; loky's processes import it in their own way.
NEVER = ("numpy.", "joblib.externals.loky.")
UNCHECKED = b"\1\0\0\0"  # a .pyc file that is never compared with its source (PEP 552)


def main() -> None:
    if os.environ.get("LAMBDA_TASK_ROOT") != os.getcwd() and "--here" not in sys.argv:
        sys.exit(
            f"This changes the packages of {sys.prefix}. The image's build runs it. To run it "
            "outside, in the folder that holds app.py: python -m defer_imports --here"
        )
    os.umask(0o022)  # Lambda runs as another user
    for cache in (cache for folder in SITE for cache in Path(folder).rglob("__pycache__/*.pyc")):
        if cache.open("rb").read(8)[4:] == UNCHECKED:  # from an earlier run
            cache.unlink()
    try:
        answers = answer()
    except Exception as error:
        error.add_note("The model does not answer its example. The build needs its answer.")
        raise
    if os.environ.get("EAGER_IMPORT", "0") not in ("", "0"):
        return print("EAGER_IMPORT is set: the packages stay as they are.")
    print(Step(answers).run())


class Step:
    """Rewrites the files of the modules that the example has loaded; this process keeps its own."""

    def __init__(self, answers: str) -> None:
        self.answers = answers
        loaded = [*sys.modules.items()]  # looking at a lazy module loads others
        self.paths = {name: path for name, module in loaded if (path := source_of(name, module))}
        self.deferred: dict[str, Names] = {}  # the rewritten modules, and the names they must have
        self.unchanged: dict[str, str] = {}  # the other ones, and why

    def run(self) -> str:
        """Defer all that can wait, see what the example still uses, and defer only the rest.

        Puts everything back if the model does not answer as before. Returns a summary.
        """
        for name in self.paths:
            self.rewrite(name)
        used = self.settle()
        for name in used.keys() & self.deferred.keys():
            self.rewrite(name, used[name])
        if not used or not (used := self.settle()):
            self.put_back(dict.fromkeys(self.deferred, ""))
            return "All packages stay as they are: otherwise the model answers differently."
        reasons = defaultdict[str, list[str]](list)
        for name, why in self.unchanged.items():
            reasons[why].append(name)
        return (
            f"An answer now loads {len(used.keys() & self.paths)} of {len(self.paths)} modules: "
            f"in {len(self.deferred)} modules, names wait until they are used.\n"
            f"{len(self.unchanged)} modules stay as they are:"
            + "".join(f"\n  {listed(names)}: {why}" for why, names in reasons.items())
        )

    def rewrite(self, name: str, in_use: Collection[str] = ()) -> None:
        """Rewrite a module; names that are in use keep their place."""
        path, module = self.paths[name], sys.modules[name]
        try:
            source = path.read_bytes()
            new = Rewriting(source, module, in_use)
            code = compile(new.tree, path, "exec", dont_inherit=True)
            expected = names(module)
        except Exception as error:  # a module may be odd in any way
            self.unchanged[name] = str(error)
            return
        if new.sources:
            cached = MAGIC_NUMBER + UNCHECKED + source_hash(source) + marshal.dumps(code)
            # This replaces the file at once, or not at all.
            SourceFileLoader("", "").set_data(cache_from_source(str(path)), cached)
            self.deferred[name] = expected
        elif self.deferred.pop(name, None):
            py_compile.compile(str(path))

    def settle(self) -> dict[str, list[str]]:
        """Put back what differs until the example is answered as before.

        The packages around a module go back as well, because their imports may be what is missing.
        If only the answer differs, whole packages go back, from the last that was imported to the
        first. Returns the names in the modules that an answer loads, or nothing if it cannot be
        answered.
        """
        while seen := observe(self.deferred):
            *wrong, (answers, used) = seen
            modules = [name for name, _ in wrong]
            if wrong:
                around = [p for p in self.deferred if any(n.startswith(f"{p}.") for n in modules)]
                self.put_back(
                    dict.fromkeys(around, f"{modules[0]} needs its imports") | dict(wrong)
                )
            elif answers == self.answers:
                return used
            elif self.deferred:
                *_, last = dict.fromkeys(name.split(".")[0] for name in self.deferred)
                modules = [name for name in self.deferred if name.split(".")[0] == last]
                self.put_back(dict.fromkeys(modules, "the example needs their imports in place"))
            else:
                break
        return {}

    def put_back(self, reasons: dict[str, str]) -> None:
        self.unchanged |= reasons
        for name in reasons:
            del self.deferred[name]
            py_compile.compile(str(self.paths[name]))


def observe(plan: dict[str, Names]) -> list[list[Any]]:
    """Run observe.py in a new process; return what it reports, or nothing if it fails."""
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("observe.py"))]
    done = subprocess.run(command, input=json.dumps(plan), stdout=subprocess.PIPE, text=True)
    return [] if done.returncode else [json.loads(line) for line in done.stdout.splitlines()]


def source_of(name: str, module: object) -> Path | None:
    """Return the file of a module that may be rewritten; sys.modules also has None and objects."""
    path = str(vars(module).get("__file__")) if isinstance(module, ModuleType) else ""
    known = f"{name}.".startswith(NEVER)
    return Path(path) if path.startswith(SITE) and path.endswith(".py") and not known else None


def listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


if __name__ == "__main__":
    main()
