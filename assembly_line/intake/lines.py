"""Sorts the lines of a Markdown text into headings, list items and text, and leaves fenced code and comments out."""

import re
from typing import NamedTuple

_FENCE = re.compile(r"\s*(?:(?:[-*+]|\d{1,3}[.)])\s+)?(`{3,}(?=[^`]*\Z)|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*\Z")
_RULE = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}\Z")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)])(?:[ \t]+|(?=\[[ xX~]\])|\Z)(\[[ xX~✓✔-]?\](?:[ \t]+|\Z))?(.*)\Z")


class Line(NamedTuple):
    """One line of a Markdown text."""

    kind: str  # heading, item, rule, table, text, blank
    number: int  # in the file, from 1
    indent: int  # columns before the text or the marker; of a heading its level
    text: str  # without marker
    box: bool = False  # an item with a checkbox


def lines_of(text: str, start: int) -> list[Line]:
    """The lines after the first `start` lines of a text."""
    rows = _without_comments(text.split("\n"), start)
    found: list[Line] = []
    fence = ""
    for number, row in enumerate(rows[start:], start + 1):
        opened = _FENCE.match(row)
        if fence:
            if opened and opened[1].startswith(fence) and not row.strip().strip(fence[0]):
                fence = ""
            continue
        if opened:
            fence = opened[1]
            continue
        found.append(_line(row.expandtabs(4), number))
    return found


def _line(row: str, number: int) -> Line:
    text = row.strip()
    indent = len(row) - len(row.lstrip())
    if not text:
        return Line("blank", number, 0, "")
    if heading := _HEADING.match(row):
        return Line("heading", number, len(heading[1]), (heading[2] or "").strip())
    if _RULE.match(row):
        return Line("rule", number, 0, "")
    if item := _ITEM.match(text):
        return Line("item", number, indent, item[2].strip(), item[1] is not None)
    return Line("table" if text.startswith("|") else "text", number, indent, text)


def _without_comments(rows: list[str], start: int) -> list[str]:
    """The rows with the text of HTML comments cut out; a comment that is never closed is text."""
    kept = list(rows)
    fence = ""
    index = start
    while index < len(kept):
        opened = _FENCE.match(kept[index])
        if fence:
            if opened and opened[1].startswith(fence) and not kept[index].strip().strip(fence[0]):
                fence = ""
        elif opened:
            fence = opened[1]
        elif (begin := kept[index].find("<!--")) >= 0 and kept[index][:begin].count("`") % 2 == 0:
            end = next(
                (later for later in range(index, len(kept)) if "-->" in kept[later][_after(later, index, begin) :]), -1
            )
            if end >= 0:
                rest = kept[end][kept[end].index("-->", _after(end, index, begin)) + 3 :]
                kept[index : end + 1] = [kept[index][:begin] + rest, *[""] * (end - index)]
                continue
        index += 1
    return kept


def _after(row: int, first: int, begin: int) -> int:
    return begin + 4 if row == first else 0
