"""Other places train in a copy of the tree, and the page speaks of them."""

import json
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod

import training
from stores import read_stores

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


def test_a_csv_of_european_cafes_brings_its_own_answers_page_and_words(tmp_path: Path) -> None:
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


# As public files of shops come, each from another program and country.
FILES = {
    "a German spreadsheet": """Name;Straße;PLZ;Ort;Latitude;Longitude
Bäckerei Süß;Hauptstr. 1, Hinterhof;04109;Leipzig;51.3406;12.3747
Bäckerei Süß;Markt 2;01067;Dresden;51.0504;13.7373
Café "Größe";Am Platz 3;20095;Hamburg;53.5503;10.0006
""".encode("utf-8-sig"),
    "a French export in UTF-16": """nom\taddress\tville\tX\tY
Épicerie\t1 rue de l’Évêché, Nîmes\tNîmes\t4.3601\t43.8367
Épicerie\t2 place Carnot, Lyon\tLyon\t4.8270\t45.7485
Épicerie\t3 rue Maï, Saint-Denis, La Réunion\tSaint-Denis\t55.4504\t-20.8789
""".encode("utf-16"),
    "a Japanese table with Windows' lines": """name,lat,lon,prefecture\r
"東京駅, 丸の内1丁目",35.6812,139.7671,東京都\r
"大阪駅, 梅田3丁目",34.7025,135.4959,大阪府\r
"那覇, 泉崎1丁目",26.2124,127.6792,沖縄県\r
""".encode(),
    "an American one, with a line break in a column": b"""Address,City,State,Lat,Long,Notes
"1 Main St ""Rear"", Adak, AK",Adak,Alaska,51.88,-176.6581,"open
late"
"2 Front St, Nome, AK",Nome,Alaska,64.5011,-165.4064,
"2 Front St, Nome, AK",Nome,Alaska,64.5011,-165.4064,
"3 Ala Moana Blvd, Honolulu, HI",Honolulu,Hawaii,21.2905,-157.8436,
""",
    "a Brazilian spider's GeoJSON": json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
                    "properties": {"addr:street_address": street, "addr:city": city},
                }
                for street, city, latitude, longitude in (
                    ("Av. São João, 1", "São Paulo", -23.5431, -46.6424),
                    ("Rua Açaí, 2", "Belém", -1.4558, -48.4902),
                    ("Praça, 3", "Fernando de Noronha", -3.8403, -32.4108),
                )
            ],
        }
    ).encode(),
}  # fmt: skip


@pytest.mark.parametrize("file", FILES)
def test_public_files_of_many_countries_train(file: str, tmp_path: Path) -> None:
    """By PROJ, the pickle's own predict names the nearest of these far apart places."""
    (tmp_path / "places").write_bytes(FILES[file])
    table = read_stores(tmp_path / "places")
    assert len(table) == 3
    model = training.train(table)
    places, near = table[["latitude", "longitude"]].to_numpy(), np.array([0.4, -0.3])
    for latitude, longitude in places + near:
        here = [np.full(3, angle) for angle in (longitude, latitude)]
        metres = Geod(ellps="WGS84").inv(here[0], here[1], places[:, 1], places[:, 0])[2]
        assert model.predict([[latitude, longitude]]) == [table["address"][metres.argmin()]]
