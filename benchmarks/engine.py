"""Preview and up of stack `local` against a bare Pulumi program that registers the very same resources.

The bare program has no settings, components, contracts or prices: what it saves is what those cost. Both run on the
same emulated AWS, in turn, and end with the same resources.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import Cost, alternate, measure, table
from stacks.local import LocalPlatform

TIMES: Final = 3
BARE: Final = Path(__file__).with_name("bare")


def run() -> str:
    with tempfile.TemporaryDirectory() as folder:
        ours = LocalPlatform(directory=Path(folder) / "ours")
        try:
            return _compare(ours, Path(folder) / "bare")
        finally:
            ours.stop()


def _compare(ours: LocalPlatform, program: Path) -> str:
    ours.start()
    ours.select()
    previews = {"preview, this program": _previewed(ours)}
    ups = {"up, this program": _up(ours)}
    deployment = _export(ours)
    ours.pulumi("destroy", "--yes", "--skip-preview", "--stack", ours.stack, capture=True)
    bare = _bare(ours, program, deployment)
    previews["preview, bare program"] = _previewed(bare)
    ups["up, bare program"] = _up(bare)
    bare.pulumi("destroy", "--yes", "--skip-preview", "--stack", bare.stack, capture=True)
    count = sum(resource["type"].startswith("aws:") for resource in deployment)
    return table(f"Engine, {count} AWS resources (previews: median of {TIMES})", {**previews, **ups})


def _previewed(platform: LocalPlatform) -> Cost:
    command = {"preview": ("pulumi", "preview", "--non-interactive", "--stack", platform.stack)}
    return alternate(command, TIMES, cwd=platform.checkout, environment=platform.shell())["preview"]


def _up(platform: LocalPlatform) -> Cost:
    command = ("pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", platform.stack)
    return measure(command, cwd=platform.checkout, environment=platform.shell())


def _export(platform: LocalPlatform) -> list[dict[str, Any]]:
    answer = platform.pulumi("stack", "export", "--show-secrets", "--stack", platform.stack, capture=True)
    resources: list[dict[str, Any]] = json.loads(answer.stdout)["deployment"]["resources"]
    return resources


def _bare(ours: LocalPlatform, program: Path, deployment: list[dict[str, Any]]) -> LocalPlatform:
    shutil.copytree(BARE, program)
    (program / "resources.json").write_text(json.dumps(deployment))
    bare = LocalPlatform(checkout=program, directory=ours.directory, stack="bare")
    bare.select()
    return bare
