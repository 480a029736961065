"""The provider's answers to the engine, on an AWS that answers from a table and remembers what it was asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, status_pb2

from emulator.engine.calling import Aws, AwsError
from emulator.engine.values import UNKNOWN, Secret, Value, decode, encode, opened
from emulator.provider import Provider
from emulator.rows import Json

ACCOUNT = "000000000000"
URN = "urn:pulumi:test::proj::parent:x:Y${token}::main"
VPC = "aws:ec2/vpc:Vpc"
PARAMETER = "aws:ssm/parameter:Parameter"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"

Answer = Json | AwsError | Callable[[Mapping[str, Json]], Json]


@dataclass
class TableAws(Aws):
    """Answers each operation from `answers`; an AwsError there is raised."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Json]]] = field(default_factory=list)

    def call(self, service: str, region: str, operation: str, params: Mapping[str, Json]) -> dict[str, Json]:
        self.asked.append((operation, dict(params)))
        answer = self.answers.get(operation, {})
        if isinstance(answer, AwsError):
            raise answer
        found: dict[str, Json] = answer(params) if callable(answer) else answer
        return found

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.asked]


class Aborted(Exception):
    pass


@dataclass
class Context:
    """What grpc gives a servicer, as far as the provider uses it."""

    code: grpc.StatusCode | None = None
    message: str = ""
    metadata: tuple[tuple[str, bytes], ...] = ()
    heard: Callable[[], bool] = lambda: True

    def is_active(self) -> bool:
        return self.heard()

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"

    def abort(self, code: grpc.StatusCode, message: str) -> None:
        self.code, self.message = code, message
        raise Aborted(message)

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.metadata = metadata


@pytest.fixture
def aws() -> TableAws:
    vpc = {
        "VpcId": "vpc-1",
        "CidrBlock": "10.0.0.0/16",
        "InstanceTenancy": "default",
        "OwnerId": ACCOUNT,
        "State": "available",
    }
    return TableAws(
        "nowhere",
        answers={
            "GetCallerIdentity": {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root", "UserId": "u"},
            "CreateVpc": {"Vpc": vpc},
            "DescribeVpcs": {"Vpcs": [{**vpc, "Tags": [{"Key": "a", "Value": "b"}]}]},
            "DescribeVpcAttribute": {"EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": False}},
        },
    )


@pytest.fixture
def provider(aws: TableAws) -> Provider:
    provider = Provider(aws, ACCOUNT)
    request = provider_pb2.ConfigureRequest(args=encode({"region": "us-east-1"}))
    provider.Configure(request, Context())
    aws.asked.clear()
    return provider


def urn(token: str) -> str:
    return URN.replace("{token}", token)


def create(
    provider: Provider, token: str, context: Context | None = None, *, preview: bool = False, **inputs: Value
) -> Any:
    request = provider_pb2.CreateRequest(urn=urn(token), properties=encode(inputs), preview=preview)
    return provider.Create(request, context or Context())


def test_an_engine_that_is_gone_has_nothing_more_done_for_it(provider: Provider, aws: TableAws) -> None:
    context = Context(heard=lambda: "CreateVpc" not in aws.operations)
    with pytest.raises(Aborted, match="the engine is gone"):
        create(provider, VPC, context, cidrBlock="10.0.0.0/16")
    assert (context.code, aws.operations) == (grpc.StatusCode.CANCELLED, ["CreateVpc"])


def test_the_handshake_accepts_secrets(provider: Provider) -> None:
    assert provider.Handshake(provider_pb2.ProviderHandshakeRequest(), Context()).accept_secrets


def test_a_preview_of_a_create_asks_aws_nothing_and_leaves_open_what_aws_decides(
    provider: Provider, aws: TableAws
) -> None:
    outputs = decode(create(provider, VPC, preview=True, cidrBlock="10.0.0.0/16", tags={"a": UNKNOWN}).properties)
    assert aws.asked == []
    assert outputs["cidrBlock"] == "10.0.0.0/16"
    assert outputs["tagsAll"] == {"a": UNKNOWN}
    assert outputs["arn"] is UNKNOWN
    assert outputs["region"] == "us-east-1"


def test_a_preview_of_an_update_asks_aws_nothing_and_keeps_what_stays(provider: Provider, aws: TableAws) -> None:
    request = provider_pb2.UpdateRequest(
        urn=urn(TEMPLATE),
        id="lt-1",
        preview=True,
        olds=encode({"arn": "arn:x", "latestVersion": 1, "imageId": "ami-1"}),
        old_inputs=encode({"imageId": "ami-1"}),
        news=encode({"imageId": "ami-2"}),
    )
    outputs = decode(provider.Update(request, Context()).properties)
    assert aws.asked == []
    assert (outputs["arn"], outputs["imageId"], outputs["latestVersion"]) == ("arn:x", "ami-2", UNKNOWN)


def test_a_create_makes_the_calls_of_the_row_and_answers_what_aws_has(provider: Provider, aws: TableAws) -> None:
    answer = create(provider, VPC, cidrBlock="10.0.0.0/16", enableDnsSupport=True, tags={"a": "b"})
    assert answer.id == "vpc-1"
    assert aws.asked[0] == (
        "CreateVpc",
        {
            "CidrBlock": "10.0.0.0/16",
            "TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}],
        },
    )
    assert aws.asked[1:3] == [
        ("DescribeVpcs", {"VpcIds": ["vpc-1"]}),
        ("ModifyVpcAttribute", {"VpcId": "vpc-1", "EnableDnsSupport": {"Value": True}}),
    ], "it is not waited for before it is changed"
    outputs = decode(answer.properties)
    assert outputs["arn"] == f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/vpc-1"
    assert outputs["tagsAll"] == {"a": "b"}


def test_without_tags_no_tags_are_sent(provider: Provider, aws: TableAws) -> None:
    create(provider, VPC, cidrBlock="10.0.0.0/16")
    assert aws.asked[0] == ("CreateVpc", {"CidrBlock": "10.0.0.0/16"})


def test_an_error_of_aws_names_resource_operation_and_code(provider: Provider, aws: TableAws) -> None:
    aws.answers["CreateVpc"] = AwsError("CreateVpc", "InvalidVpcRange", "The CIDR is invalid")
    context = Context()
    with pytest.raises(Aborted):
        create(provider, VPC, context, cidrBlock="10.0.0.0/8")
    assert context.message == "aws:ec2/vpc:Vpc 'main': CreateVpc failed: InvalidVpcRange: The CIDR is invalid"
    assert context.metadata == ()


def test_a_resource_whose_follow_up_fails_is_kept_with_what_aws_has(provider: Provider, aws: TableAws) -> None:
    aws.answers["ModifyVpcAttribute"] = AwsError("ModifyVpcAttribute", "Throttling", "slow down")
    context = Context()
    with pytest.raises(Aborted):
        create(provider, VPC, context, cidrBlock="10.0.0.0/16", enableDnsHostnames=True)
    detail = init_failed(context)
    assert detail.id == "vpc-1"
    assert "ModifyVpcAttribute failed: Throttling" in detail.reasons[0]
    # The next update must see that it was not done.
    assert decode(detail.inputs)["enableDnsHostnames"] is False
    assert decode(detail.properties)["cidrBlock"] == "10.0.0.0/16"


def test_a_resource_that_cannot_even_be_read_after_a_failure_keeps_its_id(provider: Provider, aws: TableAws) -> None:
    aws.answers["DescribeVpcs"] = AwsError("DescribeVpcs", "EndpointConnectionError", "gone")
    context = Context()
    with pytest.raises(Aborted):
        create(provider, VPC, context, cidrBlock="10.0.0.0/16")
    assert init_failed(context).id == "vpc-1"


def init_failed(context: Context) -> Any:
    status = status_pb2.Status.FromString(dict(context.metadata)["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    return detail


def test_a_secret_input_stays_secret_in_check_create_and_read(provider: Provider) -> None:
    inputs: dict[str, Value] = {"cidrBlock": Secret("10.0.0.0/16"), "enableDnsSupport": True}
    checked = provider.Check(provider_pb2.CheckRequest(urn=urn(VPC), news=encode(inputs), randomSeed=b"1"), Context())
    assert list(checked.failures) == []
    assert decode(checked.inputs)["cidrBlock"] == Secret("10.0.0.0/16")
    outputs = decode(create(provider, VPC, **inputs).properties)
    assert outputs["cidrBlock"] == Secret("10.0.0.0/16")
    read = provider.Read(
        provider_pb2.ReadRequest(urn=urn(VPC), id="vpc-1", inputs=encode(inputs), properties=encode(outputs)), Context()
    )
    assert decode(read.inputs)["cidrBlock"] == Secret("10.0.0.0/16")
    assert decode(read.properties)["cidrBlock"] == Secret("10.0.0.0/16")


def test_a_secret_that_is_no_text_stays_secret_too(provider: Provider) -> None:
    outputs = decode(create(provider, VPC, cidrBlock="10.0.0.0/16", enableDnsSupport=Secret(True)).properties)
    assert outputs["enableDnsSupport"] == Secret(True)


def test_an_output_that_repeats_a_secret_is_sealed_too(provider: Provider, aws: TableAws) -> None:
    aws.answers["DescribeVpcs"] = {"Vpcs": [{"VpcId": "vpc-1", "State": "available", "OwnerId": "x-hunter2-x"}]}
    outputs = decode(create(provider, VPC, cidrBlock=Secret("hunter2")).properties)
    assert outputs["ownerId"] == Secret("x-hunter2-x")


def test_a_fault_in_a_secret_is_reported_without_its_value(provider: Provider) -> None:
    inputs = {"instanceTenancy": Secret("hunter2")}
    checked = provider.Check(provider_pb2.CheckRequest(urn=urn(VPC), news=encode(inputs)), Context())
    assert checked.failures
    assert not [failure for failure in checked.failures if "hunter2" in failure.reason]


def test_an_error_of_aws_does_not_repeat_a_secret(provider: Provider, aws: TableAws) -> None:
    aws.answers["CreateVpc"] = AwsError("CreateVpc", "InvalidParameterValue", "value hunter2 is invalid")
    context = Context()
    with pytest.raises(Aborted):
        create(provider, VPC, context, cidrBlock=Secret("hunter2"))
    assert context.message.endswith("value [secret] is invalid")


def test_read_says_what_aws_has_and_not_what_the_state_says(provider: Provider) -> None:
    inputs = {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True, "tags": {"a": "changed"}}
    read = provider.Read(provider_pb2.ReadRequest(urn=urn(VPC), id="vpc-1", inputs=encode(inputs)), Context())
    found = decode(read.inputs)
    assert found == {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": False, "tags": {"a": "b"}}


def test_an_import_takes_over_what_aws_has(provider: Provider) -> None:
    read = provider.Read(provider_pb2.ReadRequest(urn=urn(VPC), id="vpc-1"), Context())
    assert decode(read.inputs)["cidrBlock"] == "10.0.0.0/16"


@pytest.mark.parametrize(
    "answer", [{"Vpcs": []}, AwsError("DescribeVpcs", "InvalidVpcID.NotFound", "no such vpc")], ids=["empty", "error"]
)
def test_what_is_gone_is_read_as_gone(provider: Provider, aws: TableAws, answer: Answer) -> None:
    aws.answers["DescribeVpcs"] = answer
    read = provider.Read(provider_pb2.ReadRequest(urn=urn(VPC), id="vpc-1", inputs=encode({"a": "b"})), Context())
    assert read.id == ""


def test_an_update_makes_only_the_calls_that_a_change_asks_for(provider: Provider, aws: TableAws) -> None:
    old = {
        "cidrBlock": "10.0.0.0/16",
        "enableDnsSupport": True,
        "enableDnsHostnames": False,
        "tags": {"a": "b", "c": "d"},
    }
    new = {**old, "enableDnsHostnames": True, "tags": {"a": "e"}}
    request = provider_pb2.UpdateRequest(
        urn=urn(VPC), id="vpc-1", olds=encode(old), old_inputs=encode(old), news=encode(new)
    )
    provider.Update(request, Context())
    changing = [ask for ask in aws.asked if not ask[0].startswith("Describe")]
    assert changing == [
        ("ModifyVpcAttribute", {"VpcId": "vpc-1", "EnableDnsHostnames": {"Value": True}}),
        ("DeleteTags", {"Resources": ["vpc-1"], "Tags": [{"Key": "c"}]}),
        ("CreateTags", {"Resources": ["vpc-1"], "Tags": [{"Key": "a", "Value": "e"}]}),
    ]


def test_deleting_what_is_gone_is_no_error(provider: Provider, aws: TableAws) -> None:
    aws.answers["DeleteVpc"] = AwsError("DeleteVpc", "InvalidVpcID.NotFound", "no such vpc")
    provider.Delete(provider_pb2.DeleteRequest(urn=urn(VPC), id="vpc-1"), Context())
    assert aws.operations == ["DeleteVpc"]


def test_a_delete_that_aws_refuses_is_an_error(provider: Provider, aws: TableAws) -> None:
    aws.answers["DeleteVpc"] = AwsError("DeleteVpc", "DependencyViolation", "it is in use")
    context = Context()
    with pytest.raises(Aborted):
        provider.Delete(provider_pb2.DeleteRequest(urn=urn(VPC), id="vpc-1"), context)
    assert "DependencyViolation" in context.message


def diff(provider: Provider, token: str, old: dict[str, Value], new: dict[str, Value]) -> Any:
    request = provider_pb2.DiffRequest(urn=urn(token), id="x", old_inputs=encode(old), news=encode(new))
    return provider.Diff(request, Context())


def test_a_diff_is_detailed_and_names_what_replaces(provider: Provider) -> None:
    answer = diff(provider, VPC, {"cidrBlock": "a", "tags": {"x": "1"}}, {"cidrBlock": "b", "tags": {}})
    kinds = provider_pb2.PropertyDiff.Kind
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert answer.hasDetailedDiff
    assert list(answer.replaces) == ["cidrBlock"]
    assert answer.detailedDiff["cidrBlock"].kind == kinds.Value("UPDATE_REPLACE")
    assert answer.detailedDiff["tags"].kind == kinds.Value("UPDATE")


def test_a_diff_of_equals_is_none(provider: Provider) -> None:
    answer = diff(provider, VPC, {"cidrBlock": Secret("a")}, {"cidrBlock": "a"})
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_only_a_name_that_a_person_chose_must_go_before_it_comes_again(provider: Provider) -> None:
    group = "aws:ec2/securityGroup:SecurityGroup"
    old, new = {"name": "n", "description": "a"}, {"name": "n", "description": "b"}
    assert diff(provider, group, old, new).deleteBeforeReplace
    assert not diff(provider, group, old, {**new, "__defaults": ["name"]}).deleteBeforeReplace
    assert not diff(provider, group, old, {**new, "name": "m"}).deleteBeforeReplace


def test_an_account_other_than_the_emulated_one_is_never_touched(aws: TableAws) -> None:
    aws.answers["GetCallerIdentity"] = {"Account": "111111111111"}
    context = Context()
    with pytest.raises(Aborted, match="answers as account 111111111111, not as 000000000000"):
        Provider(aws, ACCOUNT).Configure(provider_pb2.ConfigureRequest(args=encode({"region": "us-east-1"})), context)


def test_an_account_that_the_program_does_not_allow_is_never_touched(aws: TableAws) -> None:
    sent = encode({"region": "us-east-1", "allowedAccountIds": '["111111111111"]'})
    with pytest.raises(Aborted, match=r"000000000000 is not in aws:allowedAccountIds"):
        Provider(aws, ACCOUNT).Configure(provider_pb2.ConfigureRequest(args=sent), Context())


def test_a_type_without_a_row_is_refused_by_name(provider: Provider) -> None:
    with pytest.raises(Aborted, match="aws:rds/cluster:Cluster 'main' is not emulated"):
        create(provider, "aws:rds/cluster:Cluster")


def test_an_invoke_answers_who_is_asking(provider: Provider) -> None:
    token = "aws:index/getCallerIdentity:getCallerIdentity"
    answer = provider.Invoke(provider_pb2.InvokeRequest(tok=token), Context())
    assert opened(decode(getattr(answer, "return")))["accountId"] == ACCOUNT


def test_an_invoke_with_an_unknown_argument_is_refused(provider: Provider) -> None:
    token = "aws:index/getCallerIdentity:getCallerIdentity"
    answer = provider.Invoke(provider_pb2.InvokeRequest(tok=token, args=encode({"states": "x"})), Context())
    assert answer.failures[0].property == "states"


def test_an_unknown_invoke_says_which_there_are(provider: Provider) -> None:
    with pytest.raises(Aborted, match=r"getNothing is not emulated; there are .*getCallerIdentity"):
        provider.Invoke(provider_pb2.InvokeRequest(tok="aws:index/getNothing:getNothing"), Context())
