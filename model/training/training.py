"""Train the model: read a csv or GeoJSON of stores, write chipotle.pkl and chipotle.json."""

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import artefacts
from stores import DataError, read_stores

HERE = Path(__file__).resolve().parent
# The words on the page: change them with the data. If EXAMPLE is None, the first place is taken.
ABOUT = {
    "title": "The nearest Chipotle",
    "place": "store",
    "places": "stores",
    "as_of": "2020",
    "source": "Data: Kaggle's Chipotle Locations. Not affiliated with Chipotle Mexican Grill.",
    "units": "miles",  # first, before kilometres
}
EXAMPLE: dict[str, float] | None = {"lat": 39.153198, "long": -77.066176}


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
    model.stores_ = {ours: _shared(table[theirs]) for ours, theirs in columns.items()}
    model.stores_ |= {"lat": coordinates[:, 0].copy(), "long": coordinates[:, 1].copy()}
    with warnings.catch_warnings():  # each store is a class of its own, on purpose
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%")
        model.fit(coordinates, model.stores_["address"])
    angles = model[:-1].transform(coordinates)
    nearest = model[-1].kneighbors(angles, 1, return_distance=False).ravel()
    if (coordinates[nearest] != coordinates).any():
        raise DataError("Some stores are too close together to tell them apart.")
    return model


def _shared(texts: pd.Series) -> np.ndarray:
    """Return an array in which equal texts are one object: each is pickled once."""
    once = {text: text for text in texts}
    return np.array([once[text] for text in texts], dtype=object)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", nargs="?", type=Path, default=HERE / "chipotle_stores.csv")
    parser.add_argument("folder", nargs="?", type=Path, default=HERE.parent)
    arguments = parser.parse_args()
    try:
        table = read_stores(arguments.csv)
        model = train(table)
        stores = pd.DataFrame(model.stores_)
        facts = {"csv_sha256": table.attrs["sha256"], "stores": len(stores)}
        sha256 = artefacts.write(
            model,
            name="chipotle",
            table=stores[["lat", "long", "address"]],
            target="address",
            about=ABOUT | facts,
            units=dict.fromkeys(("lat", "long"), "decimal degrees, WGS84"),
            example=EXAMPLE,
            folder=arguments.folder,
        )
    except (DataError, artefacts.ModelError) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{arguments.folder} cannot be written: {error.strerror}. The old model stays.")
    print(f"Trained on {len(stores)} {ABOUT['places']}: model {sha256[:12]}.")


if __name__ == "__main__":
    main()
