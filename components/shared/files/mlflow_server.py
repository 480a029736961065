"""`mlflow server` in one process, on uvicorn: half the memory and half the CPU of a start.

MLflow's own command imports all of MLflow, starts uvicorn as a child that imports it all again, and then only waits
for it: 4 s of CPU and 190 MiB on a host that has little of both. Here uvicorn runs in the same process, with the same
options, checks and environment.

    ... mlflow_server OPTIONS OF `mlflow server`, with --workers 1

What MLflow reads while it is imported, before it sees options, stands in the environment: which hosts and origins it
answers, and what else is in TOO_LATE. It executes no jobs: those need a process beside the server's.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

CALLS: Final = "_exec_cmd"
"""By which name MLflow starts its child (3.17, `mlflow/server/__init__.py`)."""
TOO_LATE: Final = {
    "--allowed-hosts": "MLFLOW_SERVER_ALLOWED_HOSTS",
    "--cors-allowed-origins": "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS",
    "--disable-security-middleware": "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE",
    "--x-frame-options": "MLFLOW_SERVER_X_FRAME_OPTIONS",
    "--static-prefix": "_MLFLOW_STATIC_PREFIX",
    "--expose-prometheus": "prometheus_multiproc_dir",
}
"""Options that MLflow's app is built by, and the variable from which its import takes them."""


def main(arguments: Sequence[str]) -> None:
    """Serve until told to end."""
    for option in (each.partition("=")[0] for each in arguments):
        if option in TOO_LATE:
            raise SystemExit(f"{option} comes too late here: set {TOO_LATE[option]}")
    import uvicorn  # noqa: F401 - before MLflow, which protects itself only where it finds a server's package
    from mlflow import server
    from mlflow.cli import cli
    from mlflow.environment_variables import MLFLOW_SERVER_ENABLE_JOB_EXECUTION as JOBS

    if JOBS.get():  # type: ignore[no-untyped-call]
        raise SystemExit(f"no jobs are executed here: set {JOBS.name}=false")
    if not hasattr(server, CALLS):
        raise SystemExit(f"this MLflow has no mlflow.server.{CALLS}: start it with `mlflow server`")
    setattr(server, CALLS, serve)
    cli(["server", *arguments])


def serve(command: Sequence[str], extra_env: Mapping[str, str], **_how: Any) -> None:
    """What MLflow would have started as its child: `python -m uvicorn OPTIONS APP`."""
    import uvicorn

    os.environ.update(extra_env)
    module = command.index("uvicorn")
    uvicorn.main(list(command[module + 1 :]))


if __name__ == "__main__":
    main(sys.argv[1:])
