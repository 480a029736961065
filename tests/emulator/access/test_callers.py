"""Whose key it is: sessions end, roles bring their tags, names are made of what a laptop calls itself."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sts.models import sts_backends

from emulator.access import refusals
from emulator.access.callers import Callers
from emulator.access.refusals import Refused

ACCOUNT = "123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def session() -> Iterator[Any]:
    """Of a role with a tag, as STS keeps it."""
    with mock_aws():
        tags = [{"Key": "Team", "Value": "ml"}]
        role = boto3.client("iam").create_role(RoleName="host", Path="/a/", AssumeRolePolicyDocument=TRUST, Tags=tags)
        boto3.client("sts").assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="ada")
        yield sts_backends[ACCOUNT]["aws"].assumed_roles[-1]


def test_a_session_is_its_role_s(session: Any) -> None:
    caller = Callers(ACCOUNT).identify(session.access_key_id, session.session_token)
    assert caller.identity.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/host/ada"
    assert caller.keys["aws:principalarn"] == caller.identity.role_arn == f"arn:aws:iam::{ACCOUNT}:role/a/host"
    assert caller.keys["aws:principaltag/team"] == "ml"
    assert caller.policies == ()
    assert "aws:username" not in caller.keys


def test_a_session_ends(session: Any) -> None:
    callers = Callers(ACCOUNT)
    session.expiration -= timedelta(hours=2)
    with pytest.raises(Refused) as caught:
        callers.identify(session.access_key_id, session.session_token)
    assert caught.value.kind == refusals.EXPIRED


def test_a_session_ends_with_its_role(session: Any) -> None:
    boto3.client("iam").delete_role(RoleName="host")
    with pytest.raises(Refused) as caught:
        Callers(ACCOUNT).identify(session.access_key_id, session.session_token)
    assert caught.value.kind == refusals.UNKNOWN


def test_a_key_that_nobody_made_is_an_administrator_of_that_name(session: Any) -> None:
    caller = Callers(ACCOUNT).identify("a laptop", "")
    assert caller.identity.arn == f"arn:aws:iam::{ACCOUNT}:user/a-laptop"
    assert caller.policies is None
    assert caller.keys["aws:username"] == "a-laptop"


@pytest.mark.parametrize("protocol", [*refusals.ANSWERS, "smithy-rpc-v2-cbor"])
@pytest.mark.parametrize(
    "kind", [refusals.DENIED, refusals.EXPIRED, refusals.UNKNOWN, refusals.UNSIGNED, refusals.INVALID]
)
def test_every_protocol_has_a_word_for_every_refusal(protocol: str, kind: str) -> None:
    answer = refusals.answer(protocol, kind)
    assert 400 <= answer.status < 404
    assert answer.status_line.startswith(f"{answer.status} ")
    assert answer.code
