"""The code of what a start imports, in one file: a faster start.

`python -m pack`, a step of the image's build, answers the model's example, and stores the code of
the modules that are loaded then. If the model fails, the build fails. After `import pack`, imports
find the code there: what Python would run, bit for bit.

Python searches as ever for a module if its source has another size or time, or if an earlier folder
or zip file of the path may have the module, too. It searches for all of them if Python is another,
or reads folders in another way. It does not see a file that is put beside a module later, under its
name.
"""

import marshal
import os
import sys
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.machinery import BuiltinImporter, ExtensionFileLoader, PathFinder, SourceFileLoader
from importlib.util import MAGIC_NUMBER, spec_from_file_location
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name(".pack")  # PYTHON, the size of the code and a table, code, PYTHON
PYTHON = MAGIC_NUMBER + sys.flags.optimize.to_bytes(4, "little")  # compiles alike
HOOKS = [*sys.path_hooks]
LOADERS = (SourceFileLoader, ExtensionFileLoader)
# A module's folder and file, its own folders (if it is a package), its .pyc file, the file's size
# and time, and where its code begins and ends.
Place = tuple[str, str, list[str] | None, str | None, tuple[int, int], int, int]


class Finder:
    """Finds the modules of a pack where Python would find them."""

    def __init__(self, table: dict[str, Place], code: memoryview) -> None:
        self.table, self.code = table, code

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if target or name not in self.table or sys.path_hooks != HOOKS:
            return None
        folder, file, inside, cached, unchanged, start, end = self.table[name]
        own = name.rpartition(".")[2]
        try:
            folders = (f or os.getcwd() for f in (sys.path if path is None else path))
            found = next((f for f in folders if f == folder or own in names(f)), None)
            if found != folder or signature(file) != unchanged:
                return None
        except (OSError, TypeError):  # a zip file is on the path, or what is no path at all
            return None
        loader: Any = LOADERS[not file.endswith(".py")](name, file)
        loader.get_code = lambda name: marshal.loads(self.code[start:end])
        spec: Any = spec_from_file_location(
            name, file, loader=loader, submodule_search_locations=inside and [*inside]
        )
        spec.cached = cached  # Python would work it out again
        return spec

    def invalidate_caches(self) -> None:
        names.cache_clear()


@cache
def names(folder: str) -> set[str]:
    """Name what may be a module in a folder."""
    with suppress(FileNotFoundError):
        return {entry.partition(".")[0] for entry in os.listdir(folder)}
    return set()


def signature(file: str) -> tuple[int, int]:
    """Return a file's size and time in seconds, by which Python finds a .pyc stale, too."""
    return (status := os.stat(file)).st_size, int(status.st_mtime)


def read() -> Finder | None:
    """Open the pack, if there is a whole one for this Python."""
    with suppress(OSError, ValueError, EOFError, TypeError), FILE.open("rb") as file:
        pack = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
        if pack[: len(PYTHON)] == PYTHON == pack[-len(PYTHON) :]:
            size, table = marshal.loads(pack[len(PYTHON) :])
            return Finder(table, pack[-len(PYTHON) - size :])
    return None


def write() -> str:
    """Answer the example in every format, pack what that has loaded, and say so; or say why not."""
    FILE.unlink(missing_ok=True)
    try:
        import_module("app").lambdaHandler.rehearse()
    except (Exception, SystemExit) as error:
        return f"The model does not answer its example: {error!r}."
    table: dict[str, Place] = {}
    code = bytearray()
    module: Any
    for name, module in sys.modules.copy().items():
        with suppress(Exception):  # anything may be there
            parent = name.rpartition(".")[0]
            spec: Any = PathFinder.find_spec(name, sys.modules[parent].__path__ if parent else None)
            file, inside = spec.origin, spec.submodule_search_locations
            if type(spec.loader) in LOADERS and file == module.__spec__.origin:
                folder, start = str(Path(file).parents[1 if inside else 0]), len(code)
                code += marshal.dumps(spec.loader.get_code(name))
                table[name] = (folder, file, inside, spec.cached, signature(file), start, len(code))
    FILE.write_bytes(b"".join([PYTHON, marshal.dumps((len(code), table)), code, PYTHON]))
    return f"Packed the code of {len(table)} modules: {FILE.name}, {len(code) / 1e6:.1f} MB."


if __name__ == "__main__":
    print(write(), flush=True)
    os._exit(not FILE.exists())  # whatever threads the app has started
elif finder := read():
    sys.meta_path.insert(sys.meta_path.index(BuiltinImporter), finder)
