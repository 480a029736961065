"""Recordings of whole stacks, shared: what a stack registers is the same for every test that asks."""

import gc
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:  # most tests need no Pulumi
    from stacks.recording import Recording

WHOLLY_SLOW = re.compile(r"^pytestmark = pytest\.mark\.(?:slow|engine)\b", re.MULTILINE)
IN_PART_SLOW = re.compile(r"pytest\.mark\.(?:slow|engine)\b")
QUICK = "not slow and not engine"
LEFT_UNREAD: Mapping[str, Callable[[str], bool]] = {
    QUICK: lambda text: WHOLLY_SLOW.search(text) is not None,
    "slow or engine": lambda text: IN_PART_SLOW.search(text) is None,
}
"""By a tier's marks as tools/run_tests.py has them: whether a file with this text has no test of its own."""
LONGEST = ("test_story", "test_swap")
AMI = "ami-0123456789abcdef0"
CONFIGS = {
    "local": {"mlteam:amiId": AMI},
    "dev": {
        "mlteam:amiId": AMI,
        "mlteam:alertEmails": "ml@example.com",
        "mlteam:alertPhones": "+12025550123",
        "mlteam:opsWebhookUrl": "https://ops.example.com/t0ken",
        "mlteam:workingHours": "mon-fri 08:00-18:00",
    },
    "prod": {"mlteam:amiId": AMI, "mlteam:approvers": "release-managers"},
}


AGENT = "the SSM agent's own calls: the emulated machine is reached without them"
GONE = "tells an image that is gone from one that is forbidden; the story loses none"
LATER = "real AWS only: time does not pass for schedules and snapshots here"
PARTS = "a large upload goes in parts, which are given up when it fails; none fails here"
UNNEEDED = {
    **{f"{role}/{sid}": AGENT for role in ("host", "trainer") for sid in ("SsmAgent", "SsmChannels")},
    **dict.fromkeys(("developer/ListTiers", "trainer/ListTiers", "deployer/ListReserved"), GONE),
    **{
        f"{name} s3:AbortMultipartUpload": PARTS
        for name in (
            *("deployer/Deploy", "developer/Jobs", "host/Backups", "host/MlflowArtifacts", "sampler/WriteSamples"),
            "trainer/Jobs",
        )
    },
    "host/MlflowArtifacts s3:DeleteObject": "people delete artifacts through the server; nobody does in the story",
    "schedule/Power": LATER,
    **{f"snapshots/{sid}": LATER for sid in ("Look", "Make", "Expire", "Tag")},
}
"""Rights that no call of the story needs, as emulator/access/usage.py names them, and why they are there all the same:
a statement (role's purpose/sid), or one action of it."""


@pytest.fixture(scope="module", autouse=True)
def nothing_outlives_its_file() -> Iterator[None]:
    """MLflow remembers the last tracking server that it was told, and prefers that to the environment: the next file
    would log where this one did."""
    before = dict(os.environ)
    yield
    if "mlflow" in sys.modules:
        import mlflow

        mlflow.set_tracking_uri(None)  # type: ignore[arg-type]
        mlflow.set_registry_uri(None)  # type: ignore[arg-type]
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def unneeded() -> Mapping[str, str]:
    return UNNEEDED


def pytest_configure(config: pytest.Config) -> None:
    # Importing a pulumi_aws module warns of every deprecated class beside the one that is used.
    config.addinivalue_line("filterwarnings", "ignore::DeprecationWarning:pulumi_aws")
    # How long an example takes says what else the machine does: no test may fail of it.
    settings.register_profile("mlteam", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("mlteam")
    # Each boto3 session would look for the descriptions of its services in a thousand folders, and parse megabytes of
    # JSON. Not moto, too: a client of S3 takes the bucket out of its model's paths, and moto's router needs it there.
    botocore.session.create_loader = cache(botocore.session.create_loader)
    if config.option.markexpr == QUICK:
        gc.disable()  # looking for garbage costs a sixth of the quick tier; left to lie it is half a gigabyte


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Importing costs as much as testing: each tier leaves unread what has no test of its own, file or folder."""
    leaves = LEFT_UNREAD.get(config.option.markexpr)
    if leaves is None or not (collection_path.is_dir() or collection_path.suffix == ".py"):
        return None
    tests = collection_path.rglob("test_*.py") if collection_path.is_dir() else [collection_path]
    return all(leaves(path.read_text(encoding="utf-8")) for path in tests) or None


def pytest_collection_finish() -> None:
    """What the imports have made stays to the end: no need to look through it for garbage."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """pytest looks for garbage five times before it ends, and the process is going to end anyway."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, then the others that need the engine: else the last one runs alone."""
    items.sort(key=lambda item: (item.path.stem not in LONGEST, item.get_closest_marker("engine") is None))


@cache
def _recording(name: str) -> "Recording":
    from components.registry import REGISTRY
    from stacks.program import declare
    from stacks.recording import record

    stack, _, flag = name.partition("+")
    kind, _, variant = flag.rpartition("=")
    offering = [each.value for each, variants in REGISTRY.items() if variant in variants]
    flags = {f"mlteam:{each}": variant for each in offering if kind in ("", each)}
    return record(declare, stack, {**CONFIGS[stack], **flags}, secret_keys=["mlteam:opsWebhookUrl"])


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """Makes MLflow's own store in a file, with nothing in it, and gives its URI: a copy of the one whose tables it took
    MLflow 4 s of CPU to make."""
    from mlflow import MlflowClient

    template = tmp_path_factory.mktemp("store") / "template.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(template.parent)  # where the files of its first experiment will lie
        MlflowClient(f"sqlite:///{template}").search_experiments()
    body = template.read_bytes()

    def make(path: Path) -> str:
        path.write_bytes(body)
        return f"sqlite:///{path}"

    return make


@pytest.fixture(scope="session")
def recorded() -> "Callable[[str], Recording]":
    """Everything that a stack registers; each is run once. `dev` is the stack with the tests' config,
    `dev+tracking=managed` the same with a flag, `dev+managed` with every kind managed that offers it."""
    return _recording
