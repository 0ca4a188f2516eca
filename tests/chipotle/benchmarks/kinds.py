"""Cold and warm starts of many kinds of models, with deferred imports and with plain ones.

`python -m tests.chipotle.benchmarks.kinds` prints the table. Beside the models there are handlers
of a few lines, as one would write them with other tools, around a logistic regression.
"""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

from tests.chipotle.benchmarks.serving import ENVIRONMENT, MODEL, ROOT, interleaved, run

HANDLERS = Path(__file__).parent / "handlers"
PACKAGES = [
    "xgboost-cpu==3.2.0",
    "lightgbm",
    "pandas",
    "fastapi",
    "mangum",
    "aws-lambda-powertools",
]
KINDS = {
    "k-NN": "sklearn.neighbors.KNeighborsClassifier()",
    "logistic regression": "sklearn.linear_model.LogisticRegression()",
    "ridge": "sklearn.linear_model.RidgeClassifierCV()",
    "random forest": "sklearn.ensemble.RandomForestClassifier(30, random_state=0)",
    "isolation forest": "sklearn.ensemble.IsolationForest(n_estimators=30, random_state=0)",
    "gradient boosting": "sklearn.ensemble.GradientBoostingClassifier(n_estimators=20)",
    "histogram gradient boosting": "sklearn.ensemble.HistGradientBoostingClassifier(max_iter=20)",
    "stacking": "sklearn.ensemble.StackingClassifier([('n', sklearn.naive_bayes.GaussianNB())])",
    "support vectors": "sklearn.svm.SVC()",
    "neural network": "sklearn.neural_network.MLPClassifier(max_iter=20)",
    "Gaussian process": "sklearn.gaussian_process.GaussianProcessClassifier()",
    "k-means": "sklearn.cluster.KMeans(3, random_state=0)",
    "XGBoost": "xgboost.XGBClassifier(n_estimators=20, n_jobs=1)",
    "LightGBM": "lightgbm.LGBMClassifier(n_estimators=20, n_jobs=1, verbose=-1)",
}
TRAIN = """
import pickle, sys, warnings
import numpy as np, sklearn.datasets
warnings.simplefilter("ignore")
from importlib import import_module
for name in ("sklearn." + n for n in ("neighbors", "linear_model", "ensemble", "naive_bayes", "svm",
             "neural_network", "gaussian_process", "cluster", "preprocessing", "pipeline")):
    import_module(name)
if sys.argv[1].startswith(("xgboost", "lightgbm")):
    globals()[sys.argv[1].partition(".")[0]] = import_module(sys.argv[1].partition(".")[0])
X, y = sklearn.datasets.load_iris(return_X_y=True)
scaler = sklearn.preprocessing.StandardScaler()
model = sklearn.pipeline.make_pipeline(scaler, eval(sys.argv[1])).fit(X, y)
open("model.pkl", "wb").write(pickle.dumps(model))
"""
START = """
import json, resource, sys, time
from importlib import import_module
start = time.process_time()
handler = getattr(import_module(sys.argv[1]), sys.argv[2])
query = dict(zip(("a", "b", "c", "d"), ("5.1", "3.5", "1.4", "0.2")))
event = {
    "version": "2.0", "rawPath": "/", "rawQueryString": "&".join(map("=".join, query.items())),
    "queryStringParameters": query, "headers": {}, "isBase64Encoded": False,
    "requestContext": {
        "http": {"method": "GET", "path": "/", "sourceIp": "::1"}, "stage": "$default",
    },
}
begun = time.process_time()
first = handler(event, None)
answered = time.process_time()
assert first["statusCode"] == 200, first
modules, peak = len(sys.modules), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
warm = []
for _ in range(200):
    begin = time.process_time()
    assert handler(event, None)["body"] == first["body"]
    warm.append(time.process_time() - begin)
print(json.dumps({
    "modules": modules, "start_ms": 1e3 * (answered - start), "first_ms": 1e3 * (answered - begun),
    "warm_us": 1e6 * sorted(warm)[100], "peak_mb": peak, "body": first["body"],
}))
"""


def measure(rounds: int = 3, kinds: dict[str, str] = KINDS) -> dict[str, Any]:
    """Return the medians of each kind and each other tool, all measured in turn."""
    with TemporaryDirectory(dir=ROOT / ".bench") as name:
        plain = environment(Path(name, "plain"))
        install(plain, *PACKAGES[:2])
        starts, here = {}, partial(run, START)
        for kind, model in kinds.items():
            task, deferred = Path(name, kind), environment(Path(name, f"{kind} env"), plain)
            train(task, model, plain)
            defer(task, deferred)
            starts[f"{kind}, plain"] = partial(said, here, "app", "lambdaHandler", task, plain)
            starts[kind] = partial(said, here, "app", "lambdaHandler", task, deferred)
        others = environment(Path(name, "others"))
        install(others, *PACKAGES[2:])
        task = Path(name, "tools")
        train(task, KINDS["logistic regression"], plain)
        copytree(HANDLERS, task, dirs_exist_ok=True)
        for tool in ("with_fastapi", "with_powertools", "with_pandas"):
            starts[tool] = partial(said, here, tool, "handler", task, others)
        return interleaved("Kinds of models", rounds, starts)


def environment(folder: Path, source: Path = ROOT / ".bench") -> Path:
    """Copy an environment by hard links: changing a file there means replacing it."""
    folder.mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        subprocess.run(["cp", "-al", str(source / part), str(folder / part)], check=True)
    return folder


def install(folder: Path, *packages: str) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    command = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(folder)]
    subprocess.run([*command, *packages], check=True)


def train(task: Path, model: str, python: Path) -> None:
    """Make a task's root: a model of iris, and a handler that answers as the pattern's does."""
    task.mkdir()
    (task / "app.py").write_text((HANDLERS / "with_nothing.py").read_text())
    command = [str(python / "bin" / "python"), "-c", TRAIN, model]
    subprocess.run(command, cwd=task, check=True, env=ENVIRONMENT)


def defer(task: Path, python: Path) -> None:
    command = [str(python / "bin" / "python"), "-m", "defer_imports", "--here"]
    subprocess.run(command, cwd=task, check=True, env=ENVIRONMENT | {"PYTHONPATH": str(MODEL)})


def said(here: Any, module: str, handler: str, task: Path, python: Path) -> dict[str, Any]:
    measured = here(module, handler, folder=task, python=python / "bin" / "python")
    return measured["said"] | {"cpu_ms": measured["cpu_ms"]}


def table(measured: dict[str, Any]) -> Iterator[str]:
    yield "| model | start x plain | modules | of | first, ms | warm, µs | x plain | peak, MB |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for kind, row in measured.items():
        plain = measured.get(f"{kind}, plain")
        if plain:
            figures = (
                f"{row['start_ms'] / plain['start_ms']:.2f}",
                *(f"{row['modules']:.0f}", f"{plain['modules']:.0f}", f"{row['first_ms']:.1f}"),
                *(f"{row['warm_us']:.0f}", f"{row['warm_us'] / plain['warm_us']:.2f}"),
                f"{row['peak_mb']:.0f}",
            )
            yield f"| {kind} | {' | '.join(figures)} |"


if __name__ == "__main__":
    chosen = {kind: KINDS[kind] for kind in sys.argv[1:] or KINDS}
    print("\n".join(table(measure(kinds=chosen))))
