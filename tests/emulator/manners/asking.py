"""What the rules of a module say of a call, with no service behind."""

from collections.abc import Iterable
from typing import Any

from emulator.manners.rules import Request, Rule
from emulator.seam import AwsError


def refusal(rules: Iterable[Rule], service: str, operation: str, parameters: dict[str, Any]) -> str:
    """`code: message` of the first that refuses it; empty where none does."""
    call = Request(service, operation, parameters, "000000000000", "us-east-1")
    try:
        for name, check in rules:
            if name == f"{service}:{operation}":
                check(call)
    except AwsError as error:
        return f"{error.code}: {error.message}"
    return ""
