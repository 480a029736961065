"""Records that several kinds share: a service on the host, the host itself, who may approve."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class ServiceSpec(Generic[T]):
    """One service of the host, as its component wants it; `converge.py` makes it so.

    `command` starts with `python`, which becomes the interpreter that has the platform's packages. It, the values of
    `environment` and the texts of `files` may use ${HOST_ADDRESS} (the host's private address), ${DATA_FOLDER} (where
    the service may write) and ${CONFIG_FOLDER} (where its `files`, name to text, are put).
    `secrets` maps an environment variable to the SSM SecureString that holds it; the host makes what is missing.
    `data_folder` is below the data volume; `backup_command` runs every `backup_minutes` and after each stop,
    `restore_command` before a start in an empty data folder. `start_seconds` is how long it may take to be healthy.
    """

    name: str
    command: T
    port: int
    health_path: str
    data_folder: str
    environment: Mapping[str, T] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, T] = field(default_factory=dict)
    backup_command: T | None = None
    restore_command: T | None = None
    start_seconds: int = 180
    backup_minutes: int = 15


@dataclass(frozen=True, kw_only=True)
class HostOutputs(Generic[T]):
    """`services` maps the name of a service to its port."""

    instance_id: T
    private_ip: T
    services: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class HostCommandOutputs:
    """Names of the SSM documents that people run on the host: `logs_document` takes `service` and `lines`,
    `probe_document` names the services that do not answer."""

    logs_document: str
    probe_document: str


@dataclass(frozen=True, kw_only=True)
class RoleOutputs(Generic[T]):
    """Roles that IAM users take under their own name, and CI: `developer_role_arn` trains, evaluates, gates and looks
    after the host, `deployer_role_arn` deploys, tests, promotes and rolls back."""

    developer_role_arn: T
    deployer_role_arn: T


@dataclass(frozen=True, kw_only=True)
class ApprovalOutputs(Generic[T]):
    """`approver_role_arn` may always approve; `approvers` are further IAM user or role names that may."""

    approver_role_arn: T
    approvers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NetworkOutputs(Generic[T]):
    """`zones` are the availability zones of `subnet_ids`, in the same order."""

    vpc_id: T
    subnet_ids: tuple[T, ...]
    zones: tuple[T, ...]
    host_security_group_id: T
    training_security_group_id: T


@dataclass(frozen=True, kw_only=True)
class ReleaseOutputs:
    """What runs on machines, by content: the objects workflow/requirements/<sha256>.txt and workflow/code/<sha256>.zip
    of the artifact bucket. `code_sha256` is over the sorted (path, sha256) listing of the archive's files."""

    requirements_sha256: str
    code_sha256: str
