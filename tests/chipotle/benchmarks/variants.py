"""The serving image run otherwise, under the same runtime: would it start faster?"""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from predictive_lambda.local.image import build
from tests.chipotle.benchmarks.runtime import start
from tests.chipotle.benchmarks.serving import interleaved

PACKAGES = "$(python -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))')"
LIBRARY = "$(python -c 'import sysconfig; print(sysconfig.get_path(\"stdlib\"))')"
COMPILE = "RUN python -m compileall -qq -j 0 -f"
CPUS = 2.0


class Variant(NamedTuple):
    """What differs from ours: lines of the Dockerfile, and the module that Lambda imports."""

    dockerfile: str = ""
    module: str = "from app import lambdaHandler"


VARIANTS = {
    "ours": Variant(),
    "OpenBLAS's own number of threads": Variant("ENV OPENBLAS_NUM_THREADS="),
    "ours, compiled again": Variant(f"{COMPILE} {PACKAGES} ."),
    "a second importing thread": Variant(
        module="import threading, lazy_imports\n"
        'threading.Thread(target=__import__, args=("scipy.sparse",)).start()\n'
        "from app import lambdaHandler"
    ),
    "`-O`": Variant(f"ENV PYTHONOPTIMIZE=1\n{COMPILE} {LIBRARY} {PACKAGES} /var/runtime ."),
    "unchecked `.pyc` files": Variant(f"{COMPILE} --invalidation-mode unchecked-hash {PACKAGES} ."),
}


def measure(rounds: int = 9) -> dict[str, dict[str, float]]:
    """Compare with ours, and with ours in one more layer, which shows how much is noise."""
    image = build()
    images = {name: image_of(variant, image) for name, variant in VARIANTS.items()}
    medians = interleaved(
        "Variants of the image",
        rounds,
        {name: partial(start, image, CPUS) for name, image in images.items()},
    )
    for figures in medians.values():
        figures["init x ours"] = round(figures["init_ms"] / medians["ours"]["init_ms"], 3)
    return medians


def image_of(variant: Variant, image: str) -> str:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "variant.py").write_text(f"{variant.module}\n")
        (folder / "Dockerfile").write_text(
            f"FROM {image}\nCOPY variant.py ./\nRUN python -m compileall -q .\n"
            f'{variant.dockerfile}\nRUN python -m pack\nCMD ["variant.lambdaHandler"]\n'
        )
        return build(folder)
