"""What the readers of both forms hand to intake.reader, and the reading of fields that both forms have."""

import re
from typing import Any, NamedTuple

from assembly_line.errors import LineError
from assembly_line.untrusted.terminal import one_line

FIELD = 200  # characters of a title, a type, a dependency
DESCRIPTION = 1500  # characters
_SENTENCE = re.compile("[.!?](?=\\s)|[\u3002\uff01\uff1f]|\n")
Lines = dict[tuple[Any, ...], int]  # path of keys and indexes -> line number


class Found(NamedTuple):
    """One criterion as it stands in the file, before it is numbered and bounded."""

    text: str
    context: str
    line: int


class Draft(NamedTuple):
    """A task's definition as written; empty strings stand for absent fields."""

    id: str
    id_line: int
    title: str
    type: str
    description: str
    found: tuple[Found, ...]
    dependencies: tuple[str, ...]
    track: str


def field(data: dict[str, Any], name: str, lines: Lines, *keys: str) -> str:
    """The first of the keys that holds text, as one line; LineError for a list or mapping there."""
    for key in keys:
        value = data.get(key)
        if isinstance(value, dict | list):
            what = "a list" if isinstance(value, list) else "a mapping"
            raise LineError(f"{name}:{lines.get((key,), 1)}: {key} is {what}; write one text")
        if value is not None and str(value).strip():
            return one_line(str(value), FIELD)
    return ""


def dependencies(data: dict[str, Any]) -> tuple[str, ...]:
    """Ids of other tasks, or the free text that stands in their place; each once."""
    value = data.get("dependencies") or data.get("depends_on") or data.get("dependsOn") or []
    texts = [part for text in _texts(value) for part in _split(text)]
    return tuple(dict.fromkeys(one_line(text, FIELD) for text in texts if text.strip()))


def shorten(text: str, limit: int) -> str:
    """The text itself, or its beginning cut after a sentence, at the worst after a word."""
    text = text.strip()
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    ends = [match.end() for match in _SENTENCE.finditer(cut)]
    if ends and ends[-1] > limit // 2:
        return cut[: ends[-1]].rstrip()
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
