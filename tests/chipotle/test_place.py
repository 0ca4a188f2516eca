"""ZIP codes are read for the first request that has one, not at the cold start."""

import json
import subprocess
import sys
from pathlib import Path

DEPLOYMENT = Path(__file__).resolve().parents[2] / "model" / "deployment"
ASK = """
import json, sys
from app import lambdaHandler
for asked in json.loads(sys.argv[1]):
    lambdaHandler({"queryStringParameters": asked}, None)
    print(sys.modules["predictor.place"]._zips.cache_info().currsize)
"""


def test_zip_codes_are_read_on_first_use() -> None:
    coordinates = {"lat": "39.153198", "long": "-77.066176"}
    page = {"format": "html", "place": "olney, md"}
    asked = json.dumps([coordinates, page, {"place": "20832"}])
    command = [sys.executable, "-c", ASK, asked]
    done = subprocess.run(command, capture_output=True, text=True, cwd=DEPLOYMENT, check=True)
    assert done.stdout.split() == ["0", "0", "1"]
