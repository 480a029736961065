"""How a process becomes a client of MLflow: what it is told, what it must not keep, and one warning that is none."""

import logging
import os
import subprocess
import sys
from typing import Any

import pytest

from workflow.mlflow_client import (
    HEADERS_LOGGER,
    NO_LINKS,
    VARIABLES,
    become_client,
    client_environment,
    for_another_program,
    where_to_look,
)

SERVER = "http://127.0.0.1:5000"
APP = "arn:aws:sagemaker:us-east-1:000000000000:mlflow-app/app-0"
LOGIN = {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": "secret"}
WARNING = "Encountered unexpected error during resolving request headers"
ASK = "from mlflow.tracking.request_header.registry import resolve_request_headers as ask; ask()"


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's environment and the logger's filters as they were, afterwards."""
    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)
    monkeypatch.setattr(logging.getLogger(HEADERS_LOGGER), "filters", [])


def test_a_server_with_a_login_is_told_with_the_password_that_the_caller_may_read(world: Any) -> None:
    world.context.aws.client("ssm").put_parameter(Name="/p", Value="secret", Type="SecureString")
    assert client_environment(world.context.aws, SERVER, "admin", "/p") == {"MLFLOW_TRACKING_URI": SERVER, **LOGIN}


def test_an_app_is_told_by_its_arn_alone(world: Any) -> None:
    assert client_environment(world.context.aws, APP, "", "") == {"MLFLOW_TRACKING_URI": APP}


def test_the_login_of_another_server_does_not_stay(clean: None) -> None:
    become_client({"MLFLOW_TRACKING_URI": SERVER, **LOGIN})
    become_client({"MLFLOW_TRACKING_URI": APP})
    assert {name: os.environ[name] for name in VARIABLES & os.environ.keys()} == {"MLFLOW_TRACKING_URI": APP}


def test_our_stdout_is_for_results(clean: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow prints where to look at a run when it ends one."""
    monkeypatch.delenv(NO_LINKS, raising=False)
    become_client({"MLFLOW_TRACKING_URI": SERVER})
    assert os.environ[NO_LINKS] == "true"


def test_only_the_plugins_own_fault_is_kept_from_people(clean: None) -> None:
    become_client({"MLFLOW_TRACKING_URI": SERVER})
    become_client({"MLFLOW_TRACKING_URI": SERVER})
    logger = logging.getLogger(HEADERS_LOGGER)
    assert len(logger.filters) == 1
    fault, news = IndexError("list index out of range"), ValueError("a bad header")
    for error, is_shown in ((fault, False), (news, True)):
        record = logger.makeRecord(logger.name, logging.WARNING, "", 0, f"{WARNING}: %s", (error,), None)
        assert bool(logger.filter(record)) is is_shown


@pytest.mark.slow  # imports MLflow twice
def test_without_help_mlflow_warns_at_each_request_to_a_server_and_with_it_never() -> None:
    """The first half fails once the plugin is mended: then filter and level can go."""
    ours = (
        f"from workflow.mlflow_client import become_client; become_client({{'MLFLOW_TRACKING_URI': '{SERVER}'}}); {ASK}"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": os.pathsep.join(sys.path), **settings},
            capture_output=True,
            text=True,
            check=True,
        ).stderr
        for code, settings in (
            (f"{ASK}; print('---', file=__import__('sys').stderr); {ours}", {"MLFLOW_TRACKING_URI": SERVER}),
            (ASK, for_another_program({"MLFLOW_TRACKING_URI": SERVER})),
        )
    ]
    before, after = said[0].split("---")
    assert (WARNING in before, WARNING in after, WARNING in said[1]) == (True, False, False), said


def test_an_apps_clients_keep_their_warnings() -> None:
    assert "MLFLOW_LOGGING_LEVEL" not in for_another_program({"MLFLOW_TRACKING_URI": APP})


@pytest.mark.parametrize("uri", [SERVER, APP])
def test_no_client_of_ours_sends_mlflows_maker_anything(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor has it an id of the installation put into the user's home."""
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    become_client({"MLFLOW_TRACKING_URI": uri})
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert for_another_program({"MLFLOW_TRACKING_URI": uri})["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert for_another_program({"MLFLOW_TRACKING_URI": SERVER})["MLFLOW_LOGGING_LEVEL"] == "ERROR"


def test_people_are_sent_to_where_this_mlflow_runs() -> None:
    assert "mlteam logs mlflow" in where_to_look(SERVER)
    assert "mlteam logs" not in where_to_look(APP)
    assert APP in where_to_look(APP)
