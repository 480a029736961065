"""Systems Manager: parameters by name, commands by their document and by each machine."""

from collections.abc import Iterator
from typing import Final

from emulator.access.checks import Call, Check, Rule, Table, anywhere, on
from emulator.access.table.ec2 import instance

AWS_OWNED: Final = ("AWS-", "Amazon")


def parameter_arn(call: Call, name: str) -> str:
    """/a/b and a alike stand below `parameter/`; what comes after a colon is a version or a label."""
    return name if name.startswith("arn:") else call.arn("ssm", f"parameter/{name.split(':')[0].lstrip('/')}")


def document_arn(call: Call, name: str) -> str:
    """AWS's own documents belong to no account."""
    if name.startswith("arn:"):
        return name
    account = "" if name.startswith(AWS_OWNED) else call.account_id
    return f"arn:aws:ssm:{call.region}:{account}:document/{name}"


def _parameter(call: Call) -> str:
    return parameter_arn(call, call.parameters["Name"])


def _each(action: str) -> Rule:
    return lambda call: [Check(action, parameter_arn(call, name)) for name in call.parameters["Names"]]


def _send(call: Call) -> Iterator[Check]:
    """On the document and on every machine; targets by tag may be any machine."""
    yield Check("ssm:SendCommand", document_arn(call, call.parameters["DocumentName"]))
    for instance_id in call.parameters.get("InstanceIds") or ["*"]:
        target = instance(call, instance_id)
        tags = {key.replace("aws:", "ssm:", 1): tag for key, tag in target.keys.items() if key.startswith("aws:")}
        yield Check("ssm:SendCommand", target.resource, {**target.keys, **tags})


TABLE: Final[Table] = {
    "DescribeInstanceInformation": anywhere("ssm:DescribeInstanceInformation"),
    "DeleteParameter": on("ssm:DeleteParameter", _parameter),
    "DescribeDocument": on("ssm:DescribeDocument", lambda call: document_arn(call, call.parameters["Name"])),
    "GetCommandInvocation": anywhere("ssm:GetCommandInvocation"),
    "GetDocument": on("ssm:GetDocument", lambda call: document_arn(call, call.parameters["Name"])),
    "GetParameter": on("ssm:GetParameter", _parameter),
    "GetParameters": _each("ssm:GetParameters"),
    "GetParametersByPath": on("ssm:GetParametersByPath", lambda call: parameter_arn(call, call.parameters["Path"])),
    "ListCommandInvocations": anywhere("ssm:ListCommandInvocations"),
    "ListCommands": anywhere("ssm:ListCommands"),
    "PutParameter": on("ssm:PutParameter", _parameter),
    "SendCommand": _send,
}
