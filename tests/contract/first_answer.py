"""Print how long the model's start and first answer take: `tests.contract.start` runs this."""

import json
import resource
import sys
import time
import warnings

warnings.simplefilter("error")
begun = time.perf_counter()
from app import lambdaHandler  # noqa: E402

imported = time.perf_counter()
query = {**lambdaHandler.model.example, "format": "json"}
answer = lambdaHandler({"queryStringParameters": query}, None)
answered = time.perf_counter()
if answer["statusCode"] != 200:
    sys.exit(json.loads(answer["body"])["detail"])
if sys.platform == "linux":  # where rusage has the peak of the process that started this one
    with open("/proc/self/status") as status:
        [megabytes] = [int(line.split()[1]) / 1024 for line in status if "VmHWM" in line]
else:
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
print(
    f"The model: import {imported - begun:.2f} s, first answer "
    f"{1000 * (answered - imported):.0f} ms, {megabytes:.0f} MB at most."
)
