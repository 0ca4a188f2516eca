"""Training reads a csv of stores, and writes the pickle and its manifest."""

import hashlib
import json
import resource
import subprocess
import sys
from pathlib import Path

import joblib

import training
from tests.chipotle.csv_table import DENVER, GOOD, OLNEY

TRAINING = Path(training.__file__)
STORES = TRAINING.with_name("chipotle_stores.csv")


def train(csv: Path, folder: Path, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TRAINING), str(csv), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, **more)  # type: ignore[call-overload]


def test_a_csv_with_mistakes_is_explained(tmp_path: Path) -> None:
    csv = tmp_path / "stores.csv"
    csv.write_text(GOOD + "a,b,c\n")
    done = train(csv, tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{csv}, line 4: has 3 fields")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [csv]


def test_stores_at_one_place_train_and_repeated_rows_are_dropped(tmp_path: Path) -> None:
    csv = tmp_path / "stores.csv"
    csv.write_text(GOOD + OLNEY.replace("3333", "3335") + DENVER)
    done = train(csv, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Dropped 1 rows")
    assert "Trained on 3 stores" in done.stdout
    model = joblib.load(tmp_path / "chipotle.pkl")
    assert model.predict([[40, -105]]) == ["1600 California St"]


def test_the_manifest_describes_the_artefacts_but_not_this_machine(tmp_path: Path) -> None:
    done = train(STORES, tmp_path, umask=0o022)
    assert done.returncode == 0, done.stderr
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}  # for Lambda
    manifest = json.loads((tmp_path / "chipotle.json").read_text())
    pickle = (tmp_path / "chipotle.pkl").read_bytes()
    sha256 = hashlib.sha256(pickle).hexdigest()
    assert pickle == (TRAINING.parents[1] / "chipotle.pkl").read_bytes()
    assert manifest.pop("pickle_sha256") == sha256
    assert manifest["about"]["csv_sha256"] == hashlib.sha256(STORES.read_bytes()).hexdigest()
    assert manifest.keys() == {"python", "versions", "about", "signature"}
    assert done.stdout == f"Trained on 2629 stores: model {sha256[:12]}.\n"


def test_a_failed_write_leaves_the_old_pair(tmp_path: Path) -> None:
    """A limit on file sizes stands for a full disk."""
    old = {tmp_path / "chipotle.pkl", tmp_path / "chipotle.json"}
    for path in old:
        path.write_text("old")
    limit = (resource.RLIMIT_FSIZE, (100_000, 100_000))
    done = train(STORES, tmp_path, preexec_fn=lambda: resource.setrlimit(*limit))
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert set(tmp_path.iterdir()) == old
    assert {path.read_text() for path in old} == {"old"}
