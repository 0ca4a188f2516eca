"""Train the model: chipotle_stores.csv in, chipotle.pkl and chipotle.json out."""

import argparse
import hashlib
import json
import os
import platform
import sys
import tempfile
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

HERE = Path(__file__).resolve().parent
COLUMNS = ["state", "location", "address", "latitude", "longitude"]
LIMITS = {"latitude": 90, "longitude": 180}


class DataError(ValueError):
    """The csv cannot be trained on; the message says where and why."""


def read_stores(csv: Path) -> pd.DataFrame:
    """Load and check the stores.

    Returns one row a store with the columns `COLUMNS`, coordinates as decimal degrees (WGS84).
    Raises DataError with the line of the first value that is not as it must be.
    """
    try:
        with warnings.catch_warnings(action="error"):  # pandas only warns of surplus columns
            rows = pd.read_csv(
                csv,
                dtype=str,
                keep_default_na=False,  # else a city called "NA" is a missing value
                skip_blank_lines=False,  # so that row number + 2 is the line
                index_col=False,
                encoding="utf-8-sig",
            ).fillna("")
    except OSError as error:
        raise DataError(f"{csv} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{csv} is not UTF-8: {error.reason} at byte {error.start}.") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        raise DataError(f"{csv} is not a csv: {error}") from error
    if missing := [column for column in COLUMNS if column not in rows]:
        raise DataError(f"{csv} has no column {', '.join(missing)}; it needs {', '.join(COLUMNS)}.")
    stores = rows.loc[(rows != "").any(axis="columns"), COLUMNS]
    if stores.empty:
        raise DataError(f"{csv} has no rows.")
    for column in COLUMNS:
        _refuse(csv, stores[column], stores[column].str.strip() == "", "is empty")
        _refuse(csv, stores[column], stores[column].str.contains("[\r\n]"), "has a line break")
    for column, limit in LIMITS.items():
        numbers = pd.to_numeric(stores[column], errors="coerce")
        _refuse(csv, stores[column], numbers.isna(), "is not a number")
        _refuse(csv, stores[column], numbers.abs() > limit, f"is not within -{limit}..{limit}")
        stores[column] = stores[column].astype(float)
    repeated = stores.duplicated()
    if repeated.any():
        print(f"Dropped {repeated.sum()} rows that repeat an earlier one.")
    stores = stores[~repeated]
    _refuse(csv, stores["address"], stores["address"].duplicated(), "is already at another place")
    return stores.reset_index(drop=True)


def _refuse(csv: Path, values: pd.Series, wrong: pd.Series, what: str) -> None:
    """Raise DataError for the first of the values that is wrong."""
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        line = wrong.index[row] + 2
        raise DataError(f"{csv}, line {line}: {values.name} {values.iloc[row]!r} {what}.")


def train(stores: pd.DataFrame) -> Any:
    """Fit the nearest-neighbour model on all stores.

    Returns a pipeline: `predict([[latitude, longitude]])` takes degrees and gives addresses; its
    attribute `stores_` holds the stores by column, in training order.
    Raises DataError when a store is not its own nearest neighbour.
    """
    coordinates = stores[["latitude", "longitude"]].to_numpy()
    addresses = stores["address"].to_numpy(dtype=object)
    model = make_pipeline(
        FunctionTransformer(np.radians),  # haversine measures on radians
        KNeighborsClassifier(
            n_neighbors=2, weights="distance", algorithm="auto", metric="haversine"
        ),
    )
    with warnings.catch_warnings():  # each store is a class of its own, and means to be
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%")
        model.fit(coordinates, addresses)
    model.stores_ = {
        "address": addresses,
        "city": stores["location"].to_numpy(dtype=object),
        "state": stores["state"].to_numpy(dtype=object),
        "lat": coordinates[:, 0].copy(),
        "long": coordinates[:, 1].copy(),
    }
    nearest = model[-1].kneighbors(
        model[:-1].transform(coordinates), n_neighbors=1, return_distance=False
    )[:, 0]
    for store in np.flatnonzero(nearest != np.arange(len(stores))):
        raise DataError(f"{addresses[store]} and {addresses[nearest[store]]} are at one place.")
    return model


def write(model: Any, csv: Path, folder: Path) -> str:
    """Write chipotle.pkl and chipotle.json into the folder; return the pickle's sha256.

    Both are complete on disk before either takes its name, so that a training that is killed, or
    that fills the disk, leaves the old pair.
    """
    pickle = BytesIO()
    joblib.dump(model, pickle)
    sha256 = hashlib.sha256(pickle.getvalue()).hexdigest()
    manifest = {
        "pickle_sha256": sha256,
        "csv_sha256": hashlib.sha256(csv.read_bytes()).hexdigest(),
        "stores": len(model.stores_["address"]),
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "joblib": joblib.__version__,
        "python": ".".join(platform.python_version_tuple()[:2]),
    }
    contents = {
        "chipotle.pkl": pickle.getvalue(),
        "chipotle.json": (json.dumps(manifest, indent=2) + "\n").encode(),
    }
    with tempfile.TemporaryDirectory(dir=folder, prefix=".training-") as temporary:
        for name, content in contents.items():
            with open(Path(temporary, name), "wb") as file:
                file.write(content)
                os.fsync(file.fileno())
        for name in contents:
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
        sha256 = write(model, arguments.csv, arguments.folder)
    except DataError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{arguments.folder} cannot be written: {error.strerror}. The old model stays.")
    print(f"Trained on {len(model.stores_['address'])} stores: model {sha256[:12]}.")


if __name__ == "__main__":
    main()
