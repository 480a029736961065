"""A clone of this project in a temporary folder, with a platform of its own: nothing here touches `.mlteam`."""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from emulator.access import trail, usage
from emulator.access.decisions import Policies
from emulator.access.policies import parse
from emulator.access.usage import Role
from emulator.wire import READING
from examples.digits.demo import client
from stacks.engine import DATA_TYPES
from stacks.local import CHECKOUT, LocalPlatform
from tests.engine import places
from tests.engine.places import Search, command_lines
from tests.language_host import LanguageHost, listening
from workflow.outputs import PROJECT

ROOT_DEVICE = "/dev/sda1"
TRACEBACK = "Traceback (most recent call last)"
NOT_PROXIED = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""A proxy of the machine's knows nothing of loopback addresses."""


@dataclass(frozen=True)
class Laptop:
    """`platform` as a newcomer has it after `git clone`, and what the tests ask of it."""

    platform: LocalPlatform
    host: LanguageHost | None = None
    """Where the program runs, if not in a process of its own."""

    def pulumi(self, *arguments: str, fails: bool = False) -> str:
        """All that the engine says; it must fail exactly if it shall, and never by a traceback."""
        here = self.host.options(arguments[0]) if self.host else []
        done = self.platform.pulumi(*arguments, "--stack", self.platform.stack, *here, check=False, capture=True)
        said = done.stdout + done.stderr
        assert bool(done.returncode) == fails, f"pulumi {' '.join(arguments)} ended with {done.returncode}:\n{said}"
        assert TRACEBACK not in said, said
        return said

    def change(self, verb: str, *arguments: str, fails: bool = False) -> str:
        """`up`, `refresh` or `destroy` without asking back."""
        return self.pulumi(verb, "--yes", "--skip-preview", *arguments, fails=fails)

    def set_secret(self, key: str, value: str) -> None:
        """The value comes by stdin: an argument is everybody's to read."""
        command = ["pulumi", "config", "set", "--secret", key, "--stack", self.platform.stack]
        where, shell = self.platform.checkout, self.platform.shell()
        subprocess.run(command, cwd=where, env=shell, input=value, text=True, check=True)

    def watched(self, verb: str) -> tuple[str, str]:
        """What the engine says, and every command line that is seen while it works, looked for each 50 ms; the program
        is in a process of its own."""
        began, seen = time.time() - 1, set[str]()  # a process knows its start by the second
        with ThreadPoolExecutor(1) as pool:
            working = pool.submit(replace(self, host=None).change, verb)
            while not working.done():
                seen |= {line for _, line in command_lines(began)}
                time.sleep(0.05)
        return working.result(), "\n".join(sorted(seen))

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

    def state(self, *tokens: str) -> dict[str, tuple[str, str]]:
        """Resources of some types: their ids and when they were made, by URN."""
        resources = self.deployment().get("resources", ())
        return {each["urn"]: (each["id"], each["created"]) for each in resources if each["type"] in tokens}

    def deployment(self) -> dict[str, Any]:
        """What `pulumi stack export` says, without half a second of its CPU."""
        file = self.platform.state_directory / ".pulumi" / "stacks" / PROJECT / f"{self.platform.stack}.json"
        return dict(json.loads(file.read_text())["checkpoint"]["latest"])

    def holds_data(self) -> dict[str, tuple[str, str]]:
        """What no swap may replace or delete."""
        return self.state(*DATA_TYPES)

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

    def there(self) -> dict[str, list[str]]:
        """What an interrupted run could have made and forgotten, as AWS lists all of the account, by type."""
        ec2 = self.client("ec2")
        volumes = ec2.describe_volumes()["Volumes"]
        roots = [each["VolumeId"] for each in volumes if any(at["Device"] == ROOT_DEVICE for at in each["Attachments"])]
        return {
            "aws:ec2/instance:Instance": [each["InstanceId"] for each in self.machines()],
            "aws:ec2/vpc:Vpc": [each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if not each["IsDefault"]],
            "aws:ebs/volume:Volume": [each["VolumeId"] for each in volumes if each["VolumeId"] not in roots],
            "aws:iam/role:Role": self.roles(),
            "aws:s3/bucket:Bucket": self.buckets(),
        }

    def trail(self) -> list[dict[str, Any]]:
        """Every call that was made to AWS so far."""
        return list(trail.read(self.platform.aws_directory))

    def changes(self) -> Iterator[int]:
        """How many calls of the engine's have changed something, from the first time on that it is asked."""
        count = 0
        with (self.platform.aws_directory / "trail.jsonl").open(encoding="utf-8") as file:
            file.seek(0, os.SEEK_END)
            while True:
                for call in map(json.loads, iter(file.readline, "")):
                    is_reading = call["operation"].partition(":")[2].startswith(READING)
                    count += "emulated" in call["caller"] and not is_reading
                yield count

    def refusals(self) -> list[str]:
        """Calls of roles that were denied, with the sentence that the caller got."""
        return [f"{line['operation']}: {line['refused']}" for line in usage.denied(self.trail())]

    def powers(self) -> dict[str, Role]:
        """The stack's roles as IAM has them, by the purpose that their policy is named for."""
        iam, path = self.client("iam"), f"/mlteam-{self.platform.stack}/"
        roles = iam.list_roles(PathPrefix=path)["Roles"]
        return {each["RoleName"].removeprefix(f"mlteam-{self.platform.stack}-"): _powers(iam, each) for each in roles}

    def rights(self) -> tuple[frozenset[str], frozenset[str]]:
        """What the stack's roles allow, and what of it a recorded call needed; in the words of access/usage.py."""
        roles, trail = self.powers(), self.trail()
        allowed = {_owned(purpose, each) for purpose, role in roles.items() for each in role.allowing()}
        needed = {_owned(purpose, each) for purpose, role in roles.items() for each in role.needed(trail)}
        return frozenset(allowed), frozenset(needed)

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


def _owned(purpose: str, statement: str) -> str:
    """The boundary is one for all roles, a trust policy each role's own."""
    return f"{purpose}/{statement}" if statement.startswith("trust/") else statement


def _powers(iam: Any, role: Mapping[str, Any]) -> Role:
    name = role["RoleName"]
    documents = [
        parse(each, json.dumps(iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"]))
        for each in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]
    bound = iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    version = iam.get_policy(PolicyArn=bound)["Policy"]["DefaultVersionId"]
    boundary = iam.get_policy_version(PolicyArn=bound, VersionId=version)["PolicyVersion"]["Document"]
    found = Policies(identity=tuple(documents), boundary=parse("boundary", json.dumps(boundary)))
    return Role(arn=role["Arn"], policies=found, trust=parse("trust", json.dumps(role["AssumeRolePolicyDocument"])))


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
def laptop_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Laptop]]:
    """A laptop for a stack; whatever the tests do to it, nothing of it runs on afterwards."""
    laptops: list[Laptop] = []

    def make(stack: str, host: LanguageHost | None = None) -> Laptop:
        checkout = clone(tmp_path_factory.mktemp("clone"))
        laptops.append(Laptop(LocalPlatform(checkout=checkout, directory=checkout / ".mlteam", stack=stack), host))
        return laptops[-1]

    with pytest.MonkeyPatch.context() as patch:
        # Which stack is selected and who is logged in is the engine's own memory: the user's stays as it is.
        patch.setenv("PULUMI_HOME", str(tmp_path_factory.mktemp("pulumi-home")))
        yield make
        for laptop in laptops:
            laptop.platform.stop()
            left = laptop.processes()
            assert not left, left


@pytest.fixture(scope="module")
def language_host() -> Iterator[LanguageHost]:
    with listening() as host:
        yield host


@pytest.fixture(scope="session")
def fetch() -> Callable[[str], bytes]:
    """GET from an emulated host."""

    def get(url: str) -> bytes:
        with NOT_PROXIED.open(url, timeout=10) as answer:
            return bytes(answer.read())

    return get


@pytest.fixture(scope="session")
def search() -> Callable[[Laptop, Mapping[str, str]], Search]:
    """Looks everywhere, and at what commands said, by their names."""
    return lambda laptop, said: Search(places.of(laptop, said))
