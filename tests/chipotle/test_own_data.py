"""Other data, trained in a copy of the tree: its own answers, page and words."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from tests.chipotle.pictures.elsewhere import served
from tests.engines import over_http
from tests.table import Row

CAFES = """name;city;lat;lng
Café Zentral, Herrengasse 14, Wien;Wien;48.2104;16.3655
Caffè San Marco, Via Battisti 18, Trieste;Trieste;45.6540;13.7790
Zweites Café im Haus, Herrengasse 14, Wien;Wien;48.2104;16.3655
קפה לנדוור, תל אביב;תל אביב;32.0630;34.7690
"""
VIENNA = {"lat": 48.3, "long": 16.3655}


def test_european_cafes_are_answered_and_shown_in_their_own_words(tmp_path: Path) -> None:
    csv = tmp_path / "cafés.csv"
    csv.write_text(CAFES, encoding="utf-8")
    with served(csv, has_map=False) as url:
        near, twins, town, zip_code, nothing, page, empty = (
            over_http(url)(Row("", f"/?{urlencode(asked)}")).text
            for asked in (
                VIENNA,
                VIENNA | {"lat": 48.2104, "k": 2},
                {"place": "wien"},
                {"place": "00501"},
                VIENNA | {"radius": 5},
                VIENNA | {"k": 3, "format": "html"},
                {"format": "html"},
            )
        )
    assert near == "Café Zentral, Herrengasse 14, Wien"
    assert twins.splitlines() == [near, "Zweites Café im Haus, Herrengasse 14, Wien"]
    assert town == near
    assert zip_code == "place is '00501'. It must be a town in this data."
    assert "A town, instead of coordinates." in empty
    assert nothing == "No café within 5 m of 48.3, 16.3655."
    assert re.search(r'<view id="whole" viewBox="12\.\d+ -56\.', empty)  # not America
    page, empty = (unescape(re.sub(r' d="[^"]*"', "", text)) for text in (page, empty))
    assert "10 km (6.2 miles) south" in page
    assert '<h1 dir="auto">The nearest café</h1>' in page
    assert "nearest of 4 cafés: where" in page
    for word in ("chipotle", "restaurant", "2020", "kaggle", "united states"):
        assert word not in page.lower() + empty.lower()
