"""What one instance has compiled, the next need not compile."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emulator.executors import bytecode

TIME = 1_700_000_000


@pytest.fixture
def make(tmp_path: Path) -> "Instances":
    return Instances(tmp_path)


class Instances:
    """Roots with one package each at the same place, and a cache that they share."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.caches = folder, folder / "cache"

    def root(self, name: str, source: str, *, time: int = TIME) -> Path:
        root = self.folder / name
        package = root / "opt" / "packages" / "heavy.py"
        package.parent.mkdir(parents=True)
        (root / "run" / "emulator").mkdir(parents=True)
        package.write_text(source)
        os.utime(package, (time, time))
        return root

    def imports(self, root: Path, **extra: str) -> str:
        """What the package says, imported on the instance."""
        environment = {**bytecode.settings(root, self.caches), **extra, "PYTHONPATH": f"{root}/opt/packages"}
        bytecode.share(environment, root)
        command = [sys.executable, "-S", "-c", "import heavy; print(heavy.SAYS)"]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()

    def compiled(self) -> list[Path]:
        return list(self.caches.rglob("heavy.*.pyc"))


def test_a_package_is_compiled_once_for_all_instances(make: Instances) -> None:
    first, second = make.root("i-1", "SAYS = 1"), make.root("i-2", "SAYS = 1")
    assert make.imports(first) == "1"
    (compiled,) = make.compiled()
    made = compiled.stat().st_mtime_ns
    assert make.imports(second) == "1"
    assert [each.stat().st_mtime_ns for each in make.compiled()] == [made]


def test_a_service_with_a_prefix_of_its_own_shares_too(make: Instances) -> None:
    root = make.root("i-1", "SAYS = 1")
    assert make.imports(root, PYTHONPYCACHEPREFIX=f"{root}/opt/.pycache") == "1"
    assert len(make.compiled()) == 1


def test_another_source_at_the_same_place_is_compiled_anew(make: Instances) -> None:
    assert make.imports(make.root("i-1", "SAYS = 1")) == "1"
    assert make.imports(make.root("i-2", "SAYS = 2", time=TIME + 1)) == "2"
    assert make.imports(make.root("i-3", "SAYS = 33")) == "33"


def test_the_standard_library_is_shared_and_nothing_is_kept_on_the_instance(make: Instances) -> None:
    root = make.root("i-1", "import graphlib; SAYS = 1")
    assert make.imports(root) == "1"
    assert list((make.caches / "mlteam" / "bytecode" / "python").rglob("graphlib.*.pyc"))
    assert [each for each in root.rglob("*") if each.suffix == ".pyc"] == []


def test_the_machines_own_pip_is_shared(make: Instances, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian has it beside the standard library and not within."""
    beside = make.folder / "usr" / "lib" / "python3" / "dist-packages" / "its_pip.py"
    beside.parent.mkdir(parents=True)
    beside.write_text("")
    monkeypatch.setattr(
        bytecode, "_PYTHON", bytecode.home_of(str(make.folder / "usr" / "lib" / "python3.11" / "os.py"))
    )
    root = make.root("i-1", f"import sys; sys.path.append({str(beside.parent)!r}); import its_pip; SAYS = 1")
    assert make.imports(root) == "1"
    assert list((make.caches / "mlteam" / "bytecode" / "python").rglob("its_pip.*.pyc"))


@pytest.mark.parametrize("prefix", ["/nowhere/of/mine", "{root}/not/there/.pycache"])
def test_a_prefix_off_the_instance_or_in_a_folder_that_is_missing_is_left_alone(make: Instances, prefix: str) -> None:
    root = make.root("i-1", "SAYS = 1")
    bytecode.share({**bytecode.settings(root, make.caches), bytecode.PREFIX: prefix.format(root=root)}, root)
    assert not make.caches.exists()


SHARES = """
name=shared_$RANDOM$RANDOM; export PYTHONPATH=$INSTANCE_ROOT/opt/$name; mkdir -p $PYTHONPATH
echo "SAYS = 1" > $PYTHONPATH/$name.py
{}
ls $EMULATED_BYTECODE/instance/opt/$name
rm -r $EMULATED_BYTECODE/instance/opt/$name
"""
SCRIPT = 'python3 -c "import $name"'
SERVICE = """
cat > $INSTANCE_ROOT/etc/systemd/system/own.service <<END
[Service]
Type=oneshot
Environment=PYTHONPATH=$PYTHONPATH PYTHONPYCACHEPREFIX=$INSTANCE_ROOT/opt/.pycache
ExecStart=python3 -c "import $name"
END
systemctl daemon-reload; systemctl start own
"""
"""With a prefix of its own, as the platform's services have."""


@pytest.mark.slow
@pytest.mark.parametrize("imports", [SCRIPT, SERVICE], ids=["a script", "a service"])
def test_what_an_instance_compiles_is_in_the_users_cache(cloud: Any, instance: str, imports: str) -> None:
    assert cloud.out(instance, SHARES.format(imports)).endswith(".pyc\n")
