"""The contract suite: what every variant of every kind keeps, whoever runs it. It runs over the registry."""

import dataclasses
import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pulumi_aws as aws
import pytest

from components import registry
from components.registry import REGISTRY, offered
from components.variants import Kind, Variant
from costs.model import Resource, estimate, usage_for
from stacks.environment import ENVIRONMENTS
from stacks.recording import Recording, Registered

Recorded = Callable[[str], Recording]
MIX = [(kind, variant) for kind, table in REGISTRY.items() for variant in table]
STACKS = (*ENVIRONMENTS, *(f"{stack}+{Variant.MANAGED}" for stack in ENVIRONMENTS))
"""Each as its config says, and with all that AWS can run run by AWS."""
TAGS = {"mlteam:project", "mlteam:stack", "mlteam:component", "mlteam:variant", "mlteam:owner"}
SECRETS = ("t0ken",)
"""Planted in the config of stack dev (tests/conftest.py)."""


def component(recording: Recording, kind: Kind, variant: Variant) -> Registered:
    class_name = REGISTRY[kind][variant].__name__
    [found] = recording.of_type(f"mlteam:{kind.value}:{class_name}")
    return found


def taggable(resource: Registered) -> bool:
    """What pulumi-aws itself says takes tags."""
    _, module, kind = resource.token.split(":")
    cls = getattr(getattr(aws, module.split("/")[0]), kind)
    return hasattr(cls, "tags")


def untagged(resources: list[Registered]) -> Iterator[str]:
    for resource in resources:
        if resource.custom and taggable(resource) and not set(resource.inputs.get("tags", {})) >= TAGS:
            yield resource.name


@pytest.mark.parametrize(("kind", "variant"), MIX)
def test_every_variant_publishes_exactly_its_kinds_contract(recorded: Recorded, kind: Kind, variant: Variant) -> None:
    outputs = getattr(importlib.import_module(f"components.{kind.value}.contract"), f"{kind.value.capitalize()}Outputs")
    recording = recorded(f"local+{variant}")
    published = recording.published[component(recording, kind, variant).urn]
    assert set(published) == {field.name for field in dataclasses.fields(outputs)}
    assert published["variant"] == variant.value
    assert None not in published.values()


@pytest.mark.parametrize(("kind", "variant"), MIX)
def test_every_variant_lives_where_its_name_says(kind: Kind, variant: Variant) -> None:
    cls = REGISTRY[kind][variant]
    assert cls.__module__ == f"components.{kind.value}.{variant.value}"
    assert cls.__name__ == f"{variant.value.capitalize()}{kind.value.capitalize()}"


def test_the_registry_has_a_table_for_every_kind_and_each_offers_something() -> None:
    assert set(REGISTRY) == set(Kind)
    assert all(offered(kind) for kind in Kind)
    assert {id(table) for table in REGISTRY.values()} == {id(getattr(registry, kind.value.upper())) for kind in Kind}, (
        "a kind's own table and its row in REGISTRY are one"
    )


@pytest.mark.parametrize("stack", STACKS)
def test_everything_taggable_is_tagged(recorded: Recorded, stack: str) -> None:
    assert list(untagged(recorded(stack).resources)) == []


def test_the_tag_test_sees_a_missing_tag(recorded: Recorded) -> None:
    bucket = recorded("local").of_type("aws:s3/bucket:Bucket")[0]
    bad = dataclasses.replace(bucket, inputs={**bucket.inputs, "tags": {"mlteam:stack": "local"}})
    assert list(untagged([bad])) == [bucket.name]


@pytest.mark.parametrize("stack", STACKS)
def test_machines_and_their_disks_carry_the_tags_too(recorded: Recorded, stack: str) -> None:
    """Tags of a stack do not reach what is started from a template."""
    [template] = recorded(stack).of_type("aws:ec2/launchTemplate:LaunchTemplate")
    specified = {item["resourceType"]: set(item["tags"]) for item in template.inputs["tagSpecifications"]}
    [instance] = recorded(stack).of_type("aws:ec2/instance:Instance")
    assert all(specified[kind] >= TAGS for kind in ("instance", "volume"))
    assert set(instance.inputs["rootBlockDevice"]["tags"]) >= TAGS


@pytest.mark.parametrize("stack", STACKS)
def test_every_component_publishes(recorded: Recorded, stack: str) -> None:
    """Without it the engine shows a component as created before its children are."""
    recording = recorded(stack)
    silent = [item.name for item in recording.resources if not item.custom and not recording.published.get(item.urn)]
    assert silent == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_components_type_names_its_folder_and_its_class(recorded: Recorded, stack: str) -> None:
    folders = {"network", "storage", "shared", *(kind.value for kind in Kind)}
    tokens = {item.token.split(":")[1] for item in recorded(stack).resources if item.token.startswith("mlteam:")}
    assert tokens <= folders


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_is_priced_or_free_for_a_reason(recorded: Recorded, stack: str) -> None:
    resources = [Resource(item.token, item.name, item.inputs) for item in recorded(stack).resources]
    assert estimate(resources, usage_for(stack.partition("+")[0])).usd_per_month > 0


@pytest.mark.parametrize("stack", STACKS)
def test_secrets_of_the_config_are_encrypted_wherever_they_stand(recorded: Recorded, stack: str) -> None:
    plain = [
        (item.name, key)
        for item in recorded(stack).resources
        for key, value in item.inputs.items()
        if key not in item.secret_inputs and any(secret in str(value) for secret in SECRETS)
    ]
    assert plain == []


def test_the_planted_secret_is_really_in_the_stack(recorded: Recorded) -> None:
    inputs: list[Any] = [item.inputs for item in recorded("dev").resources]
    assert any(SECRETS[0] in str(values) for values in inputs)


@pytest.mark.slow
def test_contracts_load_where_there_is_no_pulumi() -> None:
    modules = ", ".join(["components.platform", *(f"components.{kind.value}.contract" for kind in Kind)])
    code = f"import sys; import {modules}; sys.exit(any(name.startswith('pulumi') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
