"""Many rows through the model: a csv or JSON lines file in, the same rows with their answers out.

`make score IN=points.csv OUT=answers.csv` runs it here. On Lambda it is the other command of the
same image: a state machine (predictive_lambda/bulk.py) gives it the objects of a bucket.
"""

import argparse
import csv
import gc
import gzip
import io
import os
import signal
import sys
import zlib
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from json import JSONDecoder
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import joblib

from predictor import MODEL
from serving.formats import Result, dumps
from serving.model import Model
from serving.parameters import Parameter, Value, values
from serving.problems import Problem, quoted, similar

BLOCK = 4_000  # rows that a process answers at once: bounds the memory
UNREADABLE = (OSError, EOFError, zlib.error, csv.Error)
Row = dict[str, Any]
Answer = tuple[list[Result], str]  # and what is wrong, if something is


@dataclass(frozen=True)
class Scorer:
    """Answers blocks of rows: lists of a csv's fields, if it has columns, or lines of JSON."""

    model: Model
    options: Mapping[str, Value]
    columns: list[str]
    compress: bool

    def __call__(self, block: list[Any]) -> tuple[bytes, int, int]:
        """Return the rows with their answers, how many there are, and how many problems."""
        read = [self.read(row) for row in block]
        found = iter(self.predict([point for _, point, wrong in read if not wrong]))
        answers = [([], wrong) if wrong else next(found) for _, _, wrong in read]
        rows = [row for row, _, _ in read]
        text = self.as_csv(rows, answers) if self.columns else self.as_json(rows, answers)
        return self.encode(text), len(rows), sum(bool(wrong) for _, wrong in answers)

    def read(self, row: Any) -> tuple[Row, tuple[Any, ...], str]:
        """Return the row by its columns, the point in it, and what is wrong with it."""
        named: Row = {}
        try:
            if self.columns:
                named = dict(zip(self.columns, row, strict=False))
                if len(row) != len(self.columns):
                    wrong = f"The row has {len(row)} fields, and the header {len(self.columns)}."
                    raise Problem(400, wrong)
            else:
                named = from_json(row)
                refuse(named, self.model)
            return named, self.model.point(values(self.model.inputs, named, parse)), ""
        except Problem as problem:
            return named, (), problem.detail

    def predict(self, points: list[tuple[Any, ...]]) -> list[Answer]:
        """Answer the points, with those alone that the model has a problem with."""
        try:
            results = self.model.predict(points, **self.options) if points else []
            return [(some, "") for some in results]
        except Problem as problem:
            if len(points) == 1:
                return [([], problem.detail)]
        half = len(points) // 2
        return self.predict(points[:half]) + self.predict(points[half:])

    def header(self) -> bytes:
        file = io.StringIO()
        csv.writer(file, lineterminator="\n").writerow([*self.kept, *self.added])
        return self.encode(file.getvalue())

    @property
    def added(self) -> list[str]:
        """The columns of results, named apart from those of inputs, and that of problems."""
        return [*(f"{self.model.answers}_{member}" for member in self.model.result), "problem"]

    @property
    def kept(self) -> list[str]:
        return [column for column in self.columns if column not in self.added]

    def as_csv(self, rows: list[Row], answers: list[Answer]) -> str:
        """Write a line for each result of each row, and one for a row that has none."""
        file, kept, members = io.StringIO(), self.kept, list(self.model.result)
        csv.writer(file, lineterminator="\n").writerows(
            [*[row.get(column) for column in kept], *[result.get(m) for m in members], wrong]
            for row, (results, wrong) in zip(rows, answers, strict=True)
            for result in results or [{}]
        )
        return file.getvalue()

    def as_json(self, rows: list[Row], answers: list[Answer]) -> str:
        """Write a line for each row, with the list of its results."""
        documents = (
            row | ({"problem": wrong} if wrong else {self.model.answers: results})
            for row, (results, wrong) in zip(rows, answers, strict=True)
        )
        return "".join(f"{dumps(document)}\n" for document in documents)

    def encode(self, text: str) -> bytes:
        data = text.encode("utf-8", "surrogateescape")
        return gzip.compress(data, 6, mtime=0) if self.compress else data


def refuse(columns: Collection[str], model: Model) -> None:
    """Raise Problem if an input is no column: if it must be one, or stands there misspelt."""
    names = [parameter.name for parameter in model.inputs]
    absent = [parameter for parameter in model.inputs if parameter.name not in columns]
    for name in columns if absent else ():
        if name not in names and (meant := similar(name, [p.name for p in absent])):
            raise Problem(400, f"{quoted(name)} is not an input. Did you mean {meant}?", meant)
    for parameter in absent:
        if not parameter.may_be_missing:
            wrong = f"There is no {parameter.name}. The inputs are {', '.join(names)}."
            raise Problem(400, wrong, parameter.name)


def parse(parameter: Parameter, value: Any) -> Value:
    return None if value in ("", None) and parameter.may_be_missing else parameter.parse(value)


def from_json(line: str) -> Row:
    try:
        if isinstance(row := JSON.decode(line), dict):
            return row
    except (ValueError, RecursionError):
        pass
    raise Problem(400, "The line is not a JSON object.")


def finite(number: str) -> float:
    """Refuse NaN and infinities, which JSON does not have."""
    if isfinite(value := float(number)):
        return value
    raise ValueError(number)


JSON = JSONDecoder(parse_float=finite, parse_constant=finite)


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
    asked = values(model.options, options, Parameter.parse)
    total = problems = 0
    with reading(source, watch) as text, writing(target) as out:
        rows: Iterator[Any] = filter(None, csv.reader(text)) if as_csv else filter(str.strip, text)
        columns: list[str] = next(rows, []) if as_csv else []
        scorer = Scorer(picklable(model), asked, columns, str(target).endswith(".gz"))
        if columns:
            refuse(columns, model)
            out.write(scorer.header())
        for written, count, wrong in in_order(scorer, rows, workers):
            out.write(written)
            total, problems = total + count, problems + wrong
    return total, problems


def picklable(model: Model) -> Model:
    """Leave out what other processes do not need, and may not be able to get."""
    return replace(model, formats={}, aliases={}, figures=dict)


def in_order(scorer: Scorer, rows: Iterator[Any], workers: int) -> Iterator[tuple[bytes, int, int]]:
    """Answer the rows in so many processes, with few blocks in memory and their order kept."""
    blocks = iter(lambda: list(islice(rows, BLOCK)), [])
    if workers == 1:  # Lambda lacks the shared memory that a pool needs
        yield from map(scorer, blocks)
        return
    gc.freeze()  # the processes share what is loaded, until the garbage collector touches it
    with ProcessPoolExecutor(workers, initializer=begin, initargs=(scorer,)) as pool:
        waiting = deque(pool.submit(answer, block) for block in islice(blocks, 2 * workers))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(answer, block) for block in islice(blocks, 1))


SCORER: Scorer  # of a process in the pool


def begin(scorer: Scorer) -> None:
    """Set a process up: Ctrl-C is the business of the one that started it."""
    global SCORER
    SCORER = scorer
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def answer(block: list[Any]) -> tuple[bytes, int, int]:
    return SCORER(block)


@contextmanager
def reading(name: str | Path, watch: Callable[[IO[bytes]], Any]) -> Iterator[IO[str]]:
    """Open text; bytes that are not UTF-8 pass as they are."""
    is_stream = str(name).partition(".")[0] == "-"
    with open(0 if is_stream else name, "rb", buffering=0) as raw, watch(raw) as watched:
        binary = gzip.GzipFile(fileobj=watched) if str(name).endswith(".gz") else watched
        yield io.TextIOWrapper(binary, "utf-8-sig", "surrogateescape", newline="")


@contextmanager
def writing(name: str | Path) -> Iterator[IO[bytes]]:
    """Open a file that gets its name when all is written."""
    if str(name).partition(".")[0] == "-":
        yield sys.stdout.buffer
        return
    part = Path(name).with_name(f".{Path(name).name}.{os.getpid()}")
    try:
        with open(part, "wb") as file:
            yield file
        part.replace(name)
    finally:
        part.unlink(missing_ok=True)


def lambdaHandler(event: dict[str, Any], context: object) -> None:
    """Answer an object of the bucket, in/NAME, as out/NAME: once, unless it is asked for again."""
    import boto3

    s3, bucket, key = boto3.client("s3"), os.environ["BUCKET"], event["key"]
    target = "out/" + key.removeprefix("in/")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=target, MaxKeys=1).get("Contents", [])
    is_there = any(found["Key"] == target for found in listed)
    if key.endswith("/") or (is_there and not event["input"].get("again")):
        return
    with TemporaryDirectory() as folder:  # files, because S3 ends a connection that is slowly read
        source, answers = Path(folder) / f"in-{Path(key).name}", Path(folder) / Path(key).name
        s3.download_file(bucket, key, source)
        rows, problems = score(MODEL, source, answers, event["input"].get("options", {}))
        s3.upload_file(answers, bucket, target)
    print(dumps({"object": key, "rows": rows, "problems": problems}))


def main() -> None:
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # a thread, which a process should not have that forks

    def bar(file: IO[bytes]) -> Any:
        total = os.fstat(file.fileno()).st_size or None
        return tqdm.wrapattr(file, "read", total, disable=None)

    parser = argparse.ArgumentParser(description=f"{MODEL.title}, for many rows.")
    name = "a name that ends in .csv or .jsonl, or with .gz behind; - is a stream of csv"
    parser.add_argument("source", metavar="IN", help=name)
    parser.add_argument("target", metavar="OUT", help=name)
    for option in MODEL.options:
        text = f"{option.description} It must be {option.allowed}.".replace("%", "%%")
        parser.add_argument(f"--{option.name}", default=argparse.SUPPRESS, help=text)
    asked = vars(parser.parse_args())
    source, target = asked.pop("source"), asked.pop("target")
    try:
        rows, problems = score(MODEL, source, target, asked, joblib.cpu_count(), bar)
    except (Problem, *UNREADABLE) as error:
        parser.exit(2, f"{error}\n")
    print(f"{rows:,} rows, {problems:,} of them with a problem.", file=sys.stderr)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
