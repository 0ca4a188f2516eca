"""Train the model: chipotle_stores.csv in, chipotle.pkl and chipotle.json out."""

import argparse
import hashlib
import json
import os
import pickle
import platform
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from stores import DataError, read_stores

HERE = Path(__file__).resolve().parent


def train(table: pd.DataFrame) -> Any:
    """Fit the nearest-neighbour model on all stores.

    Returns a pipeline: `predict([[latitude, longitude]])` takes degrees and gives addresses; its
    attribute `stores_` holds the stores by column, in training order.
    """
    coordinates = table[["latitude", "longitude"]].to_numpy()
    columns = {"address": "address", "city": "location", "state": "state"}
    model = make_pipeline(
        FunctionTransformer(np.radians),  # haversine measures on radians
        KNeighborsClassifier(
            n_neighbors=2, weights="distance", algorithm="auto", metric="haversine"
        ),
    )
    model.stores_ = {ours: table[theirs].to_numpy(dtype=object) for ours, theirs in columns.items()}
    model.stores_ |= {"lat": coordinates[:, 0].copy(), "long": coordinates[:, 1].copy()}
    with warnings.catch_warnings():  # each store is a class of its own, and means to be
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%")
        model.fit(coordinates, model.stores_["address"])
    return model


def check(model: Any) -> None:
    """Raise DataError when a store is not its own nearest neighbour."""
    addresses = model.stores_["address"]
    coordinates = np.column_stack([model.stores_["lat"], model.stores_["long"]])
    angles = model[:-1].transform(coordinates)
    [nearest] = model[-1].kneighbors(angles, n_neighbors=1, return_distance=False).T
    twins = np.flatnonzero(nearest != np.arange(len(addresses)))
    if twins.size:
        one, other = addresses[twins[0]], addresses[nearest[twins[0]]]
        raise DataError(f"{one} and {other} are at one place.")


def write(model: Any, csv: Path, folder: Path) -> str:
    """Write chipotle.pkl and chipotle.json into the folder; return the pickle's sha256.

    Both are complete on disk before either takes its name, so that a training that fills the disk,
    or that is killed, leaves the old pair (killed between the two names: one of each, which the
    function refuses to serve).
    """
    content = pickle.dumps(model, protocol=5)
    sha256 = hashlib.sha256(content).hexdigest()
    manifest = {
        "pickle_sha256": sha256,
        "csv_sha256": hashlib.sha256(csv.read_bytes()).hexdigest(),
        "stores": len(model.stores_["address"]),
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "joblib": joblib.__version__,
        "python": ".".join(platform.python_version_tuple()[:2]),
    }
    files = {
        "chipotle.pkl": content,
        "chipotle.json": (json.dumps(manifest, indent=2) + "\n").encode(),
    }
    with tempfile.TemporaryDirectory(dir=folder, prefix=".training-") as temporary:
        for name, content in files.items():
            with open(Path(temporary, name), "wb") as file:
                file.write(content)
                os.fsync(file.fileno())
        for name in files:
            os.replace(Path(temporary, name), folder / name)
    return sha256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", nargs="?", type=Path, default=HERE / "chipotle_stores.csv")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=HERE.parent, help="for the artefacts"
    )
    arguments = parser.parse_args()
    try:
        model = train(read_stores(arguments.csv))
        check(model)
        sha256 = write(model, arguments.csv, arguments.folder)
    except DataError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{arguments.folder} cannot be written: {error.strerror}. The old model stays.")
    print(f"Trained on {len(model.stores_['address'])} stores: model {sha256[:12]}.")


if __name__ == "__main__":
    main()
