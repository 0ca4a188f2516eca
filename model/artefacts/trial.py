"""Try a pickle in a new process, with only what the serving image has.

The process cannot import pandas, the training's modules, or packages missing from the image's lock.
So a model that cannot be served fails now, not after a deployment.
"""

import json
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from artefacts.refusals import ModelError, explain
from artefacts.versions import absent, check_trained
from serving.manifest import Manifest

HERE = Path(__file__).resolve().parent
DEPLOYMENT = HERE.parent / "deployment"


def complete(
    file: Path,
    draft: Manifest,
    columns: Sequence[np.ndarray],
    expected: np.ndarray,
    likelihoods: np.ndarray | None,
    own: str,
    has_threshold: bool,
) -> None:
    """Write the manifest next to the pickle: the draft, completed with how to ask the model.

    columns: values of the inputs. expected: what the model predicts for them in the training
    process; likelihoods: its probabilities there, if it has any; own: how it is asked there.
    Raises ModelError if the model cannot be served.
    """
    try:
        text = draft.dumps()
        text.encode()
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"`about`, `example` or a name cannot be written as JSON: {error}."
        ) from error
    given = (file, text, columns, expected, likelihoods, has_threshold)
    code, said = run(HERE / "trial_in_image.py", *given)
    failures = {"load": said} if code else json.loads(said.splitlines()[-1])
    if failures:
        raise explain(failures, own)
    check_trained(Manifest.parse(file.with_suffix(".json").read_bytes()).versions)


def run(script: Path, *given: object, deployment: Path | None = None) -> tuple[int, str]:
    """Run a Python file as in the image; return its exit code and its output.

    `given` is pickled to its standard input. If it fails, the output is the error's last line.
    """
    command = [sys.executable, "-I", str(HERE / "in_image.py"), str(script)]
    sent = pickle.dumps((absent(), str(deployment or DEPLOYMENT))) + pickle.dumps(given)
    done = subprocess.run(command, input=sent, capture_output=True)
    if not done.returncode:
        return 0, done.stdout.decode()
    [*_, said] = done.stderr.decode(errors="replace").splitlines() or ["it was killed"]
    return done.returncode, said
