"""Write the README's tables from results.json."""

import json
from pathlib import Path
from typing import Any

from tests.chipotle.benchmarks import kinds, rows

RESULTS = Path(__file__).with_name("results.json")
TABLES = {  # the heading, and what a row says after its name
    "cold start": (
        "start, first answer | wall, ms | x plain | CPU, ms | x plain",
        "{wall_ms:.0f} | {wall_ms x plain:.2f} | {cpu_ms:.0f} | {cpu_ms x plain:.2f}",
    ),
    "image": (
        "image | init, ms | first answer, ms | hundredth, ms | peak, MB",
        "{init_ms:,.0f} | {first_answer_ms:,.0f} | {hundredth_answer_ms:,.0f} | {peak_mb:,.0f}",
    ),
    "warm": (
        "in one warm process | median, µs | 99 of 100 within, µs",
        "{median_us:.0f} | {p99_us:.0f}",
    ),
    "many": (
        "points of one processor, a second | k = 1 | k = 10",
        "{nearest:,} | {ten:,}",
    ),
    "score": (
        "`make score`, rows | s | rows a second | CPU, s | peak, MB",
        "{wall_s:.1f} | {rate:,.0f} | {cpu_s:.1f} | {peak_mb:.0f}",
    ),
    "cost, modelled": (
        "function | million warm, USD | million cold, USD | SnapStart idle, USD a month",
        "{warm:.2f} | {cold:.2f} | {snap_start_idle_month:.2f}",
    ),
}


def tables(results: dict[str, Any]) -> str:
    score = results["score"]
    rate = score["rows"] / score["wall_s"]
    measured = results | {
        "cold start": results["cold start"]["files in memory"],
        "warm": results["warm"]["answers"],
        "score": {f"{score['rows']:,}": score | {"rate": rate}},
    }
    lines = [*kinds.table(results.get("kinds", {})), "", *rows.table(results.get("rows", {})), ""]
    for key, (head, row) in TABLES.items():
        lines += [f"| {head} |", "|" + " --- |" * (head.count("|") + 1)]
        lines += [
            f"| {name} | {row.format(**figures)} |" for name, figures in measured[key].items()
        ]
        lines += [""]
    return "\n".join(lines)


if __name__ == "__main__":
    print(tables(json.loads(RESULTS.read_text())))
