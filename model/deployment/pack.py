"""The code of what a start imports, in one file: a faster start.

`python -m pack`, a step of the image's build, answers the model's example, and stores the code of
the modules that are loaded then. After `import pack`, imports find it there: what Python would run,
bit for bit. Python searches as ever for a module that is not where it was, or whose source has
another size or time, and for all of them if Python itself is another.
"""

import marshal
import os
import sys
from functools import cache
from importlib import import_module
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import MAGIC_NUMBER, spec_from_file_location
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, cast

FILE = Path(__file__).with_name(".pack")
PYTHON = MAGIC_NUMBER + sys.flags.optimize.to_bytes(4, "little")  # compiles alike
HEAD = 16  # bytes: PYTHON, the sizes of the table and of the code; then these follow
Place = tuple[str, str, int, int, int, int]  # folder, file, its size and time, where its code is


class Finder:
    """Finds the modules of a pack where Python would find them."""

    def __init__(self, table: dict[str, Place], code: memoryview) -> None:
        self.table, self.code = table, code

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if target or name not in self.table:
            return None
        folder, file, size, time, start, end = self.table[name]
        module = name.rpartition(".")[2]
        try:
            folders = (f or os.getcwd() for f in (sys.path if path is None else path))
            found = next((f for f in folders if module in names(f)), None)
            if found != folder or signature(file) != (size, time):
                return None
        except OSError:  # the file is gone, or a zip file is on the path
            return None
        loader: Any = (ExtensionFileLoader if start == end else SourceFileLoader)(name, file)
        if start < end:
            loader.get_code = lambda name: marshal.loads(self.code[start:end])
        return spec_from_file_location(name, loader=loader)


@cache
def names(folder: str) -> set[str]:
    """Name what may be a module in a folder."""
    return {n.partition(".")[0] for n in (os.listdir(folder) if os.path.exists(folder) else ())}


def signature(file: str) -> tuple[int, int]:
    """Return a file's size and time in seconds, by which Python finds a .pyc stale, too."""
    status = os.stat(file)
    return status.st_size, int(status.st_mtime)


def read() -> Finder | None:
    """Open the pack, if there is a whole one for this Python."""
    try:
        with FILE.open("rb") as file:
            pack = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    except (OSError, ValueError):  # there is none, or it is empty
        return None
    table, code = (int.from_bytes(pack[at : at + 4], "little") for at in (8, 12))
    if pack[:8] != PYTHON or len(pack) != HEAD + table + code:
        return None
    return Finder(marshal.loads(pack[HEAD : HEAD + table]), pack[HEAD + table :])


def write() -> None:
    """Answer the example in every format, and pack what that has loaded."""
    FILE.unlink(missing_ok=True)
    try:
        import_module("app").lambdaHandler.rehearse()
    except Exception as error:  # the start will say it, too
        print(f"Nothing is packed, because the example is not answered: {error!r}")
        return
    table: dict[str, Place] = {}
    code = bytearray()
    for name, module in sys.modules.copy().items():
        spec = getattr(module, "__spec__", None)
        loader: Any = getattr(spec, "loader", None)
        if spec and spec.name == name and type(loader) in (SourceFileLoader, ExtensionFileLoader):
            file, start = Path(spec.origin), len(code)
            folder = file.parents[1] if loader.is_package(name) else file.parent
            if type(loader) is SourceFileLoader:
                code += marshal.dumps(loader.get_code(name))
            table[name] = (str(folder), str(file), *signature(str(file)), start, len(code))
    places = marshal.dumps(table)
    sizes = [len(part).to_bytes(4, "little") for part in (places, code)]
    FILE.write_bytes(b"".join([PYTHON, *sizes, places, code]))
    print(f"Packed the code of {len(table)} modules: {FILE.name}, {len(code) / 1e6:.1f} MB.")


if __name__ == "__main__":
    write()
elif finder := read():
    sys.meta_path.insert(sys.meta_path.index(cast(Any, PathFinder)), cast(Any, finder))
