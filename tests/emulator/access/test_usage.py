"""What a trail proves about a role's statements."""

import json
from typing import Any

from emulator.access import policies, usage
from emulator.access.decisions import Policies
from emulator.access.usage import Role

ARN = "arn:aws:iam::1:role/host"
READ = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
LIST = {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}
AGAIN = {**READ, "Sid": "Again", "Resource": "arn:aws:s3:::b/x"}
ONLY_B = {**READ, "Sid": "Own", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}}


def parsed(name: str, *statements: dict[str, Any]) -> policies.Policy:
    return policies.parse(name, json.dumps({"Version": "2012-10-17", "Statement": statements}))


def role(*statements: dict[str, Any], boundary: dict[str, Any] | None = None) -> Role:
    trust = {"Sid": "Service", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    found = Policies(identity=(parsed("own", *statements),), boundary=parsed("b", boundary) if boundary else None)
    return Role(arn=ARN, policies=found, trust=parsed("trust", trust))


def line(
    action: str, resource: str, *by: str, allowed: bool = True, context: dict[str, Any] | None = None
) -> dict[str, Any]:
    check = {"action": action, "resource": resource, "keys": {}, "allowed": allowed, "by": by}
    refused = "" if allowed else "no"
    return {"caller": "arn:aws:sts::1:assumed-role/host/i", "role": ARN, "context": context or {}, "checks": [check],
            "refused": refused}  # fmt: skip


GET = line("s3:GetObject", "arn:aws:s3:::b/x", "identity:own/Read")


def test_a_statement_is_needed_when_a_call_that_was_allowed_would_be_denied_without_it() -> None:
    host = role(READ, LIST)
    assert host.allowing() == {"own/Read", "own/List", "trust/Service"}
    assert host.needed([GET]) == {"own/Read", "own/Read s3:GetObject"}


def test_of_two_statements_that_allow_the_same_neither_is_needed() -> None:
    both = line("s3:GetObject", "arn:aws:s3:::b/x", "identity:own/Read", "identity:own/Again")
    assert role(READ, AGAIN).needed([both]) == set()
    other = line("s3:GetObject", "arn:aws:s3:::b/y", "identity:own/Read")
    assert "own/Read" in role(READ, AGAIN).needed([both, other])


def test_of_two_policies_with_a_statement_of_one_name_neither_is_needed_where_either_would_do() -> None:
    both = line("s3:GetObject", "arn:aws:s3:::b/x", "identity:own/Read", "identity:other/Read")
    found = Policies(identity=(parsed("own", READ), parsed("other", READ)), boundary=None)
    assert Role(arn=ARN, policies=found, trust=parsed("trust", READ)).needed([both]) == set()


def test_what_was_denied_and_what_another_did_proves_nothing() -> None:
    refused = line("s3:GetObject", "arn:aws:s3:::b/x", allowed=False)
    assert role(READ).needed([refused, {**GET, "role": "arn:aws:iam::1:role/other"}]) == set()
    assert list(usage.denied([GET, refused])) == [refused]


def test_a_boundary_s_statement_is_needed_like_the_role_s_own() -> None:
    rest = {"Sid": "Rest", "Effect": "Allow", "Action": "*", "Resource": "*"}
    bounded = role(READ, boundary=rest)
    seen = line("s3:GetObject", "arn:aws:s3:::b/x", "identity:own/Read", "boundary:b/Rest")
    assert bounded.needed([seen]) >= {"own/Read", "boundary/Rest"}


def test_a_trust_is_needed_by_who_took_the_role() -> None:
    taken = {"caller": "ec2.amazonaws.com", "checks": [
        {"action": "sts:AssumeRole", "resource": ARN, "allowed": True, "by": ["resource:trust/Service"]}]}  # fmt: skip
    assert role(READ).needed([taken]) == {"trust/Service"}


def test_a_question_is_asked_again_with_all_of_its_context() -> None:
    names = ("identity:own/Own", "identity:own/Read")
    several = line("s3:GetObject", "arn:aws:s3:::b/x", *names, context={"aws:tagkeys": ["a"]})
    assert role(ONLY_B, READ).needed([several]) == set(), "either would do"
    assert "own/Own" in role(ONLY_B).needed([several])


def test_an_action_that_nothing_needed_is_told_beside_the_one_that_was() -> None:
    both = {**READ, "Action": ["s3:GetObject", "s3:DeleteObject"]}
    host = role(both, {**LIST, "Action": ["s3:ListBucket", "s3:GetBucketLocation"]})
    left = usage.unproven(host.allowing(), host.needed([GET]))
    assert left == {"own/Read s3:DeleteObject", "own/List", "trust/Service"}
