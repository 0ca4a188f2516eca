"""Answer the rows of a csv, JSON lines or Parquet file with the model.

`make score IN=points.csv OUT=answers.csv` runs it here. On Lambda it is another command of the
same image, which a state machine (predictive_lambda/bulk.py) runs on the objects of a bucket.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bulk.run import score
from bulk.scorer import Summary
from serving.formats import dumps
from serving.problems import Problem

__all__ = ["Summary", "lambdaHandler", "score"]


def lambdaHandler(event: dict[str, Any], context: object) -> None:
    """Answer the object in/NAME as out/NAME; if that exists, only if `again` is set."""
    import boto3

    from app import MODEL

    s3, bucket, key, asked = boto3.client("s3"), os.environ["BUCKET"], event["key"], event["input"]
    types = {"again": bool, "options": dict}
    if not isinstance(asked, dict) or any(type(v) is not types.get(n) for n, v in asked.items()):
        raise Problem(400, 'The input must be {"again": true, "options": {}}, or one of the two.')
    target = "out/" + key.removeprefix("in/")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=target, MaxKeys=1).get("Contents", [])
    is_there = any(found["Key"] == target for found in listed)
    if key.endswith("/") or (is_there and not asked.get("again")):
        return
    with TemporaryDirectory() as folder:  # a file: S3 closes connections that are read slowly
        file = Path(folder) / Path(key).name
        s3.download_file(bucket, key, file)
        done = score(MODEL, file, file, asked.get("options", {}))
        s3.upload_file(file, bucket, target)
    print(dumps({"object": key, "rows": done.rows, "problems": done.problems}))
