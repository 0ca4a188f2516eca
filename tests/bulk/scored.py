"""Score a small text with the model of flowers."""

import gzip
from pathlib import Path

import bulk
from tests.serving.flowers import MODEL as FLOWERS

NAMES = [parameter.name for parameter in FLOWERS.inputs]
HEADER = ",".join(NAMES)
ADDED = ",predictions_species,predictions_probability,problem"


def scored(tmp_path: Path, text: str | bytes, kind: str = ".csv", **options: object) -> str:
    """Write the text to a file, score it into another, and return the content of that."""
    content = text.encode() if isinstance(text, str) else text
    source, target = tmp_path / f"in{kind}", tmp_path / f"out{kind}"
    source.write_bytes(gzip.compress(content) if kind.endswith(".gz") else content)
    bulk.score(FLOWERS, source, target, options)
    found = target.read_bytes()
    return (gzip.decompress(found) if kind.endswith(".gz") else found).decode("utf-8", "replace")
