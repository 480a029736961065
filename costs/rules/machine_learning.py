"""SageMaker: what it hosts, and the jobs that are no infrastructure state but cost like some."""

from collections.abc import Iterator

from costs.case import Case
from costs.prices import Price
from costs.properties import Fields
from costs.records import Line
from costs.usage import HOURS_PER_MONTH

MB_PER_GB = 1_024
KB_PER_GB = 1_000_000


def _sagemaker(case: Case, instance_type: str | None, purpose: str) -> Price:
    """A price for the purpose where it has its own row (hosting, training, processing), else the type's."""
    if instance_type is None:
        raise case.refuse("instance_type is not known", "give the type as a plain string")
    return case.price(f"sm.{instance_type}.{purpose}", f"sm.{instance_type}")


def _serverless(case: Case, config: Fields, share: float) -> Iterator[Line]:
    if config.number("provisioned_concurrency"):
        raise case.refuse("provisioned_concurrency has no price row", "leave it out, or add a row and a rule")
    memory = (config.number("memory_size_in_mb") or MB_PER_GB) / MB_PER_GB
    use = case.usage
    calls = use.inferences * share
    assumed = [f"{calls:,.0f} inferences of {use.inference_seconds:g} s and {use.inference_kb:g} KB"]
    yield case.line(
        "sm.serverless_inference",
        f"serverless inference, {memory:g} GB",
        calls * use.inference_seconds * memory,
        assumed,
    )
    yield case.line("sm.serverless_inference.data", "data in and out", calls * use.inference_kb / KB_PER_GB)


def endpoint_configuration(case: Case) -> Iterator[Line]:
    """It states the variants, so it carries their price, as soon as the stack has an endpoint that uses one."""
    if not case.stack.of_type("aws:sagemaker/endpoint:Endpoint"):
        return
    variants = case.fields.children("production_variants") + case.fields.children("shadow_production_variants")
    if not variants:
        raise case.refuse("its production variants are not known", "give them as plain data")
    for variant in variants:
        if variant.has("serverless_config"):
            yield from _serverless(case, variant.child("serverless_config"), case.share / len(variants))
            continue
        count = variant.number("initial_instance_count") or 1
        price = _sagemaker(case, variant.text("instance_type"), "hosting")
        yield case.line(price, f"endpoint, {count:g} x {variant.text('instance_type')}", HOURS_PER_MONTH * count)


def mlflow_app(case: Case) -> Iterator[Line]:
    yield case.line("sm.mlflow.app_serverless", "MLflow App", HOURS_PER_MONTH)


def mlflow_tracking_server(case: Case) -> Iterator[Line]:
    size = (case.fields.text("tracking_server_size") or "Small").lower()
    yield case.line(f"sm.mlflow.tracking.{size}", f"MLflow tracking server, {size}", HOURS_PER_MONTH)
    yield case.line("sm.mlflow.metadata", "run metadata", case.usage.mlflow_metadata_gb * case.share)


def training_job(case: Case) -> Iterator[Line]:
    """Properties: `instance_type`, `spot`. The month's GPU or CPU hours, by the type."""
    instance_type = case.fields.text("instance_type")
    price = _sagemaker(case, instance_type, "training")
    gpu = (instance_type or "").removeprefix("ml.").startswith(("g", "p"))
    hours = case.usage.gpu_training_hours if gpu else case.usage.cpu_training_hours
    if case.fields.flag("spot"):
        price = price.times(case.price("sm.managed_spot.factor"))
    what = f"training jobs, {instance_type}{' managed spot' if case.fields.flag('spot') else ''} for {hours:g} h"
    yield case.line(price, what, hours)


def processing_job(case: Case) -> Iterator[Line]:
    """Properties: `instance_type`."""
    hours = case.usage.processing_hours
    price = _sagemaker(case, case.fields.text("instance_type"), "processing")
    yield case.line(price, f"processing jobs for {hours:g} h", hours * case.share)


def notebook_session(case: Case) -> Iterator[Line]:
    """Properties: `instance_type`. Studio's apps are started by people, not by the program."""
    hours = case.usage.notebook_hours
    price = _sagemaker(case, case.fields.text("instance_type"), "notebook")
    yield case.line(price, f"notebooks for {hours:g} h", hours * case.share)


def ground_truth(case: Case) -> Iterator[Line]:
    objects = case.usage.labeled_objects
    yield case.line("sm.ground_truth.object", "labeled objects, own workforce", objects * case.share)
