"""The template of `bulk=true`: the same image, least rights, a private bucket, retries."""

import json

from aws_cdk.assertions import Match

from tests.infrastructure.synthesized import MACHINE, definition, synthesize


def test_bulk_is_the_same_image_with_another_command() -> None:
    template = synthesize()
    template.resource_count_is("AWS::S3::Bucket", 0)
    template.resource_count_is(MACHINE, 0)
    bulk = synthesize(bulk="true")
    serving, answering = (
        function["Properties"] for function in bulk.find_resources("AWS::Lambda::Function").values()
    )
    assert serving["Code"] == answering["Code"]
    assert "ImageConfig" not in serving
    assert answering["ImageConfig"] == {"Command": ["bulk.lambdaHandler"]}
    assert (answering["Timeout"], answering["MemorySize"]) == (900, 1769)


def test_the_bulk_function_reads_in_and_writes_out_and_nothing_else() -> None:
    bulk = synthesize(bulk="true")
    [policy] = bulk.find_resources("AWS::IAM::Policy", Match.object_like(BULK_POLICY)).values()
    allowed = {
        str(statement["Action"]): json.dumps(statement["Resource"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "s3:" in str(statement["Action"])
    }
    assert {*allowed} == {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}
    assert "/in/*" in allowed["s3:GetObject"] and "/out/*" in allowed["s3:PutObject"]


BULK_POLICY = {
    "Properties": {"Roles": [{"Ref": Match.string_like_regexp("^PredictiveLambdaBulkRole")}]}
}


def test_rows_are_kept_private_encrypted_and_rid_of_what_was_cut_short() -> None:
    bulk = synthesize(bulk="true")
    bulk.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Retain"})
    bulk.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": Match.any_value(),
            "PublicAccessBlockConfiguration": {"BlockPublicPolicy": True},
            "LifecycleConfiguration": {
                "Rules": [{"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]
            },
        },
    )
    secure = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    bulk.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {"PolicyDocument": {"Statement": [Match.object_like(secure)]}},
    )


def test_a_throttled_object_is_tried_again_and_a_broken_one_is_not() -> None:
    each = definition(synthesize(bulk="true"))["States"]["EachObject"]
    retried = {
        error: retry["MaxAttempts"]
        for retry in each["ItemProcessor"]["States"]["AnswerAnObject"]["Retry"]
        for error in retry["ErrorEquals"]
    }
    assert retried["Lambda.TooManyRequestsException"] >= 30
    assert {"Lambda.ServiceException", "Lambda.SdkClientException"} <= retried.keys()
    assert all(error.startswith("Lambda.") for error in retried)
