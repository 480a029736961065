"""What a request asks for, told from the very bytes that boto3 sends."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from werkzeug.test import EnvironBuilder

from emulator import wire
from emulator.wire import Asked, Reply

TRUST = '{"Version": "2012-10-17"}'
CALLS: list[tuple[str, str, dict[str, Any], str, dict[str, Any]]] = [
    ("s3", "put_object", {"Bucket": "b", "Key": "a/b\nc d.png", "Body": b"x"}, "PutObject", {"Key": "a/b\nc d.png"}),
    ("s3", "upload_part", {"Bucket": "b", "Key": "k", "PartNumber": 1, "UploadId": "u"}, "UploadPart", {"Key": "k"}),
    ("s3", "copy_object", {"Bucket": "b", "Key": "k", "CopySource": "c/d"}, "CopyObject", {"CopySource": "c/d"}),
    ("s3", "list_objects_v2", {"Bucket": "b", "Prefix": "q/"}, "ListObjectsV2", {"Bucket": "b", "Prefix": "q/"}),
    (
        "s3",
        "delete_objects",
        {"Bucket": "b", "Delete": {"Objects": [{"Key": "a"}]}},
        "DeleteObjects",
        {"Delete": {"Objects": [{"Key": "a"}]}},
    ),
    ("s3", "put_bucket_policy", {"Bucket": "b", "Policy": "{}"}, "PutBucketPolicy", {"Bucket": "b"}),
    (
        "ec2",
        "run_instances",
        {"MinCount": 1, "MaxCount": 1, "LaunchTemplate": {"LaunchTemplateId": "lt-1"}},
        "RunInstances",
        {"MaxCount": 1, "LaunchTemplate": {"LaunchTemplateId": "lt-1"}},
    ),
    ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}, "CreateRole", {"RoleName": "r"}),
    ("ssm", "get_parameter", {"Name": "/x"}, "GetParameter", {"Name": "/x"}),
    ("dlm", "get_lifecycle_policy", {"PolicyId": "policy-1"}, "GetLifecyclePolicy", {"PolicyId": "policy-1"}),
    ("cloudwatch", "describe_alarms", {"MaxRecords": 3}, "DescribeAlarms", {"MaxRecords": 3}),
    (
        "resourcegroupstaggingapi",
        "get_resources",
        {"TagFilters": [{"Key": "a", "Values": ["b"]}]},
        "GetResources",
        {"TagFilters": [{"Key": "a", "Values": ["b"]}]},
    ),
]


def environ_of(request: Any) -> wire.Environ:
    """A prepared request of botocore's as a WSGI server hands it on."""
    body = request.body.read() if hasattr(request.body, "read") else request.body or b""
    headers = [(name, value.decode() if isinstance(value, bytes) else value) for name, value in request.headers.items()]
    builder = EnvironBuilder(request.url.partition("?")[0], method=request.method, headers=headers, data=body)
    return {**builder.get_environ(), "QUERY_STRING": request.url.partition("?")[2]}


@cache
def session() -> boto3.session.Session:
    return boto3.session.Session("KEY", "secret", region_name="us-east-1")


def asked_of(service: str, method: str, parameters: Mapping[str, Any]) -> Asked:
    """What the wire says of one call; nothing is sent."""
    config = Config(retries={"total_max_attempts": 1})
    client = session().client(service, endpoint_url="http://127.0.0.1:1", config=config)
    seen: list[Asked] = []

    def instead(request: Any, **_: Any) -> AWSResponse:
        seen.append(wire.read(environ_of(request)))
        return AWSResponse(request.url, 500, {}, None)

    client.meta.events.register("before-send", instead)
    with suppress(Exception):  # whatever botocore makes of that answer
        getattr(client, method)(**parameters)
    return seen[0]


@pytest.mark.parametrize(("service", "method", "parameters", "operation", "told"), CALLS)
def test_service_operation_and_parameters_are_read_as_they_were_meant(
    service: str, method: str, parameters: dict[str, Any], operation: str, told: dict[str, Any]
) -> None:
    asked = asked_of(service, method, parameters)
    assert (asked.service, asked.operation) == (service, operation)
    assert told.items() <= dict(asked.parameters).items()
    assert (asked.access_key, asked.region) == ("KEY", "us-east-1")


def test_the_body_can_still_be_read_by_who_answers() -> None:
    environ = EnvironBuilder(
        "/",
        method="POST",
        data=b"Action=CreateRole&RoleName=r&Version=2010-05-08",
        headers=[
            ("Authorization", "AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/iam/aws4_request, SignedHeaders=host"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ],
    ).get_environ()
    asked = wire.read(environ)
    assert asked.parameters["RoleName"] == "r"
    assert environ["wsgi.input"].read().startswith(b"Action=CreateRole")


@pytest.mark.parametrize("header", ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=a/b/c/nosuchservice/aws4_request"])
def test_a_request_that_is_no_call_is_read_as_none(header: str) -> None:
    asked = wire.read(EnvironBuilder("/x", headers=[("Authorization", header)]).get_environ())
    assert (asked.operation, dict(asked.parameters)) == ("", {})


@pytest.mark.parametrize(
    ("operation", "changes"),
    [("GetParameter", False), ("HeadObject", False), ("DeleteRole", True), ("PutObject", True)],
)
def test_looking_is_told_from_changing(operation: str, changes: bool) -> None:
    assert Asked("any", operation, "", "", {}, {}).is_mutating is changes


def test_an_answer_is_taken_whole_and_given_on_as_it_was() -> None:
    closed = threading.Event()

    class Parts(list[bytes]):
        def close(self) -> None:
            closed.set()

    def application(_: wire.Environ, start: wire.StartResponse) -> Parts:
        start("201 Created", [("X-A", "b")])
        return Parts([b"a", b"b"])

    reply = wire.ask(application, {})
    assert reply == Reply("201 Created", (("X-A", "b"),), b"ab")
    assert (reply.code, closed.is_set()) == (201, True)
    told: list[Any] = []
    assert list(reply.send(lambda *line: told.append(line))) == [b"ab"]
    assert told == [("201 Created", [("X-A", "b")])]
