"""How stores are written: as text, and as places on a map (GeoJSON)."""

from predictor.parameters import ABOUT
from serving.formats import About, Format, Query, Result, as_text, dumps


def text(query: Query, nearest: list[Result], about: About) -> str:
    """The address alone, one a line."""
    if not nearest:
        radius, lat, long = (f"{query[name]:.15g}" for name in ("radius", "lat", "long"))
        return f"No {ABOUT['place']} within {radius} m of {lat}, {long}."
    return "\n".join(store["address"] for store in nearest)


def geojson(query: Query, nearest: list[Result], about: About) -> str:
    """A FeatureCollection (RFC 7946) of the stores; positions are longitude, latitude."""
    features = []
    for store in nearest:
        properties = {name: store[name] for name in store if name not in ("lat", "long")}
        geometry = {"type": "Point", "coordinates": [store["long"], store["lat"]]}
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    return dumps({"type": "FeatureCollection", "features": features})


TEXT = as_text(text, "address")
GEOJSON = Format("application/geo+json", geojson, needs=("lat", "long"))
