"""Powers that one role has and no other: what a role of the stack may do is asked of its policies, not believed."""

import json
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

import pytest

from components.data.oss import sampler_statements
from components.storage.contract import LANDING_PREFIX, MANIFEST_PREFIX, PACK_PREFIX
from emulator.access import policies
from emulator.access.decisions import Identity, Policies, Question, decide
from stacks.environment import ENVIRONMENTS
from stacks.recording import ACCOUNT, REGION, Recording

Recorded = Callable[[str], Recording]
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
BOUNDARY = "aws:iam/policy:Policy"
WRITES = ("s3:PutObject", "s3:DeleteObject")
DIGEST = "0" * 64
ONLY_BY = {
    f"workflow/approvals/dev/{DIGEST}.json": {"approver"},
    f"workflow/uses/dev/{DIGEST}.n.json": {"deployer"},
    "workflow/locks/dev.json": {"deployer"},
    "workflow/deployments/dev/00000001.json": {"deployer"},
    "workflow/evaluations/dev/0/predictions.jsonl": {"developer"},
    "workflow/jobs/first-0/job.json": {"developer", "trainer"},
    "workflow/platform.json": set(),
    "workflow/code/0.zip": set(),
    "serving/deployment.json": {"deployer"},
    f"serving/models/{DIGEST}.zip": {"deployer"},
    "mlflow/1/0/artifacts/model/MLmodel": {"host"},
    "backup/mlflow/mlflow.db": {"host"},
}
"""The roles that may write an object of the artifact bucket; who provisions comes with rights of their own."""
CLIENTS = {"mlflow-app", "trainer", "developer"}
MANAGED = {**ONLY_BY, "mlflow/1/0/artifacts/model/MLmodel": set(), "mlflow-app/1/0/MLmodel": CLIENTS}
"""With tracking at AWS, whose clients write artifacts themselves; who deploys models only reads them. The host's backup
of what ran there is still due: the service stops after the policy has changed."""
PEOPLE = ("sampler", "developer", "deployer", "approver")


def roles(recording: Recording) -> Mapping[str, Policies]:
    """What each role of the stack is allowed, by its purpose: one inline policy, within the boundary."""
    [boundary] = recording.of_type(BOUNDARY)
    bound = policies.parse("boundary", boundary.inputs["policy"])
    return {
        str(item.inputs["name"]): Policies(identity=(policies.parse("own", item.inputs["policy"]),), boundary=bound)
        for item in recording.of_type(ROLE_POLICY)
    }


def may(found: Policies, action: str, resource: str, **keys: str) -> bool:
    context = {"aws:requestedregion": "us-east-1", **{key.replace("__", ":"): value for key, value in keys.items()}}
    return decide(
        Question(Identity("arn:aws:sts::0:assumed-role/r/s", "0"), action, resource, context), found
    ).is_allowed


def bucket(stack: str, purpose: str) -> str:
    return f"arn:aws:s3:::mlteam-{stack}-{ACCOUNT}-{purpose}"


@pytest.mark.parametrize("stack", ENVIRONMENTS)
@pytest.mark.parametrize("key", ONLY_BY)
def test_an_object_is_written_by_no_other_role(recorded: Recorded, stack: str, key: str) -> None:
    assert writers(recorded(stack), f"{bucket(stack, 'artifacts')}/{key}") == ONLY_BY[key]


@pytest.mark.parametrize("key", MANAGED)
def test_with_tracking_at_aws_only_its_own_prefix_changes_hands(recorded: Recorded, key: str) -> None:
    arn = f"{bucket('dev', 'artifacts')}/{key}"
    assert writers(recorded("dev+tracking=managed"), arn) == MANAGED[key]


def writers(recording: Recording, arn: str) -> set[str]:
    """Purposes of the roles that may."""
    return {name for name, found in roles(recording).items() if any(may(found, action, arn) for action in WRITES)}


ALWAYS_THERE = ("workflow/platform.json", "workflow/code/", "workflow/requirements/")
"""What is put there before anybody can take a role."""
BEFORE_ITS_TIME = {"trainer": ("workflow/jobs/",)}
"""What is put there before the role's machine starts."""


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_who_may_read_an_object_is_told_when_it_is_missing(recorded: Recorded, stack: str) -> None:
    """S3 answers 403 to who may not list: a lock that nobody has taken yet would look like a forbidden one."""
    asked = set()
    for name, found in roles(recorded(stack)).items():
        for arn in readable(found):
            home, _, key = arn.removeprefix("arn:aws:s3:::").partition("/")
            if not key.startswith((*ALWAYS_THERE, *BEFORE_ITS_TIME.get(name, ()))):
                asked.add(name)
                may_list = may(found, "s3:ListBucket", f"arn:aws:s3:::{home}", s3__prefix=key.replace("*", "x"))
                assert may_list, f"{name} of {arn}"
    assert asked == {*PEOPLE, "host", "trainer"}


def readable(found: Policies) -> Iterator[str]:
    """What a role's own policy says of reading objects."""
    for policy in found.identity or ():
        for statement in policy.about("s3:GetObject"):
            yield from statement.resources.texts if statement.resources else ()


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_who_trains_cannot_deploy_and_nobody_who_can_approves(recorded: Recorded, stack: str) -> None:
    found = roles(recorded(stack))
    powers = {
        "train": ("ec2:TerminateInstances", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"),
        "deploy": ("s3:PutObject", f"{bucket(stack, 'artifacts')}/serving/deployment.json"),
        "approve": ("s3:PutObject", f"{bucket(stack, 'artifacts')}/workflow/approvals/{stack}/{DIGEST}.json"),
        "sample": ("s3:PutObject", f"{bucket(stack, 'prod')}/{MANIFEST_PREFIX}prod/x"),
    }
    tags = {"aws__resourcetag/mlteam__stack": stack, "aws__resourcetag/mlteam__component": "training"}
    has = {name: {power for power, asked in powers.items() if may(found[name], *asked, **tags)} for name in PEOPLE}
    assert has == {"sampler": {"sample"}, "developer": {"train"}, "deployer": {"deploy"}, "approver": {"approve"}}


@pytest.mark.parametrize("stack", ENVIRONMENTS)
@pytest.mark.parametrize("name", PEOPLE)
def test_nobody_is_root_of_a_machine(recorded: Recorded, stack: str, name: str) -> None:
    """AWS's own document runs any script; a session is a shell."""
    found, machine = roles(recorded(stack))[name], f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"
    for document in ("document/AWS-RunShellScript", "document/SSM-SessionManagerRunShell"):
        assert not may(found, "ssm:SendCommand", f"arn:aws:ssm:us-east-1::{document}")
    assert not may(found, "ssm:StartSession", machine)


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_a_developer_starts_only_what_the_template_and_the_settings_say(recorded: Recorded, stack: str) -> None:
    developer, ec2 = roles(recorded(stack))["developer"], f"arn:aws:ec2:us-east-1:{ACCOUNT}:"
    record = json.loads(recorded(stack).exports["platform"])["training"]
    template = f"{ec2}launch-template/{record['launch_template_id']}"
    keys = {
        "ec2__launchtemplate": template,
        "ec2__instancetype": record["instance_types"][0],
        "ec2__instancemarkettype": "spot",
    }
    start = ("ec2:RunInstances", f"{ec2}instance/*")
    assert may(developer, *start, **keys)
    for key in keys:
        assert not may(developer, *start, **{**keys, key: "another"}), key
    passing = ("iam:PassRole", record["role_arn"])
    assert may(developer, *passing, iam__passedtoservice="ec2.amazonaws.com")
    assert not may(developer, *passing, iam__passedtoservice="lambda.amazonaws.com")
    assert not may(developer, "ec2:CreateTags", f"{ec2}instance/i-1")


@pytest.mark.parametrize("name", ["trainer", "developer", "deployer"])
def test_who_logs_may_use_the_tracking_that_there_is_and_no_other(recorded: Recorded, name: str) -> None:
    login = ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/mlteam-dev/mlflow/admin-password")
    managed = recorded("dev+tracking=managed")
    call = ("sagemaker:CallMlflowAppApi", json.loads(managed.exports["platform"])["tracking"]["tracking_uri"])
    for recording, expected in ((recorded("dev"), (True, False)), (managed, (False, True))):
        found = roles(recording)[name]
        assert (may(found, *login), may(found, *call)) == expected
    assert not may(roles(managed)[name], "sagemaker:CallMlflowAppApi", f"{call[1]}-of-others")


@pytest.mark.parametrize("name", ["local", "dev", "dev+managed"])
def test_the_boundary_leaves_every_role_what_its_policy_gives(recorded: Recorded, name: str) -> None:
    """A right that the boundary denies is missed only on the real AWS."""
    everything = policies.parse("all", '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    given = [
        (role, action, resource)
        for role, found in roles(recorded(name)).items()
        for statement in (found.identity or ())[0].statements
        for action in statement.actions.texts
        for resource in (statement.resources.texts if statement.resources else ())
    ]
    [boundary] = {found.boundary for found in roles(recorded(name)).values()}
    bounded = Policies(identity=(everything,), boundary=boundary)
    assert [each for each in given if not may(bounded, *each[1:])] == []
    assert not may(bounded, "iam:CreateUser", "*"), "the boundary denies nothing, so nothing was tested"


def test_the_sampler_writes_manifests_and_packs_of_every_tier_and_never_what_landed() -> None:
    tiers = {"dev": "d", "staging": "s", "prod": "p"}
    statements = sampler_statements(tiers, "a", "arn:aws:ssm:us-east-1:0:parameter/x")
    [written] = [statement.resources for statement in statements if statement.sid == "WriteSamples"]
    wanted = [f"{bucket}/{prefix}prod/x" for bucket in "dsp" for prefix in (MANIFEST_PREFIX, PACK_PREFIX)]
    for key, may_write in [*((key, True) for key in wanted), (f"p/{LANDING_PREFIX}x", False)]:
        assert any(fnmatchcase(f"arn:aws:s3:::{key}", resource) for resource in written) is may_write, key


@pytest.mark.parametrize("name", ["developer", "deployer", "trainer"])
def test_who_reads_images_may_read_them_as_they_landed_and_packed(recorded: Recorded, name: str) -> None:
    found = roles(recorded("prod"))[name]
    for prefix in (LANDING_PREFIX, MANIFEST_PREFIX, PACK_PREFIX):
        assert may(found, "s3:GetObject", f"{bucket('prod', 'prod')}/{prefix}x"), prefix


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_iam_users_and_keys_are_never_made(recorded: Recorded, stack: str) -> None:
    """IAM.3 CKV_AWS_273 CKV_AWS_40."""
    tokens = {item.token for item in recorded(stack).resources}
    assert not tokens & {"aws:iam/user:User", "aws:iam/accessKey:AccessKey"}


def test_what_the_story_does_not_prove_is_listed_with_its_reason(
    recorded: Recorded, unneeded: Mapping[str, str]
) -> None:
    """The story runs stack local; statements that only another stack has must stand in the table, and be there."""
    found = {stack: statements_of(recorded(stack)) for stack in ENVIRONMENTS}
    elsewhere = set().union(*found.values()) - found["local"]
    assert elsewhere <= unneeded.keys()
    assert {name.split()[0] for name in unneeded} <= set().union(*found.values())


def statements_of(recording: Recording) -> set[str]:
    return {
        f"{item.inputs['name']}/{statement['Sid']}"
        for item in recording.of_type(ROLE_POLICY)
        for statement in json.loads(item.inputs["policy"])["Statement"]
    }
