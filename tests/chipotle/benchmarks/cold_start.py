"""Cold start of one process: interpreter, runtime client, handler and first answer, timed."""

import os
import re
import subprocess
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.chipotle.benchmarks.serving import (
    ENVIRONMENT,
    MODEL,
    PYTHON,
    THREADS,
    build,
    interleaved,
    run,
    task_root,
)

FORMATS = (
    "text",
    "json",
    "geojson",
    *(["html"] if (MODEL / "deployment/predictor/page").exists() else []),
)
START = """
import importlib, os, sys
import awslambdaric.bootstrap
module, function, form = sys.argv[1:]
handler = getattr(importlib.import_module(module), function)
query = {"lat": "39.153198", "long": "-77.066176", "format": form}
assert handler({"queryStringParameters": query}, None)["statusCode"] == 200
os._exit(0)  # on Lambda, nothing is cleaned up after the first answer
"""
OURS = ("app", "lambdaHandler")
MORE_THREADS = {k: v for k, v in ENVIRONMENT.items() if k not in THREADS}
BENCH = PYTHON.parents[1]


def measure(rounds: int = 45, cold_rounds: int = 5) -> dict[str, Any]:
    """Compare with plain imports, numpy alone and nothing; then with no file's pages in memory."""
    with task_root() as folder, task_root() as collecting, TemporaryDirectory(dir=BENCH) as place:
        app = (collecting / "app.py").read_text()
        (collecting / "app.py").write_text(re.sub(r"\n(import gc|gc\.).*", "", app))
        build(collecting)
        deferred = environment(Path(place, "deferred"))
        defer(folder, deferred)
        ours = partial(run, START, *OURS, folder=folder, python=deferred / "bin" / "python")
        starts = {f"ours, {form}": partial(ours, form) for form in FORMATS}
        plain = partial(run, START, folder=folder)
        starts |= {
            "ours with plain imports": partial(plain, *OURS, "text"),
            "ours with the garbage collector": partial(ours, "text", folder=collecting),
            "plain": partial(plain, "plain", "handler", "text"),
            "numpy alone": partial(plain, "numpy_alone", "handler", "text"),
            "empty": partial(plain, "empty", "handler", "text"),
            "ours with OpenBLAS's own number of threads": partial(
                ours, "text", environment=MORE_THREADS
            ),
        }
        warm = interleaved("Cold start, files in memory", rounds, starts)
        files = [*installed(), *files_read(folder), *files_read(deferred)]
        on_disk = ("ours, text", "ours with plain imports", "plain")

        def from_disk(name: str) -> dict[str, Any]:
            drop_pages(files)
            return starts[name]()

        cold = interleaved(
            "Cold start, files on disk",
            cold_rounds,
            {name: partial(from_disk, name) for name in on_disk},
        )
    compare(warm, "wall_ms", "cpu_ms")
    compare(cold, "wall_ms", "cpu_ms", "read_mb")
    return {"files in memory": warm, "files on disk": cold}


def environment(folder: Path) -> Path:
    """Copy the environment by hard links: changing a file there means replacing it."""
    folder.mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        subprocess.run(["cp", "-al", str(BENCH / part), str(folder / part)], check=True)
    return folder


def defer(task: Path, python: Path) -> None:
    command = [str(python / "bin" / "python"), "-m", "defer_imports", "--here"]
    subprocess.run(command, cwd=task, check=True, env=ENVIRONMENT | {"PYTHONPATH": str(MODEL)})


def compare(medians: dict[str, dict[str, float]], *units: str) -> None:
    """Add to each figure how many times the plain way's it is."""
    for unit in units:
        plain = medians["plain"][unit]
        for figures in medians.values():
            figures[f"{unit} x plain"] = round(figures[unit] / plain, 3)


def files_read(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def installed() -> list[Path]:
    """All that the interpreter may import or load."""
    code = "import sys, sysconfig; print(sys.prefix, sysconfig.get_path('stdlib'), sep='\\n')"
    folders = subprocess.run([PYTHON, "-c", code], check=True, capture_output=True, text=True)
    prefix, library = map(Path, folders.stdout.split())
    standard = (path for path in files_read(library) if "site-packages" not in path.parts)
    return [*files_read(prefix), *standard, *library.parent.glob("libpython*")]


def drop_pages(files: Iterable[Path]) -> None:
    """Make the system forget the files' contents, as on a machine that never read them."""
    os.sync()
    for path in files:
        file = os.open(path, os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)
