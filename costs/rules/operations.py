"""CI, alarms, logs, messages, keys: what keeps the platform watched and moving."""

from collections.abc import Iterator

from costs.case import Case
from costs.records import Line

BUILD_SKUS = {
    ("ARM_CONTAINER", "BUILD_GENERAL1_SMALL"): "codebuild.arm1.small",
    ("LINUX_CONTAINER", "BUILD_GENERAL1_SMALL"): "codebuild.general1.small",
    ("LINUX_CONTAINER", "BUILD_GENERAL1_MEDIUM"): "codebuild.general1.medium",
}
DAYS_PER_MONTH = 30.4
MONTHS_KEPT_FOREVER = 12
HIGH_RESOLUTION_SECONDS = 60


def build_project(case: Case) -> Iterator[Line]:
    environment = case.fields.child("environment")
    kind = (environment.text("type") or "unknown", environment.text("compute_type") or "unknown")
    if kind not in BUILD_SKUS:
        allowed = ", ".join(" ".join(known) for known in BUILD_SKUS)
        raise case.refuse(f"its environment is {' '.join(kind)}", f"use one of {allowed}, or add a row")
    yield case.line(BUILD_SKUS[kind], "build minutes", case.usage.ci_build_minutes * case.share)


def pipeline(case: Case) -> Iterator[Line]:
    """V1 costs by the active pipeline, V2 by the minute of its actions."""
    kind = case.fields.text("pipeline_type") or "V1"
    if kind == "V1":
        yield case.line("codepipeline.v1", "active pipeline (V1)", 1)
    elif kind == "V2":
        minutes = case.usage.pipeline_action_minutes * case.share
        yield case.line("codepipeline.v2", "action minutes (V2)", minutes)
    else:
        raise case.refuse(f"pipeline_type is {kind}", "use V1 or V2")


def alarm(case: Case) -> Iterator[Line]:
    """Each metric that an alarm looks at counts; a period under a minute costs three times as much."""
    queries = [query for query in case.fields.children("metric_queries") if query.has("metric")]
    periods = [query.child("metric").number("period") for query in queries] or [case.fields.number("period")]
    fast = any(period is not None and period < HIGH_RESOLUTION_SECONDS for period in periods)
    yield case.line("cw.alarm.high_resolution" if fast else "cw.alarm", "alarm", len(periods))


def metric_filter(case: Case) -> Iterator[Line]:
    yield case.line("cw.metric.custom", "metric from logs", 1)


def dashboard(case: Case) -> Iterator[Line]:
    yield case.line("cw.dashboard", "dashboard", 1)


def log_group(case: Case) -> Iterator[Line]:
    """A share of the profile's logs; kept as long as the group says, stored as they came in (not compressed)."""
    storage_class = case.fields.text("log_group_class") or "STANDARD"
    skus = {"STANDARD": "cw.logs.ingest", "INFREQUENT_ACCESS": "cw.logs.ingest.infrequent"}
    if storage_class not in skus:
        raise case.refuse(f"log_group_class is {storage_class}", f"use one of {', '.join(skus)}, or add a row")
    gigabytes = case.usage.log_ingest_gb * case.share
    days = case.fields.number("retention_in_days")
    months = days / DAYS_PER_MONTH if days else MONTHS_KEPT_FOREVER
    assumed = [] if days else [f"logs without retention are priced as {MONTHS_KEPT_FOREVER} months' worth"]
    yield case.line(skus[storage_class], "logs written", gigabytes)
    yield case.line("cw.logs.store", "logs kept", gigabytes * months, assumed)


def subscription(case: Case) -> Iterator[Line]:
    """Messages by protocol. A phone number that is not known yet is priced as one abroad: the dearer."""
    protocol = case.fields.text("protocol") or "unknown"
    messages = case.usage.alarm_messages
    if protocol in ("email", "email-json"):
        yield case.line("sns.email", "alarm e-mails", messages / 100_000)
    elif protocol in ("http", "https"):
        yield case.line("sns.http", "alarm calls to a URL", messages / 100_000)
    elif protocol == "sms":
        number = case.fields.text("endpoint")
        assumed = [] if number else ["the phone number is outside +1"]
        row = "sns.sms.us" if (number or "").startswith("+1") else "sns.sms.other"
        yield case.line(row, "alarm text messages", messages, assumed)
    elif protocol not in ("sqs", "lambda"):
        raise case.refuse(f"protocol is {protocol}", "use email, email-json, sms, http, https, sqs or lambda")


def topic(case: Case) -> Iterator[Line]:
    yield case.line("sns.publish", "messages published", case.usage.alarm_messages * case.share / 1_000_000)


def schedule(case: Case) -> Iterator[Line]:
    yield case.line(
        "eventbridge.scheduler", "scheduled starts and stops", case.usage.scheduled_starts * case.share / 1e6
    )


def parameter(case: Case) -> Iterator[Line]:
    tier = case.fields.text("tier") or "Standard"
    if tier != "Standard":
        raise case.refuse(f"tier is {tier}; only Standard is free and has a row", "use Standard, or add a row")
    yield case.line("ssm.parameter.standard", "standard parameter", 1)


def budget(case: Case) -> Iterator[Line]:
    yield case.line("budgets", "budget without action", 1)


def budget_action(case: Case) -> Iterator[Line]:
    yield case.line("budgets.action", "budget with action", DAYS_PER_MONTH)


def key(case: Case) -> Iterator[Line]:
    yield case.line("kms.cmk", "KMS key", 1)
    yield case.line("kms.request", "its requests", case.usage.kms_requests * case.share / 10_000)


def secret(case: Case) -> Iterator[Line]:
    yield case.line("secretsmanager.secret", "secret", 1)
    yield case.line("secretsmanager.call", "its calls", case.usage.secret_calls * case.share / 10_000)
