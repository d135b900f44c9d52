"""Finds the sections of a Markdown text, and tells which of them hold criteria."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from assembly_line.intake.lines import Line

_NUMBER = re.compile(r"(\d+(\.\d+)*[.):]?|[A-Z][.)]|[IVX]+[.)])\s+")
DASH = "\u2013\u2014-"
_REST = rf"\s*(\Z|[:(&/,+{DASH}]|and\b)"
_KINDS = {
    "criteria": re.compile(r"(.*\b)?(acceptance|success) criteria" + _REST, re.IGNORECASE),
    "contract": re.compile(r"(the )?contract" + _REST, re.IGNORECASE),
    "done": re.compile(r"(.*\b)?definition of done" + _REST, re.IGNORECASE),
}


class Section(NamedTuple):
    title: str
    level: int  # of its heading; 7 for a title in bold
    start: int  # index of its first line
    end: int


def sections_of(lines: list[Line]) -> Iterator[Section]:
    for index, line in enumerate(lines):
        level = line.indent if line.kind == "heading" else 7 if _bold_title(line) else 0
        if level:
            ends = (
                later
                for later in range(index + 1, len(lines))
                if (lines[later].kind == "heading" and lines[later].indent <= level)
                or (level == 7 and _bold_title(lines[later]))
            )
            yield Section(_plain(line.text), level, index + 1, next(ends, len(lines)))


def _bold_title(line: Line) -> bool:
    return line.kind == "text" and line.text.startswith("**") and bool(kind_of(_plain(line.text)))


def _plain(title: str) -> str:
    bare = title[:300].replace("**", "").replace("__", "").strip(" :#")
    number = _NUMBER.match(bare)
    return bare[number.end() :].strip() if number else bare


def kind_of(title: str) -> str:
    return next((kind for kind, pattern in _KINDS.items() if pattern.match(title)), "")
