"""The prose of a Markdown definition: its description, and what it says besides description and criteria."""

import itertools
import re
from typing import Any

from assembly_line.intake import yamltask
from assembly_line.intake.draft import PROSE, shorten
from assembly_line.intake.lines import Line
from assembly_line.intake.sections import Section, kind_of

ABOUT = [
    re.compile(words, re.IGNORECASE)
    for words in (
        r"\b(overview|goals?)\b",
        r"\bdescription\b",
        r"\b(objectives?|purpose|summary)\b",
        r"\bwhat (this|it) is\b|\buser story\b|\A(story|problem|background|context)\b",
    )
]
# Sections that bind the work, whatever their form; they come first.
_BINDING = re.compile(r"\b(constraints?|non-?\s?goals?|scope|technical|boundar(y|ies)|limits|rules)\b", re.IGNORECASE)
# Sections that tell what happened to the task, not what is wanted.
_HISTORY = re.compile(
    r"\b(history|change ?log|agent record|execution log|qa results)\b"
    r"|\A(status|priority|sprint|estimate|story points|metadata|comments?|results?|progress|handoff)\b",
    re.IGNORECASE,
)


def prose(text: str, lines: list[Line], sections: list[Section], data: dict[str, Any]) -> tuple[str, str]:
    """The description, and the other prose with its headings; both bounded."""
    body = _Body(text, lines)
    description, used = _description(body, sections, data)
    others = _others(body, sections, used)
    declared = yamltask.constraints(data)
    return shorten(description, PROSE), shorten("\n\n".join(part for part in (declared, others) if part), PROSE)


class _Body:
    """A text's rows without comments, but with the fenced code that is left out of `lines`."""

    def __init__(self, text: str, lines: list[Line]) -> None:
        self.lines = lines
        self.rows = dict(enumerate(text.split("\n"), 1))
        self.rows.update((line.number, _row(line)) for line in lines)

    def span(self, section: Section) -> range:
        """The numbers of a section's rows, from its heading on."""
        last = self.lines[section.end].number if section.end < len(self.lines) else len(self.rows) + 1
        return range(self.lines[section.start - 1].number, last)

    def text(self, numbers: list[int]) -> str:
        rows = "\n".join(self.rows[number].rstrip() for number in numbers)
        return re.sub(r"\n{3,}", "\n\n", rows).strip("\n")


def _row(line: Line) -> str:
    if line.kind == "item":
        return " " * line.indent + "- " + line.text
    return {"rule": "", "heading": f"{'#' * line.indent} {line.text}"}.get(line.kind, " " * line.indent + line.text)


def _description(body: _Body, sections: list[Section], data: dict[str, Any]) -> tuple[str, set[int]]:
    """The section that describes the task, else the frontmatter's description, else the first longer text."""
    others = [section for section in sections if section.level > 1 and not kind_of(section.title)]
    texts = [(section, body.text([*body.span(section)][1:])) for section in others]
    for pattern in ABOUT:
        for section, text in texts:
            if text and pattern.search(section.title):
                return text, set(body.span(section))
    declared = data.get("description")
    if isinstance(declared, str) and declared.strip():
        return declared, set()
    lines = body.lines
    first = next((index for index, line in enumerate(lines) if line.kind == "heading" and line.indent > 1), len(lines))
    intro = body.text([line.number for line in lines[:first] if line.kind != "heading"])
    if len(intro) > 40:
        return intro, set()
    longer = ((text, set(body.span(section))) for section, text in texts if len(text) > 40)
    return next(longer, ("", set()))


def _others(body: _Body, sections: list[Section], used: set[int]) -> str:
    """The sections besides description, criteria, checklists and history, those that bind the work first."""
    left_out = [section for section in sections if section.level > 1 and _is_left_out(body, section)]
    used = used.union(*(body.span(section) for section in left_out))
    texts: list[tuple[bool, str]] = []
    inside = 0
    for section in sections:
        if section.start < inside or (section is sections[0] and section.level == 1) or kind_of(section.title):
            continue
        inside = section.end
        heading, *rows = body.span(section)
        kept = body.text([number for number in rows if number not in used])
        if heading not in used and kept.strip():
            texts.append((not _BINDING.search(section.title), f"### {section.title}\n{kept.strip(chr(10))}"))
    return "\n\n".join(text for _, text in sorted(texts, key=lambda item: item[0]))


def _is_left_out(body: _Body, section: Section) -> bool:
    if kind_of(section.title) or _HISTORY.search(section.title):
        return True
    own = itertools.takewhile(lambda line: line.kind != "heading", body.lines[section.start : section.end])
    items = [line for line in own if line.kind == "item"]
    boxes = [line for line in items if line.box]
    return len(boxes) * 2 > len(items) and not _BINDING.search(section.title)
