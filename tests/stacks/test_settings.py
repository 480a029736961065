"""One set of keys: Settings, Pulumi.yaml and whatever else lists them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from stacks.environment import ENVIRONMENTS
from stacks.faults import Given, check
from stacks.settings import Settings, keys

ROOT = Path(__file__).parents[2]


def project_file() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    return content


def declared() -> dict[str, dict[str, Any]]:
    return {key.removeprefix("mlteam:"): entry for key, entry in project_file()["config"].items()}


def documented(markdown: str) -> set[str]:
    """Keys of a config table whose rows begin with | `mlteam:key` |."""
    return set(re.findall(r"^\| `mlteam:(\w+)` \|", markdown, flags=re.MULTILINE))


def as_text(default: object) -> str:
    """A default as `pulumi config set` would store it."""
    if isinstance(default, tuple):
        return ",".join(default)
    return "" if default is None or isinstance(default, SecretStr) else str(default)


def test_pulumi_yaml_declares_exactly_the_settings() -> None:
    assert set(declared()) == set(keys())


def test_pulumi_yaml_and_settings_have_the_same_defaults() -> None:
    defaults = dict(zip(keys(), (field.default for field in Settings.model_fields.values()), strict=True))
    assert {key: str(entry["default"]) for key, entry in declared().items()} == {
        key: as_text(default) for key, default in defaults.items()
    }


def test_a_readme_with_a_config_table_lists_exactly_the_settings() -> None:
    assert documented("| key | what |\n|---|---|\n| `mlteam:owner` | who |\n") == {"owner"}
    listed = documented((ROOT / "README.md").read_text(encoding="utf-8"))
    assert listed in (set(), set(keys()))


def test_no_key_has_a_type_because_the_engine_would_stop_at_its_first_fault() -> None:
    assert all(set(entry) == {"description", "default"} for entry in declared().values())


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_each_stack_file_has_only_good_values(stack: str) -> None:
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    values = {key.removeprefix("mlteam:"): value for key, value in config.items() if key.startswith("mlteam:")}
    _, faults = check(Given(stack=stack, values=values))
    assert {fault.key for fault in faults} <= {"amiId"}


def test_local_can_only_reach_the_emulators_account() -> None:
    config = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text(encoding="utf-8"))["config"]
    assert config["aws:allowedAccountIds"] == ["000000000000"]
    assert {config["aws:accessKey"], config["aws:secretKey"]} == {"emulated"}
