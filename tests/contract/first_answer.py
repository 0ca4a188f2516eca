"""Print how long the model's start and first answer take, or exit with what is wrong with it.

`tests.contract.start` runs this file as the serving image would.
"""

import json
import resource
import sys
import time
import warnings

warnings.simplefilter("error")
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
print(
    f"The model: import {imported - begun:.2f} s, first answer "
    f"{1000 * (answered - imported):.0f} ms, {megabytes:.0f} MB at most."
)
