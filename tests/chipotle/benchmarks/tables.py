"""Write the README's tables from results.json."""

import json
from collections.abc import Iterable
from typing import Any

from tests.chipotle.benchmarks import kinds
from tests.chipotle.benchmarks.charts import RESULTS

UNITS = ("wall_ms", "cpu_ms")


def tables(results: dict[str, Any]) -> str:
    return "\n".join(
        [
            *cold_start(results["cold start"]),
            *image(results["image"]),
            *kinds.table(results.get("kinds", {})),
            "",
            *warm(results["warm"]),
            *many(results["many"]),
            *score(results["score"]),
            *growth(results["growth"]),
            *cost(results["cost, modelled"]),
        ]
    )


def table(head: str, rows: Iterable[Iterable[str]]) -> list[str]:
    columns = head.count("|") + 1
    return [
        f"| {head} |",
        "|" + " --- |" * columns,
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def cold_start(measured: dict[str, Any]) -> list[str]:
    warm, cold = measured["files in memory"], measured["files on disk"]
    return table(
        "start, first answer | wall, ms | x plain | CPU, ms | x plain | MB from disk | x plain",
        (
            [
                name,
                *(f"{figures[unit]:.0f} | {figures[f'{unit} x plain']:.2f}" for unit in UNITS),
                f"{cold[name]['read_mb']:.0f} | {cold[name]['read_mb x plain']:.2f}"
                if name in cold
                else " | ",
            ]
            for name, figures in warm.items()
        ),
    )


def image(measured: dict[str, Any]) -> list[str]:
    keys = ("init_ms", "first_answer_ms", "hundredth_answer_ms", "peak_mb")
    return table(
        "image | init, ms | first answer, ms | hundredth, ms | peak, MB",
        ([name, *(f"{figures[key]:,.0f}" for key in keys)] for name, figures in measured.items()),
    )


def warm(measured: dict[str, Any]) -> list[str]:
    return table(
        "in one warm process | median, µs | 99 of 100 within, µs",
        (
            [name, f"{figures['median_us']:.0f}", f"{figures['p99_us']:.0f}"]
            for name, figures in measured["answers"].items()
        ),
    )


def many(measured: dict[str, Any]) -> list[str]:
    return table(
        "points of one processor, a second | point by point, as before | now | times",
        (
            [
                name,
                f"{rates['before']:,}",
                f"{rates['now']:,}",
                f"{rates['now'] / rates['before']:.1f}",
            ]
            for name, rates in measured.items()
        ),
    )


def score(measured: dict[str, Any]) -> list[str]:
    rows, seconds = measured["rows"], measured["wall_s"]
    return table(
        "`make score`, rows | s | rows a second | CPU, s | peak, MB",
        [
            [
                f"{rows:,}",
                f"{seconds:.1f}",
                f"{rows / seconds:,.0f}",
                f"{measured['cpu_s']:.1f}",
                f"{measured['peak_mb']:.0f}",
            ]
        ],
    )


def growth(measured: dict[str, Any]) -> list[str]:
    keys = ("train_s", "train_peak_mb", "artefact_mb", "start_s", "serving_peak_mb", "answer_us")
    return table(
        "stores | training, s | with, MB | artefact, MB | start, s | with, MB | answer, µs | exact",
        (
            [f"{int(number):,}", *(str(figures[key]) for key in keys), f"{figures['exact']:.0%}"]
            for number, figures in measured.items()
        ),
    )


def cost(modelled: dict[str, Any]) -> list[str]:
    return table(
        "function | million warm, USD | million cold, USD | SnapStart idle, USD a month",
        (
            [
                name,
                f"{usd['warm']:.2f}",
                f"{usd['cold']:.2f}",
                f"{usd['snap_start_idle_month']:.2f}",
            ]
            for name, usd in modelled.items()
        ),
    )


if __name__ == "__main__":
    print(tables(json.loads(RESULTS.read_text())))
