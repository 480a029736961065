"""A clone of this project in a temporary folder, with a platform of its own: nothing here touches `.mlteam`."""

import os
import shutil
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from examples.digits.demo import client
from stacks.local import CHECKOUT, LocalPlatform

TRACEBACK = "Traceback (most recent call last)"
NOT_PROXIED = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""A proxy of the machine's knows nothing of loopback addresses."""


@dataclass(frozen=True)
class Laptop:
    """`platform` as a newcomer has it after `git clone`, and what the tests ask of it."""

    platform: LocalPlatform

    def pulumi(self, *arguments: str, fails: bool = False) -> str:
        """All that the engine says; it must fail exactly if it shall, and never by a traceback."""
        done = self.platform.pulumi(*arguments, "--stack", self.platform.stack, check=False, capture=True)
        said = done.stdout + done.stderr
        assert bool(done.returncode) == fails, f"pulumi {' '.join(arguments)} ended with {done.returncode}:\n{said}"
        assert TRACEBACK not in said, said
        return said

    def change(self, verb: str, *arguments: str, fails: bool = False) -> str:
        """`up`, `refresh` or `destroy` without asking back."""
        return self.pulumi(verb, "--yes", "--skip-preview", *arguments, fails=fails)

    def begin(self, verb: str, *arguments: str) -> "subprocess.Popen[str]":
        """The same, to be disturbed while it runs; in a process group of its own, as a shell would."""
        command = ["pulumi", verb, "--yes", "--skip-preview", "--stack", self.platform.stack, "--non-interactive"]
        return subprocess.Popen(
            [*command, *arguments],
            cwd=self.platform.checkout,
            env=self.platform.shell(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )

    def client(self, service: str) -> Any:
        return client(self.platform, service)

    def buckets(self) -> list[str]:
        return [str(bucket["Name"]) for bucket in self.client("s3").list_buckets()["Buckets"]]

    def machines(self) -> list[dict[str, Any]]:
        """Instances that are not terminated."""
        reservations = self.client("ec2").describe_instances()["Reservations"]
        found = [instance for reservation in reservations for instance in reservation["Instances"]]
        return [instance for instance in found if instance["State"]["Name"] not in ("terminated", "shutting-down")]

    def roles(self) -> list[str]:
        return [str(role["RoleName"]) for role in self.client("iam").list_roles()["Roles"]]

    def processes(self) -> list[str]:
        """Whatever has to do with the platform's folder: by its command line, environment or working directory."""
        folder, found = str(self.platform.directory), []
        for process in psutil.process_iter():
            if process.pid == os.getpid():
                continue
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                known = [*process.cmdline(), *process.environ().values(), process.cwd()]
                if any(folder in each for each in known):
                    found.append(f"{process.pid} {' '.join(process.cmdline())[:200]}")
        return found


def clone(folder: Path) -> Path:
    """The files of this checkout that git has or would take, with its environment."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=CHECKOUT, check=True, text=True, stdout=subprocess.PIPE).stdout.split("\0")
    for name in filter(None, names):
        source, target = CHECKOUT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    (folder / ".venv").symlink_to(CHECKOUT / ".venv")
    return folder


@pytest.fixture(scope="module")
def laptop_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Laptop]]:
    """A laptop for a stack; whatever the tests do to it, nothing of it runs on afterwards."""
    laptops: list[Laptop] = []

    def make(stack: str) -> Laptop:
        checkout = clone(tmp_path_factory.mktemp("clone"))
        laptops.append(Laptop(LocalPlatform(checkout=checkout, directory=checkout / ".mlteam", stack=stack)))
        return laptops[-1]

    with pytest.MonkeyPatch.context() as patch:
        # Which stack is selected and who is logged in is the engine's own memory: the user's stays as it is.
        patch.setenv("PULUMI_HOME", str(tmp_path_factory.mktemp("pulumi-home")))
        yield make
        for laptop in laptops:
            laptop.platform.stop()
            left = laptop.processes()
            assert not left, left


@pytest.fixture(scope="session")
def fetch() -> Callable[[str], bytes]:
    """GET from an emulated host."""

    def get(url: str) -> bytes:
        with NOT_PROXIED.open(url, timeout=10) as answer:
            return bytes(answer.read())

    return get
