"""results.json in, img/cold_start.png and img/growth.png out."""

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.growth import LAMBDA_INIT_S
from benchmarks.serving import ROOT

RESULTS = Path(__file__).with_name("results.json")
IMG = ROOT / "img"
COLOURS = {"plain": "#9aa5b1", "ours": "#a81612", "empty": "#d9dee4"}
NAMES = {"plain": "plain scikit-learn", "ours": "this function", "empty": "empty function"}
INK = "#1f2933"
plt.rcParams.update(
    {
        "font.size": 12,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.facecolor": "white",
    }
)


def draw() -> None:
    results = json.loads(RESULTS.read_text())
    draw_cold_start(results["image"])
    draw_growth(results["growth"])


def draw_cold_start(image: dict[str, Any]) -> None:
    shares = sorted(
        {name.split(", ")[1] for name in image}, key=lambda name: float(name.split()[0])
    )
    figure, axes = plt.subplots(figsize=(9, 4.6), layout="constrained")
    for place, (kind, label) in enumerate(NAMES.items()):
        seconds = [image[f"{kind}, {share}"]["init_ms"] / 1e3 for share in shares]
        rows = [number + 0.27 * (place - 1) for number in range(len(shares))]
        bars = axes.barh(rows, seconds, height=0.25, color=COLOURS[kind], label=label)
        axes.bar_label(bars, [f"{second:.2f} s" for second in seconds], padding=4)
    axes.set_yticks(
        range(len(shares)),
        [share.replace("1.0 CPUs", "1 CPU").replace(".0", "") for share in shares],
    )
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("seconds of init, as the runtime reports it")
    axes.set_title("A cold start of the image", loc="left", weight="bold")
    axes.margins(x=0.1)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(IMG / "cold_start.png", dpi=160)


def draw_growth(growth: dict[str, Any]) -> None:
    numbers = [int(number) for number in growth]
    panels = {
        "Training, seconds": "train_s",
        "Artefact, MB": "artefact_mb",
        "Cold start to first answer, seconds": "start_s",
        "One warm answer, microseconds": "answer_us",
    }
    figure, grid = plt.subplots(2, 2, figsize=(9, 6.4), layout="constrained", sharex=True)
    for axes, (title, figure_name) in zip(grid.flat, panels.items(), strict=True):
        values = [point[figure_name] for point in growth.values()]
        panel(axes, numbers, values, title)
    limit = grid.flat[2]
    limit.axhline(LAMBDA_INIT_S, color=COLOURS["plain"], linestyle="--")
    limit.text(numbers[0], LAMBDA_INIT_S * 0.93, "Lambda's limit", va="top", color="#52606d")
    limit.set_ylim(0, LAMBDA_INIT_S * 1.15)
    for axes in grid[1]:
        axes.set_xlabel("stores")
    figure.savefig(IMG / "growth.png", dpi=160)


def panel(axes: Axes, numbers: list[int], values: list[float], title: str) -> None:
    axes.plot(numbers, values, "o-", color=COLOURS["ours"], linewidth=2, clip_on=False)
    axes.set_xscale("log")
    axes.set_xticks(numbers, [f"{number:,}".replace(",", "\u202f") for number in numbers])
    axes.minorticks_off()
    axes.set_xlim(numbers[0] / 1.6, numbers[-1] * 1.6)
    axes.set_ylim(0, max(values) * 1.25)
    for number, value in zip(numbers, values, strict=True):
        axes.annotate(
            f"{value:,.4g}", (number, value), (0, 8), textcoords="offset points", ha="center"
        )
    axes.set_title(title, loc="left", weight="bold", fontsize=12)


if __name__ == "__main__":
    draw()
