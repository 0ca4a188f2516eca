"""The common part of csv and JSON lines: cuts a file into blocks of whole rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import IO

from bulk.scorer import Block
from serving.model import Model

BLOCK, LONGEST = 1_300_000, 16_000_000  # bytes of a block and of a row: bound the memory


@dataclass
class TextRows:
    """Rows of text. Its attributes are picklable: processes share it once `blocks` has set it."""

    model: Model
    unit = "line"
    at_once = 12_000  # rows of a block, which is one prediction: bound the memory
    read_so_far = 0  # lines, as an editor counts them
    header = b""
    notes: Sequence[str] = ()

    def blocks(self, file: IO[bytes]) -> Iterator[Block]:
        """Cut a file into blocks of rows and blank lines."""
        rest, chunk = file.read(3).removeprefix(b"\xef\xbb\xbf"), b"first"
        while chunk:
            chunk = file.read(BLOCK)
            may_continue = bool(chunk) and len(rest) <= LONGEST
            rows = self.split(rest + chunk, may_continue)
            rest = rows.pop() if chunk and rows else b""  # may continue in the next chunk
            if len(rest) > LONGEST and not may_continue:
                raise EOFError(f"The next one is longer than {LONGEST:,} bytes.")
            size = len(rows) // (len(rows) // self.at_once + 1) + 1  # of blocks of about one size
            for start in range(0, len(rows), size):
                block, above = rows[start : start + size], self.read_so_far
                self.read_so_far += sum(map(len, map(bytes.splitlines, block)))
                if not all(map(bytes.isspace, block)):
                    yield above, block

    def numbers(self, above: int, rows: Sequence[bytes]) -> Sequence[int]:
        """Return the lines where rows begin, without blank ones."""
        starts = accumulate(map(len, map(bytes.splitlines, rows)), initial=above + 1)
        return [line for line, row in zip(starts, rows, strict=False) if not row.isspace()]

    def split(self, content: bytes, may_continue: bool) -> list[bytes]:
        """Return the rows, with their line ends."""
        return content.splitlines(keepends=True)

    def save(self, contents: Iterator[bytes], out: IO[bytes]) -> None:
        out.writelines(chain([self.header], contents))
