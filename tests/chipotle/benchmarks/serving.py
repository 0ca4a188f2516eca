"""Time programs in an environment like the image's, with only its packages."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
MODEL = ROOT / "model"
# With what the image has and nothing more: scikit-learn imports pandas wherever it finds it.
PYTHON = ROOT / ".bench" / "bin" / "python"
THREADS = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS")
# Compiled once, as in the image.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
ENVIRONMENT |= dict.fromkeys(THREADS, "1")  # as in the image, for everyone
EVENT = {"queryStringParameters": {"lat": "39.153198", "long": "-77.066176"}}


@contextmanager
def task_root(artefacts: Path = MODEL) -> Iterator[Path]:
    """A folder as /var/task in the image: code, model, and the handlers to compare with."""
    with TemporaryDirectory(dir=ROOT / ".bench") as name:
        folder = Path(name)
        for source in (MODEL / "deployment", Path(__file__).parent / "handlers"):
            shutil.copytree(source, folder, dirs_exist_ok=True)
        for artefact in ("chipotle.pkl", "chipotle.json"):
            os.link(artefacts / artefact, folder / artefact)
        build(folder)
        yield folder


def build(folder: Path) -> None:
    """Compile, as the image's build does."""
    command = [str(PYTHON), "-m", "compileall", "-q", str(folder)]
    subprocess.run(command, check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL)


def run(
    program: str,
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str] = ENVIRONMENT,
    python: Path = PYTHON,
) -> dict[str, Any]:
    """Run a Python program in the folder; return wall and CPU time, MB read, and its output."""
    command = [str(python), "-c", program, *arguments]
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    wall_ms = 1e3 * (time.perf_counter() - start)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"A measured program failed: {program}")
    return {
        "wall_ms": wall_ms,
        "cpu_ms": 1e3 * (used.ru_utime + used.ru_stime),
        "read_mb": used.ru_inblock * 512 / 1e6,
        "said": json.loads(said) if said else None,
    }


def interleaved(
    what: str, rounds: int, measures: Mapping[str, Callable[[], dict[str, Any]]]
) -> dict[str, dict[str, float]]:
    """Measure each in turn, round after round, so that all see the same noise; return medians."""
    runs: dict[str, list[dict[str, Any]]] = {key: [] for key in measures}
    for number in range(rounds):
        progress(f"{what}: round {number + 1} of {rounds}")
        for key, measure in measures.items():
            runs[key].append(measure())
    return {key: medians(some) for key, some in runs.items()}


def medians(runs: Iterable[dict[str, Any]]) -> dict[str, float]:
    runs = list(runs)
    numbers = [name for name, value in runs[0].items() if isinstance(value, int | float)]
    return {name: round(median(run[name] for run in runs), 3) for name in numbers}


def progress(what: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {what}", flush=True)
