"""Finds Given, When, Then, And and But at the start of a Markdown line, however they are marked up."""

import re

from assembly_line.intake.lines import Line

_WORDS = r"(given|when|then|and|but)"
_MARKED = re.compile(r"(?:\*{1,3}|__?)\s*" + _WORDS + r"(?![^\W_])\s*:?\s*(\*{1,3}|__?(?!\w))?\s*:?\s*", re.IGNORECASE)
_COLON = re.compile(_WORDS + r"\s*:\s*", re.IGNORECASE)
_BARE = re.compile(_WORDS + r"\b\s*:?\s*", re.IGNORECASE)


def bare_kind(lines: list[Line]) -> str:
    """The kind of line ("item" or "text") that has unmarked steps, else ""; a Then or When on its own is prose."""
    for kind in ("item", "text"):
        starts = {line.text.split(" ")[0] for line in lines if line.kind == kind}
        if "Then" in starts and starts & {"Given", "When"}:
            return kind
    return ""


def steps_in(line: Line, bare: str) -> list[tuple[str, str]]:
    """The steps that a line starts with, as word and text; lines of kind `bare` need no markup."""
    if line.kind not in ("heading", "item", "text"):
        return []
    first = _MARKED.match(line.text)
    if not first:
        plain = _COLON.match(line.text)
        if not plain and line.kind == bare and _is_scenario(line.text):
            return [("then", line.text)]
        if not plain and (line.kind == "heading" or (line.kind == bare and line.text[:1].isupper())):
            plain = _BARE.match(line.text)
        return [(plain[1].lower(), line.text[plain.end() :])] if plain else []
    style = (first[1].istitle(), first[1].isupper())  # a lower-case **and** inside a sentence is mere emphasis
    marks = [
        mark for mark in _MARKED.finditer(line.text) if (mark[1].istitle(), mark[1].isupper()) == style and mark[2]
    ]
    marks = marks if marks and marks[0].start() == 0 else [first, *marks]
    ends = [*[mark.start() for mark in marks[1:]], len(line.text)]
    return [
        (mark[1].lower(), _unmarked(mark, line.text[mark.end() : end])) for mark, end in zip(marks, ends, strict=True)
    ]


def _is_scenario(text: str) -> bool:
    """Whether one bare line is a complete scenario: "Given a, when b, then c"."""
    return bool(re.match(r"(given|when)\b.*\bthen\b", text, re.IGNORECASE))


def _unmarked(mark: re.Match[str], text: str) -> str:
    text = text if mark[2] else text.replace(mark[0][:2], "", 1)
    return text.strip().rstrip(",") if mark[1].lower() in ("given", "when") else text.strip()
