"""Answer many rows with the model: of a csv, JSON lines or Parquet file.

`make score IN=points.csv OUT=answers.csv` runs it here. On Lambda it is the other command of the
same image: a state machine (predictive_lambda/bulk.py) gives it the objects of a bucket.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bulk.explained import explained
from bulk.run import Summary, score
from serving.formats import dumps
from serving.problems import Problem

__all__ = ["Summary", "lambdaHandler", "score"]


def lambdaHandler(event: dict[str, Any], context: object) -> None:
    """Answer an object of the bucket, in/NAME, as out/NAME: once, unless it is asked for again."""
    import boto3

    from app import MODEL

    s3, bucket, key, asked = boto3.client("s3"), os.environ["BUCKET"], event["key"], event["input"]
    if not isinstance(asked, dict) or asked.keys() - {"again", "options"}:
        raise Problem(400, 'The input must be {"again": true, "options": {}}, or a part of it.')
    target = "out/" + key.removeprefix("in/")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=target, MaxKeys=1).get("Contents", [])
    is_there = any(found["Key"] == target for found in listed)
    if key.endswith("/") or (is_there and not asked.get("again")):
        return
    with TemporaryDirectory() as folder:  # files, because S3 ends a connection that is slowly read
        source, answers = Path(folder) / f"in-{Path(key).name}", Path(folder) / Path(key).name
        s3.download_file(bucket, key, source)
        model, options = explained(MODEL, asked.get("options", {}))
        done = score(model, source, answers, options)
        s3.upload_file(answers, bucket, target)
    print(dumps({"object": key, "rows": done.rows, "problems": done.problems}))
