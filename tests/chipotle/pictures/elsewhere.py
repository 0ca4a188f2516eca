"""Serve the pages of other data: a csv of cafés gets a page with its own words and map."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.engines import started

ROOT = Path(__file__).resolve().parents[3]
EARTH = ROOT / "node_modules" / "world-atlas" / "countries-10m.json"
ABOUT = {
    "title": "The nearest café",
    "place": "café",
    "places": "cafés",
    "source": "Invented data.",
}


@contextmanager
def served(csv: Path, has_map: bool = True) -> Iterator[str]:
    """Follow "Your own data" (model/training/README.md) in a copy of the project; yield the URL."""
    with TemporaryDirectory() as folder:
        model = Path(folder, "model")
        shutil.copytree(ROOT / "model", model, ignore=shutil.ignore_patterns("*.pkl", "zips.npz"))
        shutil.copytree(ROOT / "predictive_lambda", Path(folder, "predictive_lambda"))
        script = model / "training" / "training.py"
        text = re.sub(r"ABOUT = \{.*?\n\}", f"ABOUT = {ABOUT}", script.read_text(), flags=re.DOTALL)
        script.write_text(re.sub("(?m)^EXAMPLE.*", "EXAMPLE = None", text))
        environment = os.environ | {"PORT": "0", "PYTHONPATH": str(model / "deployment")}
        subprocess.run([sys.executable, script, csv], check=True)
        if has_map:
            outlines = script.with_name("outlines.py")
            subprocess.run([sys.executable, outlines, EARTH], check=True, env=environment)
        command = [sys.executable, "-m", "predictive_lambda.local.api"]
        with started(command, cwd=folder, env=environment) as (_, url):
            yield url.partition("?")[0]
