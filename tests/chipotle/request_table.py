"""The example's HTTP contract: one row a rule, sent alike to every engine."""

import json
from collections.abc import Callable
from typing import Any

from tests.table import JSON, PROBLEM, TEXT, Row, batch, length, refused

OLNEY = "3333 Olney Sandy Springs Rd Olney, MD 20832 US"
DENVER = "1600 California St Unit 7 Denver, CO 80202 US"
HERE = "/?lat=39.153198&long=-77.066176"
GEOJSON = "application/geo+json"
SLOWEST = [-40.1612, 83.1471]  # of thousands searched: 52 geodesics for k = 10, from the far side
METHODS = "GET, HEAD, POST, OPTIONS"


def row(rule: str, target: str = HERE, media_type: str | None = TEXT, **more: Any) -> Row:
    """A row that asks for the nearest store, and by default gets text."""
    return Row(rule, target, media_type=media_type, **more)


def close_to(metres: float) -> Callable[[float], bool]:
    """Allow a millimetre."""
    return lambda found: abs(found - metres) < 1e-3


PREDICTIONS = [
    row("the nearest store's address alone, as text", text=OLNEY),
    row("any path predicts", "/any/path?lat=39.153198&long=-77.066176", text=OLNEY),
    row(
        "every answer says how it may be kept, and which model gave it",
        headers={
            "cache-control": "private, no-cache",
            "vary": "Accept, Accept-Encoding",
            "x-content-type-options": "nosniff",
            "content-encoding": None,
        },
    ),
    row("unknown parameters are ignored", f"{HERE}&utm_source=mail&lat2=x", text=OLNEY),
    row("an absent parameter has its default", "/", text="583 Stillwater Ave Bangor, ME 04401 US"),
    row(
        "JSON says which inputs were absent",
        "/?lat=39.15&format=json",
        media_type=JSON,
        json={"query.long": 0.0, "query.defaulted": ["long"]},
    ),
    row(
        "JSON gives query, stores with distance in metres, and model",
        f"{HERE}&format=json",
        media_type=JSON,
        json={
            "query.lat": 39.153198,
            "query.long": -77.066176,
            "query.k": 1,
            "query.defaulted": [],
            "nearest": length(1),
            "nearest.0.address": OLNEY,
            "nearest.0.city": "Olney",
            "nearest.0.state": "Maryland",
            "nearest.0.lat": 39.153198,
            "nearest.0.long": -77.066176,
            "nearest.0.distance_m": 0.0,
            "model.stores": 2629,
            "model.version": length(12),
        },
    ),
    row(
        "distance is the geodesic's, to a millimetre",  # figure from pyproj
        "/?lat=39.7392&long=-104.9903&format=json",
        media_type=JSON,
        json={"nearest.0.address": DENVER, "nearest.0.distance_m": close_to(695.3167850776576)},
    ),
    row(
        "k stores, nearest first, one a line",
        f"{HERE}&k=2",
        text=f"{OLNEY}\n13501 Connecticut Ave Aspen Hill, MD 20906 US",
    ),
    row("k up to 50", f"{HERE}&k=50&format=json", media_type=JSON, json={"nearest": length(50)}),
    row(
        "a whole number may be written 2.0",
        f"{HERE}&k=2.0&format=json",
        media_type=JSON,
        json={"query.k": 2},
    ),
    row(
        "radius leaves out what is farther",
        f"{HERE}&k=50&radius=10000&format=json",
        media_type=JSON,
        json={"query.radius": 10000, "nearest": lambda found: 1 < len(found) < 50},
    ),
    row(
        "a distance that was answered is a radius that includes",  # the distance is 695.31678...
        "/?lat=39.7392&long=-104.9903&radius=695.317",
        text=DENVER,
    ),
    row(
        "nothing within the radius is a sentence",
        "/?lat=0&long=0&radius=1234567",
        text="No store within 1234567 m of 0, 0.",
    ),
    row(
        "nothing within the radius is an empty list",
        "/?radius=1000&format=json",
        media_type=JSON,
        json={"nearest": []},
    ),
    row(
        "GeoJSON has longitude first",
        f"{HERE}&format=geojson",
        media_type=GEOJSON,
        json={
            "type": "FeatureCollection",
            "features.0.type": "Feature",
            "features.0.geometry": {"type": "Point", "coordinates": [-77.066176, 39.153198]},
            "features.0.properties": {
                "address": OLNEY,
                "city": "Olney",
                "state": "Maryland",
                "distance_m": 0.0,
            },
        },
    ),
    row(
        "a sign and an exponent make a number",
        "/?lat=%2B3.9153198e1&long=-7.7066176E%2B01",
        text=OLNEY,
    ),
    row(
        "minus zero is zero",
        "/?lat=-0.0&long=-0&format=json",
        media_type=JSON,
        contains=('"lat": 0.0,',),
    ),
    row("the pole, where longitude is nothing", "/?lat=90&long=180"),
]

NEGOTIATION = [
    row("Accept chooses the format", send={"accept": JSON}, media_type=JSON),
    row("Accept: GeoJSON", send={"accept": GEOJSON}, media_type=GEOJSON),
    row("format wins over Accept", f"{HERE}&format=text", send={"accept": JSON}, text=OLNEY),
    row(
        "the greatest weight wins",
        send={"accept": f"{JSON};q=0.1, {GEOJSON};q=0.9"},
        media_type=GEOJSON,
    ),
    row(
        "a weight of zero refuses",
        send={"accept": "text/plain;q=0, application/json"},
        media_type=JSON,
    ),
    row("anything is text", send={"accept": "*/*"}, text=OLNEY),
    row("what we do not have is text", send={"accept": "image/png"}, text=OLNEY),
    row("a malformed Accept is text", send={"accept": "json;;q=,/"}, text=OLNEY),
    row("media types have no case", send={"accept": "Application/JSON"}, media_type=JSON),
    row(
        "a long body is compressed for those who accept it",
        f"{HERE}&k=50&format=json",
        send={"accept-encoding": "br, gzip;q=0.5"},
        media_type=JSON,
        json={"nearest": length(50)},
        headers={"content-encoding": "gzip"},
    ),
    row(
        "a long body is left alone for those who refuse it",
        f"{HERE}&k=50&format=json",
        send={"accept-encoding": "gzip;q=0, *"},
        media_type=JSON,
        headers={"content-encoding": None},
    ),
    row(
        "a short body is left alone",
        send={"accept-encoding": "gzip"},
        text=OLNEY,
        headers={"content-encoding": None},
    ),
]

METHODS_AND_PATHS = [
    row("HEAD is GET without a body", method="HEAD", text=""),
    row(
        "OPTIONS names the methods",
        method="OPTIONS",
        status=204,
        media_type=None,
        text="",
        headers={"allow": METHODS},
    ),
    row(
        "other methods are refused",
        method="DELETE",
        status=405,
        contains=(METHODS,),
        headers={"allow": METHODS},
    ),
    row(
        "and refused in the format asked for",
        method="PUT",
        send={"accept": JSON, "content-type": JSON},
        body="{}",
        status=405,
        media_type=PROBLEM,
        json={"status": 405, "title": "Method Not Allowed"},
    ),
    row(
        "browsers ask for an icon; there is none",
        "/favicon.ico",
        status=204,
        media_type=None,
        text="",
    ),
    row(
        "health",
        "/healthz",
        media_type=JSON,
        json={"status": "ok", "model.stores": 2629, "model.version": length(12)},
    ),
    row(
        "the description of this API",
        "/openapi.json",
        media_type=JSON,
        contains=('"openapi": "3.1.',),
    ),
]

BAD_QUERIES = [
    refused("not a number", "lat=north", "lat", "'north'", "a number from -90 to 90"),
    refused("out of range", "lat=91", "lat", "'91'", "out of range"),
    refused("out of range, long", "long=-180.001", "long", "from -180 to 180"),
    refused("far out of range", "lat=1e308", "lat", "out of range"),
    refused("almost a number, and long", f"lat={'1' * 9000}x", "lat", "plain decimal number"),
    refused("infinite when read", "lat=1e400", "lat", "not finite"),
    refused("empty", "lat=", "lat", "lat is empty"),
    refused("no value at all", "lat", "lat", "lat is empty"),
    refused("given twice", "lat=1&lat=2", "lat", "given twice"),
    refused("a decimal comma", "lat=39,15", "lat", "decimal comma"),
    refused("not a number by name", "lat=nan", "lat", "plain decimal number"),
    refused("infinite by name", "radius=Infinity", "radius", "plain decimal number"),
    refused("hexadecimal", "lat=0x10", "lat", "plain decimal number"),
    refused("digit separators, which Python reads", "lat=1_0", "lat", "plain decimal number"),
    refused("another script's digits, which Python reads", "lat=%D9%A3%D9%A9", "lat", "٣٩"),
    refused("an unescaped plus is a space", "lat=+39", "lat", "' 39'"),
    refused("a NUL, escaped", "lat=%00", "lat", "\\\\x00"),
    refused("a line break, escaped", "lat=1%0D%0Aset-cookie:x", "lat", "\\\\r\\\\n"),
    refused("at most 40 characters are echoed", f"lat={'7' * 1000}x", "lat", f"'{'7' * 39}…'"),
    refused("k from 1", "k=0", "k", "a whole number from 1 to 50 (stores)"),
    refused("k to 50", "k=51", "k", "out of range"),
    refused("k whole", "k=1.5", "k", "not a whole number"),
    refused("radius above 0", "radius=0", "radius", "greater than 0 (metres)"),
    refused("radius too small to be above 0", "radius=1e-400", "radius", "out of range"),
    refused("radius finite", "radius=1e999", "radius", "not finite"),
    refused("an unknown format", "format=xml", "format", "'xml'", "json"),
    refused("formats have their case", "format=JSON", "format", "'JSON'"),
    refused("an empty format", "format=", "format", "format is empty"),
    refused("lng is not long", "lat=39&lng=-77", "long", "long is absent, and 'lng' is unknown."),
    refused("latitude is not lat", "latitude=39&long=-77", "lat", "lat is absent"),
    refused("lat[] is not lat", "lat[]=39&long=-77", "lat", "lat is absent, and 'lat[]'"),
    refused("amp;long is not long", "lat=39&amp;long=-77", "long", "long is absent"),
    row("a problem as text is the sentence", "/?lat=x", status=400, contains=("lat is 'x'",)),
    row(
        "a problem in the format asked for",
        "/?lat=x&format=geojson",
        status=400,
        media_type=PROBLEM,
    ),
]

BATCHES = [
    batch(
        "many points at once",
        '{"points": [[39.153198, -77.066176], [39.7392, -104.9903]], "k": 2}',
        200,
        json={
            "results": length(2),
            "results.0": length(2),
            "results.0.0.address": OLNEY,
            "results.1.0.address": DENVER,
            "model.stores": 2629,
        },
    ),
    batch("k is 1 where absent", '{"points": [[0, 0]]}', 200, json={"results.0": length(1)}),
    batch(
        "a radius, as in a query", '{"points": [[0, 0]], "radius": 1}', 200, json={"results": [[]]}
    ),
    batch(
        "a media type may have parameters",
        '{"points": [[0, 0]]}',
        200,
        send={"content-type": "Application/JSON; charset=UTF-8"},
    ),
    batch(
        "1,000 points",
        f'{{"points": [{", ".join(["[39, -77]"] * 1000)}]}}',
        200,
        json={"results": length(1000)},
    ),
    batch(
        "hundreds of the slowest points there are, well within the function's 15 s",
        json.dumps({"points": [[SLOWEST[0], SLOWEST[1] + i * 1e-5] for i in range(300)], "k": 10}),
        200,
        json={"results": length(300), "results.299": length(10)},
    ),
    batch(
        "1,001 points are too many",
        f'{{"points": [{", ".join(["[39, -77]"] * 1001)}]}}',
        413,
        json={"parameter": "points"},
    ),
    batch(
        "points times k are too many",
        f'{{"points": [{", ".join(["[39, -77]"] * 201)}], "k": 50}}',
        413,
        contains=("201 points with k 50",),
    ),
    batch("no points", '{"points": []}', contains=("1 to 1000 points",)),
    batch("points absent", "{}", contains=("no list of points",)),
    batch("points not a list", '{"points": {"lat": 1}}'),
    batch("a list instead of an object", "[[39, -77]]"),
    batch("a point of one number", '{"points": [[39]]}', contains=("points[0]",)),
    batch("a point of three", '{"points": [[39, -77, 0]]}'),
    batch(
        "a point out of range names itself",
        '{"points": [[0, 0], [91, 0]]}',
        contains=("points[1]: lat is 91",),
    ),
    batch("true is not 1", '{"points": [[true, 0]]}', contains=("lat is true",)),
    batch("null is not 0", '{"points": [[null, 0]]}', contains=("lat is null",)),
    batch("a string is not a number", '{"points": [["39", "-77"]]}', contains=("lat is '39'",)),
    batch("NaN is not JSON", '{"points": [[NaN, 0]]}', contains=("not JSON",)),
    batch("Infinity is not JSON", '{"points": [[0, -Infinity]]}', contains=("not JSON",)),
    batch("1e400 is JSON, but not finite", '{"points": [[1e400, 0]]}', contains=("not finite",)),
    batch(
        "an integer of 400 digits", f'{{"points": [[{"9" * 400}, 0]]}}', contains=("not finite",)
    ),
    batch("k out of range", '{"points": [[0, 0]], "k": 51}', json={"parameter": "k"}),
    batch("k null", '{"points": [[0, 0]], "k": null}', json={"parameter": "k"}),
    batch("not JSON", "lat=39&long=-77"),
    batch("cut short", '{"points": [[39, -77'),
    batch("no body", ""),
    batch("a hundred thousand brackets", "[" * 100_000),
    batch("another content type", '{"points": [[0, 0]]}', 415, send={"content-type": "text/json"}),
    batch("a form", "lat=39", 415, send={"content-type": "application/x-www-form-urlencoded"}),
    batch("a content encoding", '{"points": [[0, 0]]}', 415, send={"content-encoding": "gzip"}),
]

ROWS = PREDICTIONS + NEGOTIATION + METHODS_AND_PATHS + BAD_QUERIES + BATCHES
