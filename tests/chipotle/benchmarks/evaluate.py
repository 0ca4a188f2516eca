"""Compare three designs: how often each names the nearest store, and how far off it is.

`make evaluate` prints the table, and writes accuracy.json here and img/accuracy.png.
"""

import json
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from predictor import nearest
from predictor.page import drawing
from tests.chipotle.points import ADDRESSES, PLACES, PROJ, STORES, US, by_proj

ACCURACY = Path(__file__).with_name("accuracy.json")
PICTURE = Path(__file__).resolve().parents[3] / "img" / "accuracy.png"
QUERIES = 2_000  # a set
INK = "#12202e"
Design = Callable[[np.ndarray], np.ndarray]


def classic() -> Design:
    """The pattern of 2020: four fifths of the stores, Euclidean distance in degrees."""
    kept, _ = train_test_split(np.arange(len(STORES)), test_size=0.2, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%")
        model = KNeighborsClassifier(n_neighbors=2, weights="distance")
        model.fit(STORES[kept], kept)
    return model.predict


def pickle_alone(points: np.ndarray) -> np.ndarray:
    return np.array([ADDRESSES[address] for address in nearest.pipeline.predict(points)])


def served_answer(points: np.ndarray) -> np.ndarray:
    answers = nearest.predict(points.tolist())
    return np.array([ADDRESSES[stores[0]["address"]] for stores in answers])


DESIGNS: dict[str, Design] = {
    "served answer": served_answer,
    "the pickle's predict": pickle_alone,
    "classic, 2020": classic(),
}


def evaluate() -> list[dict[str, object]]:
    """Return a row for each kind of points and each design."""
    rows: list[dict[str, object]] = []
    for number, place in enumerate(PLACES, start=1):
        where = place.__name__.replace("_", " ")
        print(f"[{number}/{len(PLACES)}] {QUERIES} points {where} ...", file=sys.stderr)
        points = place(np.random.default_rng(2020), QUERIES)
        km = np.array([by_proj(point, STORES) for point in points]) / 1000
        for name, design in DESIGNS.items():
            regrets = km[np.arange(QUERIES), design(points)] - km.min(axis=1)
            rows.append(
                {
                    "points": where,
                    "design": name,
                    "right_percent": round(100 * float((regrets < 1e-9).mean()), 2),
                    "mean_regret_km": round(float(regrets.mean()), 3),
                    "p95_regret_km": round(float(np.percentile(regrets, 95)), 3),
                    "max_regret_km": round(float(regrets.max()), 3),
                }
            )
    return rows


def draw() -> None:
    """Draw the country, coloured by how many km the classic design sends people too far."""
    print("Drawing where the classic design is wrong ...", file=sys.stderr)
    south, north, west, east = US
    latitudes, longitudes = np.linspace(south, north, 150), np.linspace(west, east, 270)
    points = np.stack(np.meshgrid(latitudes, longitudes, indexing="ij"), axis=-1).reshape(-1, 2)
    least = np.array([stores[0]["distance_m"] for stores in nearest.predict(points.tolist())])
    chosen = STORES[DESIGNS["classic, 2020"](points)]
    regrets = (PROJ.inv(*points.T[::-1], *chosen.T[::-1])[2] - least) / 1000
    figure, axes = plt.subplots(figsize=(10, 5.2), dpi=160, layout="constrained")
    shown = axes.imshow(
        np.ma.masked_less(regrets, 1e-6).reshape(len(latitudes), -1),
        extent=(west, east, south, north),
        origin="lower",
        cmap="YlOrRd",
        norm=matplotlib.colors.LogNorm(1, 100, clip=True),
        aspect=1 / np.cos(np.radians(38)),
        interpolation="nearest",
    )
    paths = drawing.ground()["land"] + drawing.ground()["borders"]
    for line in paths.split("M")[1:]:  # in thousandths, each step from the one before
        steps = np.array(re.findall(r"-?\d+", line), dtype=int).reshape(-1, 2)
        longitude, down = np.cumsum(steps, axis=0).T / 1000
        axes.plot(longitude, np.degrees(np.arctan(np.sinh(np.radians(-down)))), "#8a97a5", lw=0.5)
    axes.scatter(STORES[:, 1], STORES[:, 0], s=1.5, color=INK, linewidths=0)
    axes.set(xlim=(west, east), ylim=(south, north))
    axes.set_axis_off()
    title = f"The classic design names a wrong store on {(regrets > 1e-6).mean():.0%} of this map"
    axes.set_title(title, fontsize=14, color=INK)
    bar = figure.colorbar(shown, ax=axes, shrink=0.8, aspect=30, ticks=[1, 3, 10, 30, 100])
    bar.ax.set_yticklabels(["1 or less", "3", "10", "30", "100 or more"])
    bar.set_label("km farther than the nearest store (dots)")
    figure.savefig(PICTURE)


def main() -> None:
    rows = evaluate()
    print("| points | design | % right | mean km off | p95 | max |\n|" + " --- |" * 6)
    for row in rows:
        print(f"| {' | '.join(map(str, row.values()))} |")
    ACCURACY.write_text(json.dumps(rows, indent=1) + "\n")
    draw()
    print(f"Wrote {ACCURACY} and {PICTURE}.")


if __name__ == "__main__":
    main()
