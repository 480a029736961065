"""The SSM document: its script puts files as they are and runs them."""

import json
import subprocess
from pathlib import Path

import pytest

from components.shared.contract import ReleaseOutputs, ServiceSpec
from components.shared.manifest import MAX_DOCUMENT_BYTES, Place, digest, document_content, manifest, script

PLACE = Place(stack="dev", region="us-east-1", artifact_bucket="b", volume_id="vol-1")
RELEASE = ReleaseOutputs(requirements_sha256="1" * 64, code_sha256="2" * 64)


def service(name: str) -> ServiceSpec[str]:
    return ServiceSpec(name=name, command="python -m x", port=1, health_path="/", data_folder=name)


def test_the_order_of_services_changes_nothing() -> None:
    one, two = service("a"), service("b")
    assert manifest(PLACE, RELEASE, [one, two]) == manifest(PLACE, RELEASE, [two, one])


def test_any_change_of_a_service_is_another_digest() -> None:
    contents = [document_content(manifest(PLACE, RELEASE, [item]), "uv==1\n") for item in (service("a"), service("b"))]
    assert len({digest(content) for content in contents}) == 2


def test_the_document_has_one_parameter_of_a_digests_form() -> None:
    content = json.loads(document_content(manifest(PLACE, RELEASE, [service("a")]), "uv==1\n"))
    assert content["schemaVersion"] == "2.2"
    assert content["parameters"]["digest"]["allowedPattern"] == "^[0-9a-f]{64}$"


def test_the_document_leaves_room_below_the_limit_of_aws() -> None:
    content = document_content(manifest(PLACE, RELEASE, [service(f"service-{i}") for i in range(8)]), "x" * 6_000)
    assert len(content.encode()) < MAX_DOCUMENT_BYTES * 0.9


def test_what_ssm_would_take_for_its_own_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="two opening braces"):
        script({"a.py": "print('{{ x }}')"})


@pytest.mark.slow
def test_the_script_writes_each_file_as_it_is(tmp_path: Path) -> None:
    program = "import sys\nprint(open(sys.argv[1]).read())\n"
    odd = "a 'quote' $HOME `x` \\ \"y\"\n"
    lines = script({"components/shared/files/converge.py": program, "manifest.json": odd})
    done = subprocess.run(
        ["sh", "-c", "\n".join(lines)], env={"INSTANCE_ROOT": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"{odd}\n"
    written = tmp_path / "opt/mlteam/converge/manifest.json"
    assert written.stat().st_mode & 0o077 == 0, "only root reads what a host is told"
