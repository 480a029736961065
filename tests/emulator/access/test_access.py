"""Policies in force: real clients of a real emulator, and the trail that they leave."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator.access import trail

pytestmark = pytest.mark.slow

ACCOUNT = "000000000000"
BUCKET = "arn:aws:s3:::access"
OWN = {"Sid": "Own", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{BUCKET}/own/*"}
LIST = {
    "Sid": "List",
    "Effect": "Allow",
    "Action": "s3:ListBucket",
    "Resource": BUCKET,
    "Condition": {"StringLike": {"s3:prefix": "own/*"}},
}


def allow(action: str, resource: str, **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


@pytest.fixture(scope="module", autouse=True)
def _bucket(cloud: Any) -> None:
    cloud.client("s3").create_bucket(Bucket="access")
    cloud.client("s3").put_object(Bucket="access", Key="other/secret", Body=b"s")


@pytest.fixture(scope="module")
def ada(cloud: Any) -> Any:
    """A session of a role that has one prefix of a bucket."""
    return cloud.assumed(cloud.role("owner", OWN, LIST), "ada")


def last(cloud: Any, operation: str) -> dict[str, Any]:
    """The newest line of the trail about an operation."""
    return [line for line in trail.read(cloud.directory) if line["operation"] == operation][-1]


def test_a_role_has_its_own_prefix_and_no_other(cloud: Any, ada: Any) -> None:
    s3 = ada.client("s3")
    s3.put_object(Bucket="access", Key="own/x", Body=b"1")
    assert s3.get_object(Bucket="access", Key="own/x")["Body"].read() == b"1"
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="access", Prefix="own/")["Contents"]] == ["own/x"]
    code, said = cloud.refused(s3.get_object, Bucket="access", Key="other/secret")
    assert code == "AccessDenied"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/owner/ada"
    assert said == (
        f"User: {session} is not authorized to perform: s3:GetObject on resource: {BUCKET}/other/secret"
        " because no identity-based policy allows the s3:GetObject action"
    )
    assert cloud.refused(s3.list_objects_v2, Bucket="access", Prefix="other/")[0] == "AccessDenied"
    assert cloud.refused(s3.delete_object, Bucket="access", Key="own/x")[0] == "AccessDenied"
    assert (
        cloud.refused(s3.copy_object, Bucket="access", Key="own/y", CopySource="access/other/secret")[0]
        == "AccessDenied"
    )


def test_the_trail_says_who_asked_for_what_and_which_statement_decided(cloud: Any, ada: Any) -> None:
    ada.client("s3").put_object(Bucket="access", Key="own/told", Body=b"1")
    line = last(cloud, "s3:PutObject")
    assert (line["caller"], line["status"]) == (f"arn:aws:sts::{ACCOUNT}:assumed-role/owner/ada", 200)
    assert line["role"] == f"arn:aws:iam::{ACCOUNT}:role/test/owner" == line["context"]["aws:principalarn"]
    assert line["checks"] == [
        {"action": "s3:PutObject", "resource": f"{BUCKET}/own/told", "keys": {}, "allowed": True,
         "by": ["identity:own/Own"]}
    ]  # fmt: skip
    cloud.refused(ada.client("s3").put_object, Bucket="access", Key="other/told", Body=b"1")
    line = last(cloud, "s3:PutObject")
    assert (line["checks"][0]["allowed"], line["status"]) == (False, 403)
    assert "no identity-based policy" in line["refused"]


def test_the_trail_has_what_cannot_be_read(cloud: Any, ada: Any) -> None:
    cloud.refused(ada.client("iam", config=Config(parameter_validation=False)).list_roles, MaxItems="x")
    line = last(cloud, "iam:ListRoles")
    assert (line["caller"], line["status"]) == (f"arn:aws:sts::{ACCOUNT}:assumed-role/owner/ada", 400)
    assert line["refused"] == "iam:ListRoles: a value that cannot be read (ValueError)"


def test_who_may_not_list_is_not_told_that_an_object_is_missing(cloud: Any, ada: Any) -> None:
    s3 = ada.client("s3")
    assert cloud.refused(s3.get_object, Bucket="access", Key="own/none")[0] == "NoSuchKey"
    assert cloud.refused(s3.head_object, Bucket="access", Key="own/none")[0] == "404"
    blind = cloud.assumed(cloud.role("blind", OWN), "ada").client("s3")
    assert cloud.refused(blind.get_object, Bucket="access", Key="own/none")[0] == "AccessDenied"
    assert cloud.refused(blind.head_object, Bucket="access", Key="own/none")[0] == "403"


def test_a_role_cannot_give_itself_more(cloud: Any, ada: Any) -> None:
    own = f"arn:aws:iam::{ACCOUNT}:role/test/owner"
    code, said = cloud.refused(
        ada.client("iam").put_role_policy, RoleName="owner", PolicyName="more", PolicyDocument="{}"
    )
    assert (code, f"iam:PutRolePolicy on resource: {own}" in said) == ("AccessDenied", True)
    said = cloud.refused(ada.client("sts").assume_role, RoleArn=own, RoleSessionName="again")[1]
    assert f"sts:AssumeRole on resource: {own} because no identity-based policy" in said


def test_a_boundary_bounds_and_a_session_s_policy_narrows(cloud: Any) -> None:
    iam = cloud.client("iam")
    deny = {"Sid": "NoSecrets", "Effect": "Deny", "Action": "s3:*", "Resource": f"{BUCKET}/other/*"}
    rest = {"Sid": "Rest", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [rest, deny]})
    bound = iam.create_policy(PolicyName="bound", PolicyDocument=document)["Policy"]["Arn"]
    role = cloud.role("bounded", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=bound)
    s3 = cloud.assumed(role, "ada").client("s3")
    cloud.client("s3").put_object(Bucket="access", Key="own/bounded", Body=b"1")
    s3.get_object(Bucket="access", Key="own/bounded")
    assert "no permissions boundary allows" in cloud.refused(s3.put_object, Bucket="access", Key="own/x", Body=b"")[1]
    said = cloud.refused(s3.get_object, Bucket="access", Key="other/secret")[1]
    assert said.endswith("with an explicit deny in a permissions boundary")
    assert last(cloud, "s3:GetObject")["checks"][0]["by"] == ["boundary:bound/NoSecrets"]
    narrow = json.dumps({"Version": "2012-10-17", "Statement": {**OWN, "Action": "s3:PutObject"}})
    narrowed = cloud.assumed(role, "ada", Policy=narrow).client("s3")
    assert "no session policy allows" in cloud.refused(narrowed.get_object, Bucket="access", Key="own/bounded")[1]


def test_a_bucket_s_policy_counts_for_everybody_with_its_conditions(cloud: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="tlsonly")
    deny = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::tlsonly/*"}
    cases: list[tuple[dict[str, Any], str, bool]] = [
        ({"Bool": {"aws:SecureTransport": "false"}}, "tester", True),
        ({"StringNotLike": {"aws:PrincipalArn": "*/tester"}}, "tester", True),
        ({"StringNotLike": {"aws:PrincipalArn": "*/tester"}}, "somebody", False),
        ({}, "tester", False),
    ]
    for condition, who, is_allowed in cases:
        policy = {"Version": "2012-10-17", "Statement": [{**deny, "Condition": condition}]}
        s3.put_bucket_policy(Bucket="tlsonly", Policy=json.dumps(policy))
        put = cloud.client("s3", who).put_object
        if is_allowed:
            put(Bucket="tlsonly", Key="k", Body=b"1")
        else:
            said = cloud.refused(put, Bucket="tlsonly", Key="k", Body=b"1")[1]
            assert said.endswith("with an explicit deny in a resource-based policy")


def test_a_role_is_taken_only_by_whom_it_trusts_and_under_the_name_that_it_asks_for(cloud: Any) -> None:
    own_name = {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    arn = cloud.role("people", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    document = json.dumps({"Version": "2012-10-17", "Statement": {**trust, "Condition": own_name}})
    cloud.client("iam").update_assume_role_policy(RoleName="people", PolicyDocument=document)
    grace = cloud.assumed(arn, "grace", access_key="grace")
    assert grace.client("sts").get_caller_identity()["Arn"].endswith("/grace")
    take = cloud.client("sts", "grace").assume_role
    assert cloud.refused(take, RoleArn=arn, RoleSessionName="ada")[0] == "AccessDenied"
    assert cloud.refused(take, RoleArn=f"{arn}-none", RoleSessionName="grace")[0] == "AccessDenied"
    # A session has no user name: nobody gets from one role into the next under a name of their choice.
    assert cloud.refused(grace.client("sts").assume_role, RoleArn=arn, RoleSessionName="grace")[0] == "AccessDenied"
    with pytest.raises(ClientError, match="PolicyArns"):
        take(RoleArn=arn, RoleSessionName="grace", PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])


def test_what_the_table_does_not_know_is_refused_to_a_role_and_names_the_table(cloud: Any, ada: Any) -> None:
    code, said = cloud.refused(ada.client("sns").list_topics)
    assert (code, said.endswith("sns:ListTopics asks for; it is added in emulator/access/table")) == (
        "AccessDenied",
        True,
    )
    cloud.client("sns").list_topics()


@pytest.mark.parametrize(
    ("service", "method", "parameters", "code"),
    [
        ("ec2", "describe_instances", {}, "UnauthorizedOperation"),
        ("ssm", "get_parameter", {"Name": "/x"}, "AccessDeniedException"),
        ("scheduler", "get_schedule", {"Name": "x"}, "AccessDeniedException"),
        ("sns", "publish", {"TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t", "Message": "m"}, "AccessDenied"),
        ("cloudwatch", "put_metric_data", {"Namespace": "n", "MetricData": []}, "AccessDeniedException"),
    ],
)
def test_each_service_says_no_in_its_own_words(
    cloud: Any, ada: Any, service: str, method: str, parameters: dict[str, Any], code: str
) -> None:
    found, said = cloud.refused(getattr(ada.client(service), method), **parameters)
    assert found == code
    assert "is not authorized to perform: " in said


@pytest.mark.parametrize(
    ("tampered", "code"),
    [
        (lambda keys: (keys[0], keys[1], ""), "InvalidAccessKeyId"),
        (lambda keys: (keys[0], keys[1], "another"), "InvalidAccessKeyId"),
        (lambda keys: ("ASIANOBODYMADETHISONE", keys[1], keys[2]), "InvalidAccessKeyId"),
        (lambda keys: ("AKIANOBODYMADETHISONE", keys[1], ""), "InvalidAccessKeyId"),
        (lambda keys: ("laptop", keys[1], keys[2]), "InvalidAccessKeyId"),
    ],
)
def test_a_key_counts_only_with_its_own_token(cloud: Any, ada: Any, tampered: Any, code: str) -> None:
    keys = ada.boto.get_credentials().get_frozen_credentials()
    session = cloud.session(*tampered((keys.access_key, keys.secret_key, keys.token)))
    assert cloud.refused(session.client("s3").get_object, Bucket="access", Key="own/x")[0] == code


def test_a_request_that_nobody_signed_is_refused_and_a_presigned_one_is_its_signer_s(cloud: Any, ada: Any) -> None:
    url = f"{cloud.endpoints['aws_endpoint_url']}/access/other/secret"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{url}?Action=Unsubscribe")
    ada.client("s3").put_object(Bucket="access", Key="own/presigned", Body=b"p")
    for key, is_allowed in (("own/presigned", True), ("other/secret", False)):
        s3 = ada.client("s3", config=Config(signature_version="s3v4"))
        signed = s3.generate_presigned_url("get_object", Params={"Bucket": "access", "Key": key})
        if is_allowed:
            assert urllib.request.urlopen(signed).read() == b"p"
        else:
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(signed)


def test_a_user_that_was_made_has_what_its_policies_and_groups_say(cloud: Any) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="made")
    iam.create_group(GroupName="owners")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [OWN, LIST]})
    iam.put_group_policy(GroupName="owners", PolicyName="own", PolicyDocument=policy)
    keys = iam.create_access_key(UserName="made")["AccessKey"]
    s3 = cloud.session(keys["AccessKeyId"], keys["SecretAccessKey"]).client("s3")
    assert cloud.refused(s3.put_object, Bucket="access", Key="own/made", Body=b"")[0] == "AccessDenied"
    iam.add_user_to_group(GroupName="owners", UserName="made")
    s3.put_object(Bucket="access", Key="own/made", Body=b"")
    iam.update_access_key(UserName="made", AccessKeyId=keys["AccessKeyId"], Status="Inactive")
    assert cloud.refused(s3.put_object, Bucket="access", Key="own/made", Body=b"")[0] == "InvalidAccessKeyId"


def test_a_service_is_handed_only_a_role_that_trusts_it(cloud: Any) -> None:
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances", "Input": "{}"}
    times = {"ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    trusted = cloud.role("scheduled", trusted={"Service": "scheduler.amazonaws.com"})
    scheduler = cloud.client("scheduler")
    code, said = cloud.refused(
        scheduler.create_schedule, Name="s", Target={**target, "RoleArn": f"{trusted}x"}, **times
    )
    assert (code, "allows principal 'scheduler.amazonaws.com'" in said) == ("ValidationException", True)
    scheduler.create_schedule(Name="s", Target={**target, "RoleArn": trusted}, **times)
    planner = cloud.role("planner", allow("scheduler:CreateSchedule", "*"))
    own = cloud.assumed(planner, "ada").client("scheduler")
    said = cloud.refused(own.create_schedule, Name="t", Target={**target, "RoleArn": trusted}, **times)[1]
    assert f"iam:PassRole on resource: {trusted}" in said


def test_an_mlflow_app_is_called_only_by_who_may_call_that_app(cloud: Any) -> None:
    app = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:mlflow-app/app-1"
    caller = cloud.assumed(cloud.role("mlflow", allow("sagemaker:CallMlflowAppApi", app)), "ada")
    keys = caller.boto.get_credentials().get_frozen_credentials()
    signed = f"Credential={keys.access_key}/20260101/us-east-1/sagemaker/aws4_request, SignedHeaders=host, Signature=0"
    for arn, status in ((app, 404), (f"{app}0", 403)):  # allowed, and not there; or not allowed
        request = urllib.request.Request(f"{cloud.endpoints['aws_endpoint_url']}/api/2.0/mlflow/experiments/search")
        for name, value in (("Authorization", f"AWS4-HMAC-SHA256 {signed}"), ("X-Sm-Mlflow-App-Arn", arn),
                            ("X-Amz-Security-Token", keys.token)):  # fmt: skip
            request.add_header(name, value)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        assert caught.value.code == status
    assert last(cloud, "sagemaker:")["checks"][0]["action"] == "sagemaker:CallMlflowAppApi"
