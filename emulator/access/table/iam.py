"""IAM and STS: roles by name, trust, and what it takes to become one."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from moto.iam.models import iam_backends

from emulator.access.checks import Call, Check, Rule, Table, anywhere, given, on, requested_tags

ASSUME_KEYS: Final = {
    "RoleSessionName": "sts:rolesessionname",
    "ExternalId": "sts:externalid",
    "SourceIdentity": "sts:sourceidentity",
}


def _arn(call: Call, kind: str, name: str, there: Any) -> str:
    """IAM's names are given without their path: it is looked up, `/` for what is yet to be made."""
    path = next((each.path for each in list(there.values()) if each.name == name), call.parameters.get("Path") or "/")
    return f"arn:aws:iam::{call.account_id}:{kind}{path}{name}"


def _backend(call: Call) -> Any:
    return iam_backends[call.account_id]["aws"]


def role_arn(call: Call) -> str:
    return _arn(call, "role", call.parameters["RoleName"], _backend(call).roles)


def _user_arn(call: Call) -> str:
    return _arn(call, "user", call.parameters["UserName"], _backend(call).users)


def _profile_arn(call: Call) -> str:
    name = call.parameters["InstanceProfileName"]
    return _arn(call, "instance-profile", name, _backend(call).instance_profiles)


def _policy_arn(call: Call) -> str:
    return str(call.parameters["PolicyArn"])


def _attached(action: str) -> Rule:
    return lambda call: (Check(action, role_arn(call), {"iam:policyarn": _policy_arn(call)}),)


def _rows(arn: Callable[[Call], str], *operations: str) -> Table:
    return {operation: on(f"iam:{operation}", arn) for operation in operations}


TABLE: Final[Table] = {
    **_rows(role_arn, "CreateRole", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "GetRole"),
    **_rows(role_arn, "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies", "PutRolePermissionsBoundary"),
    **_rows(role_arn, "PutRolePolicy", "UpdateAssumeRolePolicy"),
    **_rows(_user_arn, "CreateAccessKey", "CreateUser", "GetUser"),
    **_rows(_profile_arn, "GetInstanceProfile"),
    **_rows(_policy_arn, "CreatePolicyVersion", "GetPolicy", "GetPolicyVersion"),
    "AttachRolePolicy": _attached("iam:AttachRolePolicy"),
    "DetachRolePolicy": _attached("iam:DetachRolePolicy"),
    "ListRoles": anywhere("iam:ListRoles"),
}


def _assume(call: Call) -> Iterator[Check]:
    parameters, role = call.parameters, call.parameters["RoleArn"]
    tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags") or ()}
    keys = {**given(parameters, ASSUME_KEYS), **requested_tags(tags)}
    yield Check("sts:AssumeRole", role, keys)
    if tags:
        yield Check("sts:TagSession", role, keys)
    if parameters.get("SourceIdentity"):
        yield Check("sts:SetSourceIdentity", role, keys)


STS: Final[Table] = {
    "AssumeRole": _assume,
    "GetCallerIdentity": lambda _: (),  # AWS asks for no permission: who one is, one may always know
}
