"""Open files and standard streams by name, to read them or to write them atomically."""

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any


def is_stream(name: str) -> bool:
    return name.partition(".")[0] == "-"


@contextmanager
def reading(name: str, watch: Callable[[IO[bytes]], Any]) -> Iterator[Any]:
    with open(0 if is_stream(name) else name, "rb") as raw, watch(raw) as watched:
        yield gzip.GzipFile(fileobj=watched) if name.lower().endswith(".gz") else watched


@contextmanager
def writing(name: str) -> Iterator[Any]:
    """Open a temporary file that takes its name once everything is written."""
    target, stream = Path(name).resolve(), is_stream(name)  # resolved, so a symlink stays one
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with open(1 if stream else part, "wb", closefd=not stream) as file:
            is_gz = name.lower().endswith(".gz")
            # Level 3 takes half the time of the default.
            with gzip.GzipFile("", "wb", 3, file, mtime=0) if is_gz else nullcontext(file) as out:
                yield out
        if not stream:
            part.replace(target)
    except OSError as error:
        if error.filename == str(part):
            error.filename = name
        raise
    finally:
        part.unlink(missing_ok=True)
