"""The HTTP side of the model server: answers, refusals, arms, counts."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from workflow.predictor import Predictor
from workflow.serving.loadout import Loadout
from workflow.serving.protocol import MAX_BODY_BYTES
from workflow.serving.split import arm_of

ROWS = json.dumps({"inputs": [[0, 1, 2, 255]]}).encode()


def test_ping_is_alive_even_without_a_model(ask: Any, watcher: Any) -> None:
    watcher.loadout = Loadout()
    assert ask("GET", "/ping").status == 200


def test_without_a_model_predictions_are_refused_as_unavailable(ask: Any, watcher: Any) -> None:
    watcher.loadout = Loadout()
    answer = ask("POST", "/invocations", ROWS)
    assert answer.status == 503
    assert "no model" in answer.json()["error"]


def test_each_row_gets_the_probability_of_its_units_arm(ask: Any) -> None:
    body = json.dumps({"inputs": [[0, 1, 2, 3], [4, 5, 6, 7]]}).encode()
    for unit in map(str, range(20)):
        arm = arm_of(unit, "s", 0.5)
        answer = ask("POST", "/invocations", body, {"X-Mlteam-Unit": unit})
        assert answer.headers["x-mlteam-arm"] == arm
        assert answer.json() == {"predictions": [{"champion": 0.25, "challenger": 0.75}[arm]] * 2}


def test_a_request_without_a_unit_may_get_either_arm(ask: Any) -> None:
    arms = {ask("POST", "/invocations", ROWS).headers["x-mlteam-arm"] for _ in range(60)}
    assert arms == {"champion", "challenger"}


def test_the_champion_stands_in_for_a_challenger_that_is_not_loaded(ask: Any, watcher: Any) -> None:
    models = {"champion": watcher.loadout.models["champion"]}
    watcher.loadout = replace(watcher.loadout, models=models)
    assert {ask("POST", "/invocations", ROWS).headers["x-mlteam-arm"] for _ in range(30)} == {"champion"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[[1, 2, 3, 4]]", "must be an object"),
        (b'{"rows": [[1, 2, 3, 4]]}', "must be an object"),
        (b'{"inputs": [[NaN, 1, 2, 3]]}', "NaN"),
        (b'{"inputs": [[' + b"9" * 5000 + b", 1, 2, 3]]}", "not JSON"),
        (b'{"inputs": [[-Infinity, 1, 2, 3]]}', "Infinity"),
        (b'{"inputs": [[1e999, 1, 2, 3]]}', "infinite"),
        (b'{"inputs": [[1, 2, 3]]}', "4 values, these have 3"),
        (b'{"inputs": [[1, 2, 3, 4], [1]]}', "same length"),
        (b'{"inputs": []}', "at least one"),
        (b'{"inputs": [["1", "2", "3", "4"]]}', "numbers"),
        (b'{"inputs": [[true, false, true, true]]}', "numbers"),
        (b'{"inputs": [[null, 1, 2, 3]]}', "numbers"),
        (b'{"inputs": 7}', "numbers"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_request_is_told_why(ask: Any, body: bytes, words: str) -> None:
    answer = ask("POST", "/invocations", body)
    assert answer.status == 400
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [[1, 2, 3, 4]]},
        {"inputs": [[[1, 2], [3, 4]]]},
        {"dataframe_split": {"columns": [0, 1, 2, 3], "data": [[1, 2, 3, 4]]}},
    ],
)
def test_every_form_of_the_protocol_is_understood(ask: Any, body: dict[str, Any]) -> None:
    assert ask("POST", "/invocations", json.dumps(body).encode()).status == 200


def test_a_body_over_the_limit_is_refused_while_it_comes(ask: Any) -> None:
    assert ask("POST", "/invocations", b" " * (MAX_BODY_BYTES + 1)).status == 413
    assert ask("POST", "/invocations", ROWS + b" " * (MAX_BODY_BYTES - len(ROWS))).status == 200


@pytest.mark.parametrize("scores", [[np.nan], [1.5], [0.1, 0.2]])
def test_a_model_that_gives_no_probability_is_an_error_of_its_arm(ask: Any, watcher: Any, scores: list[float]) -> None:
    broken = replace(
        watcher.loadout.models["champion"], predictor=Predictor(scores=lambda _: np.array(scores), features=4)
    )
    watcher.loadout = replace(watcher.loadout, models={"champion": broken})
    answer = ask("POST", "/invocations", ROWS)
    assert answer.status == 500
    assert "a" * 64 in answer.json()["error"]
    assert 'mlteam_errors_total{arm="champion"} 1.0' in ask("GET", "/metrics").body.decode()


def test_a_client_that_hangs_up_is_no_failure_of_the_model(ask: Any) -> None:
    ask("POST", "/invocations", ROWS, hangs_up=True)
    text = ask("GET", "/metrics").body.decode()
    assert 'status="400"' in text
    assert "mlteam_errors_total{" not in text


def test_metrics_count_requests_of_each_arm_by_status(ask: Any) -> None:
    for unit in map(str, range(10)):
        ask("POST", "/invocations", ROWS, {"X-Mlteam-Unit": unit})
    ask("POST", "/invocations", b"{", {"X-Mlteam-Unit": "0"})
    text = ask("GET", "/metrics").body.decode()
    champions = sum(arm_of(str(unit), "s", 0.5) == "champion" for unit in range(10))
    assert f'mlteam_requests_total{{arm="champion",status="200"}} {champions}.0' in text
    assert f'mlteam_requests_total{{arm="{arm_of("0", "s", 0.5)}",status="400"}} 1.0' in text
    assert "mlteam_latency_seconds_bucket" in text


def test_status_names_generation_and_arms(ask: Any) -> None:
    status = ask("GET", "/status").json()
    assert status["generation"] == 3
    assert status["arms"]["challenger"] == {
        "digest": "b" * 64,
        "run_id": "run-b",
        "name": "challenger-model",
        "state": "ready",
    }


def test_there_are_no_pages_that_load_scripts_from_elsewhere(ask: Any) -> None:
    assert [ask("GET", path).status for path in ("/docs", "/redoc", "/openapi.json")] == [404, 404, 404]
