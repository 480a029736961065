"""A fault plan as people write it: every mistake is told at once, in a line that says where."""

from pathlib import Path

import pytest

from emulator.faults import plan
from emulator.wire import Asked

GOOD = """\
version: 1
faults:
  - {operation: "*", fault: throttle, when: each}
  - {operation: "ec2:CreateVpc", fault: lose, when: 2}
  - {operation: "s3:Put*", fault: fail, status: 503, when: every}
  - {operation: "ssm:PutParameter", fault: deny, when: 1, by: AKIA...}
  - {operation: "ec2:RunInstances", fault: hang, seconds: 5, when: 1}
  - {fault: new-role, uses: 2}
"""


def test_the_plan_of_the_docstring_is_a_plan(tmp_path: Path) -> None:
    assert plan.__doc__ is not None
    shown = [line[4:].partition("  #")[0].rstrip() for line in plan.__doc__.splitlines() if line.startswith("    ")]
    assert "\n".join(shown) + "\n" == GOOD
    (tmp_path / "plan.yaml").write_text(GOOD)
    assert len(plan.read(tmp_path / "plan.yaml").faults) == 6


def test_every_mistake_is_told_in_one_message(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(
        """\
version: 2
nonsense: 1
faults:
  - {operation: "*", fault: explode, when: each}
  - {operation: "*", fault: throttle, when: sometimes}
  - {operation: "*", fault: fail, when: 0, status: 404}
  - {operation: "*", fault: hang, when: 1}
  - {fault: new-role}
  - {operation: "*", fault: hang, when: 1, seconds: .inf}
  - {fault: new-role, seconds: .nan}
"""
    )
    with pytest.raises(plan.PlanError) as wrong:
        plan.read(file)
    lines = str(wrong.value).splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines)
    for where in (
        "version: ",
        "nonsense: ",
        "faults[0]: ",
        "faults[1].when: ",
        "faults[2].when: ",
        "faults[2].status: ",
        "faults[5].seconds: ",
        "faults[6].seconds: ",
    ):
        assert any(line.startswith(f"{file}: {where}") for line in lines), where
    assert f"{file}: faults[3].seconds: field required" in str(wrong.value)
    assert "give either uses or seconds" in str(wrong.value)


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ("ec2:CreateVcp", "ec2 has no such operation; nearest: CreateVpc"),
        ("ecc2:CreateVpc", "nearest service: ec2"),
        ("CreateVpc", "must be * or service:Operation"),
        ("s3:Frob*", "s3 has no such operation"),
        ("ec2:Describe*", "a pattern is about operations that change something"),
    ],
)
def test_a_pattern_that_matches_nothing_is_a_mistake(tmp_path: Path, operation: str, said: str) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(f'version: 1\nfaults: [{{operation: "{operation}", fault: deny, when: each}}]\n')
    with pytest.raises(plan.PlanError) as wrong:
        plan.read(file)
    assert str(wrong.value).startswith(f"{file}: faults[0].operation: {operation!r}: ")
    assert said in str(wrong.value)


@pytest.mark.parametrize("text", ["{", "", "- 1", "\x00", "? [a]\n: b\n", "? {a: b}\n: c\n"])
def test_what_is_no_plan_at_all_is_refused_by_the_files_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(text)
    with pytest.raises(plan.PlanError, match=r"plan\.yaml: "):
        plan.read(file)


def test_a_key_that_is_there_twice_is_refused_by_its_name_and_line(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(GOOD + "  - {operation: '*', fault: fail, when: 1, when: each}\n")
    with pytest.raises(plan.PlanError) as wrong:
        plan.read(file)
    assert str(wrong.value) == f"{file}: line 9: 'when' is there twice"


def test_a_pattern_means_what_changes_something_and_a_name_means_itself() -> None:
    create, look, other = (
        Asked("ec2", operation, "AKIA", "us-east-1", {}, {})
        for operation in ("CreateVpc", "DescribeVpcs", "DescribeSubnets")
    )
    everything = plan.Deny(fault="deny", operation="*", when="each")
    assert [everything.is_about(each) for each in (create, look, other)] == [True, False, False]
    looking = plan.Deny(fault="deny", operation="ec2:DescribeVpcs", when="each")
    assert [looking.is_about(each) for each in (create, look, other)] == [False, True, False]


def test_a_fault_may_be_for_one_caller() -> None:
    call = Asked("ec2", "CreateVpc", "AKIA", "us-east-1", {}, {})
    mine, theirs = (plan.Deny(fault="deny", operation="*", when="each", by=key) for key in ("AKIA", "ASIA"))
    assert (mine.is_about(call), theirs.is_about(call)) == (True, False)
