"""Everything of a stack at AWS that is no network and no machine: how each is found, what it may hold, how it goes."""

from collections.abc import Iterator
from typing import Final

from stacks.recovery.sight import Find, Sight
from workflow.errors import ResourceError
from workflow.migration import reading
from workflow.migration.sides import Side
from workflow.mlflow_client import RETRIES, URI

DEFAULT: Final = "0"
"""The id of the experiment that every MLflow makes for itself."""


def on_path(method: str, key: str, identity: str) -> Find:
    """Of IAM, where the stack has a path of its own."""

    def find(sight: Sight) -> Iterator[str]:
        found = sight.pages("iam", method, key, PathPrefix=sight.naming.role_path)
        return (each[identity] for each in found)

    return find


def role_policies(sight: Sight) -> Iterator[str]:
    """Those that are called as their role is: what somebody else wrote into it stays."""
    for role in on_path("list_roles", "Roles", "RoleName")(sight):
        names = sight.pages("iam", "list_role_policies", "PolicyNames", RoleName=role)
        yield from (f"{role}:{name}" for name in names if role == sight.naming.role(str(name)))


def delete_role(sight: Sight, identity: str) -> None:
    """With what is written into it; a profile that still has it lets go of it."""
    client = sight.aws.client("iam")
    for profile in client.list_instance_profiles_for_role(RoleName=identity)["InstanceProfiles"]:
        client.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=identity)
    for name in client.list_role_policies(RoleName=identity)["PolicyNames"]:
        client.delete_role_policy(RoleName=identity, PolicyName=name)
    for policy in client.list_attached_role_policies(RoleName=identity)["AttachedPolicies"]:
        client.detach_role_policy(RoleName=identity, PolicyArn=policy["PolicyArn"])
    client.delete_role(RoleName=identity)


def delete_profile(sight: Sight, identity: str) -> None:
    client = sight.aws.client("iam")
    for role in client.get_instance_profile(InstanceProfileName=identity)["InstanceProfile"]["Roles"]:
        client.remove_role_from_instance_profile(InstanceProfileName=identity, RoleName=role["RoleName"])
    client.delete_instance_profile(InstanceProfileName=identity)


def delete_policy(sight: Sight, identity: str) -> None:
    client = sight.aws.client("iam")
    for version in client.list_policy_versions(PolicyArn=identity)["Versions"]:
        if not version["IsDefaultVersion"]:
            client.delete_policy_version(PolicyArn=identity, VersionId=version["VersionId"])
    client.delete_policy(PolicyArn=identity)


def budgets(sight: Sight) -> Iterator[str]:
    for each in sight.pages("budgets", "describe_budgets", "Budgets", AccountId=sight.account_id):
        if sight.is_ours(each["BudgetName"]):
            yield f"{sight.account_id}:{each['BudgetName']}"


def parameters(sight: Sight) -> Iterator[str]:
    """Passwords are the host's: it makes them at the first start, and the state never knows them."""
    for each in sight.pages("ssm", "describe_parameters", "Parameters"):
        if sight.is_ours(each["Name"]) and each["Type"] != "SecureString":
            yield each["Name"]


def schedules(sight: Sight) -> Iterator[str]:
    for each in sight.pages("scheduler", "list_schedules", "Schedules", NamePrefix=sight.naming.prefix):
        if sight.is_ours(each["Name"]):
            yield f"{each['GroupName']}/{each['Name']}"


def topics(sight: Sight) -> Iterator[str]:
    for each in sight.pages("sns", "list_topics", "Topics"):
        if sight.is_ours(_last(each["TopicArn"])):
            yield each["TopicArn"]


def subscriptions(sight: Sight) -> Iterator[str]:
    """Those that are confirmed: the others have no ARN in the list, and end by themselves."""
    for each in sight.pages("sns", "list_subscriptions", "Subscriptions"):
        if sight.is_ours(_last(each["TopicArn"])) and each["SubscriptionArn"].startswith("arn:"):
            yield each["SubscriptionArn"]


def _last(arn: str) -> str:
    return arn.rpartition(":")[2]


def buckets(sight: Sight) -> Iterator[str]:
    """The account is a part of their names."""
    begin = sight.naming.bucket(sight.account_id, "")
    names = (each["Name"] for each in sight.pages("s3", "list_buckets", "Buckets"))
    return (name for name in names if name.startswith(begin))


def content(sight: Sight, identity: str) -> str:
    """Also what was deleted there can still be fetched back, and what is uploaded may yet be finished."""
    client = sight.aws.client("s3")
    versions = client.list_object_versions(Bucket=identity, MaxKeys=1)
    uploads = client.list_multipart_uploads(Bucket=identity, MaxUploads=1)
    is_used = versions.get("Versions") or versions.get("DeleteMarkers") or uploads.get("Uploads")
    return "objects" if is_used else ""


def lifecycle_policies(sight: Sight) -> Iterator[str]:
    for each in sight.pages("dlm", "get_lifecycle_policies", "Policies"):
        if sight.has_our(each.get("Tags", {})):
            yield each["PolicyId"]


def mlflow_apps(sight: Sight) -> Iterator[str]:
    """By tag: pulumi-aws makes up a part of the name."""
    client = sight.aws.client("sagemaker")
    for each in sight.pages("sagemaker", "list_mlflow_apps", "Summaries"):
        if sight.has_our(client.list_tags(ResourceArn=each["Arn"])["Tags"]):
            yield each["Arn"]


def experiments(_: Sight, identity: str) -> str:
    """What people made in an app: MLflow itself makes the experiment Default. Who does not answer may hold some."""
    side = Side(name="the app", tracking_uri=identity, settings={URI: identity, RETRIES: "1"})
    try:
        known = [each.experiment_id for each in reading.experiments(side)]
        made = [each for each in known if each != DEFAULT or _is_used(side, each)]
        models = list(reading.registered_models(side))
    except ResourceError:
        return "perhaps experiments: it does not answer"
    return f"experiments: {len(made)}, registered models: {len(models)}" if made or models else ""


def _is_used(side: Side, experiment_id: str) -> bool:
    return any(reading.runs(side, [experiment_id])) or any(reading.logged_models(side, [experiment_id]))
