"""What a command costs: CPU seconds of it and its children, wall seconds, peak memory; repeated, the median kept.

CPU and counts are what is compared, because machines are noisy and wall time mostly measures the neighbours.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workflow.errors import ResourceError


@dataclass(frozen=True, kw_only=True)
class Cost:
    """`cpu_seconds` is user and system time of the process and what it waited for; `peak_mib` the largest of them."""

    cpu_seconds: float
    wall_seconds: float
    peak_mib: float


def measure(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end; ResourceError with what it printed if it fails."""
    started = time.monotonic()
    process = subprocess.Popen(
        list(command), cwd=cwd, env=None if environment is None else dict(environment),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ResourceError(f"{' '.join(command)} failed:\n{said.decode(errors='replace')[-2000:]}")
    return Cost(
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        wall_seconds=time.monotonic() - started,
        peak_mib=usage.ru_maxrss / 1024,
    )


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each figure by itself."""
    return Cost(
        cpu_seconds=statistics.median(cost.cpu_seconds for cost in costs),
        wall_seconds=statistics.median(cost.wall_seconds for cost in costs),
        peak_mib=statistics.median(cost.peak_mib for cost in costs),
    )


def alternate(
    pairs: Mapping[str, Sequence[str]], times: int, *, cwd: Path, environment: Mapping[str, str] | None = None
) -> dict[str, Cost]:
    """Measure commands in turn, so that a slow minute of the machine falls on all of them."""
    seen: dict[str, list[Cost]] = {name: [] for name in pairs}
    for _ in range(times):
        for name, command in pairs.items():
            seen[name].append(measure(command, cwd=cwd, environment=environment))
    return {name: median(costs) for name, costs in seen.items()}


def table(title: str, rows: Mapping[str, Cost]) -> str:
    """A markdown table, one row per command."""
    lines = [f"### {title}", "", "| what | CPU s | wall s | peak MiB |", "|---|---:|---:|---:|"]
    lines += [
        f"| {name} | {cost.cpu_seconds:.2f} | {cost.wall_seconds:.2f} | {cost.peak_mib:.0f} |"
        for name, cost in rows.items()
    ]
    return "\n".join(lines) + "\n"
