"""Answer the rows of one file in another, with one process or several."""

import gc
import signal
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pyarrow import ArrowException

from bulk import files
from bulk.csv_rows import Csv
from bulk.json_lines import JsonLines
from bulk.parquet import Parquet
from bulk.scorer import Scored, Scorer
from serving.model import Model
from serving.parameters import Parameter, values
from serving.problems import Problem, quoted

ENDING = {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}  # Windows lacks the second
UNREADABLE = (OSError, EOFError, zlib.error, ArrowException)


@dataclass
class Summary:
    """What was answered, and the line of the first problem (0: none; a row of Parquet)."""

    rows: int = 0
    problems: int = 0
    first: int = 0
    replaced: bool = False  # answers of an earlier run were dropped


def score(
    model: Model,
    source: str | Path,
    target: str | Path,
    options: Mapping[str, Any],
    workers: int = 1,
    watch: Callable[[IO[bytes]], Any] = nullcontext,
) -> Summary:
    """Answer the rows of a file in another.

    Both names end in .csv or .jsonl, with or without .gz, or in .parquet. "-" is a standard stream
    of csv, and "-.jsonl" one of JSON lines. The target appears whole or not at all. Raises Problem
    for names, columns and options that cannot be, and for a source that is broken.
    """
    kinds = {
        Path(str(name).lower().removesuffix(".gz")).suffix or str(name) for name in (source, target)
    }
    compress = str(target).lower().endswith(".gz")
    if kinds <= {".csv", "-"}:
        chosen: Any = Csv(picklable(model), compress)
    elif kinds == {".jsonl"}:
        chosen = JsonLines(picklable(model), compress)
    elif kinds == {".parquet"} and not str(source).startswith("-"):
        chosen = Parquet(picklable(model))
    else:
        raise Problem(
            400,
            "IN and OUT must both end in .csv (or .csv.gz), both in .jsonl (or .jsonl.gz), or both in .parquet.",
        )
    names = [option.name for option in model.options]
    if unknown := [name for name in options if name not in names]:
        allowed = f"The options are {', '.join(names)}." if names else "There are none."
        raise Problem(400, f"{quoted(unknown[0])} is not an option. {allowed}")
    asked = values(model.options, options, Parameter.parse)
    summary, lines = Summary(), 0
    with files.reading(source, watch) as file, files.writing(target) as out:
        try:
            blocks = chosen.blocks(file)
            lines = chosen.lines
            with chosen.writer(out) as write:
                for part in in_order(Scorer(picklable(model), asked, chosen), blocks, workers):
                    write(part.content)
                    if part.first and not summary.first:
                        summary.first = lines + part.first
                    lines += part.lines
                    summary.rows += part.rows
                    summary.problems += part.problems
                    summary.replaced |= part.replaced
        except UNREADABLE as error:
            if isinstance(error, OSError) and error.strerror:
                raise
            raise Problem(400, f"{source} is broken after line {lines}: {error}.") from error
    return summary


def picklable(model: Model) -> Model:
    """Leave out what other processes do not need, and may not be able to get."""
    return replace(model, formats={}, figures=dict)


def in_order(scorer: Scorer, blocks: Iterator[Any], workers: int) -> Iterator[Scored]:
    """Answer the blocks in several processes, with few of them in memory and in their order."""
    gc.freeze()  # the garbage collector need not look through, or copy to processes, what is loaded
    if workers == 1:  # Lambda lacks the shared memory that a pool needs
        yield from map(scorer, blocks)
        return
    with ProcessPoolExecutor(workers, initializer=begin, initargs=(scorer,)) as pool:
        waiting = deque(pool.submit(answer, block) for block in islice(blocks, 2 * workers))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(answer, block) for block in islice(blocks, 1))


SCORER: Scorer  # of a process in the pool


def begin(scorer: Scorer) -> None:
    """Set a process up: ignore Ctrl-C; the parent handles it."""
    global SCORER
    SCORER = scorer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)


def answer(block: Any) -> Scored:
    return SCORER(block)
