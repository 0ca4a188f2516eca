"""Training reads a csv of stores, and writes the pickle and its manifest."""

import hashlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import joblib

import training

TRAINING = Path(training.__file__)
HEADER = "state,location,address,latitude,longitude\n"
OLNEY = "Maryland,Olney,3333 Olney Sandy Springs Rd,39.153198,-77.066176\n"
DENVER = "Colorado,Denver,1600 California St,39.745,-104.992\n"


def train(csv: Path, folder: Path, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TRAINING), str(csv), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, **more)  # type: ignore[call-overload]


def test_unreadable_csv_is_explained(tmp_path: Path) -> None:
    csv = tmp_path / "stores.csv"
    csv.write_text(HEADER + OLNEY + "a,b,c\n")
    done = train(csv, tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{csv}, line 3: has 3 fields")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "chipotle.pkl").exists()


def test_stores_at_one_place_train_and_repeated_rows_are_dropped(tmp_path: Path) -> None:
    csv = tmp_path / "stores.csv"
    csv.write_text(HEADER + OLNEY + OLNEY.replace("3333", "3335") + DENVER + OLNEY)
    done = train(csv, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Dropped 1 rows")
    assert "Trained on 3 stores" in done.stdout
    model = joblib.load(tmp_path / "chipotle.pkl")
    assert model.predict([[40, -105]]) == ["1600 California St"]


def test_the_manifest_describes_the_artefacts_but_not_this_machine(tmp_path: Path) -> None:
    done = train(TRAINING.parent / "chipotle_stores.csv", tmp_path, umask=0o022)
    assert done.returncode == 0, done.stderr
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}  # for Lambda
    manifest = json.loads((tmp_path / "chipotle.json").read_text())
    pickle = (tmp_path / "chipotle.pkl").read_bytes()
    csv = (TRAINING.parent / "chipotle_stores.csv").read_bytes()
    assert pickle == (TRAINING.parents[1] / "chipotle.pkl").read_bytes()
    assert manifest.pop("pickle_sha256") == hashlib.sha256(pickle).hexdigest()
    assert manifest["about"]["csv_sha256"] == hashlib.sha256(csv).hexdigest()
    assert manifest.keys() == {"python", "versions", "about", "signature"}
    version = hashlib.sha256(pickle).hexdigest()[:12]
    assert done.stdout == f"Trained on 2629 stores: model {version}.\n"


def test_a_failed_write_leaves_the_old_pair(tmp_path: Path) -> None:
    """A limit on file sizes stands for a full disk."""
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
