"""Open files and standard streams by name, to read them or to write them atomically."""

import gzip
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


def is_stream(name: str | Path) -> bool:
    return str(name).partition(".")[0] == "-"


@contextmanager
def reading(name: str | Path, watch: Callable[[IO[bytes]], Any]) -> Iterator[Any]:
    with open(0 if is_stream(name) else name, "rb") as raw, watch(raw) as watched:
        yield gzip.GzipFile(fileobj=watched) if str(name).lower().endswith(".gz") else watched


@contextmanager
def writing(name: str | Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that takes its name once everything is written."""
    if is_stream(name):
        yield sys.stdout.buffer
        return
    target = Path(name).resolve()  # so a symlink stays one
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with open(part, "wb") as file:
            yield file
        part.replace(target)
    except OSError as error:
        if error.filename == str(part):
            error.filename = str(name)
        raise
    finally:
        part.unlink(missing_ok=True)
