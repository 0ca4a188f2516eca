"""Score a million rows with four kinds of models: `make score` against polars and pandas scripts.

.venv/bin/python -P -m tests.chipotle.benchmarks.rows [ROWS] [ROUNDS]
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.chipotle.benchmarks.score import cpu_s, memory_mb
from tests.chipotle.benchmarks.serving import ROOT, progress

SCRIPTS = Path(__file__).with_name("rows_scripts")
PACKAGES = ("pandas==3.1.1", "polars==2.1.0", "xgboost-cpu==3.2.0")
KINDS = ("linear", "forest", "HGB", "XGBoost")
WAYS = ("make score", "polars", "pandas")
Figures = dict[str, dict[str, dict[str, float]]]


def measure(rows: int = 1_000_000, rounds: int = 3) -> Figures:
    """Return rows a second, CPU seconds and MB by kind and way: medians of interleaved rounds."""
    (ROOT / ".bench").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=ROOT / ".bench") as name:
        folder = Path(name)
        python = prepare(folder, rows)
        found: Figures = {kind: {} for kind in KINDS}
        for kind in KINDS:
            runs: dict[str, list[tuple[float, float, float]]] = {way: [] for way in WAYS}
            for number in range(rounds):
                progress(f"{rows:,} rows, {kind}: round {number + 1} of {rounds}")
                for way in WAYS:
                    runs[way].append(run(folder, kind, way, python, watched=number == 0))
            for way, some in runs.items():
                wall_s, cpu, _ = map(median, zip(*some[1:] or some, strict=True))
                rate, peak_mb = round(rows / wall_s), some[0][2]
                found[kind][way] = {"rows_a_s": rate, "cpu_s": cpu, "peak_mb": peak_mb}
    return found


def prepare(folder: Path, rows: int) -> Path:
    """Install the packages, copy the model's folder, write the rows and train the models."""
    python, uv = folder / "venv/bin/python", str(ROOT / ".venv/bin/uv")
    subprocess.run([uv, "venv", "--quiet", str(folder / "venv")], check=True)
    lock = ROOT / "model/requirements.txt"
    install = [uv, "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([*install, "-r", str(lock)], check=True)
    subprocess.run([*install, *PACKAGES], check=True)
    mine = shutil.ignore_patterns("*.pkl", "training", "predictor", "__pycache__")
    shutil.copytree(ROOT / "model", folder / "model", ignore=mine)
    with open(folder / "model/requirements.txt", "a") as file:
        file.write("".join(f"{package} \\\n    --hash=sha256:0\n" for package in PACKAGES))
    path = f"{folder / 'model/deployment'}{os.pathsep}{folder / 'model'}"
    train = [str(python), str(SCRIPTS / "train.py"), str(rows)]
    subprocess.run(train, cwd=folder, check=True, env=os.environ | {"PYTHONPATH": path})
    return python


def run(
    folder: Path, kind: str, way: str, python: Path, watched: bool
) -> tuple[float, float, float]:
    """Return a run's time, its CPU time and, if watched, its peak memory; watching takes time."""
    environment = dict(os.environ)
    script = str(SCRIPTS / f"with_{way}.py")
    command = [str(python), script, f"{kind}/rows.pkl", "rows.csv", "answers.csv"]
    if way == "make score":
        for file in (folder / kind).iterdir():
            shutil.copy(file, folder / "model")
        command = [str(python), "-P", "-m", "bulk", "rows.csv", "answers.csv"]
        environment |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(folder / "model/deployment")}
    before, start, peak_mb = cpu_s(), time.perf_counter(), 0.0
    with subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.DEVNULL
    ) as process:
        while watched and process.poll() is None:
            peak_mb = max(peak_mb, memory_mb(process.pid))
            time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed.")
    return time.perf_counter() - start, cpu_s() - before, peak_mb


def table(figures: Figures) -> list[str]:
    """Return the README's table."""
    heads = ["model", *WAYS, "x polars", "x pandas"]
    lines = [f"| {' | '.join(heads)} |", "|" + " --- |" * len(heads)]
    for kind, ways in figures.items():
        cells = [
            f"{one['rows_a_s']:,} rows/s, {one['cpu_s']:.1f} s CPU, {one['peak_mb']:.0f} MB"
            for one in ways.values()
        ]
        ours, *others = (one["rows_a_s"] for one in ways.values())
        lines.append(f"| {' | '.join([kind, *cells, *(f'{ours / o:.2f}' for o in others)])} |")
    return lines


if __name__ == "__main__":
    print("\n".join(table(measure(*map(int, sys.argv[1:])))))
