"""Other data, trained in a copy of the tree: its own answers, page and words."""

import json
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import training

MODEL = Path(training.__file__).parents[1]
CAFES = """name;city;lat;lng
Café Zentral, Herrengasse 14, Wien;Wien;48.2104;16.3655
Caffè San Marco, Via Battisti 18, Trieste;Trieste;45.6540;13.7790
Zweites Café im Haus, Herrengasse 14, Wien;Wien;48.2104;16.3655
קפה לנדוור, תל אביב;תל אביב;32.0630;34.7690
"""
ABOUT = {"title": "The nearest café", "place": "café", "places": "cafés"}
ASK = """
import json, sys
from app import lambdaHandler
for asked in json.loads(sys.argv[1]):
    print(json.dumps(lambdaHandler({"queryStringParameters": asked}, None)["body"]))
"""


def test_european_cafes_are_answered_and_shown_in_their_own_words(tmp_path: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(MODEL, copy, ignore=shutil.ignore_patterns("*.pkl", "__pycache__", "*.ipynb"))
    script = copy / "training" / "training.py"
    text = re.sub(r"ABOUT = \{.*?\n\}", f"ABOUT = {ABOUT}", script.read_text(), flags=re.DOTALL)
    script.write_text(re.sub(r"(?m)^EXAMPLE.*", "EXAMPLE = None", text))
    csv = tmp_path / "cafés.csv"
    csv.write_text(CAFES, encoding="utf-8")
    trained = subprocess.run([sys.executable, script, csv], capture_output=True, text=True)
    assert trained.returncode == 0, trained.stderr

    def ask(*asked: dict[str, str]) -> list[str]:
        command = [sys.executable, "-c", ASK, json.dumps(asked)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=copy / "deployment")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    vienna = {"lat": "48.3", "long": "16.3655"}
    near, twins, nothing, page, empty = ask(
        vienna,
        {"lat": "48.2104", "long": "16.3655", "k": "2"},
        vienna | {"radius": "5"},
        vienna | {"k": "3", "format": "html"},
        {"format": "html"},
    )
    assert near == "Café Zentral, Herrengasse 14, Wien"
    assert twins.splitlines() == [near, "Zweites Café im Haus, Herrengasse 14, Wien"]
    assert nothing == "No café within 5 m of 48.3, 16.3655."
    assert re.search(r'data-centre="4\d\.\d+ [23]\d\.\d+"', empty)
    page, empty = (unescape(re.sub(r' d="[^"]*"', "", text)) for text in (page, empty))
    assert "10 km (6.2 miles) south" in page
    assert '<h1 dir="auto">The nearest café</h1>' in page
    assert "nearest of 4 cafés: where" in page
    for word in ("chipotle", "restaurant", "2020", "kaggle", "united states"):
        assert word not in page.lower() + empty.lower()
