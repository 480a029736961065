"""The sections of `record.json` that several steps read: what `sample` and `train` leave behind."""

from collections.abc import Mapping
from dataclasses import dataclass

from workflow.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class ManifestRecord:
    """One manifest: `digest` is the sha256 of its bytes, `labels` the number of images per label.

    `pack_uri` is the index of the tar shards that hold the images too, empty where they were not packed.
    """

    uri: str
    digest: str
    count: int
    size_bytes: int
    labels: Mapping[str, int]
    pack_uri: str = ""


@dataclass(frozen=True, kw_only=True)
class SampleRecord:
    """`manifests` has one entry per tier (dev, staging, prod) and per reserved half (evaluation, abtest)."""

    salt: str
    mode: str
    manifests: Mapping[str, ManifestRecord]

    def manifest(self, name: str) -> ManifestRecord:
        """UsageError where a record that somebody wrote by hand has none of the name."""
        if name not in self.manifests:
            known = ", ".join(self.manifests) or "none"
            raise UsageError(
                f"the record's sample has no manifest {str(name)!r}; it has: {known}", cure="mlteam sample"
            )
        return self.manifests[name]


@dataclass(frozen=True, kw_only=True)
class TrainRecord:
    """`digest` is the model's (see `workflow.models`): what every later step names.

    `author` is the AWS identity that started the training: whoever approves must be somebody else.
    `model_uri` is models:/<model_name>/<model_version>, for MLflow clients.
    """

    candidate: str
    tier: str
    job_id: str
    run_id: str
    model_name: str
    model_version: str
    model_uri: str
    digest: str
    manifest_digest: str
    project_digest: str
    author: str
