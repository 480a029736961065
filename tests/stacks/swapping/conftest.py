"""A stack that is swapped: the engine is a small class that remembers config and what was up, the sides are two real
MLflow stores in SQLite.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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
from workflow.migration.sides import Side
from workflow.progress import Progress

ARTIFACTS = "mlteam-dev-artifacts"
RECORD = "workflow/platform.json"
OLD, NEW = "oss", "managed"
EXPERIMENT = "digits"
MADE = {"create": ("aws:sagemaker/mlflowApp:MlflowApp tracking-app",)}
"""What the engine says that the swap would do."""
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
        changes = {"delete": self.loses} if changed and self.loses else self.pending if not changed else MADE
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
    environment: dict[str, str] = field(default_factory=dict)

    def swap(self, **flags: Any) -> Swap:
        context = Context(stack_name="dev", progress=Progress(self.said), aws=self.aws, environment=self.environment)
        journals = Journals(self.engine.client, ARTIFACTS)
        return Swap(context=context, engine=self.engine, journals=journals, **flags)  # type: ignore[arg-type]

    def to(self, variant: str = NEW, *, yes: bool = True, **flags: Any) -> SwapResult:
        return run(self.swap(**flags), Kind.TRACKING, variant, lambda: yes)

    def back(self, **flags: Any) -> SwapResult:
        return go_back(self.swap(**flags), Kind.TRACKING)

    @contextmanager
    def killed_at(self, place: str | Step) -> Iterator[None]:
        """The process dies at a call of the engine, in a step of its own, or where a function is called (its path)."""

        def dies(*_: Any, **__: Any) -> Any:
            raise KilledError(place)

        with pytest.MonkeyPatch.context() as patch:
            if isinstance(place, Step):
                patch.setitem(STEPS, place, dies)
            elif "." in place:
                patch.setattr(place, dies)
            else:
                self.engine.dies_at = place
            with pytest.raises(KilledError):
                yield

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
        return sorted(self.ends(variant))

    def ends(self, variant: str) -> dict[str, str]:
        """How each run has ended, by its name."""
        with self.side(variant).active() as client:
            ids = [each.experiment_id for each in client.search_experiments()]
            return {each.info.run_name: each.info.status for each in client.search_runs(ids)}


@pytest.fixture(scope="module")
def aws() -> Aws:
    """boto3 takes longer to make a client than a swap of one run takes."""
    return Aws()


@pytest.fixture
def team(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_store: Callable[[Path], str], aws: Aws, recorded: Any
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
        engine = FakeEngine(
            client, platform, {variant: new_store(tmp_path / f"{variant}.db") for variant in (OLD, NEW)}
        )
        engine.write(OLD)
        made = Team(engine, aws, io.StringIO(), tmp_path)
        made.log(OLD, "first")
        yield made
