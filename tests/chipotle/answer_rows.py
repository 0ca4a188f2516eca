"""Answers to queries, formats and methods."""

from tests.chipotle.asked import DENVER, GEOJSON, HERE, OLNEY, close_to, row
from tests.table import JSON, PROBLEM, length

METHODS = "GET, HEAD, POST, OPTIONS"
ROWS = [
    row("text is only the nearest store's address", text=OLNEY),
    row("an answer's headers", headers={
        "cache-control": "private, no-cache", "vary": "Accept, Accept-Encoding",
        "x-content-type-options": "nosniff", "content-encoding": None,
    }),
    row("an absent parameter has its default", "/", text="583 Stillwater Ave Bangor, ME 04401 US"),
    row("JSON says which inputs were absent", "/?lat=39.15&format=json", JSON,
        json={"query.long": 0.0, "query.defaulted": ["long"]}),
    row("JSON has query, stores and model", f"{HERE}&format=json", JSON, json={
        "query.lat": 39.153198, "query.long": -77.066176, "query.k": 1,
        "query.defaulted": [], "nearest": length(1),
        "nearest.0.address": OLNEY, "nearest.0.city": "Olney", "nearest.0.state": "Maryland",
        "nearest.0.lat": 39.153198, "nearest.0.long": -77.066176, "nearest.0.distance_m": 0.0,
        "model.stores": 2629, "model.version": length(12),
    }),
    row("distance is the geodesic's, to a millimetre",  # figure from pyproj
        "/?lat=39.7392&long=-104.9903&format=json", JSON,
        json={"nearest.0.address": DENVER, "nearest.0.distance_m": close_to(695.3167850776576)}),
    row("k stores, nearest first, one a line", f"{HERE}&k=2",
        text=f"{OLNEY}\n13501 Connecticut Ave Aspen Hill, MD 20906 US"),
    row("a whole number written 2.0", f"{HERE}&k=2.0&format=json", JSON, json={"query.k": 2}),
    row("radius leaves out what is farther", f"{HERE}&k=50&radius=10000&format=json", JSON,
        json={"query.radius": 10000, "nearest": lambda found: 1 < len(found) < 50}),
    row("a radius equal to the rounded distance includes the store",  # it is 695.31678...
        "/?lat=39.7392&long=-104.9903&radius=695.317", text=DENVER),
    row("nothing within the radius, as text", "/?lat=0&long=0&radius=1234567",
        text="No store within 1234567 m of 0, 0."),
    row("nothing within the radius, as JSON", "/?radius=1000&format=json", JSON,
        json={"nearest": []}),
    row("GeoJSON has longitude first", f"{HERE}&format=geojson", GEOJSON, json={
        "type": "FeatureCollection", "features.0.type": "Feature",
        "features.0.geometry": {"type": "Point", "coordinates": [-77.066176, 39.153198]},
        "features.0.properties": {
            "address": OLNEY, "city": "Olney", "state": "Maryland", "distance_m": 0.0
        },
    }),
    row("a sign and an exponent", "/?lat=%2B3.9153198e1&long=-7.7066176E%2B01", text=OLNEY),
    row("minus zero is zero", "/?lat=-0.0&long=-0&format=json", JSON, contains=('"lat": 0.0,',)),
    row("the pole, where any longitude is right", "/?lat=90&long=180"),
    row("Accept: JSON", send={"accept": JSON}, media_type=JSON),
    row("format wins over Accept", f"{HERE}&format=text", send={"accept": JSON}, text=OLNEY),
    row("the greatest weight wins", send={"accept": f"{JSON};q=0.1, {GEOJSON};q=0.9"},
        media_type=GEOJSON),
    row("a weight of zero rejects", send={"accept": "text/plain;q=0, application/json"},
        media_type=JSON),
    row("Accept: anything is text", send={"accept": "*/*"}, text=OLNEY),
    row("Accept: an unknown type is text", send={"accept": "image/png"}, text=OLNEY),
    row("a malformed Accept is text", send={"accept": "json;;q=,/"}, text=OLNEY),
    row("media types ignore case", send={"accept": "Application/JSON"}, media_type=JSON),
    row("a long body is compressed if accepted", f"{HERE}&k=50&format=json", JSON,
        send={"accept-encoding": "br, gzip;q=0.5"}, json={"nearest": length(50)},
        headers={"content-encoding": "gzip"}),
    row("a long body is not compressed if rejected", f"{HERE}&k=50&format=json", JSON,
        send={"accept-encoding": "gzip;q=0, *"}, headers={"content-encoding": None}),
    row("a short body is not compressed", send={"accept-encoding": "gzip"}, text=OLNEY,
        headers={"content-encoding": None}),
    row("OPTIONS names the methods", method="OPTIONS", status=204, media_type=None, text="",
        headers={"allow": METHODS}),
    row("other methods are rejected", method="PUT", body="{}", status=405, contains=(METHODS,),
        send={"accept": JSON, "content-type": JSON}, media_type=PROBLEM,
        json={"status": 405, "title": "Method Not Allowed"}, headers={"allow": METHODS}),
]  # fmt: skip
