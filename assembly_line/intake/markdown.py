"""Reads a task's definition in Markdown: frontmatter, title, description and the sections with the criteria."""

import re
from typing import Any

from assembly_line.errors import LineError
from assembly_line.intake import yamltask
from assembly_line.intake.criteria import checklist, outcomes
from assembly_line.intake.draft import Draft, Item, branch, dependencies, field
from assembly_line.intake.lines import Line, lines_of
from assembly_line.intake.prose import ABOUT, prose
from assembly_line.intake.sections import DASH, Section, kind_of, sections_of
from assembly_line.untrusted import terminal
from assembly_line.yamlio.reader import Lines, load_yaml

_KEY = re.compile(r"[A-Za-z_][\w-]*[ \t]*:([ \t]|\Z)")
_TITLE_ID = re.compile(
    rf"(?:(?:task|story|ticket)(?:\s+specification)?\s*:?\s*)?([A-Za-z]+-[\w.-]*\d[\w-]*)\s*(?:[:{DASH}]\s*|\Z)",
    re.IGNORECASE,
)


def read(text: str, name: str, task: str) -> Draft:
    """The definition in Markdown text; LineError "name:line: …" when it is invalid or another task's."""
    data, places, start = frontmatter(text, name)
    lines = lines_of(text, start)
    sections = list(sections_of(lines))
    description, besides = prose(text, lines, sections, data)
    return Draft(
        id=field(data, name, places, "id"),
        id_line=places.get(("id",), 1),
        title=field(data, name, places, "title", "name") or _title(sections, lines, name, task),
        type=field(data, name, places, "type").lower(),
        description=description,
        criteria=_criteria(sections, lines) or yamltask.read_criteria(data, text, name, places),
        dependencies=dependencies(data),
        track=field(data, name, places, "track"),
        constraints=besides,
        branch=branch(data),
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


def _criteria(sections: list[Section], lines: list[Line]) -> tuple[Item, ...]:
    """The criteria of criteria sections and contract behaviors, else a contract checklist or definition of done."""
    parts: dict[str, list[list[Line]]] = {"criteria": [], "contract": [], "done": []}
    inside = 0
    for section in sections:
        kind = kind_of(section.title)
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


def _title(sections: list[Section], lines: list[Line], name: str, task: str) -> str:
    """The first heading without the task's id; LineError when it names another task of the same series."""
    for section in sections[:2]:
        is_description = section.level > 1 and any(pattern.search(section.title) for pattern in ABOUT)
        if is_description or kind_of(section.title):
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
