"""A policy that its service would not take is refused when it is put, in the service's own words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.iam.models import iam_backends
from moto.iam.policy_validation import BaseIAMPolicyValidator, IAMTrustPolicyDocumentValidator

from emulator.engine import shapes
from emulator.manners import malformed
from emulator.manners.malformed import IDENTITY, OF_BUCKET, OF_TOPIC, TRUST, Kind
from emulator.manners.rules import Request
from emulator.seam import AwsError

ACCOUNT = "123456789012"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:t"
ROOT = {"AWS": ACCOUNT}
SOUND: dict[str, tuple[Kind, dict[str, Any]]] = {
    "identity": (IDENTITY, {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}),
    "trust": (TRUST, {"Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}),
    "bucket": (OF_BUCKET, {"Action": "s3:GetObject", "Principal": ROOT, "Resource": "arn:aws:s3:::b/*"}),
    "topic": (OF_TOPIC, {"Action": "sns:Publish", "Principal": ROOT, "Resource": TOPIC}),
}
"""Kind of policy -> what checks it, and a statement that it takes."""


def policy(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


def statement(name: str, **changed: Any) -> dict[str, Any]:
    """A sound statement of the kind but for this; None takes an element away."""
    body = {"Effect": "Allow", **SOUND[name][1], **changed}
    return {element: value for element, value in body.items() if value is not None}


def refusal(name: str, text: str) -> tuple[str, str]:
    """Code and sentence; two empty texts for a policy that is taken."""
    try:
        SOUND[name][0].check(text, Request("s3", "PutBucketPolicy", {"Bucket": "b"}, ACCOUNT, "us-east-1"))
    except AwsError as error:
        return str(error.code), str(error.message)
    return "", ""


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As the emulator has it, with one role."""
    for judge in (BaseIAMPolicyValidator, IAMTrustPolicyDocumentValidator):
        for name, method in list(vars(judge).items()):
            if name.startswith("_validate"):
                monkeypatch.setattr(judge, name, method)  # put back afterwards
    malformed.install()
    backend = iam_backends[ACCOUNT]["aws"]
    made = backend.create_role("known", policy(statement("trust")), "/a/", None, "", [], None, None)
    yield
    del backend.roles[made.id]


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17"])
def test_a_sound_policy_is_taken(name: str, version: str) -> None:
    assert refusal(name, policy(statement(name), Version=version)) == ("", "")
    assert refusal(name, policy(statement(name), statement(name), Id="x")) == ("", "")


UNREADABLE = [
    *("{", "[]", '"x"', "null", "1", '{"Statement": "x"}', '{"Statement": null}', "{}"),
    *(policy(), policy("x"), policy([]), policy(None)),
]
BROKEN: dict[str, list[Any]] = {
    "Effect": ["allow", ["Allow"], 1, None],
    "Action": [1, [1], [None], {}, [], "GetObject", "s3:Get:Object"],
    "NotAction": ["s3:*"],
    "Condition": [
        *([], "x", {"Bool": "x"}, {"Bool": []}),
        *({"Bool": {"k": None}}, {"Bool": {"k": {}}}, {"Bool": {"k": [{}]}}, {"Bool": {"k": [[]]}}),
        *({"StringMatches": {"k": "v"}}, {"NullIfExists": {"k": "true"}}),
    ],
    "Sid": [1, [], {}],
    "Whatever": ["x"],
}
"""Element -> what no kind of policy takes there."""


@pytest.mark.parametrize("name", SOUND)
def test_what_is_no_policy_is_refused_and_is_no_fault_of_the_service(name: str) -> None:
    texts = [*UNREADABLE, policy(Version="2013-10-17"), policy(statement(name), Version=["2012-10-17"])]
    texts += [policy(statement(name, **{element: value})) for element, values in BROKEN.items() for value in values]
    for text in texts:
        assert refusal(name, text)[0] == SOUND[name][0].code, text


@pytest.mark.parametrize("name", ["trust", "bucket", "topic"])
@pytest.mark.parametrize(
    "principal", ["x", ["*"], {}, {"AWS": []}, {"AWS": 1}, {"AWS": {}}, {"Foo": "x"}, {"AWS": [None]}]
)
def test_a_principal_that_names_nobody_is_refused(name: str, principal: Any) -> None:
    assert refusal(name, policy(statement(name, Principal=principal)))[0] == SOUND[name][0].code


GOOD_PRINCIPALS: list[dict[str, Any]] = [
    *({"AWS": who} for who in ("*", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:role/a/known")),
    *({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/known/me"}, {"AWS": "arn:aws:iam::210987654321:role/theirs"}),
    *({"AWS": f"arn:aws:iam::{ACCOUNT}:user/{name}"} for name in ("admin", "a/b/admin@example.com")),
    {"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/bob"},
    {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"},
    *({"Service": f"{name}.amazonaws.com"} for name in ("ecs-tasks", "states.us-east-1", "delivery.logs")),
    *(
        {"Service": f"{name}.amazonaws.com"}
        for name in ("billingreports", "airflow-env", "license-management.marketplace")
    ),
    {"Service": "ec2.amazonaws.com.cn"},
]
GHOSTS: list[dict[str, Any]] = [
    *(
        {"AWS": f"arn:aws:iam::{ACCOUNT}:{what}"}
        for what in ("role/known", "role/a/*", "user/a*", "user/a b", "group/g")
    ),
    *({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/ghost/me"}, {"AWS": "junk"}, {"AWS": [ACCOUNT, "junk"]}),
    *({"Service": service} for service in ("ec2.amazonaws", ".amazonaws.com", "EC2.amazonaws.com", "ec2", "*")),
]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("trust", 'Invalid principal in policy: "{}":"{}"'),
        ("bucket", "Invalid principal in policy"),
        ("topic", "Invalid parameter: Policy Error: PrincipalNotFound"),
    ],
)
def test_a_principal_must_exist(name: str, sentence: str) -> None:
    for principal in GOOD_PRINCIPALS:
        assert refusal(name, policy(statement(name, Principal=principal))) == ("", ""), principal
    for principal in GHOSTS:
        [(kind, who)] = principal.items()
        said = sentence.format(kind.upper(), who[-1] if isinstance(who, list) else who)
        assert refusal(name, policy(statement(name, Principal=principal)))[1] == said


VENDOR = "Resource vendor must be fully qualified and cannot contain regexes."


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("identity", {"Principal": "*"}, "Policy document should not specify a principal."),
        ("identity", {"NotPrincipal": ROOT}, "Policy document should not specify a principal."),
        ("identity", {"Resource": None}, "Policy statement must contain resources."),
        ("identity", {"Resource": "arn:aws:*:::b"}, VENDOR),
        ("identity", {"Resource": "arn:aws:s*:::b"}, VENDOR),
        ("identity", {"Resource": "junk"}, 'Resource junk must be in ARN format or "*".'),
        ("identity", {"Sid": "two words"}, "Statement IDs (SID) must be alpha-numeric."),
        ("trust", {"Sid": "two-words"}, "Statement IDs (SID) must be alpha-numeric."),
        ("trust", {"Resource": "*"}, "Has prohibited field Resource"),
        ("trust", {"Principal": None}, "Missing required field Principal"),
        ("trust", {"Principal": "*"}, 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'),
        ("trust", {"Principal": {}}, "The passed in policy has a statement with no principals!"),
        *(
            ("trust", {"Action": action}, "Trust Policy statement actions can only be sts:AssumeRole")
            for action in ("s3:GetObject", "sts:*")
        ),
        ("bucket", {"Principal": None}, "Missing required field Principal"),
        ("bucket", {"Resource": None}, "Missing required field Resource"),
        ("bucket", {"Action": None}, "Missing required field Action"),
        ("bucket", {"Action": "ec2:RunInstances"}, "Policy has invalid action"),
        ("bucket", {"Action": "s3:Foo"}, "Policy has invalid action"),
        ("bucket", {"Resource": "arn:aws:s3:::other/*"}, "Policy has invalid resource"),
        ("bucket", {"Resource": "*"}, "Policy has invalid resource"),
        ("bucket", {"Resource": "arn:aws:s3:::b"}, "Action does not apply to any resource(s) in statement"),
        ("bucket", {"Action": "s3:ListBucket"}, "Action does not apply to any resource(s) in statement"),
        ("topic", {"Action": "s3:GetObject"}, "Policy statement action out of service scope!"),
        ("topic", {"Action": "sns:*"}, "Policy statement action out of service scope!"),
        ("topic", {"Principal": None}, "Policy Error: null"),
    ],
)
def test_each_service_has_demands_of_its_own(name: str, changed: dict[str, Any], said: str) -> None:
    code, sentence = refusal(name, policy(statement(name, **changed)))
    assert (code, said in sentence) == (SOUND[name][0].code, True), sentence


@pytest.mark.parametrize("name", ["identity", "trust"])
def test_two_statements_of_one_sid_are_refused(name: str) -> None:
    doubled = policy(statement(name, Sid="A"), statement(name, Sid="A"))
    assert refusal(name, doubled)[1] == "Statement IDs (SID) in a single policy must be unique."


@pytest.mark.parametrize(
    "changed",
    [
        {"Action": "s3:*"},
        {"Action": "*"},
        {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]},
        {"Resource": "arn:aws:s3:::b*"},
        {"Effect": "Deny", "Principal": None, "NotPrincipal": ROOT},
    ],
)
def test_a_bucket_takes_what_may_be_about_it(changed: dict[str, Any]) -> None:
    assert refusal("bucket", policy(statement("bucket", **changed))) == ("", "")


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("age", [3600, 0.5, True, [3600, "7200"]])
def test_a_value_of_a_condition_may_be_a_number(name: str, age: Any) -> None:
    condition = {"NumericLessThan": {"aws:MultiFactorAuthAge": age}}
    assert refusal(name, policy(statement(name, Condition=condition))) == ("", "")


@pytest.mark.parametrize("action", ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"])
def test_a_trust_policy_may_let_a_session_bear_something(action: str) -> None:
    assert refusal("trust", policy(statement("trust", Action=["sts:AssumeRole", action]))) == ("", "")


def test_every_rule_is_about_an_operation_that_there_is() -> None:
    for rule, _ in malformed.RULES:
        service, _, operation = rule.partition(":")
        assert operation in shapes.service_model(service).operation_names


@pytest.mark.slow
def test_a_refused_policy_is_a_bad_request_of_each_service_and_leaves_things_as_they_were(cloud: Any) -> None:
    iam, s3, sns, sts, ec2 = (cloud.client(name) for name in ("iam", "s3", "sns", "sts", "ec2"))
    role = cloud.role("malformed")
    s3.create_bucket(Bucket="malformed")
    topic = sns.create_topic(Name="malformed")["TopicArn"]
    bad, vpc = policy({"Effect": "Allow"}), ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    endpoint = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-east-1.s3", "PolicyDocument": bad}
    asked: list[tuple[Any, dict[str, Any], str]] = [
        (iam.create_role, {"RoleName": "m", "AssumeRolePolicyDocument": bad}, "MalformedPolicyDocument"),
        (iam.update_assume_role_policy, {"RoleName": "malformed", "PolicyDocument": bad}, "MalformedPolicyDocument"),
        (iam.create_policy, {"PolicyName": "m", "PolicyDocument": bad}, "MalformedPolicyDocument"),
        (
            iam.put_role_policy,
            {"RoleName": "malformed", "PolicyName": "m", "PolicyDocument": bad},
            "MalformedPolicyDocument",
        ),
        (sts.assume_role, {"RoleArn": role, "RoleSessionName": "me", "Policy": bad}, "MalformedPolicyDocument"),
        (s3.put_bucket_policy, {"Bucket": "malformed", "Policy": bad}, "MalformedPolicy"),
        (s3.put_bucket_policy, {"Bucket": "malformed", "Policy": "[]"}, "MalformedPolicy"),
        (
            sns.set_topic_attributes,
            {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": bad},
            "InvalidParameter",
        ),
        (sns.create_topic, {"Name": "m", "Attributes": {"Policy": "{"}}, "InvalidParameter"),
        (ec2.create_vpc_endpoint, endpoint, "InvalidPolicyDocument"),
    ]
    for call, parameters, code in asked:
        with pytest.raises(ClientError) as refused:
            call(**parameters)
        assert refused.value.response["Error"]["Code"] == code
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    s3.list_objects_v2(Bucket="malformed")
    sns.publish(TopicArn=topic, Message="m")
    sts.assume_role(RoleArn=role, RoleSessionName="me")


@pytest.mark.slow
def test_only_a_managed_policy_must_be_of_the_current_version(cloud: Any) -> None:
    iam, old = cloud.client("iam"), policy(statement("identity"), Version="2008-10-17")
    cloud.role("old")
    iam.put_role_policy(RoleName="old", PolicyName="old", PolicyDocument=old)
    iam.update_assume_role_policy(RoleName="old", PolicyDocument=policy(statement("trust"), Version="2008-10-17"))
    with pytest.raises(ClientError, match=r"Policy document must be version 2012-10-17 or greater\."):
        iam.create_policy(PolicyName="old", PolicyDocument=old)


@pytest.mark.slow
def test_moto_takes_the_numbers_and_actions_that_iam_takes(cloud: Any) -> None:
    iam, condition = cloud.client("iam"), {"NumericLessThan": {"aws:MultiFactorAuthAge": 3600}}
    cloud.role("numbers")
    inline = policy(statement("identity", Condition=condition))
    iam.put_role_policy(RoleName="numbers", PolicyName="p", PolicyDocument=inline)
    trust = policy(statement("trust", Action=["sts:AssumeRole", "sts:SetContext"], Condition=condition))
    iam.update_assume_role_policy(RoleName="numbers", PolicyDocument=trust)
