"""Powers that one role has and no other: what a role of the stack may write is looked up, not believed."""

import json
from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest

from components.data.oss import sampler_statements
from components.shared.policies import boundary
from components.storage.contract import LANDING_PREFIX, MANIFEST_PREFIX, PACK_PREFIX
from stacks.environment import ENVIRONMENTS
from stacks.recording import ACCOUNT, REGION, Recording

Recorded = Callable[[str], Recording]
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
WRITES = ("s3:PutObject", "s3:DeleteObject")
ONLY_BY = {
    "workflow/approvals/dev/0.json": {"approver"},
    "workflow/locks/dev.json": set(),
    "workflow/platform.json": set(),
    "workflow/code/0.zip": set(),
    "serving/deployment.json": set(),
    "mlflow/1/0/artifacts/model/MLmodel": {"host"},
    "backup/mlflow/mlflow.db": {"host"},
}
"""The roles that may write an object of the artifact bucket; people and CI come with rights of their own."""
MANAGED = {**ONLY_BY, "mlflow/1/0/artifacts/model/MLmodel": set(), "mlflow-app/1/0/MLmodel": {"mlflow-app", "trainer"}}
"""With tracking at AWS, whose clients write artifacts themselves. The host's backup of what ran there is still due: the
service stops after the policy has changed."""


def writers(recording: Recording, key: str) -> set[str]:
    """Names of the inline policies (a role's purpose) that allow it."""
    return {
        str(policy.inputs["name"])
        for policy in recording.of_type(ROLE_POLICY)
        for statement in json.loads(policy.inputs["policy"])["Statement"]
        if statement["Effect"] == "Allow" and _covers(statement["Action"], WRITES)
        for resource in _listed(statement["Resource"])
        if _reaches(resource, key)
    }


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _covers(actions: str | list[str], wanted: tuple[str, ...]) -> bool:
    return any(fnmatchcase(action, pattern) for pattern in _listed(actions) for action in wanted)


def _reaches(resource: str, key: str) -> bool:
    bucket, _, pattern = resource.removeprefix("arn:aws:s3:::").partition("/")
    return (bucket.endswith("-artifacts") or "*" in bucket) and fnmatchcase(key, pattern or "*")


@pytest.mark.parametrize("stack", ENVIRONMENTS)
@pytest.mark.parametrize("key", ONLY_BY)
def test_an_object_is_written_by_no_other_role(recorded: Recorded, stack: str, key: str) -> None:
    assert writers(recorded(stack), key) == ONLY_BY[key]


@pytest.mark.parametrize("key", MANAGED)
def test_with_tracking_at_aws_only_its_own_prefix_changes_hands(recorded: Recorded, key: str) -> None:
    assert writers(recorded("dev+tracking=managed"), key) == MANAGED[key]


def powers(recording: Recording, role: str) -> dict[str, list[str]]:
    """What a role may do, by the resource."""
    [policy] = [each for each in recording.of_type(ROLE_POLICY) if each.inputs["name"] == role]
    found: dict[str, list[str]] = {}
    for statement in json.loads(policy.inputs["policy"])["Statement"]:
        for resource in _listed(statement["Resource"]):
            found.setdefault(resource, []).extend(_listed(statement["Action"]))
    return found


def test_what_trains_may_use_the_tracking_that_there_is_and_no_other(recorded: Recorded) -> None:
    login, app = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/mlteam-dev/mlflow/admin-password", ":mlflowapp/"
    oss, managed = (powers(recorded(name), "trainer") for name in ("dev", "dev+tracking=managed"))
    assert oss[login] == ["ssm:GetParameter"]
    assert not [resource for resource in oss if app in resource or "mlflow-app" in resource]
    assert login not in managed
    assert [actions for resource, actions in managed.items() if app in resource] == [["sagemaker:CallMlflowAppApi"]]


@pytest.mark.parametrize("name", ["dev", "dev+managed"])
def test_the_boundary_leaves_every_role_what_its_policy_gives(recorded: Recorded, name: str) -> None:
    """A right that the boundary denies is missed only on the real AWS."""
    denied = [
        pattern
        for statement in json.loads(boundary(REGION))["Statement"]
        if statement["Effect"] == "Deny" and "Action" in statement
        for pattern in _listed(statement["Action"])
    ]
    assert denied, "the boundary denies nothing, so nothing was tested"
    given = {
        action
        for policy in recorded(name).of_type(ROLE_POLICY)
        for statement in json.loads(policy.inputs["policy"])["Statement"]
        for action in _listed(statement["Action"])
    }
    assert [action for action in sorted(given) if any(fnmatchcase(action, pattern) for pattern in denied)] == []


def test_the_sampler_writes_manifests_and_packs_of_every_tier_and_never_what_landed() -> None:
    tiers = {"dev": "d", "staging": "s", "prod": "p"}
    statements = sampler_statements(tiers, "a", "arn:aws:ssm:us-east-1:0:parameter/x")
    [written] = [statement.resources for statement in statements if statement.sid == "WriteSamples"]
    wanted = [f"{bucket}/{prefix}prod/x" for bucket in "dsp" for prefix in (MANIFEST_PREFIX, PACK_PREFIX)]
    for key, may in [*((key, True) for key in wanted), (f"p/{LANDING_PREFIX}x", False)]:
        assert any(fnmatchcase(f"arn:aws:s3:::{key}", resource) for resource in written) is may, key


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_iam_users_and_keys_are_never_made(recorded: Recorded, stack: str) -> None:
    """IAM.3 CKV_AWS_273 CKV_AWS_40."""
    tokens = {item.token for item in recorded(stack).resources}
    assert not tokens & {"aws:iam/user:User", "aws:iam/accessKey:AccessKey"}
