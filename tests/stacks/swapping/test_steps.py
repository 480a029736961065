"""A swap from its first question to its end: interrupted, resumed and undone at every step, on real MLflow stores.

The engine is a small class that remembers config and what was up; two SQLite stores are the two sides.
"""

import dataclasses
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from components.variants import Kind
from stacks.commands.swap import SwapResult, go_back, run
from stacks.engine import Preview
from stacks.swapping.journal import Journals, Step
from stacks.swapping.steps import STEPS, Swap
from workflow.aws import Aws
from workflow.context import Context
from workflow.errors import DriftError, RefusedError, ResourceError, UsageError
from workflow.migration.sides import Side
from workflow.progress import Progress

pytestmark = pytest.mark.slow

ARTIFACTS = "mlteam-dev-artifacts"
RECORD = "workflow/platform.json"
OLD, NEW = "oss", "managed"
EXPERIMENT = "digits"
PRICES = {OLD: 20.0, NEW: 15.0}


class KilledError(BaseException):
    """The process ends here; nothing catches it."""


@dataclass
class FakeEngine:
    """Config and `up` of a stack with two sides; `dies_at` names the call that kills the process once."""

    client: Any
    platform: dict[str, Any]
    uris: Mapping[str, str]
    config: dict[str, str] = field(default_factory=lambda: {"tracking": OLD})
    up_sides: set[str] = field(default_factory=lambda: {OLD})
    calls: list[str] = field(default_factory=list)
    dies_at: str = ""
    pending: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    loses: tuple[str, ...] = ()

    def set(self, key: str, value: str) -> None:
        self._note(f"set {key}")
        self.config[key] = value

    def remove(self, key: str) -> None:
        self._note(f"remove {key}")
        self.config.pop(key, None)

    def preview(self, changed: Mapping[str, str]) -> Preview:
        self._note("preview")
        wanted = {**self.config, **changed}["tracking"]
        changes = {"delete": self.loses} if changed and self.loses else self.pending if not changed else {}
        return Preview(changes=changes, usd_per_month=PRICES[wanted])

    def up(self) -> None:
        chosen, retiring = self.config["tracking"], self.config.get("retiring", "").partition("=")[2]
        assert chosen != retiring, "the settings refuse this"
        self._note(f"up {'+'.join(sorted({chosen, retiring} - {''}))}")
        self.up_sides = {chosen, retiring} - {""}
        self.write(chosen)

    def write(self, chosen: str) -> None:
        record = {**self.platform, "tracking": tracking(chosen, self.uris[chosen])}
        self.client.put_object(Bucket=ARTIFACTS, Key=RECORD, Body=json.dumps(record).encode())

    def _note(self, call: str) -> None:
        if call == self.dies_at:
            self.dies_at = ""
            raise KilledError(call)
        self.calls.append(call)


def tracking(variant: str, uri: str) -> dict[str, str]:
    return {"variant": variant, "tracking_uri": uri, "username": "", "password_parameter": ""}


@dataclass
class Team:
    """A stack that is to be swapped; `swap()` is what a new process has."""

    engine: FakeEngine
    aws: Aws
    said: io.StringIO
    folder: Path

    def swap(self, **flags: Any) -> Swap:
        context = Context(stack_name="dev", progress=Progress(self.said), aws=self.aws)
        journals = Journals(self.engine.client, ARTIFACTS)
        return Swap(context=context, engine=self.engine, journals=journals, **flags)  # type: ignore[arg-type]

    def to(self, variant: str = NEW, *, yes: bool = True, **flags: Any) -> SwapResult:
        return run(self.swap(**flags), Kind.TRACKING, variant, lambda: yes)

    def back(self) -> SwapResult:
        return go_back(self.swap(), Kind.TRACKING)

    def side(self, variant: str) -> Side:
        return Side(name=variant, tracking_uri=self.engine.uris[variant])

    def log(self, variant: str, name: str, *, ends: bool = True) -> None:
        with self.side(variant).active() as client:
            found = client.get_experiment_by_name(EXPERIMENT)
            home = found.experiment_id if found else client.create_experiment(EXPERIMENT)
            run_id = client.create_run(home, run_name=name).info.run_id
            client.log_metric(run_id, "auc", 0.9, step=1)
            if ends:
                client.set_terminated(run_id)

    def runs(self, variant: str) -> list[str]:
        with self.side(variant).active() as client:
            ids = [each.experiment_id for each in client.search_experiments()]
            return sorted(each.info.run_name for each in client.search_runs(ids))


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, str]]:
    """Two empty stores, copied for each test: making one takes MLflow a second."""
    folder = tmp_path_factory.mktemp("stores")
    with Side(name="template", tracking_uri=f"sqlite:///{folder}/empty.db").active() as client:
        client.search_experiments()
    template = (folder / "empty.db").read_bytes()

    def make(home: Path) -> dict[str, str]:
        for variant in (OLD, NEW):
            (home / f"{variant}.db").write_bytes(template)
        return {variant: f"sqlite:///{home}/{variant}.db" for variant in (OLD, NEW)}

    return make


@pytest.fixture(scope="module")
def aws() -> Aws:
    """boto3 takes longer to make a client than a swap of one run takes."""
    return Aws()


@pytest.fixture
def team(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stores: Callable[[Path], dict[str, str]], aws: Aws, recorded: Any
) -> Iterator[Team]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    with mock_aws():
        client = aws.client("s3")
        client.create_bucket(Bucket=ARTIFACTS)
        uri = f"s3://{ARTIFACTS}/{RECORD}"
        aws.client("ssm").put_parameter(Name="/mlteam-dev/platform", Value=uri, Type="String")
        platform = json.loads(recorded("dev").exports["platform"])
        platform["storage"]["artifact_bucket"] = ARTIFACTS
        engine = FakeEngine(client, platform, stores(tmp_path))
        engine.write(OLD)
        made = Team(engine, aws, io.StringIO(), tmp_path)
        made.log(OLD, "first")
        yield made


def test_the_data_is_on_the_new_side_before_the_old_one_goes(team: Team) -> None:
    result = team.to()
    assert team.engine.calls == [
        *("preview", "preview"),
        *("set retiring", "set tracking", "up managed+oss"),
        *("set tracking", "remove retiring", "up managed"),
    ]
    assert team.runs(NEW) == ["first"]
    assert (result.outcome, result.usd_before, result.usd_after) == ("done", 20.0, 15.0)
    assert (result.counts["runs"], result.counts["metric points"]) == (1, 1)
    assert "price: 20.00 -> 15.00 USD a month (-5.00" in team.said.getvalue()


def test_a_kind_that_keeps_nothing_is_swapped_by_flag_and_up_alone(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stacks.commands.swap.STATEFUL", frozenset())
    result = team.to()
    assert team.engine.calls == ["preview", "preview", "set tracking", "remove retiring", "up managed"]
    assert (result.outcome, dict(result.counts), result.export_uri) == ("done", {}, "")


def test_what_was_exported_can_be_read_without_either_side(team: Team) -> None:
    bucket, _, key = team.to().export_uri.removeprefix("s3://").partition("/")
    lines = team.engine.client.get_object(Bucket=bucket, Key=key)["Body"].read().decode().splitlines()
    [run_line] = [entry for entry in map(json.loads, lines) if entry["kind"] == "run"]
    assert run_line["body"]["name"] == "first"
    assert run_line["body"]["metrics"][0][0] == "auc"


INTERRUPTIONS = ("set retiring", "set tracking", "up managed+oss", "remove retiring", "up managed")


@pytest.mark.parametrize("call", INTERRUPTIONS)
def test_a_swap_that_was_killed_goes_on_where_it_stopped(team: Team, call: str) -> None:
    team.engine.dies_at = call
    with pytest.raises(KilledError):
        team.to()
    assert OLD in team.engine.up_sides or team.runs(NEW) == ["first"], "the old side went before its data had moved"
    assert team.to().outcome == "done"
    assert (team.engine.up_sides, team.engine.config) == ({NEW}, {"tracking": NEW})
    assert team.runs(NEW) == ["first"]


@pytest.mark.parametrize("step", [Step.EXPORT, Step.MOVE])
def test_a_swap_whose_move_was_killed_moves_the_rest(team: Team, monkeypatch: pytest.MonkeyPatch, step: Step) -> None:
    def dies(*_: Any) -> Any:
        raise KilledError(step)

    with monkeypatch.context() as patch:
        patch.setitem(STEPS, step, dies)
        with pytest.raises(KilledError):
            team.to()
    assert team.to().outcome == "done"
    assert team.runs(NEW) == ["first"]


@pytest.mark.parametrize("call", INTERRUPTIONS[:3])
def test_a_swap_is_undone_while_the_old_side_is_there(team: Team, call: str) -> None:
    team.engine.dies_at = call
    with pytest.raises(KilledError):
        team.to()
    assert team.back().outcome == "undone"
    assert team.engine.config == {"tracking": OLD}
    assert OLD in team.engine.up_sides
    assert team.runs(OLD) == ["first"]
    assert team.to().outcome == "done", "an undone swap can be begun again"


def test_past_its_point_of_return_a_swap_is_ended_and_not_undone(team: Team) -> None:
    team.engine.dies_at = "up managed"
    with pytest.raises(KilledError):
        team.to()
    with pytest.raises(RefusedError, match=r"past its point of return.*\n.*mlteam swap tracking managed ends it"):
        team.back()
    assert team.to().outcome == "done"


def test_nothing_changes_until_somebody_says_yes(team: Team) -> None:
    with pytest.raises(RefusedError, match=r"nobody said yes\n.*mlteam swap tracking managed --yes"):
        team.to(yes=False)
    assert team.engine.calls == ["preview", "preview"]
    assert team.swap().journals.read("tracking") is None


def test_a_stack_that_is_not_what_its_config_says_is_refused_first(team: Team) -> None:
    team.engine.pending = {"update": ("aws:ec2/instance:Instance host-instance",)}
    with pytest.raises(RefusedError, match=r"not what its config says:\n  update: Instance host-instance\n.*pulumi up"):
        team.to()


def test_a_swap_that_would_lose_a_bucket_is_refused(team: Team) -> None:
    team.engine.loses = ("aws:s3/bucket:Bucket storage-prod-bucket",)
    with pytest.raises(RefusedError, match=r"this would lose data: .*storage-prod-bucket"):
        team.to()


def test_runs_that_go_on_at_the_old_side_hold_the_swap_until_they_end(team: Team) -> None:
    team.log(OLD, "still training", ends=False)
    with pytest.raises(RefusedError, match=r"1 runs go on at the old side \(still training\)"):
        team.to()
    assert team.engine.up_sides == {OLD, NEW}
    team.log(OLD, "late")
    assert team.to(leave_running=True).counts["runs"] == 3
    assert team.runs(NEW) == ["first", "late", "still training"]


def test_a_new_side_that_does_not_hold_everything_keeps_the_old_one_up(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("workflow.migration.writing._log", lambda *_: None)  # loses metrics, params and tags
        with pytest.raises(DriftError, match=r"the new side is not the old one yet: run '\w+' differs"):
            team.to()
    assert team.engine.up_sides == {OLD, NEW}
    assert team.to().outcome == "done"


def test_a_swap_and_its_way_back_lose_nothing_and_double_nothing(team: Team) -> None:
    team.to()
    team.log(NEW, "second")
    team.to(OLD)
    assert team.runs(OLD) == ["first", "second"]
    team.log(OLD, "third")
    team.to()
    assert team.runs(NEW) == ["first", "second", "third"]


def test_two_people_do_not_swap_at_once(team: Team) -> None:
    mine, theirs = team.swap(), team.swap()
    team.engine.dies_at = "set retiring"
    with pytest.raises(KilledError):
        run(mine, Kind.TRACKING, NEW, lambda: True)
    journal = theirs.journals.read("tracking")
    assert journal is not None
    mine.journals.write(dataclasses.replace(journal, step=Step.MOVE))
    with pytest.raises(RefusedError, match="changed by somebody else meanwhile"):
        theirs.journals.write(journal)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda team: team.to(OLD), "tracking is oss already"),
        (lambda team: team.back(), "no swap of tracking is under way"),
    ],
    ids=["to what it is", "back from nowhere"],
)
def test_what_makes_no_sense_is_a_usage_error(team: Team, act: Callable[[Team], object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        act(team)


def test_another_swap_waits_for_the_one_that_is_under_way(team: Team) -> None:
    team.engine.dies_at = "set retiring"
    with pytest.raises(KilledError):
        team.to()
    with pytest.raises(RefusedError, match=r"a swap of tracking from oss to managed is under way\n.*--undo goes back"):
        team.to(OLD)


def test_an_old_side_that_does_not_answer_changes_nothing(team: Team) -> None:
    team.engine.platform["tracking"] = tracking(OLD, "http://127.0.0.1:9")
    team.engine.uris = {**team.engine.uris, OLD: "http://127.0.0.1:9"}
    team.engine.write(OLD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        with pytest.raises(ResourceError, match="tracking/oss"):
            team.to()
    assert team.engine.up_sides == {OLD}
    assert team.engine.calls == ["preview", "preview"]
