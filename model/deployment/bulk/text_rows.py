"""The common part of csv and JSON lines: cuts a file into blocks of whole rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, compress
from typing import IO

from bulk.scorer import Block
from serving.model import Model

BOM = b"\xef\xbb\xbf"  # dropped at the start of a file; pyarrow drops it at the start of a block
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
        """Cut a file into blocks of rows, without blank lines."""
        rest, chunk = file.read(3).removeprefix(BOM), b"first"
        while chunk:
            chunk = file.read(BLOCK)
            may_continue = bool(chunk) and len(rest) <= LONGEST
            rows = self.split(rest + chunk, may_continue)
            rest = rows.pop() if chunk and rows else b""  # may continue in the next chunk
            if len(rest) > LONGEST and not may_continue:
                raise EOFError(f"The next one is longer than {LONGEST:,} bytes.")
            heights = map(len, map(bytes.splitlines, rows))
            *above, self.read_so_far = accumulate(heights, initial=self.read_so_far)
            is_filled = [not row.isspace() for row in rows]
            above, rows = [*compress(above, is_filled)], [*compress(rows, is_filled)]
            size = len(rows) // (len(rows) // self.at_once + 1) + 1  # of blocks of about one size
            for start in range(0, len(rows), size):
                yield above[start : start + size], rows[start : start + size]

    def split(self, content: bytes, may_continue: bool) -> list[bytes]:
        """Return the rows, with their line ends."""
        return content.splitlines(keepends=True)

    def save(self, contents: Iterator[bytes], out: IO[bytes]) -> None:
        out.writelines(chain([self.header], contents))
