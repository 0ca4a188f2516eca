"""`make score` from outside: several processes, streams, errors and interruption."""

import csv
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from app import lambdaHandler
from tests.bulk.scored import GOOD, HEADER

MODEL = lambdaHandler.model
NAMES = [parameter.name for parameter in MODEL.inputs]
ROW = [str(MODEL.example.get(name, "")) for name in NAMES]


def run(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "bulk", *arguments]
    return subprocess.run(command, capture_output=True, text=True, **more)


@pytest.mark.parametrize("way", ["fork", "spawn"])  # how systems start processes
def test_this_trees_model_answers_in_several_processes_in_order(way: str, tmp_path: Path) -> None:
    code = f"import multiprocessing\nmultiprocessing.set_start_method({way!r})"
    (tmp_path / "sitecustomize.py").write_text(code)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    with open(tmp_path / "in.csv", "w", newline="") as file:
        csv.writer(file).writerow(["number", *NAMES])
        csv.writer(file).writerows([number, *ROW] for number in range(20_000))
        file.write("bad\n")
    done = run(str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), env=environment)
    where = "(the first on line 20,002). See `problem` in the answers"
    summary = f"20,001 rows, 1 of them with a problem {where}.\n"
    assert (done.returncode, done.stderr) == (1, summary)
    answers = [*csv.reader(io.StringIO((tmp_path / "out.csv").read_text()))][1:]
    assert [answer[0] for answer in answers] == [*map(str, range(20_000)), "bad"]
    assert len({tuple(answer[1:]) for answer in answers[:-1]}) == 1
    streamed = run("-", "-", input=(tmp_path / "in.csv").read_text())
    assert streamed.stdout == (tmp_path / "out.csv").read_text()


def test_the_api_starts_without_pyarrow() -> None:
    code = (
        "import sys; sys.modules['pandas'] = None;"  # not in the image, and would import pyarrow
        "opened = []; sys.addaudithook(lambda name, of: name == 'open' and opened.append(of[0]));"
        "import app; app.lambdaHandler({}, None); print({'bulk', 'pyarrow'} & {*sys.modules},"
        "len(opened) > 100, [file for file in opened if '/pyarrow/' in str(file)])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert done.stdout == "set() True []\n"


def test_options_may_have_any_names(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("""
from dataclasses import replace
from tests.serving.flowers import MODEL as FLOWERS, Handler
options = [replace(FLOWERS.options[0], name=name) for name in ("target", "most-kinds", "help")]
def predict(points, **asked):
    print("what a model prints")
    return FLOWERS.predict(points, sum(asked.values()) - 3)
MODEL = replace(FLOWERS, options=tuple(options), count="help", predict=predict)
lambdaHandler = Handler(MODEL)
""")
    asked = ("--target", "2", "--most-kinds", "2", "--help", "2", "-", "-")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    answers = run(*asked, input=f"{HEADER}\n{GOOD}\n", env=environment).stdout.splitlines()
    assert [line.startswith(GOOD) for line in answers] == [False, True, True, True]


def test_a_wrong_command_says_what_is_wrong(tmp_path: Path) -> None:
    app = "from serving.artefacts import ArtefactError\nraise ArtefactError('No pickle was found')"
    (tmp_path / "app.py").write_text(app)
    done = run("in.csv", "out.csv", env=os.environ | {"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    assert done.stderr.startswith("Scoring needs a model: No pickle was found")
    done = run("nowhere.csv", "out.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "nowhere.csv: No such file or directory.\n"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_stopped_run_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("what was there")
    arguments = ["-", str(tmp_path / "out.csv")]
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "bulk", *arguments],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stdin
        running.stdin.write(f"{','.join(NAMES)}\n" + f"{','.join(ROW)}\n" * 500_000)
        running.stdin.flush()
        while len([*tmp_path.iterdir()]) < 2:
            assert running.poll() is None
            time.sleep(0.1)
        time.sleep(1)  # its processes have started
        running.send_signal(getattr(signal, name))
        _, errors = running.communicate(timeout=60)  # until all of its processes have ended
        assert (running.returncode, errors) == (130, "Stopped before the end.\n")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["what was there"]
