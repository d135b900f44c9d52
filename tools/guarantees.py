#!/usr/bin/env python3
"""Writes docs/guarantees.md from the docstrings of the tests in tests/shortcuts; --check only compares."""

import ast
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "guarantees.md"
TESTS = ROOT / "tests" / "shortcuts"
PARTS = ("Does", "Stopped by", "Ends")
HEAD = """# Guarantees, and the tests that check them

Each row is a test that makes the misstep in the real client with a scripted model, then checks the task, its files and
its journal. In every one the misstep does not complete the task, the run ends properly, and the attempt is in the
journal. The tests are in `tests/shortcuts`; `tools/guarantees.py` generates this page from them.

`docs/security.md` says what is guaranteed against whom, and what only CI can enforce.
"""
GROUPS = (
    ("## Shortcuts", r"S\d+"),
    ("## A session that disobeys", "Stubborn"),
    ("## No gate traps anyone", "Trap"),
)
COLUMNS = "| What the model does | What stops it | How the run ends |\n|---|---|---|\n"


class Row(NamedTuple):
    """One guarantee, from the docstring of its test."""

    group: str  # S1 to S29, Stubborn, Trap
    title: str
    parts: tuple[str, ...]  # in the order of PARTS


def rows(folder: Path) -> list[Row]:
    """The guarantees of all tests in a folder, by number; ValueError for a docstring that lacks a part."""
    guarantees = []
    for path in sorted(folder.glob("test_*.py")):
        for item in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(item, ast.FunctionDef) and item.name.startswith("test_"):
                text = ast.get_docstring(item)
                guarantees += [_row(f"{path.name}:{item.lineno}", text)] if text else []
    return sorted(guarantees, key=lambda row: (int(row.group[1:]) if row.group[1:].isdigit() else 99, row.group))


def page(guarantees: list[Row]) -> str:
    """The whole page."""
    parts = [HEAD]
    for heading, pattern in GROUPS:
        lines = [_line(row) for row in guarantees if re.fullmatch(pattern, row.group)]
        parts.append(f"{heading}\n\n| | {COLUMNS.replace('|---', '|---|---', 1)[2:]}" + "".join(lines))
    return "\n".join(parts)


def _line(row: Row) -> str:
    name = f"{row.group}: {row.title}" if row.group[1:].isdigit() else row.title
    return f"| {name} | {' | '.join(row.parts)} |\n"


def _row(place: str, text: str) -> Row:
    head, *rest = re.split(rf"^({'|'.join(PARTS)}): ", text, flags=re.MULTILINE)
    if tuple(rest[::2]) != PARTS:
        raise ValueError(f"{place}: the docstring needs the parts {', '.join(PARTS)}, in this order")
    group, _, title = head.strip().partition(" ")
    return Row(group, title, tuple(" ".join(part.split()).replace("|", "\\|") for part in rest[1::2]))


def main(words: list[str]) -> int:
    """Write or compare the page; 1 when it is out of date."""
    text = page(rows(TESTS))
    if "--check" in words:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
