"""The model in a new process, as in its image: without other packages, the training, warnings.

`python -m tests.contract.start` says what a start takes, or in a sentence what is wrong.
"""

import sys
from pathlib import Path

from artefacts.trial import as_in_the_image

DEPLOYMENT = Path(__file__).resolve().parents[2] / "model" / "deployment"
START = """
import resource, time, warnings

warnings.simplefilter("error")
sys.path.insert(0, *given)
begun = time.perf_counter()
try:
    from app import lambdaHandler
except Exception as error:
    sys.exit(f"The model does not load: {type(error).__name__}: {error}".splitlines()[0])
imported = time.perf_counter()
query = {**lambdaHandler.model.example, "format": "json"}
try:
    answer = lambdaHandler({"queryStringParameters": query}, None)
except Exception as error:
    if "not JSON compliant" in str(error):
        sys.exit("The model answers its example with NaN or infinity, which JSON does not have")
    said = f"The model raises for its example: {type(error).__name__}: {error}"
    sys.exit(said.splitlines()[0])
answered = time.perf_counter()
if answer["statusCode"] != 200:
    sys.exit(f"The model rejects its example: {json.loads(answer['body'])['detail']}")
if sys.platform == "linux":  # where rusage has the peak of the process that started this one
    with open("/proc/self/status") as status:
        [megabytes] = [int(line.split()[1]) / 1024 for line in status if "VmHWM" in line]
else:
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
print(f"The model: import {imported - begun:.2f} s, first answer "
      f"{1000 * (answered - imported):.0f} ms, {megabytes:.0f} MB at most.")
"""


class BrokenModel(RuntimeError):
    """The model cannot be served; the message says why, and what to change."""


def start(deployment: Path = DEPLOYMENT) -> str:
    """Return what the start took; raise BrokenModel if it does not answer its example."""
    code, said = as_in_the_image(START, str(deployment))
    if not code:
        return said.strip()
    advice = "Fix MODEL in model/deployment/predictor"
    if "No module named" in said:
        advice = "Name its package in model/requirements.in, and run: make lock"
    raise BrokenModel(f"{said.rstrip('.')}. {advice}.")


if __name__ == "__main__":
    try:
        print(start())
    except BrokenModel as broken:
        sys.exit(str(broken))
