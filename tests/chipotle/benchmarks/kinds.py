"""Cold and warm starts of many kinds of models, with deferred and with plain imports, in
the serving image.

`python -m tests.chipotle.benchmarks.kinds` prints the table. For comparison, it also measures
handlers of a few lines, written with other tools around a logistic regression.
"""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from shutil import copy, copytree
from tempfile import TemporaryDirectory
from typing import Any

from tests.chipotle.benchmarks.serving import MODEL, interleaved, progress
from tests.start.cold_start import build, start
from tests.start.kinds import KINDS, TRAIN

HANDLERS = Path(__file__).parent / "handlers"
THREADED = ("histogram gradient boosting", "XGBoost", "LightGBM")
TOOLS = {
    "FastAPI with Mangum": "with_fastapi",
    "the router of Powertools for AWS Lambda": "with_powertools",
    "a DataFrame": "with_pandas",
}
# model/Dockerfile, with a model that is trained in the image.
DOCKERFILE = """{before}
RUN pip install --no-cache-dir --only-binary :all: {packages}
# LightGBM needs the system's OpenMP. A stand-in for AWS's image may not have dnf.
RUN dnf install -y libgomp || ln -s $(find / -name "libgomp-*.so*" | head -1) /usr/lib/libgomp.so.1
COPY handlers/ train.py ./
RUN mv with_nothing.py app.py && python train.py "{model}"
{after}"""
PACKAGES = "xgboost-cpu lightgbm"
TOOLS_PACKAGES = "pandas fastapi mangum aws-lambda-powertools"
QUERY = dict(zip(("a", "b", "c", "d"), ("5.1", "3.5", "1.4", "0.2"), strict=True))


def measure(rounds: int = 9, kinds: dict[str, str] = KINDS) -> dict[str, Any]:
    """Return the medians of each kind and each other tool, all measured in turn."""
    starts = {}
    for kind, model in kinds.items():
        progress(f"Building the images of {kind}")
        plain, deferred = (image(model, PACKAGES, eager) for eager in ("1", ""))
        starts[f"{kind}, plain"] = partial(start, plain, QUERY)
        starts[kind] = partial(start, deferred, QUERY)
        if kind in THREADED:
            starts[f"{kind}, half a processor"] = partial(start, deferred, QUERY, "--cpus", "0.5")
    others = image(KINDS["logistic regression"], TOOLS_PACKAGES, "1")
    for tool, module in TOOLS.items():
        starts[tool] = partial(start, others, QUERY, handler=(module, "handler"))
    return interleaved("Kinds of models", rounds, starts)


def image(model: str, packages: str, eager: str) -> str:
    """Build model/Dockerfile's image for a model of the iris data."""
    before, _, after = (MODEL / "Dockerfile").read_text().partition("COPY *.pkl *.json ./\n")
    after = after.removeprefix("COPY deployment/ ./\n")
    with TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("defer_imports", "requirements.txt"):
            run = copytree if (MODEL / part).is_dir() else copy
            run(MODEL / part, folder / part)
        copytree(HANDLERS, folder / "handlers")
        (folder / "train.py").write_text(TRAIN)
        text = DOCKERFILE.format(before=before, packages=packages, model=model, after=after)
        (folder / "Dockerfile").write_text(text)
        return build(name, eager)


def table(measured: dict[str, Any]) -> Iterator[str]:
    yield "| model | start x plain | modules | of | first, ms | warm, µs | x plain | peak, MB |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for kind, row in measured.items():
        plain = measured.get(f"{kind}, plain")
        if plain:
            start, warm = (row[key] / plain[key] for key in ("start_ms", "warm_us"))
            modules = f"{row['modules']:.0f} | {plain['modules']:.0f} | {row['first_ms']:.1f}"
            warm_us = f"{row['warm_us']:.0f} | {warm:.2f} | {row['peak_mb']:.0f}"
            yield f"| {kind} | {start:.2f} | {modules} | {warm_us} |"
    yield from ("", "| half a processor | answer, ms | start, CPU ms |", "| --- | --- | --- |")
    for kind in THREADED:
        if half := measured.get(f"{kind}, half a processor"):
            yield f"| {kind} | {half['wall_ms']:.2f} | {half['start_ms']:.0f} |"
    yield from ("", "| with other tools | start x plain | start, ms | warm, µs | peak, MB |")
    yield "| --- | --- | --- | --- | --- |"
    for tool in TOOLS:
        row, plain = measured[tool], measured.get("logistic regression, plain", measured[tool])
        ratio = f"{row['start_ms'] / plain['start_ms']:.2f}"
        figures = (f"{row[key]:.0f}" for key in ("start_ms", "warm_us", "peak_mb"))
        yield f"| {tool} | {ratio} | {' | '.join(figures)} |"


if __name__ == "__main__":
    chosen = {kind: KINDS[kind] for kind in sys.argv[1:] or KINDS}
    print("\n".join(table(measure(kinds=chosen))))
