"""A file's lines in, blocks out that can be answered apart; a block in, the rows of a csv out."""

import csv
from collections import deque
from collections.abc import Iterator
from itertools import islice

from serving.problems import Problem

LINES = 8_000  # of a block: bounds the memory
ADVICE = "A field that begins with a quote ends with one, and has two for each inside."


class Lines:
    """The lines of a text, which can be put back."""

    def __init__(self, text: Iterator[str]) -> None:
        self.text, self.again = text, deque[str]()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self.again.popleft() if self.again else next(self.text)

    def put_back(self, lines: list[str]) -> None:
        self.again.extendleft(reversed(lines))


NONE = Lines(iter(()))


def header(text: Iterator[str]) -> list[str]:
    """Return the names of a csv's columns, none if it is empty; raise Problem for wrong quotes."""
    try:
        return next(filter(None, csv.reader(text, strict=True)), [])
    except csv.Error as error:
        raise Problem(400, f"The header cannot be read: {error}. {ADVICE}") from error


def part(text: Iterator[str], of_csv: bool) -> Iterator[list[str]]:
    """Part lines; those of a csv where a row ends, for a field in quotes may have several."""
    lines = Lines(text)
    while block := [*islice(lines, LINES)]:
        if of_csv and '"' in "".join(block):
            for _ in rows(block, lines):
                pass
        yield block


def read(block: list[str]) -> tuple[list[list[str]], list[str]]:
    """Return a block's rows, without blank ones, and for each what is wrong, if its quotes are."""
    try:
        found = [*filter(None, csv.reader(block, strict=True))]
        return found, [""] * len(found)
    except csv.Error:
        pairs = [(row, wrong) for row, wrong in rows(block) if row]
        return [row for row, _ in pairs], [wrong for _, wrong in pairs]


def rows(block: list[str], more: Lines = NONE) -> Iterator[tuple[list[str], str]]:
    """Read a block row by row, and say of each what is wrong, if its quotes are.

    Lines that its last row has in `more` become lines of the block. If quotes are wrong, the line
    where the row begins is a row with one field, and the next line begins another.
    """
    start = 0
    while (begin := start) < (size := len(block)):
        reader = csv.reader(growing(block, start, more), strict=True)
        try:
            while start < len(block):
                row = next(reader)
                start = begin + reader.line_num
                yield row, ""
        except csv.Error as error:
            more.put_back(block[size:])
            del block[size:]
            yield [block[start].rstrip("\r\n")], f"The row cannot be read: {error}. {ADVICE}"
            start += 1


def growing(block: list[str], start: int, more: Lines) -> Iterator[str]:
    yield from islice(block, start, None)
    for line in more:
        block.append(line)
        yield line
