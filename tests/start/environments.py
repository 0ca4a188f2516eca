"""Environments of their own for the step: it never touches the one that runs the tests."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import sklearn

ROOT = Path(__file__).resolve().parents[2]
HANDLER = """
import json
from types import SimpleNamespace
{code}
class Handler:
    model = SimpleNamespace(example={{"x": 1}}, inputs=[SimpleNamespace(name="x")])
    formats = ()
    def __call__(self, event, context):
        return {{"statusCode": 200, "body": json.dumps(answer())}}
lambdaHandler = Handler()
"""


class Environment:
    """A virtual environment with some packages, and a task's root with an app that answers."""

    def __init__(self, folder: Path, packages: dict[str, str] | None, code: str) -> None:
        self.task, self.python = folder / "task", folder / "env" / "bin" / "python"
        self.task.mkdir(parents=True)
        (self.task / "app.py").write_text(HANDLER.format(code=code))
        command = [sys.executable, "-m", "venv", "--without-pip", str(folder / "env")]
        subprocess.run(command, check=True)
        [self.site] = (folder / "env").glob("lib/python*/site-packages")
        if packages is None:  # the tests' own, as hard links: never write to one
            source = Path(sklearn.__file__).parents[1]
            subprocess.run(["cp", "-al", f"{source}/.", str(self.site)], check=True)
            (self.site / "project.pth").unlink()
        for name, text in (packages or {}).items():
            (self.site / name).parent.mkdir(exist_ok=True)
            (self.site / name).write_text(text)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment: dict[str, Any] = os.environ | {"PYTHONPATH": str(ROOT / "model")} | variables
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [str(self.python), *arguments]
        return subprocess.run(
            command, cwd=self.task, env=environment, capture_output=True, text=True
        )

    def defer(self, **variables: str) -> str:
        done = self.run("-m", "defer_imports", "--here", **variables)
        return done.stdout + done.stderr
