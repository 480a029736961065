"""Who reaches whom: the design's table, against the rules that a stack registers (loopback would hide a mistake)."""

from collections.abc import Callable

import pytest

from components.tracking.oss import PORT
from stacks.environment import ENVIRONMENTS
from stacks.recording import Recording

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_training_reaches_mlflow_and_nobody_reaches_anything_else(
    recorded: Callable[[str], Recording], stack: str
) -> None:
    rules = [rule.inputs for rule in recorded(stack).of_type(INGRESS)]
    assert [(rule["referencedSecurityGroupId"], rule["securityGroupId"]) for rule in rules] == [
        ("network-training-group-id", "network-host-group-id")
    ]
    assert [(rule["ipProtocol"], rule["fromPort"], rule["toPort"]) for rule in rules] == [("tcp", PORT, PORT)]
