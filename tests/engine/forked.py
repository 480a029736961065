"""Commands in processes of their own that are forked off one which has imported MLflow: 3 s of CPU less for each.

For stories of dozens of commands. Output, exit code, folder and environment are as `subprocess.run` has them;
what a program leaves to `atexit` does not happen.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

# skops first: it looks for some 500 functions of SciPy's in each module that is there.
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["skops.io", "mlflow.sklearn", "boto3", "click", "psutil", "rich.console"])


def mlteam(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """`["mlteam", ...]`."""
    return _run(_mlteam, command, **options)


def python(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """`["python", "-c", code, ...]`. What MLflow reads from the environment while it is imported is not there."""
    return _run(_python, command, **options)


def _run(
    target: Callable[[Sequence[str]], object],
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    **_how: object,
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        said, shown = Path(folder, "out"), Path(folder, "err")
        process = _CONTEXT.Process(target=_become, args=(target, list(command), str(cwd), dict(env), said, shown))
        process.start()
        process.join()
        sys.stderr.write(shown.read_text())
        return subprocess.CompletedProcess(list(command), process.exitcode or 0, said.read_text(), shown.read_text())


def _become(
    target: Callable[[Sequence[str]], object], command: Sequence[str], cwd: str, env: Mapping[str, str], *into: Path
) -> None:
    for number, path in zip((1, 2), into, strict=True):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    target(command)


def _mlteam(command: Sequence[str]) -> None:
    from workflow import cli

    sys.argv = list(command)
    cli.main()


def _python(command: Sequence[str]) -> None:
    sys.argv = ["-c", *command[3:]]
    exec(compile(command[2], "<string>", "exec"), {"__name__": "__main__"})
