"""An AWS that misbehaves under stack dev, what belongs to the stack there, and what the state knows of it."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from components.naming import Naming
from emulator.faults import control
from emulator.faults.plan import Plan
from emulator.state import State
from emulator.wire import READING
from stacks.engine import Engine
from stacks.program import declare
from stacks.recovery.locks import this_machine
from stacks.recovery.plan import known, strangers
from stacks.recovery.sight import Sight
from stacks.recovery.steps import Recovery, orphans, recover
from stacks.recovery.store import FileStore
from tests.engine.faults.without_services import leave_services_out
from tests.language_host import LanguageHost
from workflow.aws import Aws
from workflow.outputs import PROJECT
from workflow.progress import Progress

CONFIG = """\
  mlteam:amiId: ami-0123456789abcdef0
  mlteam:alertEmails: ml@example.com
  mlteam:alertPhones: "+12025550123"
  mlteam:opsWebhookUrl: https://ops.example.com/t0ken
  aws:accessKey: emulated
  aws:secretKey: emulated
  aws:skipMetadataApiCheck: "true"
"""
STACK = "dev"
ELSEWHERE = {"aws:dlm/lifecyclePolicy:LifecyclePolicy", "aws:sagemaker/mlflowApp:MlflowApp"}
"""Types that only other stacks and mixes have."""
TREASURE = b"an image that nobody can take again"
FAILED = re.compile(r"'([^']+)': (\w+) failed: ([\w.]+): ")
"""How the provider names a failed call: resource, operation, code."""


@dataclass
class Troubled:
    """A laptop whose AWS misbehaves, and what the test has seen of it."""

    laptop: Any
    removed: set[str] = field(default_factory=set)
    treasured: set[str] = field(default_factory=set)
    ups: int = 0
    said: str = ""

    @property
    def state(self) -> State:
        return State(self.laptop.platform.aws_directory)

    def plan(self, *faults: dict[str, Any]) -> None:
        control.give(self.state, Plan.model_validate({"version": 1, "faults": list(faults)}))

    def up(self) -> bool:
        """One `up`; if it fails, each call that has gone wrong for good is named with its resource and operation."""
        more = self.laptop.host.options("up")
        done = self.laptop.platform.pulumi(
            *("up", "--yes", "--skip-preview", "--continue-on-error", "--stack", STACK, *more),
            check=False,
            capture=True,
        )
        self.said = done.stdout + done.stderr
        assert "Traceback" not in self.said, self.said
        assert done.returncode == 0 or self.failures(), self.said
        self.ups += 1
        self.put_treasures()
        return bool(done.returncode == 0)

    def failures(self) -> set[tuple[str, str, str]]:
        """(resource, operation, code) of each call that the last `up` gave up."""
        return set(FAILED.findall(self.said))

    def put_treasures(self) -> None:
        """Data in every bucket as soon as there is one, and never again."""
        for bucket in set(self.laptop.buckets()) - self.treasured:
            self.laptop.client("s3").put_object(Bucket=bucket, Key="landing/1.png", Body=TREASURE)
            self.treasured.add(bucket)

    def deployment(self) -> dict[str, Any]:
        return dict(self.laptop.deployment())

    def known(self) -> dict[str, set[str]]:
        """The state's resources by type, without what is a part of another."""
        return {token: keys for token, keys in known(self.deployment()).items() if token not in ELSEWHERE}

    def orphans(self) -> set[str]:
        """Types of what is at AWS and not in the state."""
        return {each.token for each in orphans(self.recovery.sight, self.deployment())}

    @cached_property
    def recovery(self) -> Recovery:
        """What `mlteam recover` works with, in this process."""
        platform, endpoints = self.laptop.platform, self.laptop.platform.endpoints()
        aws = Aws(
            endpoint_url=endpoints.aws_endpoint_url,
            region_name=endpoints.region,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        return Recovery(
            engine=Engine(stack=STACK, folder=platform.checkout, environment=platform.shell()),
            store=FileStore(url=f"file://{platform.state_directory}", folder=platform.state_directory),
            sight=Sight(aws=aws, naming=Naming(project=PROJECT, stack=STACK), account_id=endpoints.account_id),
            machine=this_machine(),
            progress=Progress(io.StringIO()),
        )

    def recover(self) -> set[str]:
        """Types of what was at AWS and not in the state; what may go is gone after that."""
        done = recover(self.recovery, lambda _: None).plan
        self.removed |= {each.token for each in done.removed}
        return {each.token for each in done.orphans}

    def assert_whole(self) -> None:
        """Nothing is to do, nothing is forgotten, no data is gone."""
        control.clear(self.state)
        self.laptop.change("up", "--expect-no-changes")
        self.laptop.change("refresh", "--expect-no-changes")
        assert self.orphans() == set()
        known = self.known()
        assert all(known.values()), "a type that is looked for is not in the stack"
        assert strangers(self.deployment()) == (), "a type that is not looked for"
        for token, ids in self.laptop.there().items():
            assert set(ids) == known[token], f"{token}, whatever its tags"
        s3 = self.laptop.client("s3")
        for bucket in self.laptop.buckets():
            assert s3.get_object(Bucket=bucket, Key="landing/1.png")["Body"].read() == TREASURE

    def fired(self, kind: str) -> list[control.Fired]:
        return [each for each in control.fired(self.state) if each.kind == kind]

    def assert_every_call_has_met(self, kind: str) -> None:
        """Each call by which the engine has changed something has gone wrong at least once, also where a resource is
        made by several; what it only looked at did not count."""
        made = {call["operation"] for call in self.laptop.trail() if "emulated" in call["caller"]}
        changing = {call for call in made if not call.partition(":")[2].startswith(READING)}
        assert len(changing) > len(self.known()), "a resource takes a call at least"
        met = {each.call for each in self.fired(kind)}
        assert changing <= met, f"{kind} has not met {changing - met}"


@pytest.fixture(scope="module")
def clones(laptop_of: Callable[..., Any], language_host: LanguageHost) -> Any:
    laptop = laptop_of(STACK, language_host)
    there = laptop.platform.checkout / f"Pulumi.{STACK}.yaml"
    there.write_text(there.read_text().replace("config:\n", f"config:\n{CONFIG}"))
    return laptop


@pytest.fixture
def troubled(clones: Any) -> Iterator[Troubled]:
    """An AWS and a state in which nothing has happened yet."""
    clones.platform.start()
    clones.platform.select()
    yield Troubled(clones)
    clones.platform.stop()


@pytest.fixture
def without_services(clones: Any) -> Iterator[None]:
    clones.host.program = idle_program
    yield
    clones.host.program = declare


@pytest.fixture(scope="module")
def killed(clones: Any) -> Iterator[Troubled]:
    """One stack without services for all that is done to it in a module, whichever process the program is in."""
    clones.platform.start()
    clones.platform.select()
    clones.host.program = idle_program
    program = clones.platform.checkout / "__main__.py"
    lines = (Path(__file__).with_name("without_services.py").read_text(), "leave_services_out()", program.read_text())
    program.write_text("\n".join(lines))
    yield Troubled(clones)
    clones.platform.stop()


def idle_program() -> None:
    leave_services_out()
    declare()
