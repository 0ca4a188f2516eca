"""Score the content of a small file."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import bulk
from serving import batch
from serving.handler import Handler
from serving.model import Model
from tests.serving.flowers import MODEL as FLOWERS
from tests.serving.flowers import post

NAMES = [parameter.name for parameter in FLOWERS.inputs]
HEADER = ",".join(NAMES)
POINTS = [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3], [5.9, 3.0, 4.2, 1.5]]
POINT = dict(zip(NAMES, POINTS[0], strict=True))
GOOD = "6.7,3.0,5.2,2.3"
ADDED = "predictions_species,predictions_probability,problem"


def summary(
    folder: Path, content: str | bytes, kind: str = ".csv", model: Model = FLOWERS, **options: Any
) -> bulk.Summary:
    """Score a file of that content, and leave the answers in the folder."""
    data = content.encode() if isinstance(content, str) else content
    source = folder / f"in{kind}"
    source.write_bytes(gzip.compress(data) if kind.endswith(".gz") else data)
    return bulk.score(model, source, folder / f"out{kind}", options)


def scored(folder: Path, content: str | bytes, kind: str = ".csv", **more: Any) -> str:
    """Return the content of the answers."""
    summary(folder, content, kind, **more)
    found = (folder / f"out{kind}").read_bytes()
    return (gzip.decompress(found) if kind.endswith(".gz") else found).decode("utf-8", "replace")


def cells(folder: Path, content: str | bytes, kind: str = ".csv", **more: Any) -> list[list[str]]:
    """Return the cells of the answers' csv, without the header."""
    return [*csv.reader(io.StringIO(scored(folder, content, kind, **more)))][1:]


def posted(points: list[Any], **options: object) -> Any:
    """Answer the points as the handler answers a POST: the oracle."""
    document = post(Handler(FLOWERS, batch), points=points, **options)["body"]
    return json.loads(document)["results"]
