"""Release: what machines run, put into the artifact bucket by content.

A machine fetches both objects by digest, so a job is never changed under its feet; and an update leaves the objects of
before, because a machine that boots meanwhile still asks for them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pulumi_aws as aws
from pulumi import AssetArchive, FileAsset, Output, ResourceOptions

from components.base import Context, PlatformComponent
from components.shared.bundle import TOOLS, code_files, listing_digest, requirement_blocks
from components.shared.contract import ReleaseOutputs

REQUIREMENTS: Final = "requirements-workflow.txt"
TOOLS_SOURCE: Final = "requirements-dev.txt"
"""The compiled file that pins uv as well."""


@dataclass(frozen=True, kw_only=True)
class ReleaseArgs:
    context: Context
    artifact_bucket: Output[str]
    root: Path
    """The project's folder, which holds the code and the compiled requirements."""


class Release(PlatformComponent[ReleaseOutputs]):
    """Creates two S3 objects, a megabyte or less. Cost cents, those of all earlier releases together."""

    def __init__(self, name: str, args: ReleaseArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts)
        self.tools = requirement_blocks((args.root / TOOLS_SOURCE).read_text(encoding="utf-8"), TOOLS)
        requirements = hashlib.sha256((args.root / REQUIREMENTS).read_bytes()).hexdigest()
        paths = code_files(args.root)
        code = listing_digest({path: (args.root / path).read_bytes() for path in paths})
        # Absolute, because a provider that is attached to has a working folder of its own.
        self.objects = (
            self._create_object(
                args,
                "requirements",
                f"workflow/requirements/{requirements}.txt",
                FileAsset(str(args.root / REQUIREMENTS)),
            ),
            self._create_object(
                args,
                "code",
                f"workflow/code/{code}.zip",
                AssetArchive({path: FileAsset(str(args.root / path)) for path in paths}),
            ),
        )
        self.publish(ReleaseOutputs(requirements_sha256=requirements, code_sha256=code))

    def _create_object(
        self, args: ReleaseArgs, role: str, key: str, source: FileAsset | AssetArchive
    ) -> aws.s3.BucketObjectv2:
        return aws.s3.BucketObjectv2(
            f"{self.component_name}-{role}",
            bucket=args.artifact_bucket,
            key=key,
            source=source,
            tags=self.tags(),
            opts=ResourceOptions(parent=self, retain_on_delete=True),
        )
