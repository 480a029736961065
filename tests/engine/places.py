"""Where a secret could lie in plain: everything that a user, an operator or another process could read."""

import base64
import gzip
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

CANARY = "-".join(("t0ken", "c4n4ry", "of", "the", "ops", "system"))  # not as it is: this file is looked through too
AWS_SIDE = ("mailbox.jsonl", "trail.jsonl")
"""Of the emulated AWS: what AWS itself keeps and no user sees."""
IMAGES = ".png"
"""The example's own, made from digits alone; to fetch thousands takes a minute."""


@dataclass(frozen=True)
class Search:
    """Places by their names."""

    places: Mapping[str, bytes]

    def found(self, secret: str) -> list[str]:
        """Where it stands, plain or in base64."""
        return sorted(name for name, text in self.places.items() if any(form in text for form in forms(secret)))


def forms(secret: str) -> tuple[bytes, ...]:
    """Plain, and the middle of its base64 at each of the three alignments that it can have in a longer text."""
    body = secret.encode()
    encoded = (base64.b64encode(b"\0" * shift + body)[4 if shift else 0 : -4] for shift in range(3))
    return (body, *encoded)


def of(laptop: Any, said: Mapping[str, str]) -> dict[str, bytes]:
    """Each place, and what is packed in it; `said` is what commands printed, by their names."""
    known = {f"output of {name}": text.encode() for name, text in said.items()}
    known |= dict(_files(laptop.platform.checkout))
    known |= dict(_files(Path(os.environ["PULUMI_HOME"])))
    known |= {f"argv of {pid}": line.encode() for pid, line in command_lines()}
    known |= dict(_at_aws(laptop))
    return known | {f"{name}: {part}": body for name, text in known.items() for part, body in unpacked(text)}


def unpacked(text: bytes) -> Iterator[tuple[str, bytes]]:
    """What is in a zip or gzip archive, by its name there; of other files and of damaged ones nothing."""
    with suppress(OSError, EOFError, zlib.error, zipfile.BadZipFile):
        if text.startswith(b"\x1f\x8b"):
            yield "gzip", gzip.decompress(text)
        if text.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(text)) as archive:
                yield from ((name, archive.read(name)) for name in archive.namelist())


def command_lines(since: float = 0) -> Iterator[tuple[int, str]]:
    """Of the processes that began after a time in seconds since the epoch, by their ids."""
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.create_time() >= since:
                yield process.pid, " ".join(process.cmdline())


def made_secrets(laptop: Any) -> dict[str, str]:
    """What the hosts made and keep as SecureStrings, by the parameter's name."""
    ssm = laptop.client("ssm")
    names = [each["Name"] for each in ssm.describe_parameters()["Parameters"] if each["Type"] == "SecureString"]
    return {name: ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] for name in names}


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        skipped = ".venv" in path.parts or "venvs" in path.parts or "tools" in path.parts
        if path.name in AWS_SIDE or skipped or not path.is_file():
            continue
        with suppress(OSError):  # a log that is just turned over, a socket's lock
            yield str(path), path.read_bytes()


def _at_aws(laptop: Any) -> Iterator[tuple[str, bytes]]:
    """What the stack's people may read at AWS: user data, documents, parameters that are no secrets, objects."""
    ec2, ssm, s3 = (laptop.client(service) for service in ("ec2", "ssm", "s3"))
    for machine in laptop.machines():
        asked = {"InstanceId": machine["InstanceId"], "Attribute": "userData"}
        value = ec2.describe_instance_attribute(**asked).get("UserData", {}).get("Value", "")
        yield f"user data of {machine['InstanceId']}", base64.b64decode(value)
    for template in ec2.describe_launch_templates()["LaunchTemplates"]:
        asked = {"LaunchTemplateId": template["LaunchTemplateId"]}
        versions = ec2.describe_launch_template_versions(**asked)["LaunchTemplateVersions"]
        data = [str(version["LaunchTemplateData"].get("UserData", "")) for version in versions]
        yield f"user data of {template['LaunchTemplateName']}", b"".join(map(base64.b64decode, data))
    for document in ssm.list_documents(Filters=[{"Key": "Owner", "Values": ["Self"]}])["DocumentIdentifiers"]:
        yield f"document {document['Name']}", ssm.get_document(Name=document["Name"])["Content"].encode()
    for association in ssm.list_associations()["Associations"]:
        told = ssm.describe_association(AssociationId=association["AssociationId"])
        yield f"association {association['AssociationId']}", json.dumps(told, default=str).encode()
    for parameter in ssm.describe_parameters()["Parameters"]:
        if parameter["Type"] != "SecureString":
            value = ssm.get_parameter(Name=parameter["Name"])["Parameter"]["Value"]
            yield f"parameter {parameter['Name']}", value.encode()
    for command in ssm.list_commands()["Commands"]:
        told = [command, ssm.list_command_invocations(CommandId=command["CommandId"], Details=True)]
        yield f"command {command['CommandId']}", json.dumps(told, default=str).encode()
    for bucket in laptop.buckets():
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for item in (each for page in pages for each in page.get("Contents", ())):
            if not item["Key"].endswith(IMAGES):
                yield f"s3://{bucket}/{item['Key']}", s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
