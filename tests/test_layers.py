"""The order of the rooms and of the tests: an import only goes down."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "assembly_line"
# From the ground up. What stands in one row may be imported by the rows below it in this list, never the other way.
ROOMS = (
    "errors",
    "paths",
    "core",
    "system",
    "untrusted",
    "yamlio",
    "schemas",
    "storage",
    "sources",
    "statefile",
    "project",
    "intake",
    "client",
    "check",
    "text",
    "engine",
    "hook",
    "rehearsal",
    "cli",
)
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imported(path):
    """The rooms that a module imports from, and the lines."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("assembly_line"):
            continue
        names = [alias.name for alias in node.names] if node.module == "assembly_line" else [node.module.split(".")[1]]
        yield from ((name, node.lineno) for name in names)


def test_an_import_only_goes_down():
    upward = []
    for path in MODULES:
        if (room := room_of(path)) in ROOMS:
            below = {room, "bootstrap", "__version__", *ROOMS[: ROOMS.index(room)]}
            upward += [f"{path.name}:{line} {name}" for name, line in imported(path) if name not in below]
    assert upward == []


def test_every_room_has_its_place_in_the_order_and_the_top_is_small():
    top = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.suffix == ".py"}
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert set(ROOMS) == folders | {"errors", "paths"}
    assert top == {"__init__", "__main__", "bootstrap", "errors", "paths"}


@pytest.mark.parametrize("room", [room for room in ROOMS if (PACKAGE / room).is_dir()])
def test_no_room_has_a_circle_of_imports(room):
    modules = {path.stem: path for path in (PACKAGE / room).glob("*.py") if path.stem != "__init__"}
    wants = {
        name: {
            other
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"assembly_line.{room}")
            for other in [*(alias.name for alias in node.names), node.module.rpartition(".")[2]]
            if other in modules and other != name
        }
        for name, path in modules.items()
    }
    while free := [name for name, needs in wants.items() if not needs & set(wants)]:
        for name in free:
            del wants[name]
    assert wants == {}


# What a folder of tests may import besides its own modules, if it is not tests.support alone.
MORE = {"tests.support": (), "tests.faults": ("tests.support", "tests.sweeps")}
OUTSIDE = sorted((ROOT / "tests").rglob("*.py")) + sorted((ROOT / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_tests_sweeps_and_benchmarks_share_what_is_in_support_and_nothing_else(path):
    own = ".".join(path.relative_to(ROOT).parent.parts)
    wanted = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("tests", "benchmarks")
        for alias in node.names
    }
    rooms = (*MORE.get(own, ("tests.support",)), *(() if own == "tests" else (own,)))
    assert [name for name in sorted(wanted) if not name.startswith(tuple(f"{room}." for room in rooms))] == []
    assert [name for name in sorted(wanted) if ".test_" in name] == []
