"""The gateway's hook: who calls is identified, what is asked for is decided, the answer goes to the trail.

Promises that nothing reaches the services that a policy does not allow, that an operation which the table does not
know is refused to everybody but administrators, and that a refusal is in AWS's words. Holds the gateway's lock only
while it looks into moto's state.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from emulator.access import refusals, resource_policies, services
from emulator.access.callers import Caller, Callers
from emulator.access.checks import Call, Check, Need, Rule, Trust
from emulator.access.decisions import Decision, Identity, Policies, Question, decide
from emulator.access.patterns import Values
from emulator.access.policies import PolicyError
from emulator.access.refusals import Refused
from emulator.access.table import RULES
from emulator.access.table.s3 import bucket_arn, existence, object_arn
from emulator.access.table.sagemaker import NOT_AUTHORIZED, mlflow_call
from emulator.access.trail import Trail
from emulator.gateway import Proceed, error_reply, message_reply, protocol_of
from emulator.wire import APP_HEADER, Asked, Reply, UnreadableError

READS: Final = ("s3:GetObject", "s3:HeadObject", "s3:GetObjectAttributes", "s3:GetObjectTagging")
"""Operations whose 404 says that an object is missing."""
LINKS: Final = ("ConfirmSubscription", "Unsubscribe")
"""Operations that AWS answers without a signature."""
ANYBODY: Final = "rest-xml"
"""A request that names no service goes to S3, as a bucket may be open to the world; here none is."""


class Access:
    """Of one emulated account; `requests` is the lock under which moto's state may be read."""

    def __init__(self, account_id: str, trail: Trail, requests: AbstractContextManager[object]) -> None:
        self._account_id, self._trail, self._requests = account_id, trail, requests
        self._callers = Callers(account_id)

    def __call__(self, asked: Asked, proceed: Proceed) -> Reply:
        call = _Recorded(asked)
        try:
            if not _is_link(asked):
                self._admit(call)
            reply = proceed()
            if reply.code == 404 and asked.name in READS:
                self._hide(call)
        except Refused as refused:
            reply = _refusal(asked, refused)
            call.refused = str(refused)
        except PolicyError as error:
            reply = _refusal(asked, Refused(refusals.DENIED, f"the emulated AWS cannot read a policy: {error}"))
            call.refused = str(error)
        except UnreadableError as error:
            call.refused = str(error)
            self._trail.append(call.line(400))
            raise
        except Exception:
            self._trail.append(call.line(500))
            raise
        self._trail.append(call.line(reply.code))
        return reply

    def _admit(self, call: "_Recorded") -> None:
        asked = call.asked
        with self._requests:
            caller = call.caller = self._identify(asked)
            call.context = {**_surroundings(asked.region, self._account_id, asked.environ), **caller.keys}
            self._demand(call, self._needs(asked, caller))

    def service_may(self, service: str, action: str, resource: str, source_arn: str = "") -> bool:
        """Whether an AWS service may, by the resource's own policy: assume a role, publish to a topic."""
        with self._requests:
            decision = services.may(service, action, resource, self._account_id, source_arn)
        check = {"action": action, "resource": resource, "allowed": decision.is_allowed, "by": decision.by}
        self._trail.append({"time": _now(), "caller": service, "operation": action, "checks": [check]})
        return decision.is_allowed

    def _identify(self, asked: Asked) -> Caller:
        if not asked.access_key:
            raise Refused(refusals.UNSIGNED)
        return self._callers.identify(asked.access_key, asked.session_token)

    def _needs(self, asked: Asked, caller: Caller) -> Sequence[Need]:
        """What the operation asks for; an administrator may also do what the table does not know."""
        app_arn = asked.environ.get(APP_HEADER)
        if app_arn:
            return (mlflow_call(app_arn),)
        rule = RULES.get(asked.name)
        if rule is not None:
            return _asked_for(rule, Call(asked.parameters, asked.region, self._account_id))
        if caller.policies is not None:
            why = f"because the emulated AWS does not know what {asked.name} asks for; it is added in"
            raise Refused(refusals.DENIED, _sentence(caller, asked.name, "*", f"{why} emulator/access/table"))
        return (Check(asked.name, _guess(asked)),)

    def _demand(self, call: "_Recorded", needs: Sequence[Need]) -> None:
        for need in needs:
            if isinstance(need, Trust):
                self._demand_trust(need)
                continue
            decision = self._decide(call, need)
            if not decision.is_allowed:
                raise Refused(refusals.DENIED, _sentence(call.caller, need.action, need.resource, decision.why))

    def _decide(self, call: "_Recorded", check: Check) -> Decision:
        caller = call.caller
        question = Question(caller.identity, check.action, check.resource, {**call.context, **check.keys})
        found = Policies(
            identity=caller.policies,
            boundary=caller.boundary,
            session=caller.session,
            resource=resource_policies.find(check.action, check.resource, self._account_id),
            is_resource_needed=resource_policies.is_trust(check.action),
        )
        decision = decide(question, found)
        call.decided(check, decision)
        return decision

    def _demand_trust(self, trust: Trust) -> None:
        decision = services.may(trust.service, "sts:AssumeRole", trust.role_arn, self._account_id, trust.source_arn)
        if not decision.is_allowed:
            raise Refused(
                refusals.INVALID,
                f"Could not assume role {trust.role_arn}. Please ensure that the role exists and allows principal"
                f" '{trust.service}' to assume the role.",
            )

    def _hide(self, call: "_Recorded") -> None:
        """That an object is missing is told only to who may list it."""
        with self._requests:
            check = existence(Call(call.asked.parameters, call.asked.region, self._account_id))
            self._demand(call, (check,))


class _Recorded:
    """A call and what becomes of it, on its way to the trail."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.caller = _NOBODY
        self.context: Mapping[str, Values] = {}
        self.refused = ""
        self._checks: list[dict[str, Any]] = []

    def decided(self, check: Check, decision: Decision) -> None:
        self._checks.append(
            {
                "action": check.action,
                "resource": check.resource,
                "keys": check.keys,
                "allowed": decision.is_allowed,
                "by": decision.by,
            }
        )

    def line(self, status: int) -> dict[str, Any]:
        return {
            "time": _now(),
            "caller": self.caller.identity.arn,
            "role": self.caller.identity.role_arn,
            "operation": self.asked.name,
            "context": self.context,
            "checks": self._checks,
            "refused": self.refused,
            "status": status,
        }


_NOBODY: Final = Caller(Identity(arn="", account_id=""))


def _is_link(asked: Asked) -> bool:
    """Whether it is a link in a mail of SNS's: who has it may follow it."""
    wanted = dict(parse_qsl(asked.environ.get("QUERY_STRING", "")))
    return not asked.access_key and asked.environ.get("PATH_INFO") == "/" and wanted.get("Action") in LINKS


def _surroundings(region: str, account_id: str, environ: Mapping[str, Any]) -> dict[str, Values]:
    """Condition keys that every request has. Loopback stands for TLS."""
    return {
        "aws:securetransport": "true",
        "aws:requestedregion": region,
        "aws:resourceaccount": account_id,
        "aws:sourceip": environ.get("REMOTE_ADDR") or "127.0.0.1",
        "aws:viaawsservice": "false",
        "aws:currenttime": _now(),
        "aws:epochtime": str(int(time.time())),
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _asked_for(rule: Rule, call: Call) -> Sequence[Need]:
    try:
        return tuple(rule(call))
    except KeyError as error:
        raise Refused(refusals.INVALID, f"Missing required parameter in input: {error}") from error


def _guess(asked: Asked) -> str:
    """A resource for what the table does not know: a bucket's policy counts for administrators as well."""
    bucket, key = asked.labels.get("Bucket"), asked.labels.get("Key")
    if asked.service != "s3" or not bucket:
        return "*"
    return object_arn(bucket, key) if key else bucket_arn(bucket)


def _sentence(caller: Caller, action: str, resource: str, why: str) -> str:
    return f"User: {caller.identity.arn} is not authorized to perform: {action} on resource: {resource} {why}"


def _refusal(asked: Asked, refused: Refused) -> Reply:
    if APP_HEADER in asked.environ:
        return message_reply("403 Forbidden", NOT_AUTHORIZED)
    said = refusals.answer(protocol_of(asked.environ) if asked.access_key else ANYBODY, refused.kind)
    message = str(refused)
    if said.code == "UnauthorizedOperation":
        message = f"You are not authorized to perform this operation. {message}"
    return error_reply(asked.environ, said.status_line, said.code, message)
