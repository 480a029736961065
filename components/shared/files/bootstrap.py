"""Prepare a bare Ubuntu machine to run the platform's code: tools, packages, code, each by digest.

Runs with the system's Python and nothing else until its own tools are there. Everything is made aside and moved into
place, so an interrupted run leaves nothing half done, and a second run finds what the first has made.
INSTANCE_ROOT is a prefix of every path; on a real machine it is empty.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

SHORT: Final = 12
METADATA_SECONDS: Final = 5
PIP_SECONDS: Final = 600
READY: Final = ".ready"


class Runtime(NamedTuple):
    """The interpreter that has the packages, and the folder that holds the code."""

    python: Path
    code: Path


def rooted(path: str) -> Path:
    """An absolute path of the machine, below INSTANCE_ROOT."""
    return Path(os.environ.get("INSTANCE_ROOT", "") + path)


def metadata(path: str) -> str:
    """One value of the instance's metadata, by IMDSv2."""
    base = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").rstrip("/")
    asked = urllib.request.Request(  # noqa: S310 - a fixed http address of the machine's own
        f"{base}/latest/api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "300"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(asked, timeout=METADATA_SECONDS) as answer:
        token = answer.read().decode()
    request = urllib.request.Request(  # noqa: S310
        f"{base}/latest/meta-data/{path}", headers={"X-aws-ec2-metadata-token": token}
    )
    with opener.open(request, timeout=METADATA_SECONDS) as answer:
        return str(answer.read().decode())


def run(*command: str | Path, seconds: int = PIP_SECONDS) -> None:
    """A command that must succeed; what it says goes to stderr, because stdout is for results."""
    subprocess.run([str(part) for part in command], check=True, timeout=seconds, stdout=sys.stderr)


def listing_digest(contents: Mapping[str, bytes]) -> str:
    """sha256 over `<sha256>  <path>` lines, sorted by path; the program that packs the code computes the same."""
    lines = (f"{hashlib.sha256(body).hexdigest()}  {path}\n" for path, body in sorted(contents.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _fresh(folder: Path) -> Path:
    """A folder aside, empty, to be renamed to `folder` when it is complete."""
    aside = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    return aside


def ensure_tools(pinned: Path) -> Path:
    """A virtual environment with uv and boto3 as pinned; returns its python.

    pip installs uv and uv the others: pip weighs every file that a project has ever released, some 8,000 of boto3's,
    which took two thirds of its 10 s of CPU.
    """
    digest = hashlib.sha256(pinned.read_bytes()).hexdigest()[:SHORT]
    folder = rooted(f"/opt/mlteam/tools/{digest}")
    python = folder / "bin" / "python"
    if (folder / READY).exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)  # environments know their own path, so this one cannot be made aside
    pip = _pip_for(folder, python)
    uv_alone = folder.with_name(f"{digest}.uv.txt")
    uv_alone.write_text(_block("uv", pinned.read_text(encoding="utf-8")), encoding="utf-8")
    run(*pip, "install", "--quiet", "--require-hashes", "--no-deps", "--requirement", uv_alone)
    uv_install(folder / "bin" / "uv", python, pinned)
    (folder / READY).touch()
    return python


def _block(package: str, pinned: str) -> str:
    """The lines of one package: its version and the hashes that follow."""
    found = re.search(rf"^{package}==.*\n(?:[ \t].*\n?)*", pinned, re.MULTILINE)
    if found is None:
        raise SystemExit(f"the pinned tools lack {package}: {pinned[:200]!r}; run `pulumi up` again")
    return found[0]


def uv_install(uv: Path, python: Path, requirements: Path) -> None:
    run(uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "--no-deps", "-r", requirements)


def _pip_for(folder: Path, python: Path) -> list[str | Path]:
    """Make the environment, and say how pip is called for it: the machine's own pip spares it one of its own.

    Ubuntu has pip and ensurepip in packages of their own.
    """
    has_pip = importlib.util.find_spec("pip") is not None
    if not has_pip and importlib.util.find_spec("ensurepip") is None:
        run("apt-get", "update")
        run("apt-get", "install", "--yes", "--no-install-recommends", "python3-pip")
        has_pip = True
    if has_pip:
        run(sys.executable, "-m", "venv", "--without-pip", folder)
        return [sys.executable, "-m", "pip", "--python", python]
    run(sys.executable, "-m", "venv", folder)
    return [python, "-m", "pip"]


def with_tools(pinned: Path) -> None:
    """Go on under the interpreter that has the tools; returns only if this is it."""
    python = ensure_tools(pinned)
    if Path(sys.prefix).resolve() != python.parent.parent.resolve():
        os.execv(python, [str(python), *sys.argv])  # noqa: S606 - the interpreter just made


def s3(region: str) -> Any:
    import boto3

    return boto3.client("s3", region_name=region)


def fetch(client: Any, bucket: str, key: str) -> bytes:
    return bytes(client.get_object(Bucket=bucket, Key=key)["Body"].read())


def _expect(what: str, wanted: str, found: str) -> None:
    if wanted != found:
        raise SystemExit(f"{what}: sha256 is {found}, wanted {wanted}; run `pulumi up` again, or look who wrote it")


def ensure_packages(client: Any, bucket: str, digest: str) -> Path:
    """A virtual environment with the packages of workflow/requirements/<digest>.txt; returns its python."""
    folder = rooted(f"/opt/mlteam/venvs/{digest[:SHORT]}")
    python = folder / "bin" / "python"
    if (folder / READY).exists():
        return python
    key = f"workflow/requirements/{digest}.txt"
    body = fetch(client, bucket, key)
    _expect(f"s3://{bucket}/{key}", digest, hashlib.sha256(body).hexdigest())
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    requirements = folder.with_name(f"{folder.name}.txt")
    requirements.write_bytes(body)
    uv = Path(sys.prefix) / "bin" / "uv"
    run(uv, "venv", "--quiet", "--python", sys.executable, folder)
    uv_install(uv, python, requirements)
    (folder / READY).touch()
    return python


def ensure_code(client: Any, bucket: str, digest: str) -> Path:
    """The folder with the code of workflow/code/<digest>.zip, checked against its digest."""
    folder = rooted(f"/opt/mlteam/code/{digest[:SHORT]}")
    if folder.exists():
        return folder
    aside = _fresh(folder)
    aside.mkdir(mode=0o755)
    archive = aside / "code.zip"
    archive.write_bytes(fetch(client, bucket, f"workflow/code/{digest}.zip"))
    with zipfile.ZipFile(archive) as packed:
        contents = {item.filename: packed.read(item) for item in packed.infolist() if not item.is_dir()}
    archive.unlink()
    _expect(f"s3://{bucket}/workflow/code/{digest}.zip", digest, listing_digest(contents))
    for path, body in contents.items():
        target = (aside / path).resolve()
        if not target.is_relative_to(aside.resolve()):
            raise SystemExit(f"the code archive has a path outside itself: {path!r}")
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        target.write_bytes(body)
    aside.rename(folder)
    return folder


def prepare(region: str, bucket: str, *, requirements: str, code: str) -> Runtime:
    """Packages and code, each by its sha256; needs the tools."""
    os.umask(0o022)  # services run as users of their own and read both
    client = s3(region)
    return Runtime(ensure_packages(client, bucket, requirements), ensure_code(client, bucket, code))


def prune(runtime: Runtime) -> None:
    """Remove packages and code of earlier runs: a small disk holds two generations, not ten."""
    for current in (runtime.python.parent.parent, runtime.code):
        for other in current.parent.iterdir():
            if other.is_dir() and other != current:
                shutil.rmtree(other, ignore_errors=True)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", type=Path, help="pinned requirements of the tools")
    parser.add_argument("--region", default="")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("metadata").add_argument("path")
    preparing = verbs.add_parser("prepare")
    for name in ("--bucket", "--requirements", "--code"):
        preparing.add_argument(name, required=True)
    uploading = verbs.add_parser("upload")
    for name in ("file", "bucket", "key"):
        uploading.add_argument(name)
    given = parser.parse_args(arguments)
    if given.verb == "metadata":
        print(metadata(given.path))  # noqa: T201 - the result
        return
    with_tools(given.tools)
    if given.verb == "upload":
        s3(given.region).upload_file(given.file, given.bucket, given.key)
        return
    runtime = prepare(given.region, given.bucket, requirements=given.requirements, code=given.code)
    print(json.dumps({"python": str(runtime.python), "code": str(runtime.code)}))  # noqa: T201 - the result


if __name__ == "__main__":
    main(sys.argv[1:])
