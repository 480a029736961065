"""Runs of SSM documents on instances: the invocations, their status and output, as Run Command tells them."""

import shlex
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from emulator.executors import documents
from emulator.executors.instances import Finished, Instance
from emulator.seam import Record

# GetCommandInvocation gives the first so many characters (API reference, read 2026-11).
OUTPUT_LIMIT: Final = 24_000
ERRORS_LIMIT: Final = 8_000
TIMED_OUT: Final = -1


@dataclass
class Invocation:
    """One document on one instance."""

    command_id: str
    instance_id: str
    document_name: str
    document_version: str
    comment: str = ""
    status: str = "Pending"
    code: int = -1
    output: str = ""
    errors: str = ""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.ended is not None

    def run(self, instance: Instance, content: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Run every step on the instance, in this thread."""
        self.status, self.began = "InProgress", datetime.now(UTC)
        folder = instance.root / "var" / "lib" / "amazon" / "ssm" / self.command_id
        results: list[Finished] = []
        for step in documents.steps(content, values):
            results.append(_run_step(instance, folder, step, self.command_id))
            if results[-1].code != 0 and step.exits_on_failure:
                break
        self._finish(results)

    def _finish(self, results: list[Finished]) -> None:
        self.output = "".join(result.output for result in results)
        self.errors = "".join(result.errors for result in results)
        failed = [result for result in results if result.code != 0]
        self.code = failed[0].code if failed else 0
        timed_out = failed and failed[0].code == TIMED_OUT
        self.ended = datetime.now(UTC)
        self.status = "TimedOut" if timed_out else "Failed" if failed else "Success"

    def refuse(self, reason: str) -> None:
        self.errors, self.code, self.ended = reason, 1, datetime.now(UTC)
        self.status = "Failed"

    def to_record(self) -> Record:
        """As GetCommandInvocation answers."""
        ended = self.ended or datetime.now(UTC)
        return {
            "CommandId": self.command_id,
            "InstanceId": self.instance_id,
            "Comment": self.comment,
            "DocumentName": self.document_name,
            "DocumentVersion": self.document_version,
            "PluginName": "runShellScript",
            "ResponseCode": self.code,
            "ExecutionStartDateTime": self.began.isoformat(),
            "ExecutionEndDateTime": self.ended.isoformat() if self.ended else "",
            "ExecutionElapsedTime": f"PT{(ended - self.began).total_seconds():.3f}S",
            "Status": self.status,
            "StatusDetails": "Execution Timed Out" if self.status == "TimedOut" else self.status,
            "StandardOutputContent": self.output[:OUTPUT_LIMIT],
            "StandardOutputUrl": "",
            "StandardErrorContent": self.errors[:ERRORS_LIMIT],
            "StandardErrorUrl": "",
            "CloudWatchOutputConfig": {"CloudWatchLogGroupName": "", "CloudWatchOutputEnabled": False},
        }


def _run_step(instance: Instance, folder: Path, step: documents.Step, command_id: str) -> Finished:
    place = folder / step.name
    place.mkdir(parents=True, exist_ok=True)
    script = place / "_script.sh"
    script.write_text(step.script)
    script.chmod(0o700)
    extra = {"AWS_SSM_INSTANCE_ID": instance.id, "AWS_SSM_COMMAND_ID": command_id}
    # As the agent does: the script's own first line decides who runs it, a script without one goes to sh.
    return instance.run(
        ["sh", "-c", shlex.quote(str(script))], _folder(instance, place, step), step.timeout_seconds, extra
    )


def _folder(instance: Instance, place: Path, step: documents.Step) -> Path:
    if not step.folder:
        return place
    wanted = Path(step.folder)
    inside = instance.root / step.folder.lstrip("/")
    return wanted if wanted.is_relative_to(instance.root) or not inside.is_dir() else inside


def new_command_id() -> str:
    return str(uuid.uuid4())
