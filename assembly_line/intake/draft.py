"""A task's definition as written, and the fields that the YAML and the Markdown reader read alike."""

import re
from typing import Any, NamedTuple

from assembly_line.errors import LineError
from assembly_line.untrusted.terminal import one_line
from assembly_line.yamlio.reader import Lines

FIELD = 200  # characters of a title, a type, a dependency
PROSE = 6000  # characters of a description, and of everything else that the file says
_SENTENCE = re.compile("[.!?](?=\\s)|[\u3002\uff01\uff1f]|\n")


class Item(NamedTuple):
    """One criterion as written in the file, before it is numbered and shortened."""

    text: str
    context: str
    line: int


class Draft(NamedTuple):
    """A task's definition as written; an absent field is an empty string."""

    id: str
    id_line: int
    title: str
    type: str
    description: str
    criteria: tuple[Item, ...]
    dependencies: tuple[str, ...]
    track: str
    constraints: str
    branch: str


def field(data: dict[str, Any], name: str, lines: Lines, *keys: str) -> str:
    """The text of the first key that has any, as one line; LineError for a list or mapping there."""
    for key in keys:
        value = data.get(key)
        if isinstance(value, dict | list):
            shape = "a list" if isinstance(value, list) else "a mapping"
            raise LineError(f"{name}:{lines.get((key,), 1)}: {key} is {shape}; write a single text")
        if value is not None and str(value).strip():
            return one_line(str(value), FIELD)
    return ""


def branch(data: dict[str, Any]) -> str:
    """The branch that a task names; "" for anything but one text."""
    value = data.get("branch")
    return "" if value is None or isinstance(value, dict | list) else one_line(str(value), FIELD)


def dependencies(data: dict[str, Any]) -> tuple[str, ...]:
    """Ids of other tasks, or free text in their place; without duplicates."""
    value = data.get("dependencies") or data.get("depends_on") or data.get("dependsOn") or []
    texts = [part for text in _texts(value) for part in _split(text)]
    return tuple(dict.fromkeys(one_line(text, FIELD) for text in texts if text.strip()))


def shorten(text: str, limit: int) -> str:
    """The text; if it is too long, cut after a sentence or at least after a word, with a sign that it is cut."""
    text = text.strip()
    if len(text) <= limit:
        return text
    cut = text[: limit - 2]
    ends = [match.end() for match in _SENTENCE.finditer(cut)]
    if ends and ends[-1] > limit // 2:
        return f"{cut[: ends[-1]].rstrip()} …"
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut).rstrip() + "…"


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        named = value.get("id") or value.get("task")
        return [named] if isinstance(named, str) else [text for member in value.values() for text in _texts(member)]
    if isinstance(value, list):
        return [text for member in value for text in _texts(member)]
    return [] if value is None else [str(value)]


def _split(text: str) -> list[str]:
    parts = re.split(r"[,;]\s*|\n", text)
    if all(re.fullmatch(r"[\w.-]*", part.strip()) for part in parts):  # ids, not prose with commas
        return [part for part in parts if part.strip().lower() not in ("none", "-", "")]
    return [text]
