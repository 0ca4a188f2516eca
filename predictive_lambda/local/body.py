"""The body of a request (RFC 9112, 6 and 7): headers and the stream behind them in, bytes out."""

import re
from email.message import Message
from http import HTTPStatus
from io import BufferedIOBase

CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r\n")  # the size; extensions are ignored
LONGEST_LINE = 10_240  # bytes


class Refused(Exception):
    """A request that the server does not pass on; `status` says why."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


def read_body(headers: Message, stream: BufferedIOBase, longest: int) -> bytes:
    """Read a body of at most `longest` bytes, sent in chunks or with a content-length.

    Raises Refused: 400 (also where the body ends too early), 413, 501.
    """
    codings = [coding.strip(" \t").lower() for coding in headers.get_all("transfer-encoding", [])]
    lengths = {
        length.strip(" \t")
        for several in headers.get_all("content-length", [])
        for length in several.split(",")
    }
    if codings and lengths:  # they could disagree on where the next request begins
        raise Refused(HTTPStatus.BAD_REQUEST)
    if codings:
        if codings != ["chunked"]:
            raise Refused(HTTPStatus.NOT_IMPLEMENTED)
        return read_chunks(stream, longest)
    if not lengths:
        return b""
    if len(lengths) > 1 or not all(re.fullmatch("[0-9]+", length) for length in lengths):
        raise Refused(HTTPStatus.BAD_REQUEST)
    [length] = lengths
    if len(length) > 19 or int(length) > longest:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return read_exactly(stream, int(length))


def read_chunks(stream: BufferedIOBase, longest: int) -> bytes:
    body = bytearray()
    while size := read_size(stream):
        if len(body) + size > longest:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body += read_exactly(stream, size)
        if read_exactly(stream, 2) != b"\r\n":
            raise Refused(HTTPStatus.BAD_REQUEST)
    while read_line(stream) != b"\r\n":
        pass  # trailers, which API Gateway drops
    return bytes(body)


def read_size(stream: BufferedIOBase) -> int:
    """Read the line before a chunk; 0 stands before the end."""
    size = CHUNK.fullmatch(read_line(stream))
    if not size:
        raise Refused(HTTPStatus.BAD_REQUEST)
    return int(size[1], 16)


def read_line(stream: BufferedIOBase) -> bytes:
    line = stream.readline(LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise Refused(HTTPStatus.BAD_REQUEST)
    return line


def read_exactly(stream: BufferedIOBase, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise Refused(HTTPStatus.BAD_REQUEST)
    return data
