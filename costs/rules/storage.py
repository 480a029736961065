"""Buckets, objects, images: what is kept and asked for. Use comes from the profile, by the bucket's role."""

from collections.abc import Iterator

from costs.case import Case
from costs.properties import Fields
from costs.records import Line
from costs.usage import BucketUse

TIER_TAG = "mlteam:tier"
TRANSITION_SKUS = {
    "STANDARD_IA": "s3.lifecycle.to_ia",
    "ONEZONE_IA": "s3.lifecycle.to_ia",
    "GLACIER_IR": "s3.lifecycle.to_gir",
    "GLACIER": "s3.lifecycle.to_flexible",
    "DEEP_ARCHIVE": "s3.lifecycle.to_deep",
}


def bucket_role(case: Case) -> str:
    """The tag mlteam:tier, else the last part of its names that the usage profile knows: dev staging prod artifacts."""
    tier = case.fields.child("tags").text(TIER_TAG) or ""
    names = [tier, case.resource.name, case.fields.text("bucket") or ""]
    roles = {**{role: role for role in case.usage.buckets}, "artifact": "artifacts"}
    for name in names:
        for part in reversed(name.split("-")):
            if roles.get(part) in case.usage.buckets:
                return roles[part]
    raise case.refuse(
        f"its use is not known: no part of its name is one of {', '.join(case.usage.buckets)}",
        "name the bucket after its role, or add its role to Usage.buckets",
    )


def _use(case: Case) -> BucketUse:
    return case.usage.buckets[bucket_role(case)]


def bucket(case: Case) -> Iterator[Line]:
    use = _use(case)
    assumed = ["S3 Standard, noncurrent versions not counted"]
    yield case.line("s3.standard", f"{use.storage_gb:g} GB", use.storage_gb, assumed)
    yield case.line("s3.put_copy_post_list", "PUT-class requests", use.put_class_requests / 1_000)
    yield case.line("s3.get_head", "GET-class requests", use.get_class_requests / 1_000)


def lifecycle(case: Case) -> Iterator[Line]:
    """Expiry is free. A transition costs a request an object; what it saves is not counted (objects may be small)."""
    rules = case.fields.children("rules")
    transitions = [step for rule in rules for step in rule.children("transitions")]
    transitions += [step for rule in rules for step in rule.children("noncurrent_version_transitions")]
    for step in transitions:
        storage_class = step.text("storage_class") or "unknown"
        if storage_class not in TRANSITION_SKUS:
            raise case.refuse(f"transition to {storage_class}", f"use one of {', '.join(TRANSITION_SKUS)}")
        moved = _use(case).put_class_requests / 1_000
        assumed = ["every object written is moved once; the storage is still priced as S3 Standard"]
        yield case.line(TRANSITION_SKUS[storage_class], f"transitions to {storage_class}", moved, assumed)


def notification(case: Case) -> Iterator[Line]:
    if case.fields.flag("eventbridge"):
        events = _use(case).put_class_requests / 1_000_000
        yield case.line("eventbridge.s3_events", "object events", events, ["every PUT-class request makes an event"])


def inventory(case: Case) -> Iterator[Line]:
    listed = case.usage.inventory_objects / 1_000_000
    days = {"Daily": 30.4, "Weekly": 4.35}.get(Fields(case.fields.raw("schedule")).text("frequency") or "", 30.4)
    yield case.line("s3.inventory", "inventory lists", listed * days * case.share)


def image_repository(case: Case) -> Iterator[Line]:
    yield case.line("ecr.storage", "container images", case.usage.image_gb * case.share)
