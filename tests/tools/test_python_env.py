"""The parts of making .venv that need no installation."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.python_env import launcher, link_project, usable


def test_a_folder_without_interpreter_is_no_usable_virtualenv(tmp_path: Path) -> None:
    assert not usable(tmp_path)


@pytest.mark.slow
def test_a_virtualenv_is_usable_where_it_was_made_and_not_when_it_is_damaged(tmp_path: Path) -> None:
    made = tmp_path / "made"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made)], check=True)
    assert usable(made)
    (made / "pyvenv.cfg").unlink()
    assert not usable(made), "its interpreter takes itself for another"


def test_the_project_is_linked_by_its_checkout(tmp_path: Path) -> None:
    packages = tmp_path / "venv" / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True)
    (tmp_path / "venv" / "bin").mkdir()
    link_project(tmp_path / "venv", tmp_path / "a check out")
    assert (packages / "mlteam.pth").read_text() == f"{tmp_path}/a check out\n"
    assert (tmp_path / "venv" / "bin" / "mlteam").stat().st_mode & 0o777 == 0o755


@pytest.mark.slow
def test_the_launcher_works_from_a_path_with_spaces_and_quotes(tmp_path: Path) -> None:
    folder = tmp_path / "it's a place"
    folder.mkdir()
    (folder / "python").symlink_to("/bin/echo")
    script = folder / "mlteam"
    script.write_text(launcher(folder / "python", "workflow.cli:main"))
    script.chmod(0o755)
    done = subprocess.run([str(script), "two words", "--help"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{script} two words --help\n"


def test_the_launcher_is_python_too() -> None:
    compile(launcher(Path("/a 'b/python"), "workflow.cli:main"), "mlteam", "exec")
