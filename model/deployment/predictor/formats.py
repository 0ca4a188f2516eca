"""How stores are written as text and as places on a map (GeoJSON)."""

from predictor.parameters import ABOUT
from predictor.place import coordinates
from serving.formats import About, Format, Query, Result, as_text, dumps


def text(query: Query, nearest: list[Result], about: About) -> str:
    """Write only the address, one a line."""
    if not nearest:
        latitude, longitude = coordinates(query["lat"], query["long"], query["place"])
        within = f"within {query['radius']:.15g} m of {latitude:.15g}, {longitude:.15g}"
        return f"No {ABOUT['place']} {within}."
    return "\n".join(store["address"] for store in nearest)


def geojson(query: Query, nearest: list[Result], about: About) -> str:
    """Write a FeatureCollection (RFC 7946); positions are longitude, latitude."""
    features = []
    for store in nearest:
        properties = {name: store[name] for name in store if name not in ("lat", "long")}
        geometry = {"type": "Point", "coordinates": [store["long"], store["lat"]]}
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    return dumps({"type": "FeatureCollection", "features": features})


TEXT = as_text(text, "address")
GEOJSON = Format("application/geo+json", geojson, needs=("lat", "long"))
