"""The user data of training machines: one text for every job."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from components.shared import bundle
from components.shared.contract import ReleaseOutputs
from components.training.user_data import MAX_BYTES, user_data

ROOT = Path(__file__).parents[3]
RELEASE = ReleaseOutputs(requirements_sha256="1" * 64, code_sha256="2" * 64)


def rendered() -> str:
    tools = bundle.requirement_blocks((ROOT / "requirements-dev.txt").read_text(encoding="utf-8"), bundle.TOOLS)
    return user_data("us-east-1", "mlteam-dev-000000000000-artifacts", RELEASE, tools, 14_400)


def test_it_is_the_same_for_every_job() -> None:
    assert rendered() == rendered()
    assert "@" not in "".join(line for line in rendered().splitlines() if line.startswith(("region=", "bucket=")))


def test_it_fits_into_what_ec2_takes() -> None:
    assert len(rendered().encode()) < MAX_BYTES


def test_the_machine_ends_itself_whatever_happens() -> None:
    text = rendered()
    assert text.index("trap finish EXIT") < text.index("boot prepare")
    assert "shutdown -h now" in text


def test_a_job_is_bounded() -> None:
    assert "timeout --kill-after=60 '14400'" in rendered()


@pytest.mark.slow
def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    script = tmp_path / "user_data.sh"
    script.write_text(rendered(), encoding="utf-8")
    program = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or "shellcheck"
    done = subprocess.run([program, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_shellcheck_would_find_something(tmp_path: Path) -> None:
    script = tmp_path / "bad.sh"
    script.write_text("#!/bin/bash\ncp $1 $2\n", encoding="utf-8")
    program = shutil.which("shellcheck", path=str(Path(sys.executable).parent)) or "shellcheck"
    assert subprocess.run([program, str(script)], capture_output=True, check=False).returncode == 1


@pytest.mark.slow
def test_a_machine_whose_disk_is_full_ends_itself_too(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "shutdown").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/ended\n', encoding="utf-8")
    (tools / "shutdown").chmod(0o755)
    log = tmp_path / "var/log/mlteam-training.log"
    log.parent.mkdir(parents=True)
    log.symlink_to("/dev/full")
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "INSTANCE_ROOT": str(tmp_path)}
    subprocess.run(["bash", "-c", rendered()], env=environment, check=False)
    assert (tmp_path / "ended").read_text(encoding="utf-8") == "-h now\n"


@pytest.mark.slow
@pytest.mark.parametrize(("job", "code"), [("", 2), ("../../x", 2), ("a b", 2)])
def test_a_machine_without_a_proper_job_ends_itself_at_once(tmp_path: Path, job: str, code: int) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "python3").write_text(f"#!/bin/sh\necho '{job}'\n", encoding="utf-8")
    (tools / "shutdown").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/ended\n', encoding="utf-8")
    for program in tools.iterdir():
        program.chmod(0o755)
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "INSTANCE_ROOT": str(tmp_path)}
    done = subprocess.run(["bash", "-c", rendered()], env=environment, check=False)
    assert done.returncode == code
    assert (tmp_path / "ended").read_text(encoding="utf-8") == "-h now\n"
    assert f"tag mlteam:job is '{job}'" in (tmp_path / "var/log/mlteam-training.log").read_text(encoding="utf-8")
