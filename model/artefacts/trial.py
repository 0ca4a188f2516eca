"""Try a pickle in a new process, with only what the serving image has.

There is neither pandas nor the training's modules, nor any package missing from the image's lock.
What cannot be served fails now, and not after a deployment.
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
    own: str,
    has_threshold: bool,
) -> None:
    """Write the manifest beside the pickle: the draft, and how the model is asked.

    columns: values of the inputs, for which the model predicts what is expected where it was
    trained; own: how it is asked there. Raises ModelError if it cannot be served so.
    """
    try:
        text = draft.dumps()
        text.encode()
    except (TypeError, ValueError) as error:
        raise ModelError(f"`about`, `example` or a name cannot be JSON: {error}.") from error
    code, said = run(HERE / "trial_in_image.py", file, text, columns, expected, has_threshold)
    failures = {"load": said} if code else json.loads(said.splitlines()[-1])
    if failures:
        raise explain(failures, own)
    check_trained(Manifest.parse(file.with_suffix(".json").read_bytes()).versions)


def run(script: Path, *given: object, deployment: Path = DEPLOYMENT) -> tuple[int, str]:
    """Run a Python file as in the image; return its exit code, and what it printed.

    `given` is pickled on its standard input. Of an error, the last line is returned.
    """
    command = [sys.executable, "-I", str(HERE / "in_image.py"), str(script)]
    sent = pickle.dumps((absent(), str(deployment))) + pickle.dumps(given)
    done = subprocess.run(command, input=sent, capture_output=True)
    if not done.returncode:
        return 0, done.stdout.decode()
    [*_, said] = done.stderr.decode(errors="replace").splitlines() or ["it was killed"]
    return done.returncode, said
