"""The common part of csv and JSON lines: cuts a file into blocks of whole rows."""

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from bulk.scorer import Block
from serving.model import Model
from serving.problems import Problem

BLOCK, LONGEST = 4_000_000, 16_000_000  # bytes of a block and of a row: bound the memory
ROWS = 16_000  # of a block, about


@dataclass
class TextRows:
    """Rows of text. Its attributes are picklable: processes share it once `blocks` has set it."""

    model: Model
    compress: bool
    unit = "line"
    read_so_far = 0  # lines, as an editor counts them
    header = b""
    notes: tuple[str, ...] = ()

    def blocks(self, file: IO[bytes]) -> Iterator[Block]:
        """Cut a file where rows end; every block has at least one row."""
        rest, size = file.read(3).removeprefix(b"\xef\xbb\xbf"), min(BLOCK, 100_000)
        while chunk := file.read(size):
            rest += chunk
            end = self.cut(rest)
            if rest[:end].strip():
                block = self.block(rest[:end])
                yield block
                rest = rest[end:]
                size = min(BLOCK, ROWS * end // (self.read_so_far - block.before))
            elif len(rest) > 2 * LONGEST:
                raise Problem(400, f"A line is longer than {LONGEST:,} bytes.")
        if rest.strip():
            yield self.block(rest)

    def block(self, content: bytes) -> Block:
        before, self.read_so_far = self.read_so_far, self.read_so_far + len(content.splitlines())
        return Block(before, content)

    def cut(self, content: bytes) -> int:
        """Return where the last complete row ends."""
        return content.rfind(b"\n") + 1

    def pieces(self, content: bytes) -> Iterator[re.Match[bytes]]:
        """Return the rows; blank lines are not rows."""
        return re.finditer(rb"[^\n]*\S[^\n]*", content)

    def line(self, content: bytes, row: int) -> int:
        """Return the line of a block where a row begins."""
        start = next(islice(self.pieces(content), row, None)).start()
        return len(content[:start].splitlines()) + 1

    @contextmanager
    def writer(self, out: IO[bytes]) -> Iterator[Callable[[bytes], Any]]:
        out.write(self.header)
        yield out.write

    def encode(self, content: bytes) -> bytes:
        return gzip.compress(content, 6, mtime=0) if self.compress else content
