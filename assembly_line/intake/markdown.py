"""Reads a task's definition in Markdown: frontmatter, title, description and the sections with the criteria."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from assembly_line.errors import LineError
from assembly_line.intake import yamltask
from assembly_line.intake.criteria import checklist, outcomes
from assembly_line.intake.draft import DESCRIPTION, Draft, Item, dependencies, field, shorten
from assembly_line.intake.lines import Line, lines_of
from assembly_line.untrusted import terminal
from assembly_line.yamlio.reader import Lines, load_yaml

_KEY = re.compile(r"[A-Za-z_][\w-]*[ \t]*:([ \t]|\Z)")
_NUMBER = re.compile(r"(\d+(\.\d+)*[.):]?|[A-Z][.)]|[IVX]+[.)])\s+")
_DASH = "\u2013\u2014-"
_REST = rf"\s*(\Z|[:(&/,+{_DASH}]|and\b)"
_KINDS = {
    "criteria": re.compile(r"(.*\b)?(acceptance|success) criteria" + _REST, re.IGNORECASE),
    "contract": re.compile(r"(the )?contract" + _REST, re.IGNORECASE),
    "done": re.compile(r"(.*\b)?definition of done" + _REST, re.IGNORECASE),
}
_ABOUT = [
    re.compile(words, re.IGNORECASE)
    for words in (
        r"\b(overview|goals?)\b",
        r"\bdescription\b",
        r"\b(objectives?|purpose|summary)\b",
        r"\bwhat (this|it) is\b|\buser story\b|\A(story|problem|background|context)\b",
    )
]
_TITLE_ID = re.compile(
    rf"(?:(?:task|story|ticket)(?:\s+specification)?\s*:?\s*)?([A-Za-z]+-[\w.-]*\d[\w-]*)\s*(?:[:{_DASH}]\s*|\Z)",
    re.IGNORECASE,
)


class _Section(NamedTuple):
    title: str
    level: int  # of its heading; 7 for a title in bold
    start: int  # index of its first line
    end: int


def read(text: str, name: str, task: str) -> Draft:
    """The definition in Markdown text; LineError "name:line: …" when it is invalid or another task's."""
    data, places, start = frontmatter(text, name)
    lines = lines_of(text, start)
    sections = list(_sections(lines))
    return Draft(
        id=field(data, name, places, "id"),
        id_line=places.get(("id",), 1),
        title=field(data, name, places, "title", "name") or _title(sections, lines, name, task),
        type=field(data, name, places, "type").lower(),
        description=_description(sections, lines, data),
        criteria=_criteria(sections, lines) or yamltask.read_criteria(data, text, name, places),
        dependencies=dependencies(data),
        track=field(data, name, places, "track"),
    )


def declared_id(text: str, name: str) -> str:
    """The id in the frontmatter; "" when there is none, as in the summary of an earlier run."""
    return str(frontmatter(text, name)[0].get("id") or "").strip() if "\n---" in f"\n{text}" else ""


def frontmatter(text: str, name: str) -> tuple[dict[str, Any], Lines, int]:
    """The keys, their lines and the number of lines before the body; empty and 0 when there is no frontmatter.

    As `---` may also be a horizontal rule, only a block that starts with a key is frontmatter; it must then be valid.
    """
    rows = text.split("\n")
    first = 0
    while first < len(rows) and (not rows[first].strip() or rows[first].startswith("# ")):
        first += 1
    fences = [index for index in range(first, len(rows)) if rows[index].rstrip() in ("---", "...")][:2]
    if len(fences) < 2 or fences[0] != first or rows[first].rstrip() != "---":
        return {}, {}, 0
    block = rows[first + 1 : fences[1]]
    keys = [row for row in block if row.strip() and not row.startswith("#")]
    if not keys or not _KEY.match(keys[0]):
        return {}, {}, 0
    places: Lines = {}
    padded = "\n" * (first + 1) + "\n".join(block)  # keeps the line numbers of the file
    data = load_yaml(padded, name, strings=True, lines=places)
    return (data, places, fences[1] + 1) if isinstance(data, dict) else ({}, {}, 0)


def _sections(lines: list[Line]) -> Iterator[_Section]:
    for index, line in enumerate(lines):
        level = line.indent if line.kind == "heading" else 7 if _bold_title(line) else 0
        if level:
            ends = (
                later
                for later in range(index + 1, len(lines))
                if (lines[later].kind == "heading" and lines[later].indent <= level)
                or (level == 7 and _bold_title(lines[later]))
            )
            yield _Section(_plain(line.text), level, index + 1, next(ends, len(lines)))


def _bold_title(line: Line) -> bool:
    return line.kind == "text" and line.text.startswith("**") and bool(_kind(_plain(line.text)))


def _plain(title: str) -> str:
    bare = title[:300].replace("**", "").replace("__", "").strip(" :#")
    number = _NUMBER.match(bare)
    return bare[number.end() :].strip() if number else bare


def _kind(title: str) -> str:
    return next((kind for kind, pattern in _KINDS.items() if pattern.match(title)), "")


def _criteria(sections: list[_Section], lines: list[Line]) -> tuple[Item, ...]:
    """The criteria of criteria sections and contract behaviors, else a contract checklist or definition of done."""
    parts: dict[str, list[list[Line]]] = {"criteria": [], "contract": [], "done": []}
    inside = 0
    for section in sections:
        kind = _kind(section.title)
        if kind and section.start >= inside and not (section is sections[0] and section.level == 1):
            parts[kind].append(lines[section.start : section.end])
            inside = section.end
    named = [outcomes(part) or checklist(part) for part in parts["criteria"]]
    behaviors = [outcomes(part) for part in parts["contract"]]
    contract = [checklist(part) for part in parts["contract"]]
    done = [outcomes(part) or checklist(part) for part in parts["done"]]
    for candidates in (named + behaviors, contract, done):
        if any(candidates):
            return tuple(sorted((item for part in candidates for item in part), key=lambda item: item.line))
    return ()


def _title(sections: list[_Section], lines: list[Line], name: str, task: str) -> str:
    """The first heading without the task's id; LineError when it names another task of the same series."""
    for section in sections[:2]:
        is_description = section.level > 1 and any(pattern.search(section.title) for pattern in _ABOUT)
        if is_description or _kind(section.title):
            break
        match = _TITLE_ID.match(section.title)
        if not match:
            return terminal.one_line(section.title, 200)
        other = match[1]
        if other.lower() != task.lower() and other.split("-")[0].lower() == task.split("-")[0].lower():
            line = lines[section.start - 1].number
            raise LineError(
                f"{name}:{line}: declares id {other}, expected {task}; correct the heading or the file's name"
            )
        if rest := section.title[match.end() :].strip():
            return terminal.one_line(rest, 200)
    return ""


def _description(sections: list[_Section], lines: list[Line], data: dict[str, Any]) -> str:
    """The section that describes the task, else the frontmatter's description, else the first longer text."""
    others = [section for section in sections if section.level > 1 and not _kind(section.title)]
    texts = [(section.title, _text(lines[section.start : section.end])) for section in others]
    candidates = [text for pattern in _ABOUT for title, text in texts if text and pattern.search(title)]
    declared = data.get("description")
    if isinstance(declared, str) and declared.strip():
        candidates.append(declared)
    first = next((index for index, line in enumerate(lines) if line.kind == "heading" and line.indent > 1), len(lines))
    intro = _text([line for line in lines[:first] if line.kind != "heading"])
    candidates += [text for text in [intro, *(text for _, text in texts)] if len(text) > 40]
    return shorten(candidates[0], DESCRIPTION) if candidates else ""


def _text(lines: list[Line]) -> str:
    rows = []
    for line in lines:
        if line.kind == "item":
            rows.append(" " * line.indent + "- " + line.text)
        elif line.kind in ("text", "heading", "blank"):
            rows.append(line.text)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(rows)).strip()
