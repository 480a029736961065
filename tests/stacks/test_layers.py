"""Who may import whom (docs: the layout's import table), read from the source."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from components.variants import Kind, Variant

ROOT = Path(__file__).parents[2]
OURS = ("components", "stacks", "workflow", "emulator", "costs", "tools", "benchmarks", "examples")
KINDS = tuple(kind.value for kind in Kind)

MAY = {
    "__main__": ("stacks",),
    "stacks": ("stacks", "components", "costs", "workflow", "emulator"),
    "components.registry": ("components",),
    "workflow": ("workflow", "costs", "stacks.commands", "components.variants", "components.platform"),
    "costs": ("costs",),
    "emulator": ("emulator",),
}
"""By the longest prefix that fits; components are further below."""
CONTRACTS = tuple(f"components.{folder}.contract" for folder in (*KINDS, "shared", "storage"))
BASICS = ("components.variants", "components.naming", "components.base", "components.platform")
HOST_FILES = "components.shared.files"


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


@cache
def imported(source: str) -> frozenset[str]:
    """All that a source imports, at its top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def _within(name: str, allowed: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in allowed)


def allowed_for(module: str) -> tuple[str, ...]:
    parts = module.split(".")
    if module.startswith(HOST_FILES):
        return (HOST_FILES,)
    if parts[0] == "components" and parts[-1] == "contract":
        return (*BASICS, *CONTRACTS, "components.shared.statements")
    if parts[0] == "components" and module != "components.registry":
        return _component(parts)
    fitting = [prefix for prefix in MAY if _within(module, (prefix,))]
    extra = CONTRACTS if parts[0] == "workflow" else ()
    return (*MAY[max(fitting, key=len)], *extra)


def _component(parts: list[str]) -> tuple[str, ...]:
    """A variant: its own folder but its twin, what is shared, every contract."""
    shared = ("components.shared", "components.network.reach", *BASICS, *CONTRACTS)
    if len(parts) < 3 or parts[1] not in KINDS:
        return (*shared, *(f"components.{folder}" for folder in parts[1:2]))
    twins = {variant.value for variant in Variant} - {parts[2]}
    own = [path.stem for path in (ROOT / "components" / parts[1]).glob("*.py") if path.stem not in twins]
    return (*shared, *(f"components.{parts[1]}.{name}" for name in own))


def breaches(module: str, source: str) -> set[str]:
    ours = {name for name in imported(source) if name.split(".")[0] in OURS}
    return {name for name in ours if not _within(name, allowed_for(module))}


@pytest.mark.parametrize("folder", ["components", "costs", "workflow", "emulator"])
def test_layers_import_downwards_only(folder: str) -> None:
    found = {module_of(path): breaches(module_of(path), path.read_text(encoding="utf-8")) for path in sources(folder)}
    assert {module: names for module, names in found.items() if names} == {}


def test_the_program_imports_stacks_only() -> None:
    assert breaches("__main__", (ROOT / "__main__.py").read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("components.tracking.oss", "from components.tracking.managed import ManagedTracking"),
        ("components.tracking.oss", "from components.serving.oss import PORT"),
        ("components.tracking.oss", "import components.registry"),
        ("components.shared.host", "from components.training.oss import OssTraining"),
        ("components.shared.files.converge", "from components.shared.contract import ServiceSpec"),
        ("components.data.contract", "from components.shared.roles import create_role"),
        ("workflow.steps.train", "from stacks.settings import Settings"),
        ("workflow.steps.train", "def f():\n    from components.training.oss import OssTraining"),
        ("costs.model", "import workflow.errors"),
        ("emulator.server", "from components.naming import Naming"),
        ("__main__", "from components.registry import DATA"),
    ],
)
def test_the_layer_test_sees_a_breach(module: str, source: str) -> None:
    assert breaches(module, source)


def pulumi_importers(folder: str) -> list[str]:
    return [
        module_of(path)
        for path in sources(folder)
        if any(name.startswith("pulumi") for name in imported(path.read_text(encoding="utf-8")))
    ]


def test_the_workflow_never_imports_pulumi() -> None:
    assert pulumi_importers("workflow") == []


def test_costs_never_import_pulumi() -> None:
    assert pulumi_importers("costs") == []


def readers_of_config() -> set[str]:
    marks = ("pulumi.Config", "runtime import config", "get_config")
    return {
        module_of(path)
        for path in sources("stacks", "components")
        if any(mark in path.read_text(encoding="utf-8") for mark in marks)
    }


def test_config_is_read_in_one_place() -> None:
    assert readers_of_config() == {"stacks.load"}


def branches_on_a_variant(source: str) -> list[str]:
    tests = [node.test for node in ast.walk(ast.parse(source)) if isinstance(node, ast.If | ast.IfExp)]
    return [ast.unparse(test) for test in tests if "variant" in ast.unparse(test).lower()]


def test_no_branch_asks_for_a_variant_outside_of_the_tables() -> None:
    found = {
        module_of(path): branches_on_a_variant(path.read_text(encoding="utf-8"))
        for path in (*sources("components"), ROOT / "stacks" / "composition.py")
    }
    assert {module: tests for module, tests in found.items() if tests} == {}
    assert branches_on_a_variant("x = 1 if settings.tracking is Variant.OSS else 2")
