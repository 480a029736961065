"""Client tokens: the same request is answered once more, another one refused."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from werkzeug.test import EnvironBuilder

from emulator.manners.idempotency import Idempotency, mismatch_code, token_member
from emulator.wire import Asked, Reply

SIGNED = "AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/{}/aws4_request, SignedHeaders=host"


def asked(service: str, operation: str, region: str = "us-east-1", **parameters: Any) -> Asked:
    environ = EnvironBuilder("/", method="POST", headers=[("Authorization", SIGNED.format(service))]).get_environ()
    call = Asked(service, operation, "K", region, environ, {})
    call.__dict__["parameters"] = parameters
    return call


class Service:
    """Answers each request with its number; refuses the first ones."""

    def __init__(self, refusals: int = 0) -> None:
        self.hook = Idempotency().hook
        self.count, self._refusals = 0, refusals

    def ask(self, call: Asked) -> bytes:
        return self.hook(call, self._answer).body

    def _answer(self) -> Reply:
        self.count += 1
        status = "400 Bad Request" if self.count <= self._refusals else "200 OK"
        return Reply(status, (), str(self.count).encode())


@pytest.mark.parametrize(
    ("service", "operation", "member"),
    [
        ("ec2", "RunInstances", "ClientToken"),
        ("ec2", "CreateVpcEndpoint", "ClientToken"),  # the model does not call it a token
        ("ec2", "CreateVpc", ""),
        ("scheduler", "CreateSchedule", "ClientToken"),
        ("codepipeline", "StartPipelineExecution", "clientRequestToken"),
        ("secretsmanager", "CreateSecret", ""),  # there it is the version's name
        ("iam", "CreateRole", ""),
    ],
)
def test_the_member_that_carries_the_token_is_found_in_the_model(service: str, operation: str, member: str) -> None:
    assert token_member(service, operation) == member


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ec2", "CreateVolume", "IdempotentParameterMismatch"),
        ("scheduler", "CreateSchedule", "ConflictException"),
        ("ecs", "RunTask", "ConflictException"),
        ("efs", "CreateAccessPoint", "ValidationException"),
    ],
)
def test_other_parameters_are_refused_by_the_services_own_code(service: str, operation: str, code: str) -> None:
    assert mismatch_code(service, operation) == code


def test_the_same_request_is_carried_out_once() -> None:
    service = Service()
    call: dict[str, Any] = {"Size": 1, "ClientToken": "t"}
    assert [service.ask(asked("ec2", "CreateVolume", **call)) for _ in range(3)] == [b"1"] * 3
    assert service.ask(asked("ec2", "CreateVolume", region="eu-west-1", **call)) == b"2"
    assert service.ask(asked("ec2", "CreateSnapshot", VolumeId="v", ClientToken="t")) == b"3"
    assert service.ask(asked("ec2", "CreateVolume", Size=1, ClientToken="u")) == b"4"


def test_a_request_without_token_is_carried_out_each_time() -> None:
    service = Service()
    assert [service.ask(asked("ec2", "CreateVolume", Size=1)) for _ in range(2)] == [b"1", b"2"]


def test_a_token_of_another_request_is_refused() -> None:
    service = Service()
    service.ask(asked("ec2", "CreateVolume", Size=1, ClientToken="t"))
    refused = service.ask(asked("ec2", "CreateVolume", Size=2, ClientToken="t"))
    assert b"<Code>IdempotentParameterMismatch</Code>" in refused
    assert service.count == 1


def test_what_was_refused_can_be_asked_again_with_its_token() -> None:
    service = Service(refusals=1)
    call = asked("ec2", "CreateVolume", Size=1, ClientToken="t")
    assert [service.ask(call) for _ in range(3)] == [b"1", b"2", b"2"]


@pytest.mark.slow
def test_a_token_makes_one_route_table_of_two_requests(cloud: Any) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=[cloud.subnet_id])["Subnets"][0]["VpcId"]
    tables = [ec2.create_route_table(VpcId=vpc, ClientToken="once")["RouteTable"]["RouteTableId"] for _ in range(2)]
    assert tables[0] == tables[1]
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        ec2.create_route_table(VpcId=vpc, ClientToken="once", DryRun=False)
    ec2.delete_route_table(RouteTableId=tables[0])


def test_an_operation_that_only_moto_knows_has_no_token() -> None:
    assert token_member("s3", "PostObject") == ""
