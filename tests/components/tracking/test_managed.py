"""The managed tracking: what its app and its clients may do to the bucket, and what the app stands on."""

import json
from collections.abc import Callable

import pytest

from components.shared.policies import OBJECT_WRITE
from components.tracking.managed import client_statements
from stacks.recording import Recording

ARN = "arn:aws:sagemaker:us-east-1:000000000000:mlflow-app/app-0"
ARTIFACTS = "mlteam-dev-000000000000-artifacts"


def test_a_client_calls_this_app_only_and_stays_below_its_prefix() -> None:
    statements = {each.sid: each for each in client_statements(ARN, "b")}
    assert statements["TrackingCalls"].resources == (ARN,)
    assert statements["TrackingStore"].resources == ("arn:aws:s3:::b/mlflow-app/*",)
    assert statements["TrackingStoreList"].conditions == {"StringLike": {"s3:prefix": ("mlflow-app/*",)}}


@pytest.mark.parametrize(
    ("role", "writes"),
    [("training-trainer", True), ("people-developer", True), ("people-deployer", False), ("tracking-mlflow-app", True)],
)
def test_nobody_deletes_artifacts_and_who_deploys_models_writes_none(
    recorded: Callable[[str], Recording], role: str, writes: bool
) -> None:
    policy = json.loads(recorded("dev+tracking=managed").named(f"{role}-policy").inputs["policy"])
    store = f"arn:aws:s3:::{ARTIFACTS}/mlflow-app/*"
    [actions] = [each["Action"] for each in policy["Statement"] if each["Resource"] == store]
    assert {*([actions] if isinstance(actions, str) else actions)} == {
        "s3:GetObject",
        *(OBJECT_WRITE if writes else ()),
    }


def test_the_app_keeps_its_artifacts_where_its_role_may_and_is_made_after_the_right_is(
    recorded: Callable[[str], Recording],
) -> None:
    dev = recorded("dev+tracking=managed")
    app, role, policy = (dev.named(f"tracking-{name}") for name in ("app", "mlflow-app-role", "mlflow-app-policy"))
    assert app.inputs["artifactStoreUri"] == f"s3://{ARTIFACTS}/mlflow-app"
    written = json.loads(policy.inputs["policy"])["Statement"][0]["Resource"]
    assert written == f"arn:aws:s3:::{ARTIFACTS}/mlflow-app/*"
    assert policy.urn in app.depends_on
    trust = json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "000000000000"}}


def test_an_idle_app_costs_nothing(recorded: Callable[[str], Recording]) -> None:
    """What it saves is the host's, which runs on: the two prices are the same."""
    assert recorded("dev+tracking=managed").exports["monthlyCostUsd"] == recorded("dev").exports["monthlyCostUsd"]
