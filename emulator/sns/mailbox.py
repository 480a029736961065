"""The mailbox: what SNS would have sent to somebody, in a file instead. One JSON line per message, oldest first."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mailbox:
    """Holds secrets (a confirmation's token, a webhook's address): the emulator's umask keeps it from others."""

    path: Path

    def put(self, protocol: str, endpoint: str, subject: str, message: str) -> None:
        line = json.dumps({"protocol": protocol, "endpoint": endpoint, "subject": subject, "message": message})
        with self.path.open("a", encoding="utf-8") as box:
            box.write(f"{line}\n")
