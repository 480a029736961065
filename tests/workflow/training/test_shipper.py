"""The buffer and what carries it: order, outages, refusals, half-written lines. The real server is in another file."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from workflow.training import shipper as module
from workflow.training.run_logger import RunLogger
from workflow.training.shipper import Shipper
from workflow.training.tracker import Fact, RefusedFactError


class Server:
    """Takes facts while it is up; `refused` keys are never taken."""

    def __init__(self) -> None:
        self.is_up = True
        self.refused: set[str] = set()
        self.facts: list[Fact] = []

    def ensure_run(self) -> str:
        if not self.is_up:
            raise ConnectionError("connection refused")
        return "run"

    def log(self, facts: Sequence[Fact]) -> None:
        self.ensure_run()
        if any(fact.key in self.refused for fact in facts):
            raise RefusedFactError("no such thing")
        self.facts += facts


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def buffer(tmp_path: Path) -> Path:
    return tmp_path / "buffer.jsonl"


def test_every_fact_arrives_once_and_in_order(server: Server, said: list[str], buffer: Path) -> None:
    carrier = Shipper(buffer, server, said.append)
    carrier.start()
    with RunLogger(buffer) as run:
        run.log_params({"kind": "svm", "C": 2})
        for step in range(250):
            run.log_metric("loss", 1 / (step + 1), step)
        run.set_tag("note", "done")
    assert carrier.finish(1)
    assert [fact.key for fact in server.facts] == ["kind", "C", *["loss"] * 250, "note"]
    assert [fact.step for fact in server.facts[2:-1]] == list(range(250))
    assert server.facts[1].value == "2"
    assert said == []


def test_an_outage_delays_and_loses_nothing(server: Server, said: list[str], buffer: Path) -> None:
    server.is_up = False
    carrier = Shipper(buffer, server, said.append)
    with RunLogger(buffer) as run:
        run.log_metrics({"a": 1, "b": 2})
    assert not carrier.finish(0.05)
    server.is_up = True
    assert carrier.finish(0.05)
    assert [fact.key for fact in server.facts] == ["a", "b"]
    assert said == [
        "warning: the tracking server is away, buffering: connection refused",
        "the tracking server is back, the buffer is being sent",
    ]


def test_a_refused_fact_is_dropped_with_a_warning_and_the_others_arrive(
    server: Server, said: list[str], buffer: Path
) -> None:
    server.refused = {"bad"}
    with RunLogger(buffer) as run:
        for key in ("good", "bad", "better"):
            run.log_param(key, 1)
    assert Shipper(buffer, server, said.append).finish(1)
    assert [fact.key for fact in server.facts] == ["good", "better"]
    assert said == ["warning: the tracking server refuses param 'bad': no such thing"]


def test_a_line_that_is_being_written_waits_for_its_end(server: Server, said: list[str], buffer: Path) -> None:
    with RunLogger(buffer) as run:
        run.log_metric("whole", 1)
    with buffer.open("a") as file:
        file.write('{"kind": "metric", "key": "ha')
        file.flush()
        carrier = Shipper(buffer, server, said.append)
        assert carrier.finish(1)
        assert [fact.key for fact in server.facts] == ["whole"]
        file.write('lf", "value": 1.0, "step": 0, "timestamp_ms": 0}\n')
    assert carrier.finish(1)
    assert [fact.key for fact in server.facts] == ["whole", "half"]


def test_a_line_that_is_no_fact_is_said_and_skipped(server: Server, said: list[str], buffer: Path) -> None:
    buffer.write_text('garbage\n{"kind": "tag", "key": "k", "value": "v", "timestamp_ms": 0}\n')
    assert Shipper(buffer, server, said.append).finish(1)
    assert [fact.key for fact in server.facts] == ["k"]
    assert "cannot be read" in said[0]


def test_a_run_that_logged_nothing_still_becomes_a_run(server: Server, said: list[str], buffer: Path) -> None:
    server.is_up = False
    assert not Shipper(buffer, server, said.append).finish(0)
    server.is_up = True
    assert Shipper(buffer, server, said.append).finish(0)


def test_nan_and_infinity_are_recorded_as_they_are_with_one_warning_each(
    server: Server, said: list[str], buffer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RunLogger(buffer) as run:
        for value in (math.nan, math.inf, -math.inf):
            run.log_metric("loss", value)
    assert Shipper(buffer, server, said.append).finish(1)
    assert [str(fact.value) for fact in server.facts] == ["nan", "inf", "-inf"]
    assert capsys.readouterr().err.count("warning: metric 'loss'") == 1
