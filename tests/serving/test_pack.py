"""A pack gives the modules that Python would find, with the same code, or nothing."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

MODEL = Path(__file__).resolve().parents[2] / "model"
COMPARE = """
import json, marshal, sys
from importlib.machinery import PathFinder
import pack
[finder] = [found for found in sys.meta_path if isinstance(found, pack.Finder)]
different, compared = [], 0
def said(spec):
    code = getattr(spec.loader, "get_code", lambda name: None)(spec.name)
    if code:  # anew, because marshal writes what is used twice otherwise
        code = marshal.dumps(marshal.loads(marshal.dumps(code)))
    folders, path = spec.submodule_search_locations, spec.loader.path
    return type(spec.loader), path, spec.origin, spec.cached, spec.has_location, folders, code
for name, place in finder.table.items():
    path = [place[0]] if "." in name else None
    ours, theirs = finder.find_spec(name, path), PathFinder.find_spec(name, path)
    compared += 1
    if ours is None or said(ours) != said(theirs):
        different.append(name)
print(json.dumps([compared, different]))
"""
USE = """
import sys
{first}
import pack, plain, inner.part
{then}
for module in (plain, inner, inner.part):
    print(module.SAYS, "get_code" in vars(module.__loader__))
"""
PACKED = "plain True\ninner True\npart True\n"


def run(folder: Path, *command: str, status: int = 0) -> str:
    """Run Python in the folder; return what it prints."""
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    return done.stdout


def test_all_that_a_start_imports_is_found_as_python_finds_it(tmp_path: Path) -> None:
    task = tmp_path / "task"
    shutil.copytree(MODEL / "deployment", task, ignore=shutil.ignore_patterns("__pycache__"))
    for artefact in (*MODEL.glob("*.pkl"), *MODEL.glob("*.json")):
        shutil.copy(artefact, task)
    *_, said = run(task, "-m", "pack").splitlines()
    assert re.fullmatch(r"Packed the code of \d+ modules: .pack, \d+\.\d MB\.", said)
    compared, different = json.loads(run(task, "-c", COMPARE))
    assert compared > 500
    assert different == []


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A small function's folder, packed."""
    folder = tmp_path / "task"
    (folder / "inner").mkdir(parents=True)
    shutil.copy(MODEL / "deployment" / "pack.py", folder)
    (folder / "app.py").write_text(
        "import plain, inner.part\n"
        "class lambdaHandler:\n"
        "    rehearse = staticmethod(lambda: None)\n"
    )
    for name, file in {"plain": "plain", "inner": "inner/__init__", "part": "inner/part"}.items():
        (folder / f"{file}.py").write_text(f"SAYS = {name!r}\n")
    run(folder, "-m", "pack")
    return folder


def used(task: Path, first: str = "", then: str = "", *options: str) -> str:
    return run(task, *options, "-c", USE.format(first=first, then=then))


def write(file: str, content: str = "SAYS = 'new'\n") -> Callable[[Path], object]:
    return lambda task: (task / file).write_text(content)


def rewrite(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda task: (task / ".pack").write_bytes(change((task / ".pack").read_bytes()))


def touch(task: Path) -> None:
    """Make a source look a minute newer, and differ, with the same size."""
    source = task / "plain.py"
    time = source.stat().st_mtime + 60
    source.write_text(source.read_text().replace("plain", "newer"))
    os.utime(source, (time, time))


def shadow(task: Path) -> None:
    with ZipFile(task / "other.zip", "w") as file:
        file.writestr("plain.py", "SAYS = 'zip'\n")
        file.writestr("lib/plain.py", "SAYS = 'lib'\n")


def folder(name: str) -> Callable[[Path], object]:
    """Make a package."""

    def make(task: Path) -> None:
        (task / name).mkdir(parents=True)
        write(f"{name}/__init__.py")(task)

    return make


LATE = """
import importlib, pathlib, pack, sys
sys.path.insert(0, "inner")
importlib.util.find_spec("plain")
pathlib.Path("inner/plain.py").write_text("SAYS = 'new'")
importlib.invalidate_caches()
"""
HOOK = """
import pack, sys, zipimport
from importlib.machinery import FileFinder, SourceFileLoader
class Changing(SourceFileLoader): pass  # as type checkers do that change what they load
sys.path_hooks.insert(0, FileFinder.path_hook((Changing, [".py"])))
sys.path_importer_cache.clear()
"""


NOT_PACKED = PACKED.replace("True", "False")
FIRST = "sys.path.insert(0, {!r})".format


@pytest.mark.parametrize(
    ("change", "first", "printed"),
    [
        (lambda task: None, "", PACKED),
        (write("plain.py"), "", PACKED.replace("plain True", "new False")),
        (touch, "", PACKED.replace("plain True", "newer False")),
        (write("inner/part.py"), "", PACKED.replace("part True", "new False")),
        (lambda task: (task / ".pack").unlink(), "", NOT_PACKED),
        (rewrite(lambda pack: b""), "", NOT_PACKED),
        (rewrite(lambda pack: pack[:10]), "", NOT_PACKED),
        (rewrite(lambda pack: pack[:-1]), "", NOT_PACKED),
        (rewrite(lambda pack: bytes([pack[0] ^ 1]) + pack[1:]), "", NOT_PACKED),
        # Another folder or file may have the name; what is in a zip file, only Python knows.
        (write("inner/plain.py"), FIRST("inner"), PACKED.replace("plain True", "new False")),
        (folder("lib/plain"), FIRST("lib"), PACKED.replace("plain True", "new False")),
        (shadow, FIRST("other.zip"), "zip False\ninner False\npart True\n"),
        (shadow, FIRST("other.zip/lib"), "lib False\ninner False\npart True\n"),
        (write("late.py", LATE), "import late", PACKED.replace("plain True", "new False")),
        (write("hook.py", HOOK), "import hook", NOT_PACKED),
        (lambda task: None, "sys.path.insert(0, b'bytes')", PACKED),
        (lambda task: None, FIRST("nowhere"), PACKED),
    ],
)
def test_what_has_changed_is_imported_as_ever(
    change: Callable[[Path], object], first: str, printed: str, task: Path
) -> None:
    change(task)
    assert used(task, first) == printed


def test_a_python_that_compiles_otherwise_does_not_use_it(task: Path) -> None:
    assert used(task, "", "", "-O") == NOT_PACKED


def test_a_module_that_is_loaded_again_is_searched_anew(task: Path) -> None:
    again = "import importlib; importlib.reload(plain)"
    assert used(task, then=again) == PACKED.replace("plain True", "plain False")


def test_finders_of_others_are_asked_first(task: Path) -> None:
    agent = """
class Agent:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in ("plain", "inner.part"): print("asked for", name)
sys.meta_path.insert(0, Agent)
"""
    assert used(task, first=agent) == f"asked for plain\nasked for inner.part\n{PACKED}"


def test_what_is_loaded_otherwise_is_not_packed(task: Path) -> None:
    (task / "app.py").write_text(
        """
import sys, threading, time, types, plain, inner.part
from importlib.util import module_from_spec, spec_from_file_location
sys.modules["strange"] = object()  # some are no modules
gone = types.ModuleType("gone")
gone.__file__ = "/gone.py"
sys.modules["gone"] = gone
spec = spec_from_file_location("plain", "inner/part.py")
sys.modules["other"] = sys.modules["plain"]
sys.modules["plain"] = module_from_spec(spec)  # another file under a name
threading.Thread(target=time.sleep, args=(3600,)).start()  # nobody waits for it

class lambdaHandler:
    rehearse = staticmethod(lambda: None)
"""
    )
    assert re.fullmatch(r"Packed the code of \d+ modules.*\n", run(task, "-m", "pack"))
    assert used(task) == PACKED.replace("plain True", "plain False")


@pytest.mark.parametrize(
    ("code", "error"),
    [("1 / 0", "ZeroDivisionError('division by zero')"), ("exit()", "SystemExit(None)")],
)
def test_a_model_that_fails_ends_the_build_and_says_why(code: str, error: str, task: Path) -> None:
    (task / "app.py").write_text(code)
    said = run(task, "-m", "pack", status=1)
    assert said == f"The model does not answer its example: {error}.\n"
    assert used(task) == NOT_PACKED
