"""A team that works with its stack `dev`: what it logs, reads, swaps and recovers, and the stack for it."""

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from examples.digits import demo
from examples.digits.story import STORY, Role
from stacks.commands import env
from stacks.local import CHECKOUT
from tests.engine import forked
from tests.engine.places import CANARY
from workflow import s3
from workflow.aws import Aws
from workflow.context import Context

PATIENCE_SECONDS = 300
CONFIG = """\
  mlteam:amiId: ami-0123456789abcdef0
  aws:accessKey: emulated
  aws:secretKey: emulated
  aws:skipMetadataApiCheck: "true"
"""
LOG = (Path(__file__).parents[1] / "log_a_run.py").read_text()
READ = """
import json, sys, mlflow
client, (name, run_id) = mlflow.MlflowClient(), sys.argv[1:]
run = client.get_run(run_id)
print(json.dumps({
    "experiment": client.get_experiment(run.info.experiment_id).name,
    "params": run.data.params,
    "loss": [[each.step, each.value] for each in client.get_metric_history(run_id, "loss")],
    "champion": client.get_model_version_by_alias(name, "champion").run_id,
    "model": mlflow.artifacts.load_text(f"runs:/{run_id}/model/MLmodel"),
}))
"""
CHAMPION = "import sys, mlflow; print(mlflow.MlflowClient().get_model_version_by_alias(sys.argv[1], 'champion').run_id)"
"""What a data scientist does, with nothing but the environment that `mlteam env` gives."""


@dataclass
class Team:
    """A stack, and the ids of the runs that its team has logged, by the name of the experiment."""

    laptop: Any
    folder: Path
    runs: dict[str, str] = field(default_factory=dict)
    allowed: frozenset[str] = frozenset()
    """What the stack's roles allowed while tracking was on the host."""
    heard: list[str] = field(default_factory=list)
    """What swaps and recoveries said."""

    @property
    def context(self) -> Context:
        known = self.laptop.platform.environment()
        aws = Aws(
            endpoint_url=known["AWS_ENDPOINT_URL"],
            region_name=known["AWS_REGION"],
            aws_access_key_id=known["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=known["AWS_SECRET_ACCESS_KEY"],
        )
        return Context(stack_name="dev", aws=aws)

    def shell(self, **settings: str) -> dict[str, str]:
        """After `eval "$(mlteam env)"`."""
        exports = env.run(self.context, self.laptop.platform).exports
        return {**exports, "HOME": str(self.folder), **settings}

    def python(self, code: str, *arguments: str, **settings: str) -> str:
        done = forked.python(["python", "-c", code, *arguments], cwd=self.folder, env=self.shell(**settings))
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    def log(self, name: str) -> None:
        """In a Python of its own; MLflow has nothing to complain about."""
        command, shell = ["python", "-c", LOG, name], self.shell()
        done = subprocess.run(command, cwd=self.folder, env=shell, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stderr, done.stderr
        self.runs[name] = done.stdout.splitlines()[-1]

    def read(self, name: str, run_id: str = "", **settings: str) -> dict[str, Any]:
        """What READ finds of the run that was logged, or of its copy."""
        return dict(json.loads(self.python(READ, name, run_id or self.runs[name], **settings)))

    def logged(self, name: str, run_id: str = "") -> dict[str, Any]:
        """What READ should find."""
        return {
            "experiment": name,
            "params": {"kind": name},
            "loss": [[step, 1 / (step + 1)] for step in range(5)],
            "champion": run_id or self.runs[name],
            "model": name,
        }

    def champion(self, name: str) -> str:
        """The run of the registered model's champion."""
        return self.python(CHAMPION, name)

    @cached_property
    def demo(self) -> demo.Demo:
        return demo.Demo(self.laptop.platform, forked.mlteam)

    @cached_property
    def roles(self) -> Mapping[Role, Mapping[str, str]]:
        return demo.take_roles(self.laptop.platform)

    def tell(self, record: str) -> dict[str, Any]:
        """The demo's story of one pipeline run, and what it came to; each command with the rights of its role."""
        for act in (each for scene in STORY for each in scene if each.record == record):
            demo.play(self.demo, (act,), self.roles)
        return self.told(record)

    def told(self, record: str) -> dict[str, Any]:
        return dict(json.loads(self.record(record).read_text()))

    def record(self, name: str) -> Path:
        return self.demo.folder / f"{name}.json"

    def mlteam(self, *words: str) -> dict[str, Any]:
        """What a command answers a developer."""
        command, environment = ["mlteam", "--output", "json", *words], dict(self.roles[Role.DEVELOPER])
        done = forked.mlteam(command, cwd=CHECKOUT, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    def swap(self, tracking: str) -> None:
        self.laptop.pulumi("config", "set", "tracking", tracking)
        self.heard.append(self.laptop.change("up"))

    def apps(self) -> list[dict[str, Any]]:
        return list(self.laptop.client("sagemaker").list_mlflow_apps()["Summaries"])

    def guided(self, *words: str) -> "subprocess.Popen[str]":
        """`mlteam swap`, as a person types it in the checkout."""
        command = ["mlteam", "--output", "json", "swap", "tracking", *words]
        checkout, shell = self.laptop.platform.checkout, self.laptop.platform.shell()
        return subprocess.Popen(
            command, cwd=checkout, env=shell, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
        )

    def end_of(self, swap: "subprocess.Popen[str]") -> tuple[str, str]:
        """What it printed and what it told people, once it has ended."""
        said, shown = swap.communicate(timeout=PATIENCE_SECONDS)
        self.heard += (said, shown)
        return said, shown

    def recover(self) -> dict[str, Any]:
        command = ["mlteam", "--stack", "dev", "--output", "json", "recover", "--yes"]
        checkout, shell = self.laptop.platform.checkout, self.laptop.platform.shell()
        done = subprocess.run(
            command, cwd=checkout, env=shell, stdin=subprocess.DEVNULL, text=True, capture_output=True
        )
        assert done.returncode == 0, done.stderr
        self.heard += (done.stdout, done.stderr)
        return dict(json.loads(done.stdout))

    def step(self) -> str:
        """Where a swap is, by its journal."""
        stored = s3.read(self.laptop.client("s3"), s3.Address(self.bucket, "workflow/swaps/tracking.json"))
        return str(json.loads(stored.body)["step"]) if stored else ""

    @cached_property
    def bucket(self) -> str:
        return self.context.platform.storage.artifact_bucket


@pytest.fixture(scope="module")
def team(laptop_of: Callable[..., Any], language_host: Any, tmp_path_factory: pytest.TempPathFactory) -> Team:
    laptop = laptop_of("dev", language_host)
    there = laptop.platform.checkout / "Pulumi.dev.yaml"
    there.write_text(there.read_text().replace("config:\n", f"config:\n{CONFIG}"))
    laptop.platform.start()
    laptop.platform.select()
    laptop.set_secret("opsWebhookUrl", f"https://ops.example.com/{CANARY}")
    laptop.change("up")
    return Team(laptop, tmp_path_factory.mktemp("team"))
