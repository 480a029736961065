"""Who is let in: AWS's documented logic for requests within one account."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.access import policies
from emulator.access.decisions import Decision, Identity, Policies, Question, decide
from emulator.access.policies import Policy, PolicyError

ROLE = "arn:aws:iam::1:role/team/host"
SESSION = Identity(arn="arn:aws:sts::1:assumed-role/host/i-1", account_id="1", role_arn=ROLE)
USER = Identity(arn="arn:aws:iam::1:user/ada", account_id="1")
SERVICE = Identity(arn="dlm.amazonaws.com", account_id="1", service="dlm.amazonaws.com")
OBJECT = "arn:aws:s3:::b/k"
GET = "s3:GetObject"


ELSEWHERE = {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*", "Principal": "*"}


def policy(*statements: dict[str, Any], name: str = "p") -> Policy:
    """About something else without statements."""
    return policies.parse(name, json.dumps({"Version": "2012-10-17", "Statement": statements or [ELSEWHERE]}))


def says(effect: str = "Allow", **more: Any) -> Policy:
    statement = {"Sid": effect, "Effect": effect, "Action": GET, "Resource": "arn:aws:s3:::b/*", **more}
    return policy({name: value for name, value in statement.items() if value is not None})


def ask(who: Identity = SESSION, /, **found: Any) -> Decision:
    return decide(Question(who, GET, OBJECT), Policies(**found))


def test_nothing_is_allowed_that_no_policy_allows() -> None:
    decision = ask()
    assert not decision.is_allowed
    assert decision.why == "because no identity-based policy allows the s3:GetObject action"


def test_an_allow_names_the_statement_that_gave_it() -> None:
    assert ask(identity=(says(),)) == Decision(True, ("identity:p/Allow",)) == ask(identity=(policy(), says()))


@pytest.mark.parametrize("where", ["identity", "boundary", "session", "resource"])
def test_an_explicit_deny_wins_wherever_it_stands(where: str) -> None:
    allow = {"identity": (says(),), "boundary": says(), "session": says(), "resource": says(Principal="*")}
    assert ask(**allow).is_allowed
    denied = says("Deny", Principal="*" if where == "resource" else None)
    decision = ask(**{**allow, where: (denied,) if where == "identity" else denied})
    assert (decision.is_allowed, decision.by) == (False, (f"{where}:p/Deny",))
    assert decision.why.startswith("with an explicit deny in a")
    if where == "resource":  # also to who may do everything
        assert not ask(USER, identity=None, resource=denied).is_allowed


@pytest.mark.parametrize("bound", ["boundary", "session"])
def test_a_bound_allows_nothing_by_itself_and_must_allow_too(bound: str) -> None:
    other = says(Action="s3:PutObject")
    assert not ask(**{bound: says()}).is_allowed
    assert ask(identity=(says(),), **{bound: says()}).by == ("identity:p/Allow", f"{bound}:p/Allow")
    decision = ask(identity=(says(),), **{bound: other})
    assert not decision.is_allowed
    assert {"boundary": "permissions boundary", "session": "session policy"}[bound] in decision.why


GRANTS: list[tuple[Identity, Any, bool, bool]] = [
    # who, Principal, granted alone, granted in spite of a boundary that does not allow it
    (USER, {"AWS": USER.arn}, True, True),
    (USER, "*", True, True),
    (USER, {"AWS": "*"}, True, True),
    (USER, {"AWS": "arn:aws:iam::1:root"}, False, False),
    (USER, {"AWS": "1"}, False, False),
    (USER, {"AWS": ROLE}, False, False),
    (USER, {"AWS": "arn:aws:iam::1:user/a*"}, False, False),
    (SESSION, {"AWS": SESSION.arn}, True, True),
    (SESSION, {"AWS": ROLE}, True, False),
    (SESSION, {"AWS": ["arn:aws:iam::1:root", ROLE]}, True, False),
    (SESSION, {"Service": "dlm.amazonaws.com"}, False, False),
    (SERVICE, {"Service": ["ec2.amazonaws.com", "dlm.amazonaws.com"]}, True, True),
    (SERVICE, {"Service": "ec2.amazonaws.com"}, False, False),
    (SERVICE, {"AWS": "*"}, True, True),
    (SERVICE, {"AWS": "arn:aws:iam::1:root"}, False, False),
]


@pytest.mark.parametrize(("identity", "principal", "alone", "unbounded"), GRANTS)
def test_a_resource_policy_grants_as_far_as_it_names_the_caller(
    identity: Identity, principal: Any, alone: bool, unbounded: bool
) -> None:
    grant = says(Principal=principal)
    assert ask(identity, resource=grant).is_allowed is alone
    for bound in ("boundary", "session"):
        assert ask(identity, resource=grant, **{bound: policy()}).is_allowed is unbounded


def test_what_is_granted_to_the_account_its_policies_must_grant_again() -> None:
    trust = says(Principal={"AWS": "arn:aws:iam::1:root"})
    assert not ask(resource=trust, is_resource_needed=True).is_allowed
    assert ask(identity=(says(),), resource=trust, is_resource_needed=True).is_allowed
    assert ask(USER, identity=None, resource=trust, is_resource_needed=True).is_allowed


def test_without_the_resource_s_word_nobody_gets_in_where_it_is_needed() -> None:
    for resource in (None, policy(), says(Principal={"AWS": ROLE})):
        decision = ask(USER, identity=None, resource=resource, is_resource_needed=True)
        assert not decision.is_allowed
        assert decision.why == "because no resource-based policy allows the s3:GetObject action"


def test_a_deny_to_all_but_some_spares_those() -> None:
    deny = says("Deny", NotPrincipal={"AWS": [ROLE]})
    assert ask(identity=(says(),), resource=deny).is_allowed
    assert not ask(USER, identity=None, resource=deny).is_allowed


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"Action": "S3:get*"}, True),
        ({"Action": "s3:Get?bject"}, True),
        ({"Action": ["s3:PutObject", "*"]}, True),
        ({"Action": "s3:GetObjectVersion"}, False),
        ({"Action": None, "NotAction": ["s3:Put*", "iam:*"]}, True),
        ({"Action": None, "NotAction": "s3:*"}, False),
        ({"Resource": "*"}, True),
        ({"Resource": "arn:aws:s3:::B/*"}, False),
        ({"Resource": "arn:aws:s3:::b"}, False),
        ({"Resource": ["arn:aws:s3:::x", "arn:aws:s3:::*/k"]}, True),
        ({"Resource": None, "NotResource": "arn:aws:s3:::b/private/*"}, True),
        ({"Resource": None, "NotResource": ["arn:aws:s3:::x", "arn:aws:s3:::b/*"]}, False),
        ({"Resource": "arn:aws:s3:::b/${aws:username}"}, False),
    ],
)
def test_actions_and_resources_are_meant_as_they_are_written(changed: dict[str, Any], expected: bool) -> None:
    assert ask(identity=(says(**changed),)).is_allowed is expected


def test_a_variable_in_a_resource_is_the_caller_s_own() -> None:
    own = says(Resource="arn:aws:s3:::b/${aws:username}")
    for name, expected in (("k", True), ("ada", False)):
        question = Question(USER, GET, OBJECT, {"aws:username": name})
        assert decide(question, Policies(identity=(own,))).is_allowed is expected


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"Effect": "allow"}, "Effect is 'allow'"),
        ({"Actions": "x"}, "member 'Actions' is unknown"),
        ({"Action": None}, "no Action"),
        ({"NotAction": "s3:*"}, "NotAction as well"),
        ({"NotResource": "*"}, "both Resource and NotResource"),
        ({"NotPrincipal": "*"}, "allows by NotPrincipal"),
    ],
)
def test_a_statement_that_iam_would_not_take_is_refused(body: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        says(**body)


@pytest.mark.parametrize(("text", "said"), [("{", "no JSON"), ('{"Version": "2026-01-01"}', "Version is '2026-01-01'")])
def test_a_document_that_iam_would_not_take_is_refused(text: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        policies.parse("p", text)


def test_a_single_statement_needs_no_list_and_without_a_sid_has_its_number() -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": GET, "Resource": "*"}})
    assert ask(identity=(policies.parse("p", text),)).by == ("identity:p/statement 1",)


def test_without_a_statement_what_only_it_allowed_is_denied() -> None:
    assert not ask(identity=(says().without("Allow"),)).is_allowed


STATEMENTS = [says(effect, Action=action) for effect in ("Allow", "Deny") for action in (GET, "s3:PutObject", "s3:*")]


@given(*[st.lists(st.sampled_from(STATEMENTS), max_size=3)] * 2)
def test_no_policy_added_ever_undoes_a_deny_and_no_bound_ever_adds_a_right(
    own: list[Policy], more: list[Policy]
) -> None:
    before = ask(identity=own)
    after = ask(identity=[*own, *more])
    if before.by and not before.is_allowed:
        assert not after.is_allowed
    for bound in itertools.chain(more, own):
        assert ask(identity=own, boundary=bound).is_allowed <= before.is_allowed
