"""SSM documents: parameters checked, scripts made."""

from typing import Any

import pytest

from emulator.executors import associations, documents
from emulator.seam import AwsError

CONTENT: dict[str, Any] = {
    "schemaVersion": "2.2",
    "parameters": {
        "digest": {"type": "String", "allowedPattern": "^[0-9a-f]{4}$"},
        "mode": {"type": "String", "default": "fast", "allowedValues": ["fast", "slow"]},
        "lines": {"type": "StringList", "default": ["a", "b"]},
    },
    "mainSteps": [
        {
            "action": "aws:runShellScript",
            "name": "go",
            "onFailure": "exit",
            "inputs": {"runCommand": ["echo {{digest}} {{ mode }}", "{{ lines }}"], "timeoutSeconds": "60"},
        }
    ],
}


def test_parameters_are_put_in_and_defaults_taken() -> None:
    values = documents.resolve(CONTENT, {"digest": ["00ff"]})
    step = documents.steps(CONTENT, values)[0]
    assert step.script == "echo 00ff fast\na\nb\n"
    assert (step.timeout_seconds, step.exits_on_failure) == (60, True)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "digest: required, but missing"),
        ({"digest": ["00FF"]}, "digest: '00FF' must match ^[0-9a-f]{4}$"),
        ({"digest": ["00ff", "1111"]}, "digest: one value is allowed, 2 were given"),
        ({"digest": ["00ff"], "mode": ["medium"]}, "mode: 'medium'; allowed: fast, slow"),
        ({"digest": ["00ff"], "colour": ["red"]}, "colour: not declared; allowed: digest, lines, mode"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(given: dict[str, list[str]], told: str) -> None:
    with pytest.raises(AwsError) as caught:
        documents.resolve(CONTENT, given)
    assert caught.value.code == "InvalidParameters"
    assert told in caught.value.message


def test_a_document_that_could_not_be_run_is_refused() -> None:
    with pytest.raises(AwsError, match=r"schemaVersion '1\.2' is not emulated"):
        documents.check({"schemaVersion": "1.2", "mainSteps": [{}]})
    with pytest.raises(AwsError, match="action 'aws:runPowerShellScript' is not emulated"):
        documents.check({"schemaVersion": "2.2", "mainSteps": [{"action": "aws:runPowerShellScript"}]})


@pytest.mark.parametrize(
    ("statuses", "word"),
    [
        ([], "Pending"),
        (["Success", "InProgress"], "Pending"),
        (["Success", "Success"], "Success"),
        (["Success", "Failed"], "Failed"),
        (["TimedOut"], "Failed"),
    ],
)
def test_the_overview_is_success_only_if_all_are(statuses: list[str], word: str) -> None:
    assert associations.overview(statuses)["Status"] == word


def test_all_targets_of_an_association_must_hold() -> None:
    record = {"Targets": [{"Key": "tag:a", "Values": ["1", "2"]}, {"Key": "tag:b", "Values": ["x"]}]}
    assert associations.is_target(record, "i-1", {"a": "2", "b": "x"})
    assert not associations.is_target(record, "i-1", {"a": "2"})
    assert associations.is_target({"Targets": [{"Key": "InstanceIds", "Values": ["i-1"]}]}, "i-1", {})
