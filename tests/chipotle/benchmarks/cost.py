"""Model what a million requests cost, from measured times and list prices."""

import math
from typing import Any

# USD in us-east-1, as listed in November 2026.
REQUESTS_PER_MILLION = 0.20  # Lambda
HTTP_API_PER_MILLION = 1.00
GB_SECOND = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
SNAP_START_GB_SECOND = 0.0000015046  # of a published version, used or not
MEMORY_MB = (512, 1024, 2048, 4096)
CPU_MB = 1769  # of memory for each virtual CPU
MONTH_S = 30 * 24 * 3600


def model(image: dict[str, Any], warm: dict[str, Any]) -> dict[str, Any]:
    """Assume that a start and an answer take longer on a share of a CPU, in proportion.

    Lambda has billed the start (init) since August 2025, and rounds up to a millisecond. arm64 is
    assumed to be as fast as x86-64, which was not measured.
    """
    start_ms = image["ours, 1.0 CPUs"]["init_ms"]
    answer_ms = warm["answers"]["our answer, text"]["median_us"] / 1e3
    return {
        f"{memory} MB, {machine}": {
            "warm": round(per_million(answer_ms, memory, machine), 2),
            "cold": round(per_million(start_ms + answer_ms, memory, machine), 2),
            "snap_start_idle_month": round(memory / 1024 * SNAP_START_GB_SECOND * MONTH_S, 2),
        }
        for memory in MEMORY_MB
        for machine in GB_SECOND
    }


def per_million(with_one_cpu_ms: float, memory_mb: int, machine: str) -> float:
    billed_ms = math.ceil(with_one_cpu_ms / min(1, memory_mb / CPU_MB))
    gb_seconds = billed_ms / 1e3 * memory_mb / 1024
    return REQUESTS_PER_MILLION + HTTP_API_PER_MILLION + 1e6 * gb_seconds * GB_SECOND[machine]
