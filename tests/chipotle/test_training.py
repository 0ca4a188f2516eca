"""Training takes a csv of stores, and says what is wrong with one that is not."""

import hashlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import joblib
import pytest

import training

TRAINING = Path(training.__file__)
HEADER = "state,location,address,latitude,longitude\n"
OLNEY = "Maryland,Olney,3333 Olney Sandy Springs Rd,39.153198,-77.066176\n"
DENVER = "Colorado,Denver,1600 California St,39.745,-104.992\n"


def train(csv: Path, folder: Path, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TRAINING), str(csv), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, **more)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is not a csv"),
        (b"\x00\xff\xfe\x89PNG", "is not UTF-8"),
        (HEADER.encode("utf-16"), "is not UTF-8"),
        (OLNEY.encode(), "has no column state, location, address, latitude, longitude"),
        (HEADER.replace("latitude", "lat").encode(), "has no column latitude"),
        (HEADER.encode(), "has no rows"),
        ((HEADER + "\n\n").encode(), "has no rows"),
        ((HEADER + OLNEY + "a,b,c\n").encode(), "line 3: latitude '' is empty"),
        ((HEADER + OLNEY + DENVER.replace("39.745", "")).encode(), "line 3: latitude '' is empty"),
        ((HEADER + "\n" + OLNEY.replace("39.1", "x")).encode(), "line 3: latitude 'x53198' is not"),
        ((HEADER + OLNEY.replace("39.153198", "nan")).encode(), "line 2: latitude 'nan' is not"),
        ((HEADER + OLNEY.replace("39.153198", "90.1")).encode(), "'90.1' is not within -90..90"),
        ((HEADER + OLNEY.replace("-77.0", "-277.0")).encode(), "'-277.066176' is not within -180"),
        ((HEADER + OLNEY.replace("39.153198", "inf")).encode(), "'inf' is not within"),
        ((HEADER + OLNEY.replace("3333 Olney Sandy Springs Rd", " ")).encode(), "address ' ' is"),
        ((HEADER + OLNEY.replace(",Olney", ',"Ol\nney"')).encode(), "'Ol\\nney' has a line break"),
        ((HEADER + OLNEY.replace("Olney,", "Ol\u2028ney,", 1)).encode(), "control character"),
        ((HEADER + OLNEY.replace("Olney,", "Ol\0ney,", 1)).encode(), "control character"),
        ((HEADER + OLNEY + OLNEY).encode(), "has one store"),
        ((HEADER + OLNEY + OLNEY.replace("39.1", "38.1")).encode(), "line 3: address '3333 Olney"),
        ((HEADER + OLNEY + OLNEY.replace("3333", "3335")).encode(), "are at one place"),
        ((HEADER + OLNEY.strip() + ",more\n").encode(), "is not a csv"),
    ],
)
def test_a_csv_that_is_none_is_a_sentence(
    content: bytes | None, sentence: str, tmp_path: Path
) -> None:
    csv = tmp_path / "stores.csv"
    if content is not None:
        csv.write_bytes(content)
    done = train(csv, tmp_path)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "chipotle.pkl").exists()


def test_rows_that_repeat_an_earlier_one_are_dropped_with_a_message(tmp_path: Path) -> None:
    csv = tmp_path / "stores.csv"
    csv.write_text("\ufeff" + HEADER + OLNEY + DENVER + OLNEY, encoding="utf-8")
    done = train(csv, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Dropped 1 rows" in done.stdout
    assert json.loads((tmp_path / "chipotle.json").read_text())["stores"] == 2
    model = joblib.load(tmp_path / "chipotle.pkl")
    assert list(model.predict([[39, -77], [40, -105]])) == [
        "3333 Olney Sandy Springs Rd",
        "1600 California St",
    ]


def test_the_manifest_describes_the_artefacts_and_nothing_of_this_machine(tmp_path: Path) -> None:
    done = train(TRAINING.parent / "chipotle_stores.csv", tmp_path)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "chipotle.json").read_text())
    pickle = (tmp_path / "chipotle.pkl").read_bytes()
    csv = (TRAINING.parent / "chipotle_stores.csv").read_bytes()
    assert manifest.pop("pickle_sha256") == hashlib.sha256(pickle).hexdigest()
    assert manifest.pop("csv_sha256") == hashlib.sha256(csv).hexdigest()
    assert manifest.keys() == {"stores", "scikit-learn", "numpy", "joblib", "python"}
    version = hashlib.sha256(pickle).hexdigest()[:12]
    assert done.stdout == f"Trained on 2629 stores: model {version}.\n"


def test_a_training_that_cannot_write_leaves_the_old_pair(tmp_path: Path) -> None:
    """A limit on the size of files stands for a disk that is full."""
    csv = TRAINING.parent / "chipotle_stores.csv"
    for name in ("chipotle.pkl", "chipotle.json"):
        (tmp_path / name).write_text("old")
    done = train(
        csv,
        tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert (tmp_path / "chipotle.pkl").read_text() == "old"
    assert (tmp_path / "chipotle.json").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["chipotle.json", "chipotle.pkl"]


def test_anyone_may_read_the_artefacts(tmp_path: Path) -> None:
    """Lambda runs as a user of its own."""
    train(TRAINING.parent / "chipotle_stores.csv", tmp_path, umask=0o022)
    for name in ("chipotle.pkl", "chipotle.json"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o644
