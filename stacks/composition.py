"""compose(): the components of a stack, in the order in which they need each other. The only caller of the registry."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pulumi_aws as aws
from pulumi import Output

from components import registry
from components.base import Context
from components.data.contract import DataArgs, DataOutputs
from components.monitoring.contract import Monitoring, MonitoringArgs
from components.naming import Naming
from components.network.network import Network, NetworkArgs
from components.platform import PLATFORM_VERSION, Platform
from components.serving.contract import Serving, ServingArgs
from components.shared.access import Approver, ApproverArgs, Boundary
from components.shared.alerts import Alerts, AlertsArgs
from components.shared.contract import HostOutputs
from components.shared.host import Host, HostArgs
from components.shared.host_commands import HostCommands, HostCommandsArgs
from components.shared.people import People, PeopleArgs
from components.shared.record import Record, RecordArgs
from components.shared.release import Release, ReleaseArgs
from components.shared.schedule import HostSchedule, ScheduleArgs
from components.shared.services import Services, ServicesArgs
from components.storage.contract import StorageOutputs
from components.storage.storage import Storage, StorageArgs
from components.tracking.contract import Tracking, TrackingArgs
from components.training.contract import Training, TrainingArgs
from components.variants import Duty, Kind
from stacks.exports import export, record_json
from stacks.home import Home, read_home
from stacks.load import Target
from stacks.settings import Settings

ROOT: Final = Path(__file__).parent.parent


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """What every kind stands on."""

    context: Context
    storage: StorageOutputs[Output[str]]
    network: Network
    release: Release
    host: Host


def _context(target: Target, settings: Settings) -> Context:
    """The account id is the composition's one question to AWS."""
    return Context(
        naming=Naming(target.project, target.stack),
        region=target.region,
        account_id=aws.get_caller_identity_output().account_id,
        owner=settings.owner,
        keep_data=target.environment.keep_data,
    )


def _create_alerts(context: Context, settings: Settings) -> Alerts:
    webhook = settings.ops_webhook_url
    return Alerts(
        "alerts",
        AlertsArgs(
            context=context,
            emails=settings.alert_emails,
            phones=settings.alert_phones,
            webhook_url=Output.secret(webhook.get_secret_value()) if webhook else None,
            monthly_budget_usd=settings.monthly_budget_usd,
        ),
    )


def _create_storage(context: Context, target: Target, home: Home | None) -> StorageOutputs[Output[str]]:
    return Storage(
        "storage",
        StorageArgs(
            context=context,
            noncurrent_days=target.environment.noncurrent_days,
            log_days=target.environment.log_days,
            home_tiers=home.tier_buckets if home else None,
        ),
    ).outputs


def _create_data(
    context: Context, settings: Settings, storage: StorageOutputs[Output[str]], home: Home | None
) -> DataOutputs[Output[str]]:
    """The home's tiers have one owner: elsewhere its record is passed on."""
    if home is not None:
        return home.data
    args = DataArgs(
        context=context,
        tier_buckets=storage.tier_buckets,
        artifact_bucket=storage.artifact_bucket,
        dev_sample_fraction=settings.dev_sample_fraction,
        staging_sample_fraction=settings.staging_sample_fraction,
    )
    return registry.DATA[settings.data](Kind.DATA, args).outputs


def _create_host(context: Context, target: Target, settings: Settings, network: Network) -> Host:
    host = Host(
        "host",
        HostArgs(
            context=context,
            network=network.outputs,
            instance_type=settings.host_instance_type,
            ami_id=settings.ami_id,
            data_volume_gib=settings.host_volume_gib,
            snapshot_count=target.environment.snapshot_count,
        ),
    )
    hours = settings.working_hours
    if hours is not None:
        HostSchedule(
            "schedule",
            ScheduleArgs(
                context=context,
                instance_id=host.outputs.instance_id,
                days=hours.days,
                start=hours.start,
                stop=hours.stop,
                time_zone=settings.time_zone,
            ),
        )
    return host


def _create_tracking(settings: Settings, args: TrackingArgs) -> list[Tracking]:
    """The chosen side, and after it the one that a swap is moving away from, if there is one."""
    variants = [settings.tracking, *(variant for kind, variant in settings.retiring if kind is Kind.TRACKING)]
    return [registry.TRACKING[variant](Kind.TRACKING, args) for variant in variants]


def _create_training(settings: Settings, ground: _Ground, tracking: Tracking) -> Training:
    args = TrainingArgs(
        context=ground.context,
        network=ground.network.outputs,
        artifact_bucket=ground.storage.artifact_bucket,
        tier_buckets=ground.storage.tier_buckets,
        release=ground.release.outputs,
        tools=ground.release.tools,
        tracking_statements=tracking.client_statements,
        ami_id=settings.ami_id,
        instance_types=settings.training_instance_types,
        max_hours=settings.training_max_hours,
    )
    return registry.TRAINING[settings.training](Kind.TRAINING, args)


def _create_monitoring(settings: Settings, ground: _Ground, alerts: Alerts) -> Monitoring:
    args = MonitoringArgs(
        context=ground.context,
        topic_arn=alerts.outputs.topic_arn,
        topic_name=alerts.outputs.topic_name,
        is_heard=alerts.outputs.is_heard,
        host_instance_id=ground.host.outputs.instance_id,
        host_instance_type=settings.host_instance_type,
        schedule_group=ground.context.naming.schedule_group() if settings.working_hours else None,
    )
    return registry.MONITORING[settings.monitoring](Kind.MONITORING, args)


def _create_services(ground: _Ground, hosted: Sequence[Tracking | Training | Serving | Monitoring]) -> Services:
    """What these components want to run on the host, and what its role must be allowed for it."""
    return Services(
        "services",
        ServicesArgs(
            context=ground.context,
            network=ground.network.outputs,
            machine=ground.host.outputs,
            artifact_bucket=ground.storage.artifact_bucket,
            release=ground.release.outputs,
            services=[service for component in hosted for service in component.services],
            statements=[part.host_statements for part in hosted if part.host_statements is not None],
            after=[ground.host.attachment, *ground.release.objects],
            tools=ground.release.tools,
        ),
    )


def _create_commands(context: Context, host: HostOutputs[Output[str]]) -> HostCommands:
    return HostCommands(
        "commands",
        HostCommandsArgs(
            context=context, instance_id=host.instance_id, private_ip=host.private_ip, services=host.services
        ),
    )


def _create_people(ground: _Ground, tracking: Tracking, used: Sequence[Training | Serving | HostCommands]) -> People:
    """The roles of those who use these components; whatever their duty, they note what they do."""
    of_tracking = {Duty.DEVELOPER: tracking.client_statements, Duty.DEPLOYER: tracking.reader_statements}
    return People(
        "people",
        PeopleArgs(
            context=ground.context,
            artifact_bucket=ground.storage.artifact_bucket,
            tier_buckets=ground.storage.tier_buckets,
            statements=[of_tracking, *(part.duty_statements for part in used)],
        ),
    )


def compose(target: Target, settings: Settings) -> Platform[Output[str]]:
    """Create everything; what comes back is the record that the workflow reads."""
    context = _context(target, settings)
    context = replace(context, boundary_arn=Boundary("boundary", context).outputs.boundary_arn)
    home = read_home(target, settings.data_home) if settings.data_home else None
    storage = _create_storage(context, target, home)
    artifacts = storage.artifact_bucket
    alerts = _create_alerts(context, settings)
    network = Network("network", NetworkArgs(context=context, vpc_cidr=settings.vpc_cidr))
    release = Release("release", ReleaseArgs(context=context, artifact_bucket=artifacts, root=ROOT))
    host = _create_host(context, target, settings, network)
    address = host.outputs.private_ip
    data = _create_data(context, settings, storage, home)
    tracking, *retiring = _create_tracking(
        settings, TrackingArgs(context=context, host_address=address, artifact_bucket=artifacts)
    )
    ground = _Ground(context=context, storage=storage, network=network, release=release, host=host)
    training = _create_training(settings, ground, tracking)
    serving = registry.SERVING[settings.serving](
        Kind.SERVING, ServingArgs(context=context, host_address=address, artifact_bucket=artifacts)
    )
    monitoring = _create_monitoring(settings, ground, alerts)
    services = _create_services(ground, (tracking, *retiring, training, serving, monitoring))
    commands = _create_commands(context, services.outputs)
    people = _create_people(ground, tracking, (training, serving, commands))
    approver = Approver(
        "approver", ApproverArgs(context=context, artifact_bucket=artifacts, approvers=settings.approvers)
    )
    platform = Platform(
        version=PLATFORM_VERSION,
        project=target.project,
        stack=target.stack,
        region=target.region,
        account_id=context.account_id,
        storage=storage,
        approval=approver.outputs,
        roles=people.outputs,
        host=services.outputs,
        host_commands=commands.outputs,
        data=data,
        tracking=tracking.outputs,
        training=training.outputs,
        serving=serving.outputs,
        monitoring=monitoring.outputs,
    )
    record = record_json(platform)
    Record("record", RecordArgs(context=context, artifact_bucket=artifacts, record=record))
    export(platform, record)
    return platform
