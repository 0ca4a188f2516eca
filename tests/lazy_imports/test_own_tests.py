"""With lazy imports, the libraries' own tests end and warn as without."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lazy_imports.new_interpreter import MODEL, child

SAMPLE = [
    "sklearn.preprocessing.tests.test_encoders sklearn.preprocessing.tests.test_label",
    "scipy.sparse.csgraph",
]
ALL = [  # each line takes a quarter of an hour at most
    "sklearn.neighbors sklearn.preprocessing sklearn.compose sklearn.linear_model",
    "sklearn.metrics sklearn.tree sklearn.cluster sklearn.feature_extraction",
    "sklearn.impute sklearn.svm sklearn.covariance sklearn.cross_decomposition sklearn.mixture",
    "sklearn.manifold sklearn.decomposition sklearn.feature_selection sklearn.frozen sklearn._loss",
    "sklearn.callback sklearn.experimental sklearn.semi_supervised sklearn.gaussian_process",
    "sklearn.inspection sklearn.neural_network",
    "sklearn.datasets sklearn.model_selection",
    "sklearn.ensemble",
    "sklearn.utils",
    "sklearn.tests",
    "scipy.interpolate scipy.spatial",
    "scipy.special",
    "scipy.stats.tests.test_stats scipy.stats.tests.test_kdeoth",
]
# The order of parallel sums changes last bits, and that of sets changes messages. A regression on
# random numbers converges or warns, by chance.
ALIKE = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONHASHSEED", "SKLEARN_SEED"), "1"
)


@pytest.mark.parametrize(
    "tested", [*SAMPLE, *(pytest.param(some, marks=pytest.mark.proof) for some in ALL)]
)
def test_the_libraries_own_tests_end_and_warn_the_same(tested: str, tmp_path: Path) -> None:
    child(list, lazily=True)  # they are on
    with ThreadPoolExecutor(2) as both:
        on, off = both.map(report_of_tests, (True, False), (tested,) * 2, (tmp_path,) * 2)
    assert on == off
    assert int(re.findall(r"(\d+) passed", off)[0]) > 300


def report_of_tests(lazily: bool, tested: str, folder: Path) -> str:
    """Return how each of a library's own tests ended, and all warnings."""
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no"),
            *(["-p", "lazy_imports"] if lazily else []),
            *("--pyargs", *tested.split()),
        ],
        cwd=folder,
        env={**os.environ, **ALIKE, "PYTHONPATH": str(MODEL / "deployment")},
        capture_output=True,
        text=True,
        check=False,
    )
    return re.sub(r" in [\d.]+s.*|pytest-\d+", "", result.stdout)
