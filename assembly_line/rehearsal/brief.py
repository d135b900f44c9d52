"""Parses a station's prompt: who is asked, for which criteria, gaps and issues."""

import re
from typing import NamedTuple

from assembly_line.rehearsal import conversation

_ITEM = re.compile(r"^- ([A-Za-z][A-Za-z0-9._-]*)(?: \(([^)]*)\))?:? (.*)$")
_PATH = re.compile(r"[\w./-]+\.(?:jsonl|log|md|txt|ya?ml)\b")


class Item(NamedTuple):
    """One line of a list in the prompt, such as `- AC-2: gap text`."""

    id: str
    note: str  # the text in brackets after the id
    text: str


class Brief(NamedTuple):
    """What a station is asked to do."""

    dispatch: str
    task: str
    station: str
    role: str
    iteration: int
    bundle: str
    title: str
    criteria: tuple[Item, ...]
    gaps: tuple[Item, ...]
    issues: tuple[Item, ...]  # of the reviews; the note is severity and status
    violations: tuple[Item, ...]  # found by the compliance check, to be fixed
    records: tuple[str, ...]  # paths that the compliance judge must read
    checks: tuple[str, ...]  # commands that a PASS needs seen to succeed


def read(prompt: str) -> Brief:
    """Parse a prompt that starts with the header lines; missing parts are empty."""
    header = conversation.fields(prompt)
    sections = _sections(prompt.partition("\n\n")[2])
    title = re.search(r"^# (.+)$", prompt, re.MULTILINE)
    iteration = header.get("iteration", "1")
    return Brief(
        header["dispatch"],
        header.get("task", ""),
        header.get("station", ""),
        header.get("role", header.get("station", "")),
        int(iteration) if iteration.isdigit() else 1,
        header.get("bundle", "").rstrip("/"),
        title[1].strip() if title else header.get("task", ""),
        _items(sections.get("criteria", "")),
        _items(sections.get("open gaps", "")),
        tuple(item for item in _items(_issues(sections)) if "fixed" not in item.note),
        _items(_section(sections, "found by the compliance check")),
        tuple(dict.fromkeys(_PATH.findall(_section(sections, "audit") + _section(sections, "to read")))),
        tuple(line[2:] for line in _section(sections, "checks").splitlines() if line.startswith("- ")),
    )


def slug(text: str) -> str:
    """A file and module name: lower case letters, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _sections(text: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return {name.strip().lower(): body for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def _section(sections: dict[str, str], words: str) -> str:
    return next((body for name, body in sections.items() if words in name), "")


def _issues(sections: dict[str, str]) -> str:
    return _section(sections, "review issues") + _section(sections, "to mend now")


def _items(text: str) -> tuple[Item, ...]:
    matches = (_ITEM.match(line) for line in text.splitlines())
    return tuple(Item(match[1], match[2] or "", match[3].strip()) for match in matches if match)
