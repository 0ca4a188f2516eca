"""The lower limit for any model on numpy: imports it, and computes nothing."""

from typing import Any

import numpy


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {"statusCode": 200, "body": numpy.__version__}
