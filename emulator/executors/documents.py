"""SSM documents of type Command, schema 2.2: from document and parameters to the scripts to run. Pure functions.

Promises that a parameter which the document does not take, or that its type, allowedPattern, allowedValues or length
refuses, is an error as AWS gives it. Only `aws:runShellScript` steps are emulated; another action is refused.
Source: Systems Manager user guide, "Command document schema" (read 2026-11).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from emulator.seam import AwsError

PLACEHOLDER: Final = re.compile(r"\{\{\s*([A-Za-z0-9_:/.-]+?)\s*\}\}")
ACTION: Final = "aws:runShellScript"
DEFAULT_SECONDS: Final = 3600

RUN_SHELL_SCRIPT: Final[Mapping[str, Any]] = {
    "schemaVersion": "2.2",
    "description": "Run a shell script or specify the commands to run.",
    "parameters": {
        "commands": {"type": "StringList"},
        "workingDirectory": {"type": "String", "default": ""},
        "executionTimeout": {"type": "String", "default": "3600", "allowedPattern": "[1-9][0-9]{0,5}"},
    },
    "mainSteps": [
        {
            "action": ACTION,
            "name": "runShellScript",
            "inputs": {
                "runCommand": "{{ commands }}",
                "workingDirectory": "{{ workingDirectory }}",
                "timeoutSeconds": "{{ executionTimeout }}",
            },
        }
    ],
}


@dataclass(frozen=True)
class Step:
    """One script of a document."""

    name: str
    script: str
    folder: str
    timeout_seconds: float
    exits_on_failure: bool


def check(content: Mapping[str, Any]) -> None:
    """Refuse what the emulator could not run."""
    version = str(content.get("schemaVersion"))
    steps = content.get("mainSteps") or ()
    if version != "2.2" or not steps:
        raise AwsError(
            "InvalidDocumentContent", f"schemaVersion {version!r} is not emulated; allowed: 2.2 with mainSteps"
        )
    for step in steps:
        if step.get("action") != ACTION:
            raise AwsError(
                "InvalidDocumentContent", f"action {step.get('action')!r} is not emulated; allowed: {ACTION}"
            )


def resolve(content: Mapping[str, Any], given: Mapping[str, list[str]]) -> dict[str, Any]:
    """The value of every parameter: checked, with defaults; InvalidParameters as AWS answers it."""
    declared = content.get("parameters") or {}
    unknown = set(given) - set(declared)
    if unknown:
        raise _invalid(f"{', '.join(sorted(unknown))}: not declared; allowed: {', '.join(sorted(declared)) or 'none'}")
    return {name: _value(name, declaration, given.get(name)) for name, declaration in declared.items()}


def _value(name: str, declared: Mapping[str, Any], given: list[str] | None) -> Any:
    if given is None:
        if "default" not in declared:
            raise _invalid(f"{name}: required, but missing")
        return declared["default"]
    if declared.get("type") == "StringList":
        return [_checked(name, declared, item) for item in given]
    if len(given) != 1:
        raise _invalid(f"{name}: one value is allowed, {len(given)} were given")
    return _checked(name, declared, given[0])


def _checked(name: str, declared: Mapping[str, Any], value: str) -> str:
    pattern, allowed = declared.get("allowedPattern"), declared.get("allowedValues")
    if pattern and not re.fullmatch(pattern, value):
        raise _invalid(f"{name}: {value!r} must match {pattern}")
    if allowed and value not in allowed:
        raise _invalid(f"{name}: {value!r}; allowed: {', '.join(map(str, allowed))}")
    if not declared.get("minChars", 0) <= len(value) <= declared.get("maxChars", len(value)):
        raise _invalid(
            f"{name}: {value!r} must have {declared.get('minChars', 0)} to {declared.get('maxChars')} characters"
        )
    return value


def steps(content: Mapping[str, Any], values: Mapping[str, Any]) -> list[Step]:
    return [_step(step, values) for step in content["mainSteps"] if _applies(step)]


def _applies(step: Mapping[str, Any]) -> bool:
    platform = step.get("precondition", {}).get("StringEquals", [])
    return not platform or "Linux" in platform


def _step(step: Mapping[str, Any], values: Mapping[str, Any]) -> Step:
    inputs = step.get("inputs", {})
    lines = substitute(inputs.get("runCommand", []), values)
    return Step(
        name=step.get("name", "step"),
        script="\n".join(lines if isinstance(lines, list) else [lines]) + "\n",
        folder=str(substitute(inputs.get("workingDirectory", ""), values)),
        timeout_seconds=float(substitute(str(inputs.get("timeoutSeconds", "")), values) or DEFAULT_SECONDS),
        exits_on_failure=step.get("onFailure") == "exit",
    )


def substitute(template: Any, values: Mapping[str, Any]) -> Any:
    """Put parameters in place of `{{ name }}`; a list parameter that stands alone becomes the list."""
    if isinstance(template, list):
        replaced = [substitute(item, values) for item in template]
        return [line for item in replaced for line in (item if isinstance(item, list) else [item])]
    whole = PLACEHOLDER.fullmatch(template.strip())
    if whole and isinstance(values.get(whole[1]), list):
        return values[whole[1]]
    return PLACEHOLDER.sub(lambda found: _text(values.get(found[1], found[0])), template)


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameters", message)
