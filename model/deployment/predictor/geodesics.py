"""Points and candidates in, the nearest by WGS84 geodesic out: exact, and by few geodesics."""

import numpy as np
from geographiclib.geodesic import Geodesic

WGS84 = Geodesic.WGS84
A, B = WGS84.a, WGS84.a * (1 - WGS84.f)  # metres: the half axes
# A path on the ellipsoid is as long as on the unit sphere times a radius of curvature. Those radii
# lie in [b, a] on reduced latitudes, and in [b²/a, a²/b] on geographic ones. So does a geodesic
# over its angle: a place whose angle exceeds this multiple of the k-th smallest angle is not among
# the k nearest.
REDUCED, GEOGRAPHIC = A / B, (A / B) ** 3
ROUNDING = 1e-7  # radians (0.6 m): near 0 and 180 degrees, angles lose half their digits
TIE = 1e-6  # metres; the two libraries below differ by some nanometres
MANY = 1_000  # candidates for which importing pyproj (80 ms, 30 MB) pays


def nearest(
    points: np.ndarray, places: np.ndarray, point: np.ndarray, place: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return point, place and metres of the k nearest of each point's candidates, nearest first.

    `points` and `places` are decimal degrees, shape (n, 2). `point` and `place` are rows of them,
    one pair for each candidate. Every point has k candidates or more, and its pairs lie together;
    with one pair for each, they are in the points' order. Places whose distances agree to a
    micrometre, each with the next, come in their order.

    A point with k candidates has no choice: all are measured. For the others, the first round
    measures the k pairs that may be the nearest, and each later round twice as many (for one point
    with few candidates, one more). After a round, pairs that cannot be among the k nearest are
    dropped. A distance is at least b times the angle on reduced latitudes and, by the triangle
    inequality, at least a measured distance less the way from there. Opposite to the stores that
    saves most geodesics with k = 1, and few with k = 10.
    """
    few = len(point) < MANY
    inverse = _one_by_one if few else _together
    if len(point) == len(points):  # one candidate each: there is nothing to order
        return point, place, inverse(points[point], places[place])
    metres = np.empty(len(point))
    choice = (np.bincount(point) > k)[point]
    metres[~choice] = inverse(points[point[~choice]], places[place[~choice]])
    for group in [point == p for p in set(point[choice].tolist())] if few else [choice]:
        if group.any():
            needed = _best_first if few else _in_rounds
            metres[group] = needed(points, places, point[group], place[group], k)
    return _in_order(point, place, metres, k)


def _best_first(
    points: np.ndarray, places: np.ndarray, point: np.ndarray, place: np.ndarray, k: int
) -> np.ndarray:
    """Return what `_in_rounds` does, for one point: with fewer geodesics, and no overhead."""
    points, places = points[point], places[place]
    metres, there = np.full(len(places), np.inf), on_sphere(places)
    at_least = B * _angles(there @ on_sphere(points[:1])[0])
    best = at_least.argpartition(k - 1)[:k]
    while True:
        metres[best] = _one_by_one(points[best], places[best])
        way = A * _angles(there @ there[best].T)
        at_least = np.maximum(at_least, (metres[best] - way).max(axis=1))
        at_least[best] = np.inf
        best = at_least.argmin(keepdims=True)
        if at_least[best] > np.partition(metres, k - 1)[k - 1] + A * ROUNDING:
            return metres


def _in_rounds(
    points: np.ndarray, places: np.ndarray, point: np.ndarray, place: np.ndarray, k: int
) -> np.ndarray:
    """Return metres for pairs that may be among a point's k nearest, infinity for the others."""
    metres = np.full(len(point), np.inf)
    here, there = _vectors(points, point), _vectors(places, place)
    at_least = B * _angles(np.einsum("ij,ij->i", here, there))
    found = np.full((point.max() + 1, k), np.inf)  # metres of each point's k nearest so far
    pairs, wanted = np.arange(len(point)), k
    while pairs.size:
        # By point, then by distance as a fraction of the way around: in a third of lexsort's time.
        pairs = pairs[np.argsort(point[pairs] + at_least[pairs] / (4 * A))]
        starts = _starts(point[pairs])
        row, best = np.cumsum(starts) - 1, pairs[starts]
        rank = np.arange(len(pairs)) - np.flatnonzero(starts)[row]
        taken = rank < wanted
        measured = pairs[taken]
        metres[measured] = _together(points[point[measured]], places[place[measured]])
        new = np.full((len(best), wanted), np.inf)
        new[row[taken], rank[taken]] = metres[measured]
        asked = point[best]
        found[asked] = np.partition(np.hstack([found[asked], new]), k - 1)[:, :k]
        way = A * _angles(np.einsum("ij,ij->i", there[pairs], there[best][row]))
        at_least[pairs] = np.maximum(at_least[pairs], metres[best][row] - way)
        possible = at_least[pairs] <= found[asked, -1][row] + A * ROUNDING
        pairs, wanted = pairs[possible & ~taken], 2 * wanted
    return metres


def _in_order(
    point: np.ndarray, place: np.ndarray, metres: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each point's first k pairs by distance, ties by place, without the unmeasured.

    The pairs of a point lie together.
    """
    if point[0] == point[-1]:  # one point: mostly without a tie, and then in a tenth of the time
        order = metres.argsort()[: k + 1]
        if (metres[order[1:]] - metres[order[:-1]] > TIE).all():
            return point[order[:k]], place[order[:k]], metres[order[:k]]
    order = np.argsort(point, kind="stable")
    order = order[np.isfinite(metres[order])]
    first = _starts(point[order])
    several = ~first
    several[:-1] |= several[1:]
    some = order[several]
    some = some[np.lexsort((metres[some], point[some]))]
    ties = ~_starts(point[some])
    ties[1:] &= metres[some[1:]] - metres[some[:-1]] <= TIE
    if ties.any():
        some = some[np.lexsort((place[some], np.cumsum(~ties)))]
    order[several] = some
    rank = np.arange(len(order)) - np.flatnonzero(first)[np.cumsum(first) - 1]
    order = order[rank < k]
    return point[order], place[order], metres[order]


def _starts(point: np.ndarray) -> np.ndarray:
    """Say where another point begins; np.diff and np.append take some times as long."""
    starts = np.ones(len(point), dtype=bool)
    np.not_equal(point[1:], point[:-1], out=starts[1:])
    return starts


def on_sphere(places: np.ndarray) -> np.ndarray:
    """Return unit vectors on reduced latitudes, (n, 3), of places in decimal degrees, (n, 2)."""
    latitudes, meridians = np.radians(places).T
    reduced = np.arctan((1 - WGS84.f) * np.tan(latitudes))
    x, y = np.cos(reduced) * np.cos(meridians), np.cos(reduced) * np.sin(meridians)
    return np.stack([x, y, np.sin(reduced)], axis=-1)


def _vectors(places: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return unit vectors of the rows: of each place once or of each row, whichever are fewer."""
    return on_sphere(places)[rows] if len(places) < len(rows) else on_sphere(places[rows])


def _angles(cosines: np.ndarray) -> np.ndarray:
    """Return the central angles in radians, to within ROUNDING."""
    return np.arccos(np.minimum(np.maximum(cosines, -1), 1))  # np.clip is slow for few


def _one_by_one(points: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return geodesics in metres (Karney, doi:10.1007/s00190-012-0578-z); 50 us each."""
    pairs = zip(points.tolist(), places.tolist(), strict=True)
    return np.array([WGS84.Inverse(*p, *q, Geodesic.DISTANCE)["s12"] for p, q in pairs])


def _together(points: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the same as `_one_by_one`, to some nanometres; 1 to 2 us each."""
    from pyproj import Geod

    latitudes, longitudes = points.T
    return Geod(ellps="WGS84").inv(longitudes, latitudes, places[:, 1], places[:, 0])[2]
