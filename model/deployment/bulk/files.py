"""Names in, files or standard streams out: of text to read, and of bytes to write."""

import gzip
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


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
    target = Path(name).resolve()  # of a link, what it leads to
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
