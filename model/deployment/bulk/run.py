"""Read rows from one file and write their answers to another, in one process or several."""

import os
import signal
import sys
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from importlib.util import find_spec
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread
from typing import IO, Any

from pyarrow import ArrowException

from bulk import files
from bulk.csv_rows import CsvRows
from bulk.json_lines import JsonLines
from bulk.parquet_rows import ParquetRows
from bulk.scorer import Block, Scorer, Summary
from serving.model import Model
from serving.parameters import Parameter, values
from serving.problems import Problem, quoted

FORMATS: dict[tuple[str, ...], Any] = {
    (".csv", ".csv.gz"): CsvRows,
    (".jsonl", ".jsonl.gz"): JsonLines,
    (".parquet",): ParquetRows,
}
Scored = tuple[Any, Summary]
ENDING = {signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGINT)}  # not in Windows


def score(
    model: Model,
    source: str | Path,
    target: str | Path,
    options: Mapping[str, Any],
    workers: int = 1,
    watch: Callable[[IO[bytes]], Any] = nullcontext,
) -> Summary:
    """Read rows from one file, and write them to another with their answers.

    Both names end in .csv or .jsonl, with or without .gz, or in .parquet. "-" is a standard stream
    of csv, and "-.jsonl" one of JSON lines. The target appears whole or not at all. Raises Problem
    for invalid names, columns and options, and for a broken source.
    """
    if "explain" in options and find_spec("serving.explain"):
        from bulk.explained import explained

        model = explained(model)
    names = [option.name for option in model.options]
    if unknown := [name for name in options if name not in names]:
        allowed = f"The options are {', '.join(names)}." if names else "There are none."
        raise Problem(400, f"{quoted(unknown[0])} is not an option. {allowed}")
    asked = values(model.options, options, Parameter.parse)
    rows = rows_of(replace(model, formats={}, figures=dict), source, target)  # it is picklable
    rows.at_once = rows.at_once // (asked.get(model.count) or 1) or 1  # bounds the results
    with files.reading(str(source), watch) as file, files.writing(str(target)) as out:
        try:
            blocks = rows.blocks(file)
            done = Summary(notes=rows.notes)
            scored = in_order(Scorer(rows.model, asked, rows), blocks, workers)
            rows.save(counted(scored, done), out)
        except (EOFError, zlib.error, ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.strerror:
                raise
            where = f"after {rows.unit} {rows.read_so_far:,}"
            raise Problem(400, f"{source} cannot be read {where}: {error}") from error
    return done


def rows_of(model: Model, source: str | Path, target: str | Path) -> Any:
    """Choose the format that both names end in; raise Problem if there is none."""
    names = ["-.csv" if name == "-" else str(name).lower() for name in (source, target)]
    for endings, rows in FORMATS.items():
        if all(name.endswith(endings) for name in names) and names[0] != "-.parquet":  # it seeks
            return rows(model)
    raise Problem(400, "IN and OUT must both be .csv, both .jsonl (also .gz) or both .parquet.")


def counted(scored: Iterator[Scored], done: Summary) -> Iterator[Any]:
    """Return what to write; sum up the summaries of its blocks."""
    for content, block in scored:
        done.rows += block.rows
        done.problems += block.problems
        done.first_problem = done.first_problem or block.first_problem
        done.notes = block.notes or done.notes
        yield content


def in_order(scorer: Scorer, blocks: Iterator[Block], workers: int) -> Iterator[Scored]:
    """Answer the blocks in several processes, in order, with few of them in memory."""
    if workers == 1:  # Lambda lacks the shared memory that a pool needs
        yield from map(scorer, blocks)
        return
    with ProcessPoolExecutor(workers, initializer=begin, initargs=(scorer,)) as pool:
        waiting = deque[Future[Scored]]()
        for block in blocks:
            waiting.append(pool.submit(answer, block))
            if len(waiting) == 2 * workers:
                yield waiting.popleft().result()
        yield from (future.result() for future in waiting)


SCORER: Scorer  # of this process in the pool


def begin(scorer: Scorer) -> None:
    """Set up a process of the pool; its parent handles the signals that end a run."""
    global SCORER
    SCORER = scorer
    sys.stdout = sys.stderr  # models may print, and answers may go to standard output
    for number in ENDING:  # the pool ends the others by SIGTERM if one was killed
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    """End this process, which would wait for more blocks, if the parent is killed."""
    if parent := parent_process():
        parent.join()
    os._exit(1)


def answer(block: Block) -> Scored:
    return SCORER(block)
