"""The example's HTTP contract: one row per rule, sent to every engine.

tests/contract has the rules that hold for any model.
"""

import json
from typing import Any

from tests.table import JSON, PROBLEM, TEXT, Row, batch, length, refused

HTML = "text/html; charset=utf-8"
OLNEY = "3333 Olney Sandy Springs Rd Olney, MD 20832 US"
DENVER = "1600 California St Unit 7 Denver, CO 80202 US"
BANGOR = "583 Stillwater Ave Bangor, ME 04401 US"
HERE = "/?lat=39.153198&long=-77.066176"
GEOJSON = "application/geo+json"


def row(rule: str, target: str = HERE, media_type: str | None = TEXT, **more: Any) -> Row:
    """A row that asks for the nearest store, and by default gets text."""
    return Row(rule, target, media_type=media_type, **more)


ANSWERS = [
    row("text is only the nearest store's address", text=OLNEY),
    row("an absent input has its default, and JSON says so", "/?lat=0&format=json", JSON, json={
        "nearest.0.address": BANGOR, "query.long": 0.0, "query.defaulted": ["long"]}),
    row("JSON has query, stores and model", f"{HERE}&format=json", JSON, json={
        "query.lat": 39.153198, "query.long": -77.066176, "query.k": 1,
        "query.defaulted": [], "nearest": length(1),
        "nearest.0.address": OLNEY, "nearest.0.city": "Olney", "nearest.0.state": "Maryland",
        "nearest.0.lat": 39.153198, "nearest.0.long": -77.066176, "nearest.0.distance_m": 0.0,
        "model.stores": 2629, "model.version": length(12),
    }),
    row("distance is the geodesic's, to a millimetre",  # figure from pyproj
        "/?lat=39.7392&long=-104.9903&format=json", JSON,
        json={"nearest.0.address": DENVER,
              "nearest.0.distance_m": lambda m: abs(m - 695.3167850776576) < 1e-3}),
    row("k stores, nearest first, one a line", f"{HERE}&k=2",
        text=f"{OLNEY}\n13501 Connecticut Ave Aspen Hill, MD 20906 US"),
    row("radius leaves out what is farther", f"{HERE}&k=50.0&radius=10000&format=json", JSON,
        json={"query.k": 50, "query.radius": 10000, "nearest": lambda found: 1 < len(found) < 50}),
    row("nothing within the radius, as text", "/?lat=0&long=0&radius=1234567",
        text="No store within 1234567 m of 0, 0."),
    row("GeoJSON has longitude first", f"{HERE}&format=geojson", GEOJSON, json={
        "type": "FeatureCollection", "features.0.type": "Feature",
        "features.0.geometry": {"type": "Point", "coordinates": [-77.066176, 39.153198]},
        "features.0.properties": {
            "address": OLNEY, "city": "Olney", "state": "Maryland", "distance_m": 0.0
        },
    }),
    row("a sign and an exponent", "/?lat=%2B3.9153198e1&long=-7.7066176E%2B01", text=OLNEY),
    row("minus zero is zero", "/?lat=-0.0&long=-0&format=json", JSON, contains=('"lat": 0.0,',)),
    row("at a pole, all is south", "/?lat=90&long=50&format=html", HTML, contains=(" south<",)),
    row("the greatest weight wins", send={"accept": f"{JSON};q=0.1, {GEOJSON};q=0.9"},
        media_type=GEOJSON),
    row("a long body is compressed if accepted", f"{HERE}&k=50&format=json", JSON,
        send={"accept-encoding": "br, gzip;q=0.5"}, json={"nearest": length(50)},
        headers={"content-encoding": "gzip"}),
    row("a long body is not compressed if rejected", f"{HERE}&k=50&format=json", JSON,
        send={"accept-encoding": "gzip;q=0, *"}, headers={"content-encoding": None}),
    row("a short body is not compressed", send={"accept-encoding": "gzip"}, text=OLNEY,
        headers={"content-encoding": None}),
]  # fmt: skip
PAGE = ("<!doctype html>", '<h1 dir="auto">The nearest Chipotle</h1>', "2,629 stores (as of 2020)")
HIDDEN = 'id="answer" aria-labelledby="asked" hidden>'
SHOWN = 'id="answer" aria-labelledby="asked" >'
MORE = '<a href="?lat=39.153198&amp;long=-77.066176&amp;k=5">Show more stores</a>'
PAGES = [
    row("browsers get the page, here without a point", "/", HTML,
        send={"accept": "text/html,*/*;q=0.8"}, contains=(*PAGE, HIDDEN, 'value="5"')),
    row("a page with an answer", f"{HERE}&format=html", HTML,
        contains=(*PAGE, SHOWN, f"<title>{OLNEY}</title>", "Right here", MORE),
        headers={"referrer-policy": "no-referrer", "permissions-policy": "geolocation=(self)"}),
    row("a page with five stores", f"{HERE}&k=5&format=html", HTML, contains=(
        SHOWN, OLNEY, "13501 Connecticut Ave", "5.3 miles (8.6 km) south", 'id="more" hidden')),
    row("a page with nothing within the radius", "/?lat=45&long=-77&radius=1e-5&format=html", HTML,
        contains=(SHOWN, '<p id="note">No store within that distance.', 'value="0.00001"')),
    row("a page with nothing near", "/?lat=48.8567&long=2.3508&format=html", HTML,
        contains=(SHOWN, '<p id="note">None of these stores is near that point.', "miles")),
    row("a page with a problem beside its field", "/?lat=91&long=0&format=html", HTML, status=400,
        contains=(HIDDEN, 'value="91"', 'aria-invalid="true" autofocus', "which is out of range.")),
    row("a page with a problem at the top", "/?format=html", HTML, method="PUT", status=405,
        contains=('role="alert">This method is not supported.',)),
    row("only Accept can ask for a part of the page", "/?format=part", status=400,
        text="format is 'part', which is not one of its values. "
        "It must be text, json, geojson or html."),
    row("a part of the page lacks map and script", "/?lat=39.7392&long=-104.9903",
        "text/x-part; charset=utf-8", send={"accept": "text/x-part"},
        headers={"content-encoding": None}, contains=(
            "<head>", DENVER, 'id="stores" d=""', "0.43 miles (0.70 km) north")),
]  # fmt: skip
SPRINGFIELD = "Springfield, Illinois; Springfield, Missouri; Springfield, New Jersey; "
PLACES = [
    row("a ZIP code has its point", "/?place=20832&format=json", JSON, json={
        "query.place": "20832", "query.defaulted": ["lat", "long"], "nearest.0.address": OLNEY}),
    row("a ZIP code is where the Census Bureau has it", "/?place=20832&radius=1",
        text="No store within 1 m of 39.15, -77.078."),
    row("a ZIP code with a zero and four digits more", "/?place=04401-1234", text=BANGOR),
    *(
        row(f"a town as {name}", f"/?place={name}", text=OLNEY)
        for name in ("Olney", "olney+md", "Olney,%20Maryland", "%20OLNEY+", "%C3%96lney")
    ),
    row("a town is among its stores", "/?place=St.+Louis,+MO&format=json", JSON, json={
        "nearest.0.city": "Saint Louis", "nearest.0.distance_m": lambda m: m < 1e4}),
    row("a state that is a word of the town", "/?place=Kansas+City,+Kansas&radius=20000"),
    row("a town with two spellings", "/?place=Ft+Lauderdale,+Florida&radius=20000"),
    row("an abbreviation with dots", "/?place=Washington,+D.C.&radius=20000"),
    refused("a town in many states", "place=springfield", "place", SPRINGFIELD, "(and 2 more)."),
    refused("part of a town's name", "place=Washington", "place", "Washington DC, Washington DC;"),
    refused("an unknown town", "place=Olny", "place", "Did you mean Olney or"),
    refused("a house number is not a ZIP code", "place=14540", "place", "must be a ZIP code"),
    refused("a place and a latitude", "place=20832&lat=39", "place", "not both"),
    batch("places and points in a batch",
          '{"points": [{"place": "20832"}, [39.153198, -77.066176], [0, 0, "Olney"]]}', 200,
          json={f"results.{i}.0.address": OLNEY for i in range(3)}),
    row("a page for a place, which stays in its field", "/?place=Olney,+MD&format=html", HTML,
        contains=('<span id="point" dir="auto">Olney, MD</span>', 'value="Olney, MD"')),
]  # fmt: skip
REFUSALS = [
    refused("empty, without an equals sign", "lat", "lat", "lat is empty"),
    refused("an unescaped plus is a space", "lat=+39", "lat", "' 39'"),
    refused("a NUL and a line break, escaped", "lat=%00%0D%0Ax:y", "lat", "\\\\x00\\\\r\\\\nx"),
    refused("at most 40 characters are echoed", f"lat={'7' * 1000}x", "lat", f"'{'7' * 39}…'"),
    refused("radius too small to be above 0", "radius=1e-400", "radius", "greater than 0 (metres)"),
    refused("lng is not long", "lat=39&lng=-77", "long", "'lng' is not a parameter. Did you mean"),
    refused("latitude is not lat", "latitude=39&long=-77", "lat", "Did you mean lat?"),
    row("a problem as text is the sentence", "/?lat=x", status=400, contains=("lat is 'x'",)),
    row("a problem as GeoJSON is problem details", "/?lat=x&format=geojson", PROBLEM, status=400),
]
SLOWEST = [-50.0, 90.0]  # on a grid over the Earth: 242 stores may be among the 10 nearest
BATCHES = [
    batch("two points, two stores each",
          '{"points": [[39.153198, -77.066176], [39.7392, -104.9903]], "k": 2}', 200, json={
              "results": length(2), "results.0": length(2), "results.0.0.address": OLNEY,
              "results.1.0.address": DENVER, "model.stores": 2629}),
    batch("a radius", '{"points": [[0, 0]], "radius": 1}', 200, json={"results": [[]]}),
    batch("1,000 of the slowest points, well within the function's 15 s",
          json.dumps({"points": [[SLOWEST[0], SLOWEST[1] + i * 1e-5] for i in range(1000)],
                      "k": 10}), 200, json={"results": length(1000), "results.999": length(10)}),
    batch("too many results", f'{{"points": [{", ".join(["[39, -77]"] * 201)}], "k": 50}}', 413,
          contains=("201 points with k 50",)),
    batch("true is not 1", '{"points": [[0, 0], [true, 0]]}', contains=("points[1]: lat is true",)),
    batch("1e400 is JSON, but not finite", '{"points": [[1e400, 0]]}', contains=("not finite",)),
    batch("k out of range", '{"points": [[0, 0]], "k": 51}', json={"parameter": "k"}),
]  # fmt: skip
ROWS = [*ANSWERS, *PAGES, *PLACES, *REFUSALS, *BATCHES]
