"""The lock of the image, for training in a test."""

import re
from pathlib import Path

import pytest

from artefacts import image


@pytest.fixture(autouse=True)
def lock(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the image's lock to edit, without the pandas that the tree's model may need."""
    lock = tmp_path_factory.mktemp("lock") / "requirements.txt"
    lock.write_text(re.sub(r"(?m)^pandas==.*\n", "", image.LOCK.read_text()))
    monkeypatch.setattr(image, "LOCK", lock)
    return lock
