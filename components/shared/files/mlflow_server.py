"""`mlflow server` in one process, on uvicorn: half the memory and half the CPU of a start.

MLflow's own command imports all of MLflow, starts uvicorn as a child that imports it all again, and then only waits
for it: 4 s of CPU and 190 MiB on a host that has little of both. Here uvicorn runs in the same process, with the same
options, checks and environment.

    ... mlflow_server OPTIONS OF `mlflow server`, with --workers 1

Which hosts and origins it answers stands in MLFLOW_SERVER_ALLOWED_HOSTS and MLFLOW_SERVER_CORS_ALLOWED_ORIGINS: it
reads them while it is imported, before it sees options.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

CALLS: Final = "_exec_cmd"
"""By which name MLflow starts its child (3.17, `mlflow/server/__init__.py`)."""
TOO_LATE: Final = ("--allowed-hosts", "--cors-allowed-origins")


def main(arguments: Sequence[str]) -> None:
    """Serve until told to end."""
    late = [each for each in arguments if each.split("=")[0] in TOO_LATE]
    if late:
        raise SystemExit(f"{late[0]} comes too late here: set MLFLOW_SERVER_{_variable(late[0])}")
    import uvicorn  # noqa: F401 - before MLflow, which protects itself only where it finds a server's package
    from mlflow import server
    from mlflow.cli import cli

    if not hasattr(server, CALLS):
        raise SystemExit(f"this MLflow has no mlflow.server.{CALLS}: start it with `mlflow server`")
    setattr(server, CALLS, serve)
    cli(["server", *arguments])


def _variable(option: str) -> str:
    return option.split("=")[0].lstrip("-").upper().replace("-", "_")


def serve(command: Sequence[str], extra_env: Mapping[str, str], **_how: Any) -> None:
    """What MLflow would have started as its child: `python -m uvicorn OPTIONS APP`."""
    import uvicorn

    os.environ.update(extra_env)
    module = command.index("uvicorn")
    uvicorn.main(list(command[module + 1 :]))


if __name__ == "__main__":
    main(sys.argv[1:])
