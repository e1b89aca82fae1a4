"""Data flows one way: corpus ← index ← service ← eval."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ["corpus", "index", "service", "eval"]
# The one place that may reach up, inside its `eval` command.
COMMAND_LINE = "service.cli"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ORDER
    for path in (ROOT / folder).rglob("*.py")
}


def imports(path: Path) -> set[str]:
    """Return the project's own modules that a file imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name in MODULES}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_go_one_way(module: str) -> None:
    own = ORDER.index(module.partition(".")[0])
    above = {name for name in imports(MODULES[module]) if ORDER.index(name.partition(".")[0]) > own}
    if module == COMMAND_LINE:
        above = {name for name in above if not name.startswith("eval")}
    assert not above, f"{module} imports {sorted(above)}"


def test_nothing_imports_the_command_line() -> None:
    assert not [module for module, path in MODULES.items() if COMMAND_LINE in imports(path)]


def test_there_is_no_cycle() -> None:
    graph = {module: imports(path) - {module} for module, path in MODULES.items()}
    # A package imports nothing of its own here, so it stands for its `__init__` alone.
    graphlib.TopologicalSorter(graph).prepare()


def test_files_and_functions_stay_short() -> None:
    long: list[str] = []
    for module, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > 300:
            long.append(f"{module}: {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > 55:
                    long.append(f"{module}.{node.name}: {length} lines")
    assert not long


# What is run only to train.
TRAINS = {f"eval.training.{name}" for name in ("loss", "train", "reading_net", "train_reader")}


def test_the_default_install_needs_no_pytorch() -> None:
    for module, path in MODULES.items():
        if module in TRAINS or module == "index.sentence_transformer":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            name.partition(".")[0]
            for node in ast.walk(tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert not imported & {"torch", "transformers", "sentence_transformers", "optimum"}, module
