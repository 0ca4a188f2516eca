"""The common part of csv and JSON lines: blocks of lines, written as they were read."""

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO, Any

from serving.model import Model
from serving.problems import Problem

BLOCK, LONGEST = 500_000, 16_000_000  # bytes of a block and of a row: bound the memory


@dataclass
class TextRows:
    """Rows of text. Its attributes are picklable: processes share it once `blocks` has set it."""

    model: Model
    compress: bool
    unit = "line"
    lines = 0  # above the first block
    header = b""
    notes: tuple[str, ...] = ()

    def cut(self, block: bytes) -> int:
        """Return where the last complete row of a block ends."""
        return block.rfind(b"\n") + 1

    def pieces(self, block: bytes) -> Iterator[re.Match[bytes]]:
        """Return the rows of a block; blank lines are not rows."""
        return re.finditer(rb"[^\n]*\S[^\n]*", block)

    def blocks(self, file: IO[bytes]) -> Iterator[bytes]:
        """Read what precedes the rows; return the rows in parts."""
        parts = self.parts(file)
        first = next(parts, b"").removeprefix(b"\xef\xbb\xbf")
        end = self.begin(first)
        rest = [first[end:]] if first[end:].strip() else []
        self.lines = self.count(first[:end] if rest else first)
        return chain(rest, parts)

    def begin(self, block: bytes) -> int:
        """Return where the rows begin."""
        return 0

    def parts(self, file: IO[bytes]) -> Iterator[bytes]:
        """Cut a file where rows end; every part has at least one row."""
        rest = b""
        while chunk := file.read(BLOCK):
            rest += chunk
            end = self.cut(rest)
            if rest[:end].strip():
                yield rest[:end]
                rest = rest[end:]
            elif len(rest) > 2 * LONGEST:
                raise Problem(400, f"A line is longer than {LONGEST:,} bytes.")
        if rest.strip():
            yield rest

    @contextmanager
    def writer(self, out: IO[bytes]) -> Iterator[Callable[[bytes], Any]]:
        out.write(self.encode(self.header) if self.header else b"")
        yield out.write

    def encode(self, content: bytes) -> bytes:
        return gzip.compress(content, 6, mtime=0) if self.compress else content

    def count(self, block: bytes, row: int | None = None) -> int:
        """Count lines as an editor does: in a block, or up to the beginning of a row."""
        if row is not None:
            return self.count(block[: next(islice(self.pieces(block), row, None)).start()]) + 1
        return len(block.splitlines())
