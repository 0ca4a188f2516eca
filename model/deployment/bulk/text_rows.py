"""The common part of csv and JSON lines: cuts a file into blocks of whole rows."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import IO

from bulk.scorer import Block
from serving.model import Model
from serving.problems import Problem

BLOCK, LONGEST = 2_000_000, 16_000_000  # bytes of a block and of a row: bound the memory


@dataclass
class TextRows:
    """Rows of text. Its attributes are picklable: processes share it once `blocks` has set it."""

    model: Model
    compress: bool
    unit = "line"
    at_once = 12_000  # rows of a block, which is one prediction: bound the memory
    read_so_far = 0  # lines, as an editor counts them
    header = b""
    notes: Sequence[str] = ()

    def blocks(self, file: IO[bytes]) -> Iterator[Block]:
        """Cut a file into rows and blank lines. A chunk's last row may continue in the next."""
        rest, chunk = file.read(3).removeprefix(b"\xef\xbb\xbf"), b"first"
        while chunk:
            chunk = file.read(BLOCK)
            rows = self.split(rest + chunk, may_continue=bool(chunk))
            rest = rows.pop() if chunk and rows else b""
            if len(rest) > LONGEST:
                rows += self.split(rest, may_continue=False)
                rest = rows.pop()
                if len(rest) > LONGEST:
                    raise Problem(400, f"A line is longer than {LONGEST:,} bytes.")
            whole = len(rows) // self.at_once * self.at_once or len(rows)  # small blocks are slow
            if chunk:
                rest = b"".join(rows[whole:]) + rest
                del rows[whole:]
            for start in range(0, len(rows), self.at_once):
                part, above = rows[start : start + self.at_once], self.read_so_far
                self.read_so_far += sum(map(len, map(bytes.splitlines, part)))
                if not all(map(bytes.isspace, part)):
                    yield above, part

    def numbers(self, above: int, rows: Sequence[bytes]) -> Sequence[int]:
        """Return the lines where rows begin, without blank ones."""
        starts = accumulate(map(len, map(bytes.splitlines, rows)), initial=above + 1)
        return [line for line, row in zip(starts, rows, strict=False) if not row.isspace()]

    def split(self, content: bytes, may_continue: bool) -> list[bytes]:
        """Return the rows, with their line ends."""
        return content.splitlines(keepends=True)

    def save(self, contents: Iterator[bytes], out: IO[bytes]) -> None:
        out.writelines(chain([self.header], contents))

    def encode(self, content: bytes) -> bytes:
        return gzip.compress(content, 6, mtime=0) if self.compress else content
