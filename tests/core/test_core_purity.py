"""The core has no way to the outside."""

import ast
from pathlib import Path

import pytest

CORE = Path(__file__).resolve().parents[2] / "assembly_line" / "core"
PURE = {"typing", "itertools", "collections", "re", "datetime", "difflib", "posixpath"}
OWN = ("assembly_line.core", "assembly_line.errors")
BUILTINS = {"open", "print", "input", "exec", "eval", "__import__", "compile"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("path", sorted(CORE.glob("*.py")), ids=lambda path: path.name)
def test_core_imports_only_itself_and_pure_modules(path):
    foreign = [name for name in imports(path) if name.split(".")[0] not in PURE and not name.startswith(OWN)]
    assert foreign == []


@pytest.mark.parametrize("path", sorted(CORE.glob("*.py")), ids=lambda path: path.name)
def test_core_calls_nothing_that_reads_or_writes(path):
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & BUILTINS == set()
