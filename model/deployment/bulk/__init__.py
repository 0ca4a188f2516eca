"""Many rows through the model: a csv or JSON lines file in, the same rows with their answers out.

`make score IN=points.csv OUT=answers.csv` runs it here. On Lambda it is the other command of the
same image: a state machine (predictive_lambda/bulk.py) gives it the objects of a bucket.
"""

import lazy_imports  # noqa: F401  both first: they change how all else is imported
import pack  # noqa: F401

# isort: split
import argparse
import gc
import os
import signal
import sys
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import joblib

from app import MODEL
from bulk import blocks, files
from bulk.columns import refuse_header
from bulk.scorer import Scorer
from serving.formats import dumps
from serving.model import Model
from serving.parameters import Parameter, values
from serving.problems import Problem, quoted

ENDING = {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}  # Windows lacks the second
UNREADABLE = (OSError, EOFError, zlib.error)


def score(
    model: Model,
    source: str | Path,
    target: str | Path,
    options: Mapping[str, Any],
    workers: int = 1,
    watch: Callable[[IO[bytes]], Any] = nullcontext,
) -> tuple[int, int]:
    """Answer the rows of a file in another; return how many there are, and how many problems.

    Both names end in .csv or .jsonl, with or without .gz. "-" is a standard stream of csv, and
    "-.jsonl" one of JSON lines. The target appears whole or not at all. Raises Problem for names,
    columns and options that cannot be, and UNREADABLE for a source that is broken.
    """
    kinds = {Path(str(name).removesuffix(".gz")).suffix or str(name) for name in (source, target)}
    as_csv = kinds <= {".csv", "-"}
    if not as_csv and kinds != {".jsonl"}:
        raise Problem(400, "IN and OUT must both end in .csv, or both in .jsonl; .gz may follow.")
    names = [option.name for option in model.options]
    if unknown := [name for name in options if name not in names]:
        none = f"{quoted(unknown[0])} is no option. The options are {', '.join(names) or 'none'}."
        raise Problem(400, none)
    asked = values(model.options, options, Parameter.parse)
    total = problems = 0
    with files.reading(source, watch) as text, files.writing(target) as out:
        columns = blocks.header(text) if as_csv else []
        scorer = Scorer(picklable(model), asked, columns, str(target).endswith(".gz"))
        if columns:
            refuse_header(columns, model)
            out.write(scorer.header())
        for written, count, wrong in in_order(scorer, blocks.part(text, as_csv), workers):
            out.write(written)
            total, problems = total + count, problems + wrong
    return total, problems


def picklable(model: Model) -> Model:
    """Leave out what other processes do not need, and may not be able to get."""
    return replace(model, formats={}, figures=dict)


def in_order(
    scorer: Scorer, parts: Iterator[list[str]], workers: int
) -> Iterator[tuple[bytes, int, int]]:
    """Answer the blocks in so many processes, with few of them in memory and their order kept."""
    gc.freeze()  # the garbage collector need not look through, or copy to processes, what is loaded
    if workers == 1:  # Lambda lacks the shared memory that a pool needs
        yield from map(scorer, parts)
        return
    with ProcessPoolExecutor(workers, initializer=begin, initargs=(scorer,)) as pool:
        waiting = deque(pool.submit(answer, block) for block in islice(parts, 2 * workers))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(answer, block) for block in islice(parts, 1))


SCORER: Scorer  # of a process in the pool


def begin(scorer: Scorer) -> None:
    """Set a process up: Ctrl-C is the business of the one that started it."""
    global SCORER
    SCORER = scorer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)


def answer(block: list[str]) -> tuple[bytes, int, int]:
    return SCORER(block)


def lambdaHandler(event: dict[str, Any], context: object) -> None:
    """Answer an object of the bucket, in/NAME, as out/NAME: once, unless it is asked for again."""
    import boto3

    s3, bucket, key, asked = boto3.client("s3"), os.environ["BUCKET"], event["key"], event["input"]
    if not isinstance(asked, dict) or asked.keys() - {"again", "options"}:
        raise Problem(400, 'The input must be {"again": true, "options": {}}, or a part of it.')
    target = "out/" + key.removeprefix("in/")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=target, MaxKeys=1).get("Contents", [])
    is_there = any(found["Key"] == target for found in listed)
    if key.endswith("/") or (is_there and not asked.get("again")):
        return
    with TemporaryDirectory() as folder:  # files, because S3 ends a connection that is slowly read
        source, answers = Path(folder) / f"in-{Path(key).name}", Path(folder) / Path(key).name
        s3.download_file(bucket, key, source)
        rows, problems = score(MODEL, source, answers, asked.get("options", {}))
        s3.upload_file(answers, bucket, target)
    print(dumps({"object": key, "rows": rows, "problems": problems}))


def progress(file: IO[bytes]) -> Any:
    """Show how much of a file is read, in a terminal and if tqdm is there."""
    try:
        from tqdm import tqdm
    except ImportError:
        return nullcontext(file)
    tqdm.monitor_interval = 0  # a thread, which a process should not have that forks
    total = os.fstat(file.fileno()).st_size or None
    return tqdm.wrapattr(file, "read", total, disable=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=f"{MODEL.title}, for many rows.")
    name = "a name that ends in .csv or .jsonl, or with .gz behind; - and -.jsonl are streams"
    parser.add_argument("source", metavar="IN", help=name)
    parser.add_argument("target", metavar="OUT", help=name)
    for option in MODEL.options:
        text = f"{option.description} It must be {option.allowed}.".replace("%", "%%")
        parser.add_argument(f"--{option.name}", default=argparse.SUPPRESS, help=text)
    asked = vars(parser.parse_args())
    source, target = asked.pop("source"), asked.pop("target")
    for number in ENDING:
        signal.signal(number, signal.default_int_handler)  # which ends what is begun
    try:
        rows, problems = score(MODEL, source, target, asked, joblib.cpu_count(), progress)
    except KeyboardInterrupt:
        parser.exit(130, "Stopped before the end.\n")
    except (Problem, *UNREADABLE) as error:
        if isinstance(error, OSError) and error.strerror:
            parser.exit(2, f"{error.filename or target}: {error.strerror}.\n")
        parser.exit(2, f"{error}\n")
    except BrokenProcessPool:
        parser.exit(2, "A process ended before its time, perhaps because memory ran out.\n")
    where = f": see problem in {target}" if problems else ""
    print(f"{rows:,} rows, {problems:,} of them with a problem{where}.", file=sys.stderr)
    sys.exit(bool(problems))
