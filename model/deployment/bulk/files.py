"""Open files and standard streams by name, to read them or to write them atomically."""

import gzip
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
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
    """Open a named pipe, or a temporary file that replaces the named one once all is written."""
    target = Path(name).resolve()  # so a symlink stays one
    part = target.with_name(f".{target.name}.{os.getpid()}")
    written = 1 if is_stream(name) else target if target.is_fifo() else part
    try:
        with open(written, "wb", closefd=written != 1) as file:
            if written == part and target.is_file():
                shutil.copymode(target, part)
            is_gz = name.lower().endswith(".gz")  # level 3 takes half the time of the default
            with gzip.GzipFile("", "wb", 3, file, mtime=0) if is_gz else nullcontext(file) as out:
                yield out
        if written == part:
            part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink()
