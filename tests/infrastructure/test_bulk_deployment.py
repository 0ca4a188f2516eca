"""The state machine on an emulated AWS answers objects of rows as `make score` does."""

import csv
import gzip
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

import bulk
from app import MODEL
from tests.infrastructure.emulated_aws import ROOT, Aws, emulated_aws, template_file

# The emulator only runs four functions at once: the others are throttled.
SETTINGS = {"bulk": "true", "bulk_concurrency": "8", "bulk_tolerated_failures": "20"}
pytestmark = pytest.mark.proof


def rows(count: int, *more: str) -> bytes:
    """Write a csv of the model's example, numbered, followed by more lines."""
    names = [parameter.name for parameter in MODEL.inputs]
    file = io.StringIO()
    example = [MODEL.example.get(name, "") for name in names]
    csv.writer(file).writerows([["number", *names], *([i, *example] for i in range(count))])
    return (file.getvalue() + "".join(f"{line}\n" for line in more)).encode()


PARQUET = io.BytesIO()
parquet.write_table(pa.Table.from_pylist([dict(MODEL.example)] * 10), PARQUET)
OBJECTS = {
    **{f"{i} of 5.csv": rows(i) for i in range(1, 6)},
    "many.csv": rows(20_000),
    "bad rows.csv": rows(3, "bad", "worse,"),
    "folder/lines.jsonl": b"\n".join([json.dumps(dict(MODEL.example)).encode(), b"{"]),
    "zipped.csv.gz": gzip.compress(rows(10)),
    "table.parquet": PARQUET.getvalue(),
}
BROKEN = {"broken.csv.gz": gzip.compress(rows(10))[:-10], "empty.csv": b""}


@pytest.fixture(scope="module")
def aws(engine: None) -> Iterator[Aws]:
    with emulated_aws(reachable=True) as running:
        assembly = running.synthesize(ROOT, "bulk", **SETTINGS)
        template = template_file(assembly)
        # The emulator has its own name for the error of a throttled function.
        throttled = template.read_text().replace(
            "Lambda.TooManyRequestsException", "Lambda.Unknown"
        )
        template.write_text(throttled)
        running.deploy(assembly)
        yield running


def run(aws: Aws, **asked: object) -> str:
    """Run the state machine to its end, and return its status."""
    states = aws.client("stepfunctions")
    machine = aws.outputs["BulkStateMachine"]
    arn = states.start_execution(stateMachineArn=machine, input=json.dumps(asked))["executionArn"]
    while (found := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(1)
    return str(found["status"])


def answered(aws: Aws) -> dict[str, Any]:
    """Return when each object under out/ was written."""
    bucket = aws.outputs["BulkBucket"]
    listed = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix="out/").get("Contents", [])
    return {entry["Key"].removeprefix("out/"): entry["LastModified"] for entry in listed}


def test_objects_get_the_answers_of_make_score_once(aws: Aws, tmp_path: Path) -> None:
    s3, bucket = aws.client("s3"), aws.outputs["BulkBucket"]
    for name, content in {**OBJECTS, **BROKEN, "": b""}.items():
        s3.put_object(Bucket=bucket, Key=f"in/{name}", Body=content)

    assert run(aws) == "SUCCEEDED"  # two in thirteen are broken

    first = answered(aws)
    assert first.keys() == OBJECTS.keys()
    for name, content in OBJECTS.items():
        source, target = tmp_path / Path(name).name, tmp_path / f"out {Path(name).name}"
        source.write_bytes(content)
        bulk.score(MODEL, source, target, {})
        found = s3.get_object(Bucket=bucket, Key=f"out/{name}")["Body"].read()
        unpack = gzip.decompress if name.endswith(".gz") else bytes
        assert unpack(found) == unpack(target.read_bytes()), name

    s3.delete_object(Bucket=bucket, Key="out/many.csv")
    assert run(aws) == "SUCCEEDED"
    second = answered(aws)
    assert second.keys() == first.keys()
    assert {name for name in first if second[name] != first[name]} == {"many.csv"}
    assert run(aws, again=True) == "SUCCEEDED"
    assert all(when > first[name] for name, when in answered(aws).items())
