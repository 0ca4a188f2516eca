"""CPython 3.15's own lazy imports (PEP 810): a plain start in, how much of it is left out.

Run by a Python 3.15 that has scikit-learn: python3.15 -m tests.chipotle.benchmarks.pep_810
"""

import platform
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path

from tests.chipotle.benchmarks.serving import MODEL, interleaved, progress, run

PLAIN = """
import joblib
[address] = joblib.load("chipotle.pkl").predict([[39.153198, -77.066176]])
assert address == "3333 Olney Sandy Springs Rd Olney, MD 20832 US"
"""
# numpy and the root of SciPy look into what they import while they do.
LAZY = f"""
import sys
def lazily(importer, imported, names):
    return importer != "scipy" and importer.partition(".")[0] != "numpy"
sys.set_lazy_imports_filter(lazily)
sys.set_lazy_imports("all")
{PLAIN}
"""


def main() -> None:
    if sys.version_info < (3, 15):
        sys.exit(f"This is Python {platform.python_version()}; lazy imports came with 3.15.")
    python = partial(run, folder=MODEL, python=Path(sys.executable))
    starts = {"plain": partial(python, PLAIN), "lazy": partial(python, LAZY)}
    plain, lazy = interleaved("Python 3.15's lazy imports", 15, starts).values()
    ratios = {unit: round(lazy[unit] / plain[unit], 2) for unit in ("wall_ms", "cpu_ms")}
    libraries = ", ".join(f"{name} {version(name)}" for name in ("scikit-learn", "scipy", "numpy"))
    progress(f"Lazy, times plain: {ratios}; Python {platform.python_version()}, {libraries}")


if __name__ == "__main__":
    main()
