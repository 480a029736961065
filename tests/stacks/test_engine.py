"""What the engine says it would do, as data."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.engine import Engine, parse_preview, project_folder
from workflow.errors import NoStackError, ResourceError, UsageError

URN = "urn:pulumi:dev::mlteam::{}::{}"


BILL = "component  USD/month\n--------------------\nhost           12.50\ntotal       1,012.50\n\nlist prices"
"""As costs/report.py writes it."""


def step(op: str, kind: str, name: str) -> dict[str, object]:
    return {"op": op, "urn": URN.format(kind, name), "newState": {"type": kind}}


def document(*steps: dict[str, object]) -> str:
    stack = step("same", "pulumi:pulumi:Stack", "mlteam-dev")
    made = [stack, step("create", "mlteam:tracking:ManagedTracking", "tracking"), *steps]
    return json.dumps({"steps": made, "diagnostics": [{"message": "hello"}, {"message": BILL, "severity": "info"}]})


def test_changes_are_told_by_what_happens_and_a_replacement_once() -> None:
    preview = parse_preview(
        document(
            step("create", "mlteam:tracking:ManagedTracking$aws:sagemaker/mlflowApp:MlflowApp", "tracking-app"),
            step("create-replacement", "aws:ssm/association:Association", "services-association"),
            step("replace", "aws:ssm/association:Association", "services-association"),
            step("delete-replaced", "aws:ssm/association:Association", "services-association"),
            step("same", "aws:s3/bucket:Bucket", "storage-prod-bucket"),
        )
    )
    assert preview.usd_per_month == 1012.5
    assert preview.changes == {
        "create": ("aws:sagemaker/mlflowApp:MlflowApp tracking-app",),
        "replace": ("aws:ssm/association:Association services-association",),
    }
    assert preview.endangered == ()
    assert preview.text() == "  create: MlflowApp tracking-app\n  replace: Association services-association"


def test_a_preview_without_a_bill_has_no_price() -> None:
    with pytest.raises(ResourceError, match="told no price"):
        parse_preview(json.dumps({"steps": [], "diagnostics": [{"message": "hello"}]}))


@pytest.mark.parametrize("op", ["delete", "delete-replaced", "create-replacement"])
@pytest.mark.parametrize("kind", ["aws:s3/bucket:Bucket", "aws:ebs/volume:Volume"])
def test_what_holds_data_is_in_danger_when_it_would_go(op: str, kind: str) -> None:
    preview = parse_preview(document(step(op, kind, "precious")))
    assert preview.endangered == (f"{kind} precious",)


def test_a_stack_that_stays_as_it_is_says_so() -> None:
    assert parse_preview(document()).text() == "  nothing changes"


def fake_pulumi(folder: Path, script: str) -> Engine:
    """An engine whose `pulumi` is a shell script."""
    program = folder / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    return Engine(stack="dev", folder=folder, environment={"PATH": f"{program.parent}:/usr/bin:/bin"})


@pytest.mark.slow
def test_a_preview_of_other_config_leaves_the_stacks_file_alone(tmp_path: Path) -> None:
    said = document()
    engine = fake_pulumi(
        tmp_path,
        f'[ "$1" = preview ] && cat <<END\n{said}\nEND\n'
        'for each; do file=$each; done; echo "$@" >> calls; [ "$1" = preview ] || echo changed >> "$6"',
    )
    assert engine.preview({"tracking": "managed"}).usd_per_month == 1012.5
    assert (tmp_path / "Pulumi.dev.yaml").read_text() == "config: {}\n"
    first, second = (tmp_path / "calls").read_text().splitlines()
    assert first.startswith("config set mlteam:tracking managed --config-file /")
    assert second.startswith("preview --json --config-file /")


@pytest.mark.slow
def test_what_the_engine_refuses_is_told_with_the_way_on(tmp_path: Path) -> None:
    engine = fake_pulumi(
        tmp_path, 'echo \'{"diagnostics": [{"severity": "error", "message": "no such key"}]}\'; exit 1'
    )
    with pytest.raises(ResourceError, match=r"pulumi preview --json failed:\nno such key\n.*the same command goes on"):
        engine.preview({})


INTERRUPTED = """
import os, signal, sys, threading, time
from pathlib import Path
from stacks.engine import Engine
from stacks.local import LocalPlatform

folder = Path(sys.argv[1])
environment = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "AWS_ENDPOINT_URL": ""}
LocalPlatform.shell = lambda _: environment

def interrupt():
    while not (folder / "begun").exists():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt).start()
try:
    {begun}
except KeyboardInterrupt:
    print((folder / "ended").read_text(), end="")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "begun",
    [
        'Engine(stack="dev", folder=folder, environment=environment).up()',
        'LocalPlatform(checkout=folder, directory=folder, stack="local").pulumi("up")',
    ],
    ids=["mlteam", "the demo"],
)
def test_an_interruption_is_handed_to_the_engine_which_ends_in_good_order(tmp_path: Path, begun: str) -> None:
    fake_pulumi(
        tmp_path, "trap 'sleep 0.5; echo in good order > ended; exit 1' INT; touch begun; while :; do sleep 0.1; done"
    )
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.replace("{begun}", begun), str(tmp_path)],
        text=True,
        capture_output=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("in good order\n", "")


@pytest.mark.slow
def test_a_stack_that_the_engine_does_not_know_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoStackError, match="there is no stack 'dev'"):
        fake_pulumi(tmp_path, "exit 6").export()


def test_the_region_is_read_without_the_engine(tmp_path: Path) -> None:
    engine = Engine(stack="dev", folder=tmp_path, environment={})
    with pytest.raises(NoStackError, match=r"Pulumi\.dev\.yaml"):
        engine.region()
    engine.config_file.write_text("config:\n  mlteam:owner: us\n")
    with pytest.raises(UsageError, match="pulumi config set aws:region"):
        engine.region()
    engine.config_file.write_text("config:\n  aws:region: eu-west-1\n")
    assert engine.region() == "eu-west-1"


def test_the_program_is_found_from_anywhere_inside_it(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").touch()
    inside = tmp_path / "docs" / "deep"
    inside.mkdir(parents=True)
    assert project_folder(inside) == tmp_path
    with pytest.raises(UsageError, match=r"no Pulumi.yaml"):
        project_folder(Path("/"))
