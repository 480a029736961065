"""`make demo`: the platform from an empty directory to a promoted model, on a laptop.

Runs the real engine on the emulated AWS, then the very `mlteam` commands that a team would type, and prints each of
them. It always starts clean, ends what an earlier or interrupted demo left and says so, and leaves the platform
running for a look around; `make down` ends it.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from examples.digits import dataset
from examples.digits.story import PEOPLE, SAMPLE, STORY, Act, Role, Scene
from stacks.local import CHECKOUT, LocalPlatform
from workflow.errors import MlteamError, ResourceError, UsageError
from workflow.progress import Progress

console: Final = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Something that ran: a row of the table at the end."""

    title: str
    seconds: float
    result: str


@dataclass(frozen=True)
class Demo:
    """The platform that it runs on and what has run so far."""

    platform: LocalPlatform
    run: Callable[..., "subprocess.CompletedProcess[Any]"] = subprocess.run
    """How it runs a command."""
    parts: list[Part] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def folder(self) -> Path:
        return self.platform.directory / "demo"

    @contextmanager
    def part(self, title: str, command: str = "") -> Iterator[list[str]]:
        """Announce, time and remember a part; what is put into the list is its result."""
        console.print(f"\n[bold cyan]» {title}[/]" + (f"\n[dim]{escape(command)}[/]" if command else ""))
        started, result = time.monotonic(), list[str]()
        yield result
        self.parts.append(Part(title=title, seconds=time.monotonic() - started, result=" ".join(result)))


def run(platform: LocalPlatform) -> None:
    """Set up, tell the story, show what it came to."""
    demo = Demo(platform)
    begin_clean(platform)
    with demo.part("emulated AWS") as result:
        result.append(platform.start().aws_endpoint_url)
    with demo.part("pulumi up: the whole stack") as result:
        platform.select()
        platform.pulumi("up", "--yes", "--skip-preview", "--stack", platform.stack)
        result.append(f"{resources(platform)} AWS resources")
    with demo.part("real images to the landing prefix") as result:
        result.append(f"{upload(demo)} PNG files and labels.csv")
    environments = take_roles(platform)
    for scene in STORY:
        play(demo, scene, environments)
    show(demo)


def begin_clean(platform: LocalPlatform) -> None:
    """The emulated AWS is ephemeral, and the story begins with nothing: end what is there."""
    if platform.directory.exists():
        console.print("an earlier local platform is here: ending it, the demo starts clean")
        platform.stop()


def resources(platform: LocalPlatform) -> int:
    """How many AWS resources the stack has."""
    deployment = json.loads(platform.pulumi("stack", "export", "--stack", platform.stack, capture=True).stdout)
    return sum(resource["type"].startswith("aws:") for resource in deployment["deployment"]["resources"])


def upload(demo: Demo) -> int:
    """Write the digits as PNG files and upload them as a camera would; the number of images."""
    images, progress = demo.folder / "images", Progress()
    with progress.waiting("writing the images"):
        dataset.make_dataset(images)
    with progress.waiting("uploading them one by one"):
        return dataset.upload(images, client(demo.platform, "s3"), demo.platform.output("landingUri"))


def client(platform: LocalPlatform, service: str, user: str = "local") -> Any:
    """A plain boto3 client of the emulated AWS, where an access key's id is the name of its IAM user."""
    known = platform.environment()
    return _client(service, user, known["AWS_ENDPOINT_URL"], known["AWS_REGION"], known["AWS_SECRET_ACCESS_KEY"])


@cache
def _client(service: str, user: str, endpoint_url: str, region: str, secret: str) -> Any:
    """boto3 takes a tenth of a second to make one."""
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=user,
        aws_secret_access_key=secret,
        config=Config(proxies={}),  # it is on this machine, whatever the caller's proxy
    )


def take_roles(platform: LocalPlatform) -> dict[Role, dict[str, str]]:
    """The environment of each role, taken as on a real account: under the person's own name, as its trust demands."""
    record = json.loads(platform.output("platform"))
    arns = {
        Role.SAMPLER: record["data"]["role_arn"],
        Role.DEVELOPER: record["roles"]["developer_role_arn"],
        Role.DEPLOYER: record["roles"]["deployer_role_arn"],
        Role.APPROVER: record["approval"]["approver_role_arn"],
    }
    return {role: _taken(platform, arn, PEOPLE[role]) for role, arn in arns.items()}


def _taken(platform: LocalPlatform, role_arn: str, person: str) -> dict[str, str]:
    answer = client(platform, "sts", person).assume_role(RoleArn=role_arn, RoleSessionName=person)
    credentials = answer["Credentials"]
    return {
        **platform.shell(),
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }


def play(demo: Demo, scene: Scene, environments: Mapping[Role, Mapping[str, str]]) -> None:
    """Tell the acts of a scene at the same time; the first that goes wrong is the one that is told of."""
    with ThreadPoolExecutor(len(scene)) as pool:
        told = [pool.submit(tell, demo, act, environments[act.role]) for act in scene]
    for each in told:
        each.result()


def tell(demo: Demo, act: Act, environment: Mapping[str, str]) -> None:
    """Run one command as a person would, and insist on the exit code that the story needs."""
    record = record_of(demo, act)
    command = ("mlteam", "--record", os.path.relpath(record, CHECKOUT), "--output", "json", *act.words)
    with demo.part(act.title, f"{PEOPLE[act.role]} as {act.role} $ {shlex.join(command)}") as result:
        answer = demo.run(command, cwd=CHECKOUT, env=dict(environment), stdout=subprocess.PIPE, check=False)
        if answer.returncode != act.exit_code:
            raise ResourceError(
                f"{act.title}: exit code {answer.returncode}, the story needs {act.exit_code}",
                cure="read the lines above; make demo starts afresh",
            )
        result.append(act.said(json.loads(answer.stdout) if answer.stdout.strip() else {}))


def record_of(demo: Demo, act: Act) -> Path:
    """The file of the act's pipeline run; a new one begins with the sample that all share."""
    record = demo.folder / f"{act.record}.json"
    if not record.exists() and act.record != SAMPLE:
        shutil.copyfile(demo.folder / f"{SAMPLE}.json", record)
    return record


def show(demo: Demo) -> None:
    """What ran and how long, what it would cost, where to look, what to do next."""
    table = Table(title="\nwhat ran", title_justify="left")
    for name in ("part", "seconds", "result"):
        table.add_column(name, justify="right" if name == "seconds" else "left", overflow="fold")
    for part in demo.parts:
        table.add_row(part.title, f"{part.seconds:.1f}", part.result)
    table.add_section()
    table.add_row("all of it", f"{time.monotonic() - demo.began:.1f}", "evaluations and trainings ran side by side")
    console.print(table)
    platform = demo.platform
    console.print(
        f"this stack on AWS: [bold]{platform.output('monthlyCostUsd')} USD a month[/] (pulumi preview says why)"
    )
    console.print(f"MLflow:            {mlflow_page(platform)}")
    console.print(f"model server:      {platform.output('servingUrl')}/status")
    console.print('\nnext:  eval "$(.venv/bin/mlteam env)"   then plain pulumi, boto3, mlflow and mlteam work here')
    console.print("       mlteam status · pulumi preview · mlteam logs model-server · make down")


def mlflow_page(platform: LocalPlatform) -> str:
    """Where a browser finds MLflow, and what it will be asked."""
    uri = str(platform.output("trackingUrl"))
    if not uri.startswith("arn:"):
        return f"{uri}   (user and password: mlteam env)"
    page = client(platform, "sagemaker").create_presigned_mlflow_app_url(Arn=uri)["AuthorizedUrl"]
    return f"{page}   ({uri})"


def main(arguments: list[str]) -> int:
    if arguments:
        raise UsageError(f"unknown arguments {arguments}", cure="make demo")
    run(LocalPlatform())
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except MlteamError as error:
        console.print(f"demo: {error}", style="red", markup=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        console.print("demo: interrupted; make demo starts afresh, make down removes what is there")
        sys.exit(8)
