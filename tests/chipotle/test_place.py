"""Places by name: ZIP codes are read on first use, and can be deleted."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

MODEL = Path(__file__).resolve().parents[2] / "model"
ASK = """
import json, sys
from app import lambdaHandler
for asked in json.loads(sys.argv[1]):
    print(json.dumps(lambdaHandler({"queryStringParameters": asked}, None)["body"]))
    print(json.dumps(sys.modules["predictor.place"]._zips.cache_info().currsize))
"""
OLNEY = {"lat": "39.153198", "long": "-77.066176"}


def ask(folder: Path, *asked: dict[str, str]) -> list[Any]:
    command = [sys.executable, "-c", ASK, json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_zip_codes_are_read_on_first_use() -> None:
    page = {"format": "html", "place": "olney, md"}
    answers = ask(MODEL / "deployment", OLNEY, page, {"place": "20832"})
    assert answers[1::2] == [0, 0, 1]
    assert answers[0] == answers[4] != ""


def test_without_zip_codes_there_are_towns(tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path / "model", ignore=shutil.ignore_patterns("zips.npz"))
    folder = tmp_path / "model" / "deployment"
    asked = ({"place": "Olney"}, {"place": "00501"}, {"format": "html"})
    town, zip_code, page = ask(folder, *asked)[::2]
    assert town.endswith("Olney, MD 20832 US")
    assert zip_code == "place is '00501'. It must be a town of this data."
    assert "A town, instead of coordinates." in page
