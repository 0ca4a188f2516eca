"""Draw img/growth.png from results.json."""

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from tests.chipotle.benchmarks.growth import LAMBDA_INIT_S
from tests.chipotle.benchmarks.serving import ROOT

RESULTS = Path(__file__).with_name("results.json")
IMG = ROOT / "img"
COLOURS = {"limit": "#9aa5b1", "ours": "#a81612"}
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
        "figure.constrained_layout.hspace": 0.12,
        "figure.constrained_layout.wspace": 0.08,
    }
)


def draw() -> None:
    results = json.loads(RESULTS.read_text())
    draw_growth(results["growth"])


def draw_growth(growth: dict[str, Any]) -> None:
    stores = [f"{int(number):,}".replace(",", "\u202f") for number in growth]
    panels = {
        "train_s": "Training, seconds",
        "artefact_mb": "Artefact, MB",
        "start_s": "Cold start and first answer, seconds",
        "answer_us": "One warm answer, microseconds",
    }
    figure, grid = plt.subplots(2, 2, figsize=(9, 6), layout="constrained")
    for axes, (key, title) in zip(grid.flat, panels.items(), strict=True):
        values = [figures[key] for figures in growth.values()]
        bars = axes.bar(stores, values, width=0.55, color=COLOURS["ours"])
        axes.bar_label(
            bars, [f"{value:,.3g}" if value < 1e3 else f"{value:,}" for value in values], padding=3
        )
        axes.set_title(title, loc="left", weight="bold", fontsize=12, pad=12)
        axes.tick_params(length=0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.margins(y=0.15)
    starts = grid.flat[2]
    starts.axhline(LAMBDA_INIT_S, color=COLOURS["limit"], linestyle="--")
    starts.text(-0.3, LAMBDA_INIT_S, "Lambda's limit: 10 s", va="bottom", color="#52606d")
    starts.set_ylim(0, LAMBDA_INIT_S * 1.25)
    figure.supxlabel("stores", fontsize=12)
    figure.savefig(IMG / "growth.png", dpi=160)


if __name__ == "__main__":
    draw()
