"""Rows of IAM: roles, policies in and beside them, and the instance profile that hands a role to an instance."""

from collections.abc import Iterator, Mapping

from emulator.rows import Call, Json, Kind, Property, Row, Tags


def _no_attachments(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """What a role carries belongs to resources of its own, as pulumi-aws advises since version 6."""
    for name, cure in (("managedPolicyArns", "aws.iam.RolePolicyAttachment"), ("inlinePolicies", "aws.iam.RolePolicy")):
        if inputs.get(name):
            yield name, f"is deprecated and not emulated; use {cure}"


ROLE = Row(
    "aws:iam/role:Role",
    "iam",
    cloudformation="AWS::IAM::Role",
    properties={
        "name": Property("CreateRole.RoleName", replaces=True),
        "namePrefix": Property(type="string", replaces=True),
        "assumeRolePolicy": Property(
            ("CreateRole.AssumeRolePolicyDocument", "UpdateAssumeRolePolicy.PolicyDocument"),
            kind=Kind.POLICY,
            read="compact_json(AssumeRolePolicyDocument)",
            required=True,
        ),
        "description": Property(("CreateRole.Description", "UpdateRole.Description")),
        "path": Property("CreateRole.Path", replaces=True, default="/"),
        "maxSessionDuration": Property(
            ("CreateRole.MaxSessionDuration", "UpdateRole.MaxSessionDuration"), default=3600
        ),
        "permissionsBoundary": Property(
            ("CreateRole.PermissionsBoundary", "PutRolePermissionsBoundary.PermissionsBoundary"),
            kind=Kind.ARN,
            read="PermissionsBoundary.PermissionsBoundaryArn",
        ),
        "forceDetachPolicies": Property(type="boolean", default=False),
        "managedPolicyArns": Property(type="list"),
        "inlinePolicies": Property(type="list"),
    },
    id="Role.RoleName",
    create=(Call("CreateRole", {"Tags": "_.tag_list"}),),
    read=(Call("GetRole", {"RoleName": "_.id"}, select="Role"),),
    update=(
        Call("UpdateAssumeRolePolicy", {"RoleName": "_.id"}),
        Call("UpdateRole", {"RoleName": "_.id", "Description": "''"}),
        Call(
            "PutRolePermissionsBoundary",
            {"RoleName": "_.id"},
            when="_.in.permissionsBoundary && contains(_.changed, 'permissionsBoundary')",
        ),
        Call(
            "DeleteRolePermissionsBoundary",
            {"RoleName": "_.id"},
            when="_.old.permissionsBoundary && !(_.in.permissionsBoundary)",
        ),
    ),
    delete=(Call("DeleteRole", {"RoleName": "_.id"}),),
    outputs={"arn": "Arn", "createDate": "CreateDate", "uniqueId": "RoleId"},
    gone=("NoSuchEntity",),
    name="name",
    name_prefix="namePrefix",
    name_limit=64,
    tags=Tags(
        set=Call("TagRole", {"RoleName": "_.id", "Tags": "_.tags_set"}),
        unset=Call("UntagRole", {"RoleName": "_.id", "TagKeys": "_.tags_gone"}),
    ),
    check=_no_attachments,
)

ROLE_POLICY = Row(
    "aws:iam/rolePolicy:RolePolicy",
    "iam",
    cloudformation="AWS::IAM::RolePolicy",
    properties={
        "name": Property("PutRolePolicy.PolicyName", replaces=True),
        "namePrefix": Property(type="string", replaces=True),
        "role": Property("PutRolePolicy.RoleName", required=True, replaces=True),
        "policy": Property(
            "PutRolePolicy.PolicyDocument", kind=Kind.POLICY, read="compact_json(PolicyDocument)", required=True
        ),
    },
    id="format('{role}:{name}', _.in)",
    create=(Call("PutRolePolicy"),),
    read=(Call("GetRolePolicy", {"RoleName": "split(':', _.id)[0]", "PolicyName": "split(':', _.id)[1]"}),),
    update=(Call("PutRolePolicy"),),
    delete=(Call("DeleteRolePolicy", {"RoleName": "split(':', _.id)[0]", "PolicyName": "split(':', _.id)[1]"}),),
    gone=("NoSuchEntity",),
    name="name",
    name_prefix="namePrefix",
    name_limit=128,
)

# AWS keeps five versions of a managed policy: the oldest that is not the default goes before the sixth comes.
_NOT_THE_DEFAULT = "Versions[?!IsDefaultVersion].VersionId"
_OLDEST_OF_FIVE = "Versions[4] && sort_by(Versions[?!IsDefaultVersion], &CreateDate)[:1].VersionId"

POLICY = Row(
    "aws:iam/policy:Policy",
    "iam",
    cloudformation="AWS::IAM::ManagedPolicy",
    properties={
        "name": Property("CreatePolicy.PolicyName", replaces=True, cloudformation="ManagedPolicyName"),
        "namePrefix": Property(type="string", replaces=True),
        "path": Property("CreatePolicy.Path", replaces=True, default="/"),
        "description": Property("CreatePolicy.Description", replaces=True),
        "policy": Property(
            ("CreatePolicy.PolicyDocument", "CreatePolicyVersion.PolicyDocument"),
            kind=Kind.POLICY,
            read="compact_json(version.PolicyVersion.Document)",
            required=True,
        ),
    },
    id="Policy.Arn",
    create=(Call("CreatePolicy", {"Tags": "_.tag_list"}),),
    read=(
        Call("GetPolicy", {"PolicyArn": "_.id"}, select="Policy"),
        Call("GetPolicyVersion", {"PolicyArn": "_.id", "VersionId": "DefaultVersionId"}, into="version"),
    ),
    update=(
        Call("ListPolicyVersions", {"PolicyArn": "_.id"}, when="contains(_.changed, 'policy')"),
        Call("DeletePolicyVersion", {"PolicyArn": "_.id", "VersionId": "_.item"}, each=_OLDEST_OF_FIVE),
        Call("CreatePolicyVersion", {"PolicyArn": "_.id", "SetAsDefault": "`true`"}),
    ),
    delete=(
        Call("ListPolicyVersions", {"PolicyArn": "_.id"}),
        Call("DeletePolicyVersion", {"PolicyArn": "_.id", "VersionId": "_.item"}, each=_NOT_THE_DEFAULT),
        Call("DeletePolicy", {"PolicyArn": "_.id"}),
    ),
    outputs={"arn": "Arn", "policyId": "PolicyId", "attachmentCount": "AttachmentCount"},
    gone=("NoSuchEntity",),
    name="name",
    name_prefix="namePrefix",
    name_limit=128,
    tags=Tags(
        set=Call("TagPolicy", {"PolicyArn": "_.id", "Tags": "_.tags_set"}),
        unset=Call("UntagPolicy", {"PolicyArn": "_.id", "TagKeys": "_.tags_gone"}),
    ),
)

INSTANCE_PROFILE = Row(
    "aws:iam/instanceProfile:InstanceProfile",
    "iam",
    cloudformation="AWS::IAM::InstanceProfile",
    properties={
        "name": Property("CreateInstanceProfile.InstanceProfileName", replaces=True),
        "namePrefix": Property(type="string", replaces=True),
        "path": Property("CreateInstanceProfile.Path", replaces=True, default="/"),
        "role": Property("AddRoleToInstanceProfile.RoleName", read="Roles[0].RoleName", cloudformation="Roles"),
    },
    id="InstanceProfile.InstanceProfileName",
    create=(
        Call("CreateInstanceProfile", {"Tags": "_.tag_list"}),
        Call("AddRoleToInstanceProfile", {"InstanceProfileName": "_.id"}),
    ),
    read=(Call("GetInstanceProfile", {"InstanceProfileName": "_.id"}, select="InstanceProfile"),),
    update=(
        Call(
            "RemoveRoleFromInstanceProfile",
            {"InstanceProfileName": "_.id", "RoleName": "_.old.role"},
            when="_.old.role && contains(_.changed, 'role')",
        ),
        Call(
            "AddRoleToInstanceProfile", {"InstanceProfileName": "_.id"}, when="_.in.role && contains(_.changed, 'role')"
        ),
    ),
    delete=(
        Call(
            "RemoveRoleFromInstanceProfile",
            {"InstanceProfileName": "_.id", "RoleName": "_.in.role"},
            when="_.in.role",
        ),
        Call("DeleteInstanceProfile", {"InstanceProfileName": "_.id"}),
    ),
    outputs={"arn": "Arn", "createDate": "CreateDate", "uniqueId": "InstanceProfileId"},
    gone=("NoSuchEntity",),
    name="name",
    name_prefix="namePrefix",
    name_limit=128,
    tags=Tags(
        set=Call("TagInstanceProfile", {"InstanceProfileName": "_.id", "Tags": "_.tags_set"}),
        unset=Call("UntagInstanceProfile", {"InstanceProfileName": "_.id", "TagKeys": "_.tags_gone"}),
    ),
)

ROWS = (ROLE, ROLE_POLICY, POLICY, INSTANCE_PROFILE)

# Where a row and CloudFormation differ (`emulator.agreement`).
DIFFERENCES = {
    ROLE_POLICY.token: {
        "required policy": "IAM's own API requires it, the schema forgot to",
    },
    INSTANCE_PROFILE.token: {
        "required role": "pulumi-aws makes a profile first and puts the role in later; so does IAM's API",
    },
}
