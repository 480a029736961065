"""A program without services: the host's document does nothing, so every call is made and nothing is waited for."""

import json

import pulumi

STEP = {"action": "aws:runShellScript", "name": "nothing", "inputs": {"runCommand": ["true"]}}
DOCUMENT = {"schemaVersion": "2.2", "parameters": {"digest": {"type": "String"}}, "mainSteps": [STEP]}


def idle(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    if args.type_ != "aws:ssm/document:Document":
        return None
    return pulumi.ResourceTransformationResult({**args.props, "content": json.dumps(DOCUMENT)}, args.opts)


def leave_services_out() -> None:
    """Before the program declares anything."""
    pulumi.runtime.register_stack_transformation(idle)
