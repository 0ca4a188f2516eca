"""Two million points of a csv through `make score`: rows a second, CPU and memory."""

import re
import resource
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from tests.chipotle.benchmarks.serving import ROOT, progress

ROWS = 2_000_000


def measure(rounds: int = 3) -> dict[str, float]:
    """Return medians of the rounds, and the peak memory of another run: watching takes time."""
    with TemporaryDirectory(dir=ROOT / ".bench") as folder:
        source = Path(folder) / "points.csv"
        write(source)
        target, found = source.with_name("answers.csv"), []
        for number in range(rounds):
            progress(f"make score: round {number + 1} of {rounds}")
            found.append(score(source, target))
        medians = {key: median(run[key] for run in found) for key in ("wall_s", "cpu_s")}
        peak_mb = score(source, target, watched=True)["peak_mb"]
    return {"rows": ROWS, **medians, "peak_mb": peak_mb}


def write(file: Path) -> None:
    """Write points of the contiguous United States' rectangle, to a millionth of a degree."""
    random = np.random.default_rng(1)
    points = [random.uniform(24.5, 49.4, ROWS), random.uniform(-124.8, -66.9, ROWS)]
    table = np.column_stack([np.arange(ROWS), *points])
    np.savetxt(file, table, "%d,%.6f,%.6f", header="id,lat,long", comments="")


def score(source: Path, target: Path, watched: bool = False) -> dict[str, float]:
    before, start, peak = cpu_s(), time.perf_counter(), 0.0
    command = ["make", "--silent", "score", f"IN={source}", f"OUT={target}"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    while watched and process.poll() is None:
        peak = max(peak, memory_mb(process.pid))
        time.sleep(0.1)
    if process.wait():
        raise SystemExit(f"{' '.join(command)} failed.")
    wall_s = time.perf_counter() - start
    return {"wall_s": wall_s, "cpu_s": cpu_s() - before, "peak_mb": peak}


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory_mb(process: int) -> float:
    """Return what a process and those it started use; shared pages count once."""
    with suppress(OSError):  # it has just ended
        folder = Path(f"/proc/{process}")
        kib = re.findall(r"^Pss: +(\d+)", (folder / "smaps_rollup").read_text(), re.MULTILINE)
        children = (folder / f"task/{process}/children").read_text().split()
        return int(*kib) * 1024 / 1e6 + sum(memory_mb(int(child)) for child in children)
    return 0.0
