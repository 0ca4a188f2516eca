"""The start and the answers of one pipeline that is asked with an array, a table or a DataFrame.

`python -P -m tests.chipotle.benchmarks.ways` prints the table.
"""

from functools import partial
from pathlib import Path
from shutil import copy, copytree, ignore_patterns
from tempfile import TemporaryDirectory

from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import artefacts
from predictive_lambda.local.image import build
from tests.chipotle.benchmarks.kinds import start
from tests.chipotle.benchmarks.serving import MODEL, interleaved, progress

WAYS = {"array": "an array", "table": "a table of named columns", "frame": "a pandas DataFrame"}


def image(takes: str) -> str:
    """Build the serving image of a pipeline that is asked in this way."""
    progress(f"Building the image that gives the model {WAYS[takes]}")
    table = load_iris(as_frame=True).frame.set_axis([*"abcde"], axis="columns")
    columns = make_column_transformer(  # by position, which works in all three ways
        (StandardScaler(), [0, 1]), (OneHotEncoder(handle_unknown="ignore"), [2, 3])
    )
    model = make_pipeline(columns, LogisticRegression()).fit(table[[*"abcd"]], table["e"])
    with TemporaryDirectory() as name:
        folder = Path(name) / "model"
        example = ignore_patterns("chipotle.*", "training", "predictor", "examples", "__pycache__")
        copytree(MODEL, folder, ignore=example)
        if takes == "frame":  # the training's packages include pandas
            copy(folder / "requirements-training.txt", folder / "requirements.txt")
        artefacts.write(model, name="iris", table=table, target="e", folder=folder)
        manifest = folder / "iris.json"
        manifest.write_text(manifest.read_text().replace('"takes": "array"', f'"takes": "{takes}"'))
        return build(folder)


if __name__ == "__main__":
    measured = interleaved("Ways", 9, {takes: partial(start, image(takes)) for takes in WAYS})
    print("| the model takes | start, CPU ms | warm, ms | peak, MB |")
    print("| --- | --- | --- | --- |")
    for takes, row in measured.items():
        figures = f"{row['start_ms']:.0f} | {row['warm_us'] / 1000:.2f} | {row['peak_mb']:.0f}"
        print(f"| {WAYS[takes]} | {figures} |")
