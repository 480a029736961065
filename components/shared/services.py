"""Services: everything that runs on one host, as one waited, verified step of `pulumi up`.

AWS waits for an association only when it is created, and deleting one stops nothing on the machine. So each change of
the wanted state replaces the association (its parameter is the state's digest, the old one goes first), and the
document's own script starts what is listed and stops what is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi_aws as aws
from pulumi import Output, Resource, ResourceHookBinding, ResourceOptions

from components.base import Context, PlatformComponent, plain_record
from components.network.reach import callers_of
from components.shared import policies
from components.shared.contract import HostOutputs, NetworkOutputs, ReleaseOutputs, ServiceSpec
from components.shared.host import MachineOutputs
from components.shared.manifest import Place, digest, document_content, manifest
from components.shared.rerun import no_unwaited_update
from components.shared.roles import attach_statements
from components.shared.statements import Statement

WAIT_SECONDS: Final = 1_200


@dataclass(frozen=True, kw_only=True)
class ServicesArgs:
    """`after` are resources that the run needs: the attached disk, the code in the bucket."""

    context: Context
    network: NetworkOutputs[Output[str]]
    machine: MachineOutputs
    artifact_bucket: Output[str]
    release: ReleaseOutputs
    services: Sequence[ServiceSpec[Output[str]]]
    statements: Sequence[Output[tuple[Statement, ...]]]
    after: Sequence[Resource]
    tools: str


def base_statements(region: str, account_id: str, artifact_bucket: str) -> tuple[Statement, ...]:
    """What the machine itself needs, whatever runs on it.

    Backups are not the services' own business: one that is swapped away is backed up once more as it stops, when its
    other rights have gone already.
    """
    return (
        *policies.ssm_managed(region, account_id),
        *policies.read_code(artifact_bucket),
        *policies.own_prefix("Backups", artifact_bucket, "backup/"),
    )


class Services(PlatformComponent[HostOutputs[Output[str]]]):
    """Creates role policy, SSM document and association, an ingress rule per known caller. Costs nothing."""

    def __init__(self, name: str, args: ServicesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts)
        self._check_names(args.services)
        policy = self._allow(args)
        self._open_ports(args)
        self._create_association(args, policy)
        self.publish(
            HostOutputs(
                instance_id=args.machine.instance_id,
                private_ip=args.machine.private_ip,
                services={service.name: service.port for service in args.services},
            )
        )

    def _check_names(self, services: Sequence[ServiceSpec[Output[str]]]) -> None:
        for what in ("name", "port", "data_folder"):
            values = [getattr(service, what) for service in services]
            if len(set(values)) != len(values):
                raise ValueError(f"two services of one host have the same {what}: {values}")

    def _allow(self, args: ServicesArgs) -> aws.iam.RolePolicy:
        """The host's role is the union of what its services need."""
        context = args.context
        base = Output.all(context.account_id, args.artifact_bucket).apply(
            lambda known: base_statements(context.region, known[0], known[1])
        )
        union = Output.all(base, *args.statements).apply(
            lambda parts: tuple(statement for part in parts for statement in part)
        )
        return attach_statements(self, "host", args.machine.role_name, union)

    def _open_ports(self, args: ServicesArgs) -> None:
        groups = {"training": args.network.training_security_group_id}
        for service in args.services:
            for reach in callers_of(service.name):
                aws.vpc.SecurityGroupIngressRule(
                    f"{self.component_name}-{reach.caller}-to-{service.name}",
                    security_group_id=args.network.host_security_group_id,
                    referenced_security_group_id=groups[reach.caller],
                    description=reach.why,
                    ip_protocol="tcp",
                    from_port=service.port,
                    to_port=service.port,
                    tags=self.tags(),
                    opts=self.child,
                )

    def _content(self, args: ServicesArgs) -> Output[str]:
        stack, region = args.context.naming.stack, args.context.region

        def content(known: dict[str, Any]) -> str:
            place = Place(stack=stack, region=region, artifact_bucket=known["bucket"], volume_id=known["volume"])
            services = [ServiceSpec[str](**spec) for spec in known["services"]]
            return document_content(manifest(place, args.release, services), args.tools)

        specs = [plain_record(service) for service in args.services]
        late = Output.all(bucket=args.artifact_bucket, volume=args.machine.volume_id, services=specs)
        return late.apply(content)

    def _create_association(self, args: ServicesArgs, policy: aws.iam.RolePolicy) -> None:
        content = self._content(args)
        naming = args.context.naming
        converge = aws.ssm.Document(
            f"{self.component_name}-document",
            name=naming.document("converge"),
            document_type="Command",
            document_format="JSON",
            content=content,
            tags=self.tags(),
            # A new document each time: SSM refuses a version whose content it has had before, as on a swap's way back.
            opts=ResourceOptions(parent=self, replace_on_changes=["content"], delete_before_replace=True),
        )
        aws.ssm.Association(
            f"{self.component_name}-association",
            name=converge.name,
            association_name=naming.document("converge"),
            targets=[aws.ssm.AssociationTargetArgs(key="InstanceIds", values=[args.machine.instance_id])],
            parameters={"digest": content.apply(digest)},
            wait_for_success_timeout_seconds=WAIT_SECONDS,
            tags=self.tags(),
            opts=ResourceOptions(
                parent=self,
                depends_on=[policy, *args.after],
                replace_on_changes=["parameters"],
                delete_before_replace=True,
                hooks=ResourceHookBinding(before_update=[no_unwaited_update()]),
            ),
        )
