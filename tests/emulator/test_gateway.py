"""The one endpoint: hooks around every request, errors in the words of its protocol."""

from typing import Any
from unittest.mock import Mock

import pytest
from moto import backends
from werkzeug.test import EnvironBuilder

from emulator.gateway import Gateway, Proceed, error_reply
from emulator.wire import Asked, Reply, ask

SIGNED = "AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=s"
FORM = "application/x-www-form-urlencoded"


def request(service: str, body: bytes = b"Action=GetCallerIdentity&Version=2011-06-15", kind: str = FORM) -> Any:
    headers = [("Authorization", SIGNED.format(service)), ("Content-Type", kind), ("Host", "127.0.0.1:5000")]
    return EnvironBuilder("/", method="POST", data=body, headers=headers).get_environ()


def test_hooks_see_requests_from_the_outside_in_and_answers_from_the_inside_out() -> None:
    seen: list[str] = []

    def hook(name: str) -> Any:
        def around(asked: Asked, proceed: Proceed) -> Reply:
            seen.append(f"{name} {asked.name}")
            reply = proceed()
            seen.append(f"{name} {reply.code}")
            return reply

        return around

    gateway = Gateway({})
    gateway.hooks += [hook("outer"), hook("inner")]
    assert b"<Account>" in ask(gateway, request("sts")).body
    name = "sts:GetCallerIdentity"
    assert seen == [f"outer {name}", f"inner {name}", "inner 200", "outer 200"]


def test_a_hook_may_answer_alone_or_let_the_services_answer_twice() -> None:
    gateway = Gateway({})
    gateway.hooks.append(lambda asked, _: Reply("418 I'm a teapot", (), asked.operation.encode()))
    assert ask(gateway, request("sts")).body == b"GetCallerIdentity"
    gateway.hooks[:] = [lambda _, proceed: [proceed(), proceed()][1]]
    assert ask(gateway, request("sts")).code == 200


@pytest.mark.parametrize("error", [ZeroDivisionError, NotImplementedError])
def test_a_hook_that_fails_is_an_answer_and_not_the_end_of_the_server(error: type[Exception]) -> None:
    """A fault of ours: only the services may say that they lack an operation."""

    def broken(_: Asked, __: Proceed) -> Reply:
        raise error("hook")

    gateway = Gateway({})
    gateway.hooks.append(broken)
    reply = ask(gateway, request("sts"))
    assert reply.code == 500
    assert f"{error.__name__}: hook".encode() in reply.body


@pytest.mark.parametrize("service", ["ec2", "sts", "sns"])
def test_an_operation_that_is_not_there_is_the_callers_mistake(service: str) -> None:
    """No SDK tries again after it, as it would after a fault of the server's."""
    reply = ask(Gateway({}), request(service, b"Action=Nonsense&Version=2011-06-15"))
    assert reply.code == 400
    assert b"<Code>InvalidAction</Code>" in reply.body
    assert b"Nonsense" in reply.body


def test_a_method_that_a_service_does_not_have_is_the_callers_mistake() -> None:
    headers = [("Authorization", SIGNED.format("s3"))]
    environ = EnvironBuilder("/b?nonsense", method="PATCH", headers=headers).get_environ()
    reply = ask(Gateway({}), environ)
    assert (reply.code, b"InvalidAction" in reply.body) == (400, True)


def test_which_service_a_host_belongs_to_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    search = Mock(wraps=backends.list_of_moto_modules)
    monkeypatch.setattr(backends, "list_of_moto_modules", search)
    gateway = Gateway({})
    assert {ask(gateway, request("sts")).code for _ in range(3)} == {200}
    assert search.call_count == 1


@pytest.mark.parametrize(
    ("service", "kind", "start"),
    [
        ("ec2", FORM, b"<Response><Errors>"),
        ("iam", FORM, b"<ErrorResponse>"),
        ("monitoring", FORM, b"<ErrorResponse>"),
        ("s3", "", b"<Error>"),
        ("ssm", "application/x-amz-json-1.1", b'{"__type": "Denied"'),
        ("nothing-of-aws", "", b'{"__type": "Denied"'),
    ],
)
def test_an_error_is_said_in_the_protocol_of_its_request(service: str, kind: str, start: bytes) -> None:
    reply = error_reply(request(service, kind=kind), "403 Forbidden", "Denied", "you & me")
    assert reply.body.startswith(start)
    assert (reply.code, b"you" in reply.body) == (403, True)


DAYS = b"<LifecycleConfiguration><Rule><Expiration><Days>x</Days></Expiration></Rule></LifecycleConfiguration>"


@pytest.mark.parametrize(
    ("service", "asked", "body", "told", "code"),
    [
        ("iam", "POST /", b"Action=ListRoles&MaxItems=x&Version=2010-05-08", FORM, "MalformedInput"),
        ("ec2", "POST /", b"Action=DescribeVpcs&MaxResults=x&Version=2016-11-15", FORM, "InvalidParameterValue"),
        ("s3", "GET /b?list-type=2&max-keys=x", b"", "", "InvalidArgument"),
        ("s3", "PUT /b?lifecycle", DAYS, "", "MalformedXML"),
        ("logs", "POST /", b'{"logGroupName": ["x"]}', "Logs_20140328.CreateLogStream", "SerializationException"),
        ("logs", "POST /", b'{"logEvents": [{"message": 1}]}', "Logs_20140328.PutLogEvents", "SerializationException"),
        ("logs", "POST /", b'{"logEvents": [{"timestamp": "x"}]}', "Logs_20140328.PutLogEvents", "SerializationExc"),
        ("ssm", "POST /", b'{"Names": [null]}', "AmazonSSM.GetParameters", "SerializationException"),
        ("dlm", "POST /policies", b'{"Tags": {"a": 1}}', "", "SerializationException"),
        ("dlm", "POST /policies", b'{"PolicyDetails": "x"}', "", "SerializationException"),
        ("ssm", "POST /", b'{"Name": "hunter2', "AmazonSSM.PutParameter", "SerializationException"),
        ("ssm", "POST /", b'["hunter2"]', "AmazonSSM.PutParameter", "SerializationException"),
        ("s3", "PUT /b?lifecycle", b"<a><b>hunter2</b>", "", "MalformedXML"),
    ],
)
def test_what_cannot_be_read_does_not_reach_the_services_and_is_not_repeated(
    service: str, asked: str, body: bytes, told: str, code: str
) -> None:
    method, _, url = asked.partition(" ")
    headers = {"Authorization": SIGNED.format(service), "Host": "127.0.0.1:5000"}
    headers |= {"Content-Type": FORM} if told == FORM else {"X-Amz-Target": told} if told else {}
    gateway = Gateway({})
    gateway.get_application = Mock(side_effect=AssertionError("was asked"))  # type: ignore[method-assign]
    reply = ask(gateway, EnvironBuilder(url, method=method, data=body, headers=list(headers.items())).get_environ())
    assert (reply.code, code.encode() in reply.body) == (400, True), reply.body
    assert b"hunter2" not in reply.body
