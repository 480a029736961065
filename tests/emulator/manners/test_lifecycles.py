"""Lifecycle rules that S3 does not take."""

from typing import Any

import pytest

from emulator.manners.lifecycles import RULES, faults
from emulator.manners.rules import Request
from emulator.seam import AwsError

IA = "STANDARD_IA"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"Expiration": {"Days": 30}}, ""),
        ({"Transitions": [{}]}, "not well-formed"),
        ({"Expiration": {"Days": 31}, "Transitions": [{"Days": 30, "StorageClass": IA}]}, ""),
        ({"Expiration": {"ExpiredObjectDeleteMarker": True}}, ""),
        ({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}, "Filter": {"Prefix": "a"}}, ""),
        ({}, "At least one action"),
        ({"ID": "i" * 256, "Expiration": {"Days": 1}}, "allowed limit of 255"),
        ({"Expiration": {"Days": 0}}, "'Days' for Expiration action must be a positive integer"),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 0}}, "'NoncurrentDays' for"),
        ({"Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}}, "not well-formed"),
        (
            {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}, "Filter": {"And": {"Tags": [{"Key": "a"}]}}},
            "cannot be specified with Tags",
        ),
        ({"Transitions": [{"Days": 29, "StorageClass": IA}]}, "greater than or equal to 30 for storageClass"),
        (
            {"Expiration": {"Days": 30}, "Transitions": [{"Days": 30, "StorageClass": IA}]},
            "must be greater than 'Days'",
        ),
    ],
)
def test_a_rule_does_something_and_in_an_order_that_s3_can_keep(rule: dict[str, Any], said: str) -> None:
    found = [sentence for _, sentence in faults(rule)]
    assert len(found) == (1 if said else 0), found
    assert said in "".join(found)


@pytest.mark.parametrize(
    ("names", "code"), [(["a", "b"], ""), (["a", "a"], "InvalidArgument"), (map(str, range(1001)), "InvalidRequest")]
)
def test_rules_have_names_of_their_own_and_are_a_thousand(names: Any, code: str) -> None:
    rules = [{"ID": name, "Expiration": {"Days": 1}} for name in names]
    call = Request("s3", "PutBucketLifecycleConfiguration", {"LifecycleConfiguration": {"Rules": rules}}, "0", "r")
    found = ""
    try:
        RULES[0][1](call)
    except AwsError as error:
        found = str(error.code)
    assert found == code
