"""Start the model in a process like the image's: with only its packages, warnings are errors.

`python -m tests.contract.start` prints what a start takes, or what is wrong.
"""

import sys
from pathlib import Path

from artefacts.image import run

FIRST_ANSWER = Path(__file__).with_name("first_answer.py")
DEPLOYMENT = Path(__file__).resolve().parents[2] / "model" / "deployment"


def start(deployment: Path = DEPLOYMENT) -> str:
    """Return what the start took; if it does not answer its example, exit with what to change."""
    code, said = run(FIRST_ANSWER, deployment=deployment)
    if not code:
        return said.strip()
    advice = "" if "ArtefactError" in said else " Fix MODEL in model/deployment/predictor."
    if "No module named" in said:
        advice = " Name its package in model/requirements.in, and run: make lock."
    sys.exit(f"The model does not answer its example: {said.rstrip('.')}.{advice}")


if __name__ == "__main__":
    print(start())
