"""The Pulumi engine as a person calls it, with its answers as data."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from costs.report import total_in
from stacks.interruptible import run_to_the_end
from stacks.load import NAMESPACE
from workflow.errors import NoStackError, ResourceError, UsageError

PROJECT_FILE: Final = "Pulumi.yaml"
DATA_TYPES: Final = frozenset({"aws:s3/bucket:Bucket", "aws:ebs/volume:Volume"})
"""What no change of a flag may replace or delete."""
SAME: Final = "same"
COPIES: Final = "the engine keeps copies in its backend: .pulumi/stacks/PROJECT/STACK.json.bak, .pulumi/backups/"
GO_ON: Final = "mend it; the same command goes on"
NO_STACK: Final = 6
"""The engine's exit code where it does not know the stack."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """`changes` maps what the engine would do (create, update, replace, delete) to `type name` of the resources."""

    changes: Mapping[str, tuple[str, ...]]
    usd_per_month: float

    @property
    def endangered(self) -> tuple[str, ...]:
        """What holds data and would not survive."""
        gone = (named for what in ("replace", "delete") for named in self.changes.get(what, ()))
        return tuple(sorted(named for named in gone if named.partition(" ")[0] in DATA_TYPES))

    def text(self) -> str:
        lines = [
            f"  {what}: {', '.join(_short(named) for named in each)}" for what, each in sorted(self.changes.items())
        ]
        return "\n".join(lines) or "  nothing changes"


def _short(named: str) -> str:
    token, _, name = named.partition(" ")
    return f"{token.rpartition(':')[2]} {name}"


def parse_preview(text: str) -> Preview:
    """What `pulumi preview --json` says; a replacement is one change, however many steps the engine makes of it.

    A preview has no outputs: the price is that of the bill among the messages. ResourceError without one.
    """
    document: dict[str, Any] = json.loads(text)
    totals = [total_in(str(each.get("message"))) for each in document.get("diagnostics", ())]
    usd = next((total for total in totals if total is not None), None)
    if usd is None:
        raise ResourceError("pulumi preview told no price", cure="pulumi preview shows what it told")
    changes: dict[str, set[str]] = {}
    for step in document.get("steps", ()):
        parts = step["urn"].split("::")
        kind, name = parts[2].rpartition("$")[2], parts[3]
        if kind.startswith("aws:"):
            what = "replace" if "replace" in step["op"] else step["op"]
            if what != SAME:
                changes.setdefault(what, set()).add(f"{kind} {name}")
    return Preview(changes={what: tuple(sorted(each)) for what, each in changes.items()}, usd_per_month=usd)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One stack of the program in `folder`. What people should see goes to stderr as it comes."""

    stack: str
    folder: Path
    environment: Mapping[str, str] = field(repr=False)

    @property
    def config_file(self) -> Path:
        return self.folder / f"Pulumi.{self.stack}.yaml"

    def set(self, key: str, value: str) -> None:
        self._run("config", "set", NAMESPACE + key, value)

    def remove(self, key: str) -> None:
        """That it is not there is as good."""
        self._run("config", "rm", NAMESPACE + key)

    def preview(self, changed: Mapping[str, str]) -> Preview:
        """With other config than the stack's file has; the file stays as it is."""
        with tempfile.TemporaryDirectory(prefix="mlteam-preview-") as scratch:
            file = Path(scratch) / self.config_file.name
            shutil.copyfile(self.config_file, file)
            for key, value in changed.items():
                self._run("config", "set", NAMESPACE + key, value, "--config-file", str(file))
            return parse_preview(self._run("preview", "--json", "--config-file", str(file)))

    def up(self) -> None:
        self._run("up", "--yes", "--skip-preview", shown=True)

    def settle(self) -> None:
        """Let AWS say how operations ended that the state only knows to have begun."""
        self._run("refresh", "--clear-pending-creates", "--yes", "--skip-preview")

    def export(self) -> dict[str, Any]:
        """The state as `pulumi stack import` takes it; secrets stay encrypted."""
        exported: dict[str, Any] = json.loads(self._run("stack", "export", cure=COPIES))
        return exported

    def region(self) -> str:
        """From the stack's file: `pulumi config get` reads the state as well, and that may be what is broken."""
        if not self.config_file.is_file():
            raise NoStackError(f"stack {self.stack!r} has no {self.config_file}", cure="pulumi stack ls")
        config = (yaml.safe_load(self.config_file.read_text(encoding="utf-8")) or {}).get("config") or {}
        if not config.get("aws:region"):
            raise UsageError(
                f"aws:region is not given in {self.config_file}",
                cure=f"pulumi config set aws:region us-east-1 --stack {self.stack}",
            )
        return str(config["aws:region"])

    def backend_url(self) -> str:
        return str(json.loads(self._run("whoami", "--json", of_stack=False))["url"])

    def _run(self, *arguments: str, shown: bool = False, of_stack: bool = True, cure: str = GO_ON) -> str:
        """The answer; a value of config is never a secret here, so the command may be told in an error."""
        stack = ("--stack", self.stack) if of_stack else ()
        command = ["pulumi", *arguments, *stack, "--non-interactive"]
        into = sys.stderr if shown else subprocess.PIPE
        answer = run_to_the_end(command, self.folder, self.environment, stdout=into, stderr=None if shown else into)
        if answer.returncode == NO_STACK:
            raise NoStackError(f"there is no stack {self.stack!r} in {self.folder}", cure="pulumi stack ls")
        if answer.returncode:
            said = "" if shown else f":\n{_diagnostics(answer.stdout) or answer.stderr.strip()}"
            raise ResourceError(f"pulumi {' '.join(arguments[:2])} failed{said}", cure=cure)
        return answer.stdout


def _diagnostics(text: str) -> str:
    """The errors in what `pulumi preview --json` printed, or another command in lines."""
    try:
        found = json.loads(text).get("diagnostics", ())
    except (ValueError, AttributeError):
        return "\n".join(line.strip() for line in text.splitlines() if "error:" in line)
    return "\n".join(str(each.get("message", "")).strip() for each in found if each.get("severity") == "error")


def project_folder(start: Path) -> Path:
    """The folder of the Pulumi program that `start` is in."""
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise UsageError(f"there is no {PROJECT_FILE} in {start} or above", cure="cd into the checkout, then again")
