"""What every step is given: which stack, which record, the clients, and where to say what it does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from components.platform import Platform
from workflow.aws import Aws
from workflow.errors import NoStackError, UsageError
from workflow.outputs import load_platform, load_platform_file
from workflow.progress import Progress

LOCAL_STACK: Final = "local"
"""The stack of the emulated AWS; it must never reach a real account."""
ENDPOINT: Final = "AWS_ENDPOINT_URL"
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class Context:
    """`environment` is what the CLI read; no step reads the process's own."""

    stack_name: str = ""
    record_path: Path = Path("record.json")
    platform_path: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    aws: Aws = field(default_factory=Aws)

    @property
    def stack(self) -> str:
        if not self.stack_name:
            raise UsageError(
                "no stack given",
                cure="mlteam --stack NAME ..., or export MLTEAM_STACK=NAME"
                ' (on a laptop: eval "$(.venv/bin/mlteam env)")',
            )
        return self.stack_name

    @cached_property
    def platform(self) -> Platform[str]:
        self.stay_local(self.stack_name)
        if self.platform_path is None:
            return load_platform(self.aws, self.stack)
        platform = load_platform_file(self.platform_path)
        if self.stack_name not in ("", platform.stack):
            raise UsageError(
                f"{self.platform_path} is of stack {platform.stack!r}, not {self.stack_name!r}",
                cure=f"--stack {platform.stack}, or another file by --platform",
            )
        self.stay_local(platform.stack)
        return platform

    def stay_local(self, stack: str) -> None:
        """NoStackError where the laptop's stack would be looked for in a real account. boto3 takes AWS_ENDPOINT_URL_S3
        and its like before AWS_ENDPOINT_URL."""
        if stack != LOCAL_STACK:
            return
        given = {name: value for name, value in self.environment.items() if name.startswith(ENDPOINT)}
        for name, endpoint in {ENDPOINT: "", **given}.items():
            if urlsplit(endpoint).hostname not in LOOPBACK_HOSTS:
                raise NoStackError(
                    f"stack {LOCAL_STACK!r} lives on the emulated AWS, but {name} is {endpoint!r}",
                    cure='make demo, then: eval "$(mlteam env)"',
                )
