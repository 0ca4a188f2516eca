"""Find the nearest destinations by WGS84 geodesic: candidates within a proved bound, in order."""

import numpy as np
from geographiclib.geodesic import Geodesic
from sklearn.neighbors import BallTree

WGS84 = Geodesic.WGS84  # Karney, doi:10.1007/s00190-012-0578-z
RATIO = 1 / (1 - WGS84.f)  # of the semi-axes, a / b
ROUNDING = 1e-7  # radians (0.6 m): near 0 and 180 degrees, angles lose half their digits
TIE = 1e-6  # metres; the two libraries below differ by some nanometres
PYPROJ_FROM = 60  # geodesics for which importing pyproj (80 ms, 30 MB) pays


def nearest(
    origins: np.ndarray, destinations: np.ndarray, tree: BallTree, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the metres to the k nearest of each origin, and their indices, both of shape (n, k).

    Origins and destinations are decimal degrees (latitude, longitude), shape (n, 2); `tree` holds
    `on_sphere` of the destinations. If distances agree to a micrometre, each with the next, they
    are a tie, and the smaller index comes first.

    The proof: a path on the ellipsoid is as long as its image on the unit sphere (with reduced
    latitudes) times a radius between the semi-axes b and a. So a geodesic's length divided by its
    central angle is also within [b, a]. Let h be the k-th smallest angle: k destinations are at
    most a * h metres away. A destination at an angle of more than h * a / b is farther than that,
    so it is not among the k nearest. All others are candidates: they are measured.
    """
    counts, destination_index = _candidates(on_sphere(origins), tree, k)
    origin_index = np.repeat(np.arange(len(origins)), counts)
    starts = np.take(origins.T, origin_index, axis=1)
    metres = _metres(np.vstack([starts, np.take(destinations.T, destination_index, axis=1)]))
    order = np.lexsort((metres, origin_index))
    first = np.cumsum(counts) - counts
    ties = np.diff(metres[order], prepend=-1) <= TIE
    ties[first] = False
    if ties.any():
        order = order[np.lexsort((destination_index[order], np.cumsum(~ties)))]
    nearest_k = order[first[:, np.newaxis] + np.arange(k)]
    return metres[nearest_k], destination_index[nearest_k]


def on_sphere(coordinates: np.ndarray) -> np.ndarray:
    """Return unit vectors, shape (n, 3), on reduced latitudes, of decimal degrees, shape (n, 2)."""
    latitudes, longitudes = np.radians(coordinates).T
    reduced = np.arctan(np.tan(latitudes) / RATIO)
    x, y = np.cos(reduced) * np.cos(longitudes), np.cos(reduced) * np.sin(longitudes)
    return np.stack([x, y, np.sin(reduced)], axis=-1)


def _candidates(vectors: np.ndarray, tree: BallTree, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how many destinations are within reach of each of the vectors, and their indices."""
    chords, by_angle = tree.query(vectors, min(k + 1, len(tree.data)))
    reach = _reach(chords[:, k - 1])
    more = chords[:, -1] <= reach  # more than k candidates: true for few points
    counts = np.full(len(vectors), k)
    if not more.any():
        return counts, by_angle[:, :k].ravel()
    found = tree.query_radius(vectors[more], reach[more])
    counts[more] = list(map(len, found))
    indices, is_found = np.empty(counts.sum(), int), np.repeat(more, counts)
    indices[is_found] = np.concatenate(found)
    indices[~is_found] = by_angle[~more, :k].ravel()
    return counts, indices


def _reach(chords: np.ndarray) -> np.ndarray:
    """Return the chords within which the candidates lie, given those to the k-th by angle."""
    angles = 2 * np.arcsin(np.minimum(chords / 2, 1))
    limits = np.minimum(angles * RATIO + ROUNDING, np.pi)
    return 2 * np.sin(limits / 2) + ROUNDING


def _metres(pairs: np.ndarray) -> np.ndarray:
    """Measure geodesics; a column of `pairs`, shape (4, n), has the coordinates of both ends."""
    if pairs.shape[1] < PYPROJ_FROM:  # 50 us each
        ends = pairs.T.tolist()
        return np.array([WGS84.Inverse(*pair, Geodesic.DISTANCE)["s12"] for pair in ends])
    from pyproj import Geod  # 1 to 2 us each

    return Geod(ellps="WGS84").inv(*pairs[[1, 0, 3, 2]])[2]
