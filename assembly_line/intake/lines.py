"""Classifies the lines of a Markdown text (heading, item, text, ...) and leaves out fenced code and comments."""

import re
from typing import NamedTuple

_FENCE = re.compile(r"\s*(?:(?:[-*+]|\d{1,3}[.)])\s+)?(`{3,}(?=[^`]*\Z)|~{3,})")
_RULE = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}\Z")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)])(?:[ \t]+|(?=\[[ xX~]\])|\Z)(\[[ xX~✓✔-]?\](?:[ \t]+|\Z))?(.*)\Z")


class Line(NamedTuple):
    """One line of a Markdown text."""

    kind: str  # heading, item, rule, table, text, blank
    number: int  # in the file, from 1
    indent: int  # columns before the text or the marker; a heading's level
    text: str  # without the marker
    box: bool = False  # whether an item has a checkbox


def lines_of(text: str, start: int) -> list[Line]:
    """The lines after the first `start` lines of a text."""
    rows = text.split("\n")
    last = max((index for index, row in enumerate(rows) if "-->" in row), default=-1)
    lines: list[Line] = []
    fence = ""
    comment = False
    for index, row in enumerate(rows[start:], start):
        if not fence and (comment or "<!--" in row):
            row, comment = _without_comments(row, comment, index < last)
        opened = None if comment else _FENCE.match(row)
        if fence:
            if opened and opened[1].startswith(fence) and not row.strip().strip(fence[0]):
                fence = ""
        elif opened:
            fence = opened[1]
        else:
            lines.append(_line(row.expandtabs(4), index + 1))
    return lines


def _line(row: str, number: int) -> Line:
    text = row.strip()
    indent = len(row) - len(row.lstrip())
    if not text:
        return Line("blank", number, 0, "")
    marks = len(text) - len(text.lstrip("#"))
    if indent < 4 and 0 < marks < 7 and text[marks : marks + 1] in ("", " "):
        title = text[marks:].strip()
        bare = title.rstrip("#")  # without closing marks
        return Line("heading", number, marks, title if bare and not bare.endswith(" ") else bare.rstrip())
    if _RULE.match(row):
        return Line("rule", number, 0, "")
    if item := _ITEM.match(text):
        return Line("item", number, indent, item[2].strip(), item[1] is not None)
    return Line("table" if text.startswith("|") else "text", number, indent, text)


def _without_comments(row: str, inside: bool, closed_later: bool) -> tuple[str, bool]:
    """A row without HTML comments, and whether one is open at its end; a comment that is never closed is text."""
    parts: list[str] = []
    at = ticks = 0
    last = row.rfind("-->")
    while True:
        if inside:
            end = row.find("-->", at)
            if end < 0:
                return "".join(parts), True
            at, inside = end + 3, False
        begin = row.find("<!--", at)
        if begin < 0:
            return "".join([*parts, row[at:]]), False
        ticks += row.count("`", at, begin)  # a comment inside `code` is text
        inside = not ticks % 2 and (closed_later or last >= begin + 4)
        parts.append(row[at:begin] if inside else row[at : begin + 4])
        at = begin + 4
