"""The platform on a laptop: the emulated AWS, the engine's state, and a stack on top of both.

What the demo, `make down` and the engine tests share. Everything that it writes is below one folder (`.mlteam/` in
the checkout). The emulated AWS is ephemeral: a state whose AWS is gone describes nothing, so `start` sets both up anew
and says so.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from emulator import processes
from stacks.interruptible import run_to_the_end
from stacks.recovery import plugins
from workflow.errors import NoStackError, ResourceError, UsageError

CHECKOUT: Final = Path(__file__).resolve().parents[1]
ENDPOINTS: Final = "endpoints.json"
AGE_FOLDERS: Final = ("state", "demo")
"""What describes an emulated AWS and is worthless without it."""
FOREIGN: Final = frozenset(
    {
        *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"),
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        *("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"),
    }
)
"""What a caller may have set that would reach elsewhere than the emulated AWS, load other code, or make every command
that uses MLflow start 3 s later for want of bytecode."""
FOREIGN_PREFIX: Final = "AWS_ENDPOINT_URL_"
"""An endpoint for one service only, which boto3 takes before AWS_ENDPOINT_URL."""


def foreign(environment: Mapping[str, str]) -> frozenset[str]:
    """What must not be set beside the local platform."""
    return FOREIGN | {name for name in environment if name.startswith(FOREIGN_PREFIX)}


def past_the_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """NO_PROXY with loopback added, in both spellings: a proxy of the caller's knows nothing of what runs here."""
    known = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    value = ",".join(dict.fromkeys([*filter(None, known.split(",")), "127.0.0.1", "localhost", "127.0.0.0/8"]))
    return {"NO_PROXY": value, "no_proxy": value}


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Where the emulated AWS answers, as it says in its folder."""

    pid: int
    aws_endpoint_url: str
    provider_port: int
    account_id: str
    region: str


@dataclass(frozen=True, kw_only=True)
class LocalPlatform:
    """One stack on an emulated AWS of its own; `checkout` holds the program, `directory` all that is written."""

    checkout: Path = CHECKOUT
    directory: Path = CHECKOUT / ".mlteam"
    stack: str = "local"

    @property
    def aws_directory(self) -> Path:
        return self.directory / "aws"

    @property
    def state_directory(self) -> Path:
        return self.directory / "state"

    @property
    def is_left(self) -> bool:
        """Whether there is anything of an emulated AWS, alive or dead, or of what described it."""
        marks = (self.aws_directory / ENDPOINTS, *(self.directory / name for name in AGE_FOLDERS))
        return any(mark.exists() for mark in marks)

    def endpoints(self) -> Endpoints:
        """NoStackError if no emulated AWS is alive there."""
        try:
            record = json.loads((self.aws_directory / ENDPOINTS).read_text())
        except (OSError, ValueError) as error:
            raise NoStackError("no local platform is running", cure="make demo") from error
        process = processes.find(record["pid"])
        if process is None or record.get("started", process.started) != process.started:  # a pid may be given again
            raise NoStackError("no local platform is running", cure="make demo")
        return Endpoints(**{name: record[name] for name in Endpoints.__dataclass_fields__})

    def start(self) -> Endpoints:
        """An emulated AWS, the one that is alive or a new one; the state of a dead one is removed."""
        if any(character.isspace() for character in str(self.directory)):
            raise UsageError(
                f"{str(self.directory)!r} has a space, which the unit files of the emulated hosts cannot hold",
                cure="clone the project into a folder without spaces in its path",
            )
        try:
            return self.endpoints()
        except NoStackError:
            self.forget()
        self._emulator("start")
        return self.endpoints()

    def stop(self) -> None:
        """End the emulated AWS, every process on it, and what an engine left that was killed; ResourceError and
        RefusedError name what would not end."""
        self._emulator("stop")
        plugins.end(plugins.without_engine(self.checkout))
        self.forget()

    def forget(self) -> None:
        """Remove what described an emulated AWS that is gone."""
        for name in AGE_FOLDERS:
            shutil.rmtree(self.directory / name, ignore_errors=True)

    def environment(self) -> dict[str, str]:
        """What makes plain `pulumi`, boto3 clients and `mlteam` work on this platform, and on nothing else."""
        endpoints = self.endpoints()
        venv = CHECKOUT / ".venv"
        engine = (venv / "engine-path").read_text().strip()
        return {
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": endpoints.aws_endpoint_url,
            "AWS_REGION": endpoints.region,
            "AWS_DEFAULT_REGION": endpoints.region,
            "MLTEAM_STACK": self.stack,
            **past_the_proxy(os.environ),
            "PATH": os.pathsep.join([str(venv / "bin"), engine, os.environ.get("PATH", os.defpath)]),
            "PULUMI_BACKEND_URL": f"file://{self.state_directory}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_DEBUG_PROVIDERS": f"aws:{endpoints.provider_port}",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT": endpoints.aws_endpoint_url,  # of Amazon's MLflow client
            "VIRTUAL_ENV": str(venv),
        }

    def shell(self) -> dict[str, str]:
        """The caller's environment with `environment` over it, for a child process."""
        kept = {name: value for name, value in os.environ.items() if name not in foreign(os.environ)}
        return {**kept, **self.environment()}

    def pulumi(self, *arguments: str, check: bool = True, capture: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the engine in the checkout; ResourceError if it fails and `check`."""
        command, known = ["pulumi", *arguments, "--non-interactive"], self.shell()
        into = subprocess.PIPE if capture else sys.stderr
        answer = run_to_the_end(command, self.checkout, known, stdout=into, stderr=into if capture else None)
        if check and answer.returncode:
            self._insist_on_aws(" ".join(arguments), known["AWS_ENDPOINT_URL"])
            said = f":\n{answer.stdout}{answer.stderr}" if capture else ""
            raise ResourceError(f"pulumi {' '.join(arguments)} failed{said}", cure="mend the line above, run it again")
        return answer

    def select(self) -> None:
        """Make the stack if it is not there yet."""
        self.state_directory.mkdir(parents=True, exist_ok=True)
        self.pulumi("stack", "select", self.stack, "--create", capture=True)

    def output(self, name: str) -> Any:
        """A stack output, as JSON."""
        return json.loads(self.pulumi("stack", "output", name, "--json", "--stack", self.stack, capture=True).stdout)

    def _insist_on_aws(self, command: str, url: str) -> None:
        """The engine only says that a connection was reset: ResourceError if its AWS is gone."""
        try:
            self.endpoints()
        except NoStackError as error:
            log = self.aws_directory / "emulator.log"
            raise ResourceError(
                f"pulumi {command} failed, because the emulated AWS at {url} ended meanwhile",
                cure=f"make demo starts afresh; {log} may say why",
            ) from error

    def _emulator(self, verb: str) -> None:
        command = [sys.executable, "-m", "emulator", verb, "--directory", str(self.aws_directory)]
        environment = {**os.environ, **past_the_proxy(os.environ)}
        answer = subprocess.run(command, cwd=self.checkout, env=environment, stdout=subprocess.DEVNULL, check=False)
        if answer.returncode:
            log = self.aws_directory / "emulator.log"
            raise ResourceError(f"the emulated AWS did not {verb} (exit code {answer.returncode})", cure=f"see {log}")
