"""Rows of Systems Manager: documents and parameters (associations have a module of their own)."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from emulator.rows import Call, Json, Kind, Property, Row, Tags


def tags_of(kind: str) -> Tags:
    """Systems Manager tags by kind and id."""
    named = {"ResourceType": f"'{kind}'", "ResourceId": "_.id"}
    return Tags(
        read="tagging.TagList",
        set=Call("AddTagsToResource", {**named, "Tags": "_.tags_set"}),
        unset=Call("RemoveTagsFromResource", {**named, "TagKeys": "_.tags_gone"}),
    )


def read_tags(kind: str) -> Call:
    return Call("ListTagsForResource", {"ResourceType": f"'{kind}'", "ResourceId": "_.id"}, into="tagging")


# https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
_SCHEMAS: Final[Mapping[str, tuple[str, ...]]] = {
    "Command": ("1.2", "2.0", "2.2"),
    "Automation": ("0.3",),
    "Session": ("1.0",),
    "Policy": ("2.0",),
}
_DOCUMENT_BYTES: Final = 64 * 1024


def _document_faults(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """What CreateDocument answers with InvalidDocumentContent and MaxDocumentSizeExceeded."""
    content = inputs["content"]
    document = json.loads(content) if isinstance(content, str) else content
    size = len((content if isinstance(content, str) else json.dumps(content)).encode())
    if size > _DOCUMENT_BYTES:
        yield "content", f"has {size} bytes: a document holds at most {_DOCUMENT_BYTES}"
    allowed = _SCHEMAS.get(inputs["documentType"], ())
    if not isinstance(document, dict):
        yield "content", "must be an object"
    elif allowed and document.get("schemaVersion") not in allowed:
        yield "content", f"has schemaVersion {document.get('schemaVersion')!r}: allowed: {', '.join(allowed)}"
    elif document.get("schemaVersion") in ("2.0", "2.2"):
        yield from _step_faults(document)


def _step_faults(document: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    steps = document.get("mainSteps")
    if not isinstance(steps, list) or not steps:
        yield "content", "has no mainSteps: at least one step is needed"
        return
    for index, step in enumerate(steps):
        for member in ("action", "name"):
            if not isinstance(step, dict) or not step.get(member):
                yield "content", f"has no {member} in mainSteps[{index}]: it is required"


_ACTIVE: Final = Call("DescribeDocument", {"Name": "_.id"}, until="Document.Status == 'Active'")
DOCUMENT = Row(
    "aws:ssm/document:Document",
    "ssm",
    cloudformation="AWS::SSM::Document",
    properties={
        "name": Property("CreateDocument.Name", replaces=True),
        "content": Property(("CreateDocument.Content", "UpdateDocument.Content"), kind=Kind.JSON, required=True),
        "documentType": Property("CreateDocument.DocumentType", required=True, replaces=True),
        "documentFormat": Property("CreateDocument.DocumentFormat", default="JSON", enum=("JSON",)),
        "targetType": Property(
            ("CreateDocument.TargetType", "UpdateDocument.TargetType"), read="described.Document.TargetType"
        ),
        "versionName": Property(("CreateDocument.VersionName", "UpdateDocument.VersionName")),
    },
    id="DocumentDescription.Name",
    create=(Call("CreateDocument", {"Tags": "_.tag_list"}), _ACTIVE),
    read=(
        Call("GetDocument", {"Name": "_.id"}),
        Call("DescribeDocument", {"Name": "_.id"}, into="described"),
        read_tags("Document"),
    ),
    update=(
        Call("UpdateDocument", {"Name": "_.id", "DocumentVersion": "'$LATEST'"}),
        # An association follows the default version, so the new one must become it.
        Call(
            "UpdateDocumentDefaultVersion",
            {"Name": "_.id", "DocumentVersion": "DocumentDescription.DocumentVersion"},
            when="DocumentDescription",
        ),
        replace(_ACTIVE, when="contains(_.changed, 'content')"),
    ),
    delete=(Call("DeleteDocument", {"Name": "_.id"}),),
    outputs={
        "arn": "format('arn:{partition}:ssm:{region}:{account}:document/{id}', _)",
        "createdDate": "described.Document.CreatedDate",
        "defaultVersion": "described.Document.DefaultVersion",
        "description": "described.Document.Description",
        "documentVersion": "described.Document.DocumentVersion",
        "hash": "described.Document.Hash",
        "hashType": "described.Document.HashType",
        "latestVersion": "described.Document.LatestVersion",
        "owner": "described.Document.Owner",
        "platformTypes": "described.Document.PlatformTypes",
        "schemaVersion": "described.Document.SchemaVersion",
        "status": "described.Document.Status",
    },
    volatile=("defaultVersion", "documentVersion", "hash", "latestVersion", "schemaVersion"),
    gone=("InvalidDocument", "InvalidDocumentVersion"),
    name="name",
    name_limit=128,
    tags=tags_of("Document"),
    check=_document_faults,
)

# https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
_PARAMETER_BYTES: Final[Mapping[str, int]] = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}
_PARAMETER_NAME: Final = re.compile(r"[a-zA-Z0-9_.\-/]+")
_PARAMETER_LEVELS: Final = 15


def _parameter_faults(inputs: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Name, size and pattern, which PutParameter checks and botocore's model does not."""
    tier, value, name = inputs.get("tier", "Standard"), inputs["value"], inputs.get("name", "")
    size, limit = len(value.encode()), _PARAMETER_BYTES[tier]
    if size > limit:
        yield "value", f"has {size} bytes: a parameter of tier {tier} holds at most {limit}"
    if name and not _PARAMETER_NAME.fullmatch(name):
        yield "name", f"is {name!r}: allowed are letters, digits and _.-/"
    elif re.match(r"/?(aws|ssm)", name, re.IGNORECASE):
        yield "name", f"is {name!r}: it must not begin with aws or ssm"
    elif "/" in name and not name.startswith("/"):
        yield "name", f"is {name!r}: a name with levels must begin with /"
    elif name.count("/") > _PARAMETER_LEVELS:
        yield "name", f"has {name.count('/')} levels, at most {_PARAMETER_LEVELS} are allowed"
    if inputs.get("allowedPattern") and not re.search(inputs["allowedPattern"], value):
        yield "value", f"does not match allowedPattern {inputs['allowedPattern']!r}"


PARAMETER = Row(
    "aws:ssm/parameter:Parameter",
    "ssm",
    cloudformation="AWS::SSM::Parameter",
    properties={
        "name": Property("PutParameter.Name", replaces=True),
        "type": Property("PutParameter.Type", required=True),
        "value": Property("PutParameter.Value", required=True, secret=True),
        "description": Property("PutParameter.Description", read="described.Description"),
        "keyId": Property("PutParameter.KeyId", read="described.KeyId"),
        "tier": Property("PutParameter.Tier", read="described.Tier"),
        "dataType": Property("PutParameter.DataType", enum=("text", "aws:ec2:image", "aws:ssm:integration")),
        "allowedPattern": Property("PutParameter.AllowedPattern", read="described.AllowedPattern"),
        "overwrite": Property(type="boolean"),
    },
    id="_.in.name",
    create=(Call("PutParameter", {"Overwrite": "_.in.overwrite", "Tags": "_.tag_list"}),),
    read=(
        Call("GetParameter", {"Name": "_.id", "WithDecryption": "`true`"}, select="Parameter"),
        Call(
            "DescribeParameters",
            {"ParameterFilters": "[{Key: 'Name', Option: 'Equals', Values: [_.id]}]"},
            select="Parameters[0]",
            into="described",
        ),
        read_tags("Parameter"),
    ),
    update=(Call("PutParameter", {"Overwrite": "`true`"}),),
    delete=(Call("DeleteParameter", {"Name": "_.id"}),),
    outputs={"arn": "ARN", "version": "Version"},
    volatile=("version",),
    gone=("ParameterNotFound",),
    name="name",
    name_limit=2048,
    tags=tags_of("Parameter"),
    check=_parameter_faults,
)

ROWS = (DOCUMENT, PARAMETER)

# Where a row and CloudFormation differ (`emulator.agreement`).
_VERSIONS: Final = "pulumi-aws makes a new version by UpdateDocument; CloudFormation does so only with UpdateMethod"
DIFFERENCES = {
    DOCUMENT.token: {
        "replaces content": _VERSIONS,
        "replaces documentFormat": _VERSIONS,
        "replaces targetType": _VERSIONS,
        "replaces versionName": _VERSIONS,
        "required documentType": "pulumi-aws requires it; the API assumes Command",
        "enum documentType": "botocore knows newer types than the schema",
        "enum documentFormat": "the emulated AWS runs JSON documents only",
    },
    PARAMETER.token: {
        "enum type": "CloudFormation cannot make a SecureString: its template would hold the secret",
        "absent keyId": "it belongs to SecureString, which CloudFormation cannot make",
        "enum dataType": "aws:ssm:integration is newer than the schema",
    },
}
