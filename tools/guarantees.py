#!/usr/bin/env python3
"""Writes docs/guarantees.md and docs/honest-work.md from the docstrings of their tests; --check only compares."""

import ast
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Page(NamedTuple):
    """A page that is made from a folder of tests."""

    file: Path
    tests: Path
    parts: tuple[str, ...]  # of each docstring, in this order
    columns: tuple[str, ...]  # one for each part
    groups: tuple[tuple[str, str], ...]  # heading, and the pattern of the groups below it
    head: str


GUARANTEES = Page(
    ROOT / "docs" / "guarantees.md",
    ROOT / "tests" / "shortcuts",
    ("Does", "Stopped by", "Ends"),
    ("What the model does", "What stops it", "How the run ends"),
    (
        ("## Shortcuts", r"S\d+"),
        ("## A session that disobeys", "Stubborn"),
        ("## No gate traps anyone", "Trap"),
    ),
    """# Guarantees, and the tests that check them

Each row is a test that makes the misstep in the real client with a scripted model, then checks the task, its files and
its journal. In every one the misstep does not complete the task, the run ends properly, and the attempt is in the
journal. The tests are in `tests/shortcuts`; `tools/guarantees.py` generates this page from them.

`docs/security.md` says what is guaranteed against whom, and what only CI can enforce.
""",
)
HONEST = Page(
    ROOT / "docs" / "honest-work.md",
    ROOT / "tests" / "honest",
    ("Does", "Line does", "Costs"),
    ("What an honest crew does", "What the line does", "What it costs"),
    (
        ("## By-products, and sources that a judge changes", "H1"),
        ("## A run that needs a person", "H2"),
        ("## Who mends what, and when", "H[34]"),
        ("## Reports", "H5"),
        ("## Commands as evidence", "H[67]"),
        ("## A folder of a larger repository", "H8"),
        ("## What people read", "H9"),
        ("## Permissions", "H10"),
        ("## Briefs", "H11"),
        ("## Abort", "H12"),
        ("## Models", "H13"),
        ("## Transcripts", "H17"),
        ("## Branches and cleaning up", "H14"),
        ("## Merges", "H18"),
    ),
    """# Honest work, and the tests that let it through

Each row is a test in which a crew does, in the real client with a scripted model, what honest people do; it checks that
the work counts, and what it costs. Where a rule is loose, a row shows the cheat that it still stops. The tests are in
`tests/honest`; `tools/guarantees.py` generates this page from them. Shortcuts, and what stops them, are in
`docs/guarantees.md`.
""",
)
PAGES = (GUARANTEES, HONEST)


class Row(NamedTuple):
    """One row of a page, from the docstring of its test."""

    group: str  # S1 to S29, Stubborn, Trap; H1 to H13
    title: str
    parts: tuple[str, ...]  # in the page's order


def rows(page: Page) -> list[Row]:
    """The rows of all tests in a page's folder, by number; ValueError for a docstring that lacks a part."""
    found = []
    for path in sorted(page.tests.glob("test_*.py")):
        for item in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(item, ast.FunctionDef) and item.name.startswith("test_"):
                text = ast.get_docstring(item)
                found += [_row(f"{path.name}:{item.lineno}", text, page.parts)] if text else []
    return sorted(found, key=lambda row: (int(row.group[1:]) if row.group[1:].isdigit() else 99, row.group))


def text(page: Page) -> str:
    """A whole page."""
    found = rows(page)
    head = f"| | {' | '.join(page.columns)} |\n|{'---|' * (len(page.columns) + 1)}\n"
    parts = [page.head]
    for heading, pattern in page.groups:
        lines = [_line(row) for row in found if re.fullmatch(pattern, row.group)]
        parts.append(f"{heading}\n\n{head}" + "".join(lines))
    return "\n".join(parts)


def _line(row: Row) -> str:
    name = f"{row.group}: {row.title}" if row.group[1:].isdigit() else row.title
    return f"| {name} | {' | '.join(row.parts)} |\n"


def _row(place: str, docstring: str, names: tuple[str, ...]) -> Row:
    head, *rest = re.split(rf"^({'|'.join(names)}): ", docstring, flags=re.MULTILINE)
    if tuple(rest[::2]) != names:
        raise ValueError(f"{place}: the docstring needs the parts {', '.join(names)}, in this order")
    group, _, title = head.strip().partition(" ")
    return Row(group, title, tuple(" ".join(part.split()).replace("|", "\\|") for part in rest[1::2]))


def main(words: list[str]) -> int:
    """Write or compare the pages; 1 when one is out of date."""
    for page in PAGES:
        if "--check" not in words:
            page.file.write_text(text(page), encoding="utf-8")
        elif not page.file.exists() or page.file.read_text(encoding="utf-8") != text(page):
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
