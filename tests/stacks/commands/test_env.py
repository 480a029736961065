"""`mlteam env`: exports that a shell takes as they are, for the local platform only."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from stacks.commands import env
from stacks.commands.env import EnvResult, run
from stacks.local import LocalPlatform
from workflow import cli
from workflow.context import Context
from workflow.errors import NoStackError

NASTY = "a b'c\"d$(echo x)`echo y`\\n\n;&"


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalPlatform:
    """A running platform, as far as its files say; nobody is asked for its MLflow."""
    platform = LocalPlatform(directory=tmp_path / "with space")
    platform.aws_directory.mkdir(parents=True)
    record = {
        "version": 1,
        "pid": os.getpid(),
        "aws_endpoint_url": "http://127.0.0.1:9",
        "provider_port": 8,
        "account_id": "000000000000",
        "region": "us-east-1",
    }
    (platform.aws_directory / "endpoints.json").write_text(json.dumps(record))
    monkeypatch.setattr(env, "_tracking", lambda *_: {"MLFLOW_TRACKING_URI": "http://127.1.2.3:5000"})
    return platform


def test_without_a_platform_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoStackError, match="make demo"):
        run(Context(), LocalPlatform(directory=tmp_path))


def test_a_platform_whose_process_is_gone_is_none(local: LocalPlatform) -> None:
    path = local.aws_directory / "endpoints.json"
    path.write_text(path.read_text().replace(str(os.getpid()), "999999999"))
    with pytest.raises(NoStackError):
        run(Context(), local)


def test_everything_points_to_the_local_platform(local: LocalPlatform) -> None:
    exports = run(Context(), local).exports
    assert exports["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert exports["PULUMI_DEBUG_PROVIDERS"] == "aws:8"
    assert exports["PULUMI_BACKEND_URL"].startswith("file://")
    assert exports["MLTEAM_STACK"] == "local"
    assert exports["MLFLOW_TRACKING_URI"] == "http://127.1.2.3:5000"
    assert exports["AWS_EC2_METADATA_DISABLED"] == "true"


def test_the_empty_passphrase_comes_only_with_a_local_backend_and_endpoint(local: LocalPlatform) -> None:
    result = run(Context(), local)
    assert result.exports["PULUMI_CONFIG_PASSPHRASE"] == ""
    assert result.exports["PULUMI_BACKEND_URL"].startswith("file://")
    assert "AWS_PROFILE" in result.unset


def test_an_endpoint_of_one_service_does_not_outdo_the_local_one(
    local: LocalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.us-east-1.amazonaws.com")
    assert "AWS_ENDPOINT_URL_S3" in run(Context(), local).unset
    assert "AWS_ENDPOINT_URL" in run(Context(), local).exports


def test_amazons_mlflow_client_is_pointed_to_the_platform_too(local: LocalPlatform) -> None:
    assert run(Context(), local).exports["SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT"] == "http://127.0.0.1:9"


def test_a_login_of_the_other_tracking_is_unset(local: LocalPlatform) -> None:
    """A shell that evaluated this before a swap still has it."""
    result = run(Context(), local)
    assert {"MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"} <= set(result.unset)
    assert not set(result.unset) & set(result.exports)


def test_a_path_does_not_grow_when_it_is_evaluated_again(local: LocalPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    once = run(Context(), local).exports["PATH"]
    monkeypatch.setenv("PATH", once)
    assert run(Context(), local).exports["PATH"] == once


def test_a_stack_that_is_asked_for_by_name_is_not_answered_with_the_local_one(
    local: LocalPlatform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(env, "LocalPlatform", lambda: local)
    assert cli.run(["--stack", "dev", "env"], {}) == 2
    said = capsys.readouterr()
    assert (said.out, "not of 'dev'" in said.err, "export MLTEAM_STACK=" in said.err) == ("", True, True)
    assert cli.run(["--stack", "local", "env"], {}) == 0


def test_a_shell_that_was_at_another_stack_is_taken_to_the_local_one(
    local: LocalPlatform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(env, "LocalPlatform", lambda: local)
    monkeypatch.setenv("MLTEAM_STACK", "dev")
    assert cli.run(["env"], {}) == 0
    assert "export MLTEAM_STACK=local" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_takes_any_value_as_it_is(shell: str) -> None:
    text = EnvResult(exports={"NASTY": NASTY, "EMPTY": ""}, unset=("AWS_PROFILE", "GONE")).text()
    script = 'eval "$TEXT"; printf "%s|%s|%s|" "$NASTY" "${EMPTY-unset}" "${AWS_PROFILE-unset}"'
    environment = {"PATH": os.environ["PATH"], "TEXT": text, "AWS_PROFILE": "work"}
    answer = subprocess.run([shell, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert answer.stdout == f"{NASTY}||unset|"
