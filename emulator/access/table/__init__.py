"""Operation -> what it asks for, over all services. A role that calls an operation that is not here is refused.

To add one: a row in the module of its service, and an example in tests/emulator/access/test_table.py, which checks it
against AWS's own list of actions, resource types and condition keys.
"""

from collections.abc import Mapping
from typing import Final

from emulator.access.checks import Rule, Table
from emulator.access.table import ec2, iam, s3, sagemaker, services, ssm

TABLES: Final[Mapping[str, Table]] = {
    "s3": s3.TABLE,
    "ec2": ec2.TABLE,
    "iam": iam.TABLE,
    "sts": iam.STS,
    "ssm": ssm.TABLE,
    "sagemaker": sagemaker.TABLE,
    **services.TABLES,
}
RULES: Final[Mapping[str, Rule]] = {
    f"{service}:{operation}": rule for service, table in TABLES.items() for operation, rule in table.items()
}
