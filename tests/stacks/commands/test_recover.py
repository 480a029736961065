"""`mlteam recover` as a person meets it; what it does is tried in tests/stacks/recovery and in tests/engine/faults."""

import os
from collections.abc import Callable

import pytest

from stacks.commands.recover import RecoverResult
from workflow import cli

NOTHING = RecoverResult(
    stack="dev", locks=(), processes=(), torn=(), settled=(), deleted=(), left=(), asleep=(), unseen=(), backup=""
)
Call = Callable[..., int]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command's exit code, without any key of the machine's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in (("AWS_CONFIG_FILE", os.devnull), ("AWS_SHARED_CREDENTIALS_FILE", os.devnull)):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return lambda *arguments: cli.run([*arguments, "recover", "--yes"], dict(os.environ))


def test_a_result_without_work_is_one_line() -> None:
    assert NOTHING.text() == "stack dev: nothing to do"


def test_a_result_tells_what_went_what_stays_and_what_is_next() -> None:
    done = RecoverResult(
        stack="dev",
        locks=("stale lock of ann",),
        processes=(),
        torn=(),
        settled=("creating Vpc network-vpc",),
        deleted=("Vpc vpc-1", "Subnet subnet-1"),
        left=("Bucket b (it holds objects)",),
        asleep=("i-1",),
        unseen=("aws:eks/cluster:Cluster",),
        backup="file:///state/recovery/1.json",
    )
    assert done.text().splitlines() == [
        "stack dev: locks removed: 1; operations settled: 1; orphans deleted: 2",
        "left at AWS: Bucket b (it holds objects)",
        "not looked for at AWS: aws:eks/cluster:Cluster",
        "the state before: file:///state/recovery/1.json",
        "next: aws ec2 start-instances --instance-ids i-1   (an `up` waits for them)",
        "next: pulumi up --stack dev",
    ]


@pytest.mark.parametrize(
    ("stack", "code", "said"),
    [
        ((), 2, "no stack given"),
        (("--stack", "local"), 6, "lives on the emulated AWS"),
        (("--stack", "dev"), 3, "no AWS credentials"),
    ],
)
def test_who_cannot_begin_is_told_why_by_one_error(
    call: Call, capsys: pytest.CaptureFixture[str], stack: tuple[str, ...], code: int, said: str
) -> None:
    assert call(*stack) == code
    complained = capsys.readouterr().err
    assert said in complained
    assert "Traceback" not in complained
