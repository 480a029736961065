"""Bad configs: each names its key and its cure, all of a file come at once, and none as a traceback."""

import pulumi
import pytest
from pulumi.runtime import set_all_config

from components.variants import Kind
from stacks.faults import Given, check, render
from stacks.load import load
from stacks.settings import Settings, keys

ASLEEP = {"workingHours": "mon-fri 08:00-18:00"}
GOOD = {"amiId": "ami-0123456789abcdef0"}


def faults_of(stack: str, **values: str) -> list[tuple[str, str]]:
    """(key, cure) of every fault."""
    _, faults = check(Given(stack=stack, values={**GOOD, **values}))
    return [(fault.key, fault.cure) for fault in faults]


BAD = [
    ("unknown key", "dev", {"alertMails": "a@b.io"}, "alertMails", "pulumi config rm mlteam:alertMails"),
    ("typo in a kind", "dev", {"trackin": "oss"}, "trackin", "pulumi config set mlteam:tracking oss"),
    ("another case", "dev", {"Owner": "me"}, "Owner", "pulumi config set mlteam:owner"),
    (
        "misspelt key",
        "dev",
        {"trackin": "managed"},
        "trackin",
        "rm mlteam:trackin && pulumi config set mlteam:tracking man",
    ),
    ("misspelt word", "dev", {"tracking": "Managd"}, "tracking", "pulumi config set mlteam:tracking managed"),
    ("a kind of a later version", "dev", {"labeling": "oss"}, "labeling", "pulumi config rm mlteam:labeling"),
    ("a variant that is not there yet", "dev", {"serving": "managed"}, "serving", "set mlteam:serving oss"),
    ("no variant at all", "dev", {"serving": "off"}, "serving", "set mlteam:serving oss"),
    ("a boolean for a variant", "dev", {"data": "true"}, "data", "set mlteam:data oss"),
    ("the chosen side retiring", "dev", {"retiring": "tracking=oss"}, "retiring", "pulumi config rm mlteam:retiring"),
    ("a kind that keeps nothing", "dev", {"retiring": "serving=oss"}, "retiring", "retiring tracking=managed"),
    ("a variant of nothing", "dev", {"retiring": "tracking=both"}, "retiring", "retiring tracking=managed"),
    ("owner with a slash", "dev", {"owner": "a/b"}, "owner", "set mlteam:owner"),
    ("own data home", "dev", {"dataHome": "dev"}, "dataHome", "pulumi config rm mlteam:dataHome"),
    ("data home that is no stack", "dev", {"dataHome": "prdo"}, "dataHome", "set mlteam:dataHome prod"),
    ("data home with blanks", "dev", {"dataHome": "my prod"}, "dataHome", "set mlteam:dataHome"),
    ("bad e-mail", "dev", {"alertEmails": "ops@example"}, "alertEmails", "set mlteam:alertEmails"),
    ("one bad e-mail of two", "dev", {"alertEmails": "a@b.io,c"}, "alertEmails", "set mlteam:alertEmails"),
    ("e-mail twice", "dev", {"alertEmails": "a@b.io, a@b.io"}, "alertEmails", "set mlteam:alertEmails"),
    ("a list as YAML", "dev", {"alertEmails": '["a@b.io"]'}, "alertEmails", "set mlteam:alertEmails"),
    ("phone without +", "dev", {"alertPhones": "4915112345678"}, "alertPhones", "set mlteam:alertPhones +"),
    ("phone with blanks", "dev", {"alertPhones": "+49 151 12345678"}, "alertPhones", "set mlteam:alertPhones +"),
    ("phone too long", "dev", {"alertPhones": "+1234567890123456"}, "alertPhones", "set mlteam:alertPhones +"),
    ("phone in other digits", "dev", {"alertPhones": "+1٢٣٤٥٦٧٨٩"}, "alertPhones", "set mlteam:alertPhones +"),
    ("address with a blank", "dev", {"opsWebhookUrl": "https://ops.io/a b"}, "opsWebhookUrl", "opsWebhookUrl --secret"),
    ("plain http", "dev", {"opsWebhookUrl": "http://ops.io"}, "opsWebhookUrl", "set mlteam:opsWebhookUrl --secret"),
    ("address without host", "dev", {"opsWebhookUrl": "https://"}, "opsWebhookUrl", "set mlteam:opsWebhookUrl"),
    (
        "budget that is no number",
        "dev",
        {"monthlyBudgetUsd": "many"},
        "monthlyBudgetUsd",
        "set mlteam:monthlyBudgetUsd",
    ),
    ("budget of nothing", "dev", {"monthlyBudgetUsd": "0"}, "monthlyBudgetUsd", "set mlteam:monthlyBudgetUsd"),
    ("budget nobody hears of", "dev", {"monthlyBudgetUsd": "50"}, "monthlyBudgetUsd", "set mlteam:alertEmails"),
    ("hours without days", "dev", {"workingHours": "08:00-18:00"}, "workingHours", '"mon-fri 08:00-18:00"'),
    ("hours backwards", "dev", {"workingHours": "mon-fri 18:00-08:00"}, "workingHours", "set mlteam:workingHours"),
    ("days backwards", "dev", {"workingHours": "fri-mon 08:00-18:00"}, "workingHours", "set mlteam:workingHours"),
    ("hour 25", "dev", {"workingHours": "mon-fri 08:00-25:00"}, "workingHours", "set mlteam:workingHours"),
    ("prod asleep", "prod", {"workingHours": "mon-fri 08:00-18:00"}, "workingHours", "rm mlteam:workingHours"),
    ("zone without hours", "dev", {"timeZone": "Europe/Berlin"}, "timeZone", "set mlteam:workingHours"),
    ("no such zone", "dev", {"timeZone": "Europe/Brelin"}, "timeZone", "set mlteam:timeZone"),
    ("the machine's own zone", "dev", {**ASLEEP, "timeZone": "localtime"}, "timeZone", "set mlteam:timeZone"),
    ("a network with a mask", "dev", {"vpcCidr": "10.0.0.0/255.255.0.0"}, "vpcCidr", "set mlteam:vpcCidr"),
    ("dev above one percent", "dev", {"devSampleFraction": "0.02"}, "devSampleFraction", "devSampleFraction 0.01"),
    ("dev of nothing", "dev", {"devSampleFraction": "0"}, "devSampleFraction", "devSampleFraction 0.01"),
    ("dev not a number", "dev", {"devSampleFraction": "nan"}, "devSampleFraction", "devSampleFraction 0.01"),
    ("staging above all", "dev", {"stagingSampleFraction": "1.5"}, "stagingSampleFraction", "0.10"),
    ("staging infinite", "dev", {"stagingSampleFraction": "inf"}, "stagingSampleFraction", "0.10"),
    ("staging below dev", "dev", {"stagingSampleFraction": "0.005"}, "stagingSampleFraction", "0.10"),
    (
        "fractions where another stack owns the tiers",
        "dev",
        {"dataHome": "prod", "stagingSampleFraction": "0.2"},
        "stagingSampleFraction",
        "rm mlteam:stagingSampleFraction",
    ),
    ("approver with an arn", "dev", {"approvers": "arn:aws:iam::1:user/x"}, "approvers", "set mlteam:approvers"),
    ("an Intel host", "dev", {"hostInstanceType": "t3.medium"}, "hostInstanceType", "t4g.medium"),
    ("a type that is none", "dev", {"hostInstanceType": "huge"}, "hostInstanceType", "t4g.medium"),
    ("volume too small", "dev", {"hostVolumeGib": "1"}, "hostVolumeGib", "set mlteam:hostVolumeGib 20"),
    ("volume in words", "dev", {"hostVolumeGib": "20 GiB"}, "hostVolumeGib", "set mlteam:hostVolumeGib 20"),
    ("image of another cloud", "dev", {"amiId": "ubuntu"}, "amiId", "set mlteam:amiId"),
    ("no image", "dev", {"amiId": ""}, "amiId", "aws ssm get-parameter"),
    ("two spot types", "dev", {"trainingInstanceTypes": "m7g.large,c7g.large"}, "trainingInstanceTypes", "m7g.xlarge"),
    (
        "an Intel spot type",
        "dev",
        {"trainingInstanceTypes": "m7g.large,c7g.large,m5.large"},
        "trainingInstanceTypes",
        "m7g.xlarge",
    ),
    ("hours of training in fractions", "dev", {"trainingMaxHours": "1.5"}, "trainingMaxHours", "trainingMaxHours 4"),
    ("a public network", "dev", {"vpcCidr": "8.8.0.0/16"}, "vpcCidr", "10.42.0.0/16"),
    ("a network with host bits", "dev", {"vpcCidr": "10.42.0.1/16"}, "vpcCidr", "10.42.0.0/16"),
    ("a network too small", "dev", {"vpcCidr": "10.42.0.0/28"}, "vpcCidr", "10.42.0.0/16"),
    ("a stack nobody described", "qa", {}, "stack", "pulumi stack select"),
]


@pytest.mark.parametrize(("stack", "values", "key", "cure"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_config_names_its_key_and_its_cure(stack: str, values: dict[str, str], key: str, cure: str) -> None:
    found = faults_of(stack, **values)
    assert [name for name, _ in found] == [key]
    assert cure in found[0][1]


def test_a_variant_that_is_not_there_says_what_there_is() -> None:
    _, faults = check(Given(stack="dev", values={**GOOD, "serving": "managed"}))
    text = render(faults, "dev")
    assert "serving=managed is not available: this version offers oss" in text
    assert "pulumi config set mlteam:serving oss" in text


def test_all_faults_of_a_file_come_in_one_message() -> None:
    values = {"devSampleFraction": "5", "ownr": "x", "alertPhones": "12", "timeZone": "Mars/Base", "dataHome": "dev"}
    _, faults = check(Given(stack="dev", values={**GOOD, **values}))
    text = render(faults, "dev")
    assert text.startswith("Pulumi.dev.yaml has 5 faults:")
    assert all(f"mlteam:{key}" in text for key in values)
    assert text.count("cure: ") == len(values)


def test_a_good_config_has_no_fault() -> None:
    values = {
        "alertEmails": "a@b.io, c@d.io",
        "alertPhones": "+4915112345678",
        "monthlyBudgetUsd": "50",
        "workingHours": "Mon-Fri 08:00-18:30",
        "timeZone": "Europe/Berlin",
        "stagingSampleFraction": "1",
    }
    settings, faults = check(Given(stack="dev", values={**GOOD, **values}))
    assert faults == []
    assert settings.alert_emails == ("a@b.io", "c@d.io")
    assert settings.working_hours is not None
    assert (settings.working_hours.days, settings.working_hours.hours_per_week) == ("MON-FRI", 52.5)


def test_an_empty_value_means_not_given() -> None:
    settings, faults = check(Given(stack="dev", values={**GOOD, "owner": "", "workingHours": " "}))
    assert faults == []
    assert settings.owner == Settings.model_fields["owner"].default


def test_a_secret_where_none_belongs_is_refused_and_not_shown() -> None:
    _, faults = check(Given(stack="dev", values={**GOOD, "owner": "s3cr3t/"}, secret_keys={"owner"}))
    text = render(faults, "dev")
    assert "given as a secret" in text
    assert "s3cr3t" not in text


def test_a_secret_address_is_taken_and_never_shown() -> None:
    url = "https://ops.example.com/t0ken"
    settings, faults = check(Given(stack="dev", values={**GOOD, "opsWebhookUrl": url}, secret_keys={"opsWebhookUrl"}))
    assert faults == []
    assert "t0ken" not in repr(settings)
    _, bad = check(Given(stack="dev", values={**GOOD, "opsWebhookUrl": "http://t0ken.io"}))
    assert "t0ken" not in render(bad, "dev")


def test_the_examples_in_the_messages_are_themselves_allowed() -> None:
    values = {name: key.example.removeprefix("--secret ").strip('"') for name, key in keys().items()}
    _, faults = check(Given(stack="dev", values={**values, "dataHome": "prod"}))
    assert [fault.key for fault in faults] == []


def test_every_kind_has_a_flag() -> None:
    assert {kind.value for kind in Kind} <= set(keys())


def test_load_reports_by_run_error_without_a_traceback() -> None:
    pulumi.runtime.settings.configure(pulumi.runtime.Settings(project="mlteam", stack="dev"))
    set_all_config({"mlteam:ownr": "x", "aws:region": "us-east-1", "other:key": "is not ours"}, [])
    with pytest.raises(pulumi.RunError, match="2 faults") as caught:
        load()
    assert "other" not in str(caught.value)


def test_a_misspelt_key_beside_the_right_one_is_only_removed() -> None:
    found = faults_of("dev", trackin="managed", tracking="managed")
    assert found == [("trackin", "pulumi config rm mlteam:trackin")]


def test_a_misspelt_secret_is_not_shown() -> None:
    _, faults = check(Given(stack="dev", values={**GOOD, "opsWebhokUrl": "https://ops.example.com/t0ken"}))
    text = render(faults, "dev")
    assert "t0ken" not in text
    assert "pulumi config set mlteam:opsWebhookUrl --secret https://ops.example.com/hook" in text
