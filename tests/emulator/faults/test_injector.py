"""Which call goes wrong, how, and what is written down of it; no server is needed for that."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.retries.standard import ThrottledRetryableChecker
from werkzeug.test import EnvironBuilder

from emulator import wire
from emulator.faults import control, plan, replies
from emulator.faults.injector import Injector
from emulator.state import State
from emulator.wire import Asked, Reply

DONE = Reply("200 OK", (), b"done")


def asked(service: str, operation: str, **parameters: Any) -> Asked:
    credential = f"AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host"
    environ = EnvironBuilder("/", method="POST", headers=[("Authorization", credential)]).get_environ()
    call = Asked(service, operation, "K", "us-east-1", environ, {})
    call.__dict__["parameters"] = parameters
    return call


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    """Put faults in force; gives the hook, with what it let through counted in `done`."""
    state = State(tmp_path)

    def put(*faults: dict[str, Any]) -> Callable[[Asked], Reply]:
        control.give(state, plan.Plan.model_validate({"version": 1, "faults": list(faults)}))
        return lambda call: injector.hook(call, lambda: done.append(call.name) or DONE)  # type: ignore[func-returns-value]

    done: list[str] = []
    injector = Injector(state.fault_plan, state.fault_record)
    put.state, put.done = state, done  # type: ignore[attr-defined]
    return put


def each(fault: str, operation: str = "*", **more: Any) -> dict[str, Any]:
    return {"operation": operation, "fault": fault, "when": "each", **more}


def test_without_a_plan_every_call_goes_through(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert Injector(state.fault_plan, state.fault_record).hook(asked("ec2", "CreateVpc"), lambda: DONE) is DONE
    assert control.fired(state) == []


def test_each_call_fails_once_whatever_its_token(run: Any) -> None:
    hook = run(each("deny"))
    calls = [asked("ec2", "CreateVolume", Size=size, ClientToken=str(n)) for n, size in enumerate((1, 1, 2, 2, 1))]
    assert [hook(call).code for call in calls] == [403, 200, 403, 200, 200]
    fired = control.fired(run.state)
    assert [(one.fault, one.kind, one.call) for one in fired] == [(0, "deny", "ec2:CreateVolume")] * 2
    assert len({one.digest for one in fired}) == 2
    assert "Size" not in run.state.fault_record.read_text(), "parameters may be secrets"


def test_the_order_of_a_list_makes_no_other_call(run: Any) -> None:
    hook = run(each("deny"))
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    calls = [asked("ec2", "CreateTags", Resources=["r"], Tags=order) for order in (tags, tags[::-1], tags[:1])]
    assert [hook(call).code for call in calls] == [403, 200, 403]


def test_the_nth_call_of_an_operation_fails_and_no_other(run: Any) -> None:
    hook = run({"operation": "ec2:CreateVpc", "fault": "fail", "when": 3})
    assert [hook(asked("ec2", "CreateVpc")).code for _ in range(5)] == [200, 200, 500, 200, 200]
    assert hook(asked("ec2", "CreateSubnet")).code == 200


def test_every_call_fails_until_the_plan_is_cleared(run: Any) -> None:
    hook = run({"operation": "s3:Put*", "fault": "fail", "status": 503, "when": "every"})
    call = asked("s3", "PutObject", Key="a")
    assert [hook(call).code, hook(call).code] == [503, 503]
    control.clear(run.state)
    assert hook(call).code == 200
    assert len(control.fired(run.state)) == 2, "the record went with the plan"


def test_a_new_plan_begins_to_count_anew(run: Any) -> None:
    call = asked("ec2", "CreateVpc")
    hook = run(each("deny"))
    assert [hook(call).code, hook(call).code] == [403, 200]
    hook = run(each("deny"))
    assert hook(call).code == 403
    assert len(control.fired(run.state)) == 1


def test_faults_of_one_call_come_one_after_the_other(run: Any) -> None:
    hook = run(each("throttle"), each("fail"), each("deny"))
    call = asked("sns", "CreateTopic", Name="t")
    assert [hook(call).code for _ in range(4)] == [400, 500, 403, 200]
    assert run.done == ["sns:CreateTopic"], "a refused call was carried out"


def test_a_lost_call_is_carried_out_and_not_answered(run: Any) -> None:
    hook = run(each("lose"))
    reply = hook(asked("ec2", "CreateVpc"))
    assert run.done == ["ec2:CreateVpc"]
    started: list[Any] = []
    with pytest.raises(ConnectionError):
        list(reply.send(lambda *line: started.append(line)))
    assert started == []


def test_looking_does_not_fail_by_a_pattern(run: Any) -> None:
    hook = run({"operation": "*", "fault": "deny", "when": "every"})
    assert hook(asked("ec2", "DescribeVpcs")).code == 200


@pytest.mark.parametrize("service", ["ec2", "s3", "iam", "sns", "ssm", "scheduler", "dlm", "budgets", "sagemaker"])
def test_a_throttled_call_has_a_code_that_sdks_retry(service: str) -> None:
    _, code, _ = replies.THROTTLED[replies._manner(service, replies.THROTTLED)]
    assert code in ThrottledRetryableChecker._THROTTLED_ERROR_CODES


ROLE = "arn:aws:iam::000000000000:role/p/fresh"
USES = [
    ("ec2", "RunInstances", {"IamInstanceProfile": {"Name": "fresh"}}, b"Invalid IAM Instance Profile name"),
    ("ec2", "AssociateIamInstanceProfile", {"IamInstanceProfile": {"Arn": ROLE}}, b"Invalid IAM Instance Profile ARN"),
    ("scheduler", "CreateSchedule", {"Target": {"RoleArn": ROLE}}, b"must allow AWS EventBridge Scheduler to assume"),
    ("dlm", "CreateLifecyclePolicy", {"ExecutionRoleArn": ROLE}, b"InternalServerException"),
    ("sagemaker", "CreateMlflowTrackingServer", {"RoleArn": ROLE}, b"Could not assume role"),
    ("sagemaker", "CreateModel", {"ExecutionRoleArn": ROLE}, b"Could not assume role"),
    ("sts", "AssumeRole", {"RoleArn": ROLE}, b"AccessDenied"),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "said"), USES)
def test_a_new_role_cannot_be_used_at_first(
    run: Any, service: str, operation: str, parameters: dict[str, Any], said: bytes
) -> None:
    hook = run({"fault": "new-role", "uses": 2})
    use = asked(service, operation, **parameters)
    assert hook(use).code == 200, "a role from before the plan is known"
    hook(asked("iam", "CreateRole", RoleName="fresh"))
    refused = [hook(use) for _ in range(2)]
    assert all(reply.code >= 400 and said in reply.body for reply in refused)
    assert hook(use).code == 200
    assert [one.kind for one in control.fired(run.state)] == ["new-role", "new-role"]
    hook(asked("iam", "CreateRole", RoleName="fresh"))
    assert [hook(use).code >= 400 for _ in range(3)] == [True, True, False], "one that is made again is new again"


def test_a_role_that_was_not_made_is_no_newcomer(run: Any) -> None:
    state = run.state
    run({"fault": "new-role", "seconds": 60.0})
    injector = Injector(state.fault_plan, state.fault_record)
    refused = Reply("409 Conflict", (), b"")
    injector.hook(asked("iam", "CreateInstanceProfile", InstanceProfileName="fresh"), lambda: refused)
    use = asked("ec2", "RunInstances", IamInstanceProfile={"Name": "fresh"})
    assert injector.hook(use, lambda: DONE) is DONE
    injector.hook(asked("iam", "CreateInstanceProfile", InstanceProfileName="fresh"), lambda: DONE)
    assert injector.hook(use, lambda: DONE).code == 400


def test_what_is_no_call_is_left_alone(run: Any) -> None:
    hook = run(each("deny"))
    assert hook(wire.read(EnvironBuilder("/moto-api/reset").get_environ())).code == 200
