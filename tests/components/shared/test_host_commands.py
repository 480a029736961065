"""The documents that people run on the host: they look, and take nothing that a shell would understand."""

import json
import re

import pytest

from components.shared.host_commands import logs_content, probe_content

SERVICES = {"mlflow": 5000, "model-server": 8080}


def test_a_log_is_read_by_service_and_number_of_lines_only() -> None:
    content = json.loads(logs_content(SERVICES))
    [step] = content["mainSteps"]
    [line] = step["inputs"]["runCommand"]
    assert line.startswith("journalctl -u mlteam-{{ service }}.service -n {{ lines }} --no-pager | tail -c ")
    assert set(re.findall(r"{{ (\w+) }}", line)) == set(content["parameters"])
    assert content["parameters"]["service"]["allowedValues"] == ["mlflow", "model-server"]


@pytest.mark.parametrize("value", ["0", "1; reboot", "$(id)", "", "100000", "-1"])
def test_a_number_of_lines_is_nothing_else(value: str) -> None:
    pattern = json.loads(logs_content(SERVICES))["parameters"]["lines"]["allowedPattern"]
    assert not re.search(pattern, value)
    assert re.search(pattern, "10000")


def test_a_probe_takes_nothing_and_asks_every_service() -> None:
    content = json.loads(probe_content("10.0.0.5", SERVICES))
    assert content["parameters"] == {}
    lines = content["mainSteps"][0]["inputs"]["runCommand"]
    assert [(f"http://10.0.0.5:{port}/" in line, line.endswith(f"|| echo {name}")) for line, (name, port) in zip(
        lines, SERVICES.items(), strict=True)] == [(True, True)] * 2  # fmt: skip
    assert json.loads(probe_content("10.0.0.5", {}))["mainSteps"][0]["inputs"]["runCommand"] == ["true"]
