"""The serving image under AWS's runtime client and emulator: start, answers and memory."""

import re
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from predictive_lambda.local.image import MODEL, Container, build, container, docker
from tests.chipotle.benchmarks.serving import EVENT, interleaved
from tests.start import cold_start

CPUS = (0.5, 1.0, 2.0)
ANSWERS = 100
HANDLERS = Path(__file__).parent / "handlers"
PEAK = "cat /sys/fs/cgroup/memory.peak || cat /sys/fs/cgroup/memory/memory.max_usage_in_bytes"


def measure(rounds: int = 3) -> dict[str, Any]:
    """Compare with plain imports and with nothing, each at several shares of a processor."""
    eager = cold_start.build(str(MODEL), eager="1")
    images = {"ours": build()} | {name: image_with(name, eager) for name in ("plain", "empty")}
    return interleaved(
        "Image under the runtime emulator",
        rounds,
        {
            f"{name}, {cpus} CPUs": partial(start, image, cpus)
            for cpus in CPUS
            for name, image in images.items()
        },
    )


def image_with(handler: str, image: str) -> str:
    """Build the serving image with another handler."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"{handler}.py").write_text((HANDLERS / f"{handler}.py").read_text())
        (folder / "Dockerfile").write_text(
            f"FROM {image}\nCOPY {handler}.py ./\n"
            f'RUN python -m compileall -q .\nCMD ["{handler}.handler"]\n'
        )
        return build(folder)


def start(image: str, cpus: float) -> dict[str, Any]:
    with container(image, "--cpus", str(cpus)) as running:
        answers = [timed(running) for _ in range(ANSWERS)]
        [init] = re.findall(r"INIT REPORT\(durationMs: ([\d.]+)", running.logs())
        peak = docker("exec", running.name, "sh", "-c", f"({PEAK}) 2> /dev/null")
    return {
        "init_ms": float(init),
        "first_answer_ms": answers[0],
        "hundredth_answer_ms": answers[-1],
        "peak_mb": int(peak) / 1e6,
    }


def timed(running: Container) -> float:
    start = time.perf_counter()
    running(EVENT)
    return 1e3 * (time.perf_counter() - start)
