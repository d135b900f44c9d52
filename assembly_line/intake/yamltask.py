"""Reads a task's definition in YAML or JSON: one mapping with an id, a title and acceptance criteria."""

import re
from typing import Any

from assembly_line.errors import LineError
from assembly_line.intake.draft import DESCRIPTION, Draft, Found, Lines, dependencies, field, shorten
from assembly_line.untrusted import terminal
from assembly_line.yamlio.reader import load_yaml

KEYS = ("acceptance_criteria", "acceptance", "acceptanceCriteria", "definition_of_done")
_STEPS = ("given", "when", "then", "and")
_TEXTS = ("text", "criterion", "description", "statement")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]*)?(?=\S)")
_JSON_PAIR = re.compile(r"\\\\|\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def read(text: str, name: str) -> Draft:
    """The definition in YAML or JSON text; LineError "name:line: …" when it is none."""
    lines: Lines = {}
    if name.lower().endswith(".json"):
        text = _JSON_PAIR.sub(_joined_pair, text)
    data = load_yaml(text, name, strings=True, lines=lines)
    if data is None:
        raise LineError(f"{name}: is empty; write id, title and acceptance_criteria")
    found = criteria(data, text, name, lines) if isinstance(data, dict) else ()
    if isinstance(data, list) or (isinstance(data, dict) and not found and _is_list(data)):
        raise LineError(f"{name}: is a list of tasks, a form that is not read yet; give each task a file of its own")
    if not isinstance(data, dict):
        raise LineError(f"{name}: is one text, not a task; write id, title and acceptance_criteria")
    description = data.get("description") or data.get("objective") or data.get("summary")
    return Draft(
        id=field(data, name, lines, "id"),
        id_line=lines.get(("id",), 1),
        title=field(data, name, lines, "title", "name"),
        type=field(data, name, lines, "type").lower(),
        description=shorten(description, DESCRIPTION) if isinstance(description, str) else "",
        found=found,
        dependencies=dependencies(data),
        track=field(data, name, lines, "track"),
    )


def criteria(data: dict[str, Any], text: str, name: str, lines: Lines) -> tuple[Found, ...]:
    """The criteria under the first of KEYS that holds any; LineError for a shape that is not read."""
    source = text.split("\n")
    for key in KEYS:
        value = data.get(key)
        if isinstance(value, str) and value.strip():
            return tuple(_of_text(value, source, lines[(key,)]))
        if isinstance(value, list) and value:
            for index, item in enumerate(value):
                line = lines[(key, index)]
                _check_uncut(item, "".join(source[line - 1 : line]), name, line)
            return tuple(
                found for index, item in enumerate(value) for found in _of_item(item, (key, index), name, lines)
            )
        if isinstance(value, dict) and value:
            names = terminal.one_line(", ".join(str(part) for part in value), 80)
            raise LineError(f"{name}:{lines[(key,)]}: {key} is a mapping ({names}); write a list of texts")
    return ()


def _is_list(data: dict[str, Any]) -> bool:
    inside = [member for member in data.values() if isinstance(member, list | dict)]
    return any(
        isinstance(task, dict) and ("id" in task or "tasks" in task or "title" in task)
        for member in inside
        for task in (member.values() if isinstance(member, dict) else member)
    )


def _check_uncut(item: Any, row: str, name: str, line: int) -> None:
    """YAML takes " #12" in unquoted text for a comment: the criterion would lose its end unseen."""
    if not isinstance(item, str) or "#" not in row:
        return
    if cut := re.match(r"\s*-\s+" + re.escape(item) + r"\s+(#\w[^\s]*)", row):
        raise LineError(f"{name}:{line}: YAML cuts this criterion off at {cut[1][:40]}; quote the text")


def _of_text(value: str, source: list[str], start: int) -> list[Found]:
    """One text is one criterion, unless it is a block of "- " lines: then each of them is one."""
    marked = _ITEM.match
    rows = value.strip("\n").split("\n")
    first = next((index for index, row in enumerate(rows) if marked(row)), None)
    if first is None:
        return [Found(value, "", start)]
    context = " ".join(rows[:first]).strip(" :")
    items: list[str] = []
    for row in rows[first:]:
        marker = marked(row)
        if marker and not (items and row[0] in " \t"):  # deeper ones belong to the item above
            items.append(row[marker.end() :])
        else:
            items[-1] += " " + (row[marker.end() :] if marker else row.strip())
    found, place = [], start
    for item in items:
        near = range(place - 1, min(len(source), place + 50))
        place = next((index + 1 for index in near if item[:30].strip() in source[index]), place)
        found.append(Found(item, context, place))
    return found


def _of_item(item: Any, path: tuple[Any, ...], name: str, lines: Lines) -> list[Found]:
    line = lines[path]
    if not isinstance(item, dict):
        return [Found(_flat(item, name, line), "", line)]
    known = {str(key).lower(): value for key, value in item.items()}
    own = known.pop("id", None)
    label = f"{own}" if isinstance(own, str) else ""
    if "then" in known and set(known) <= {*_STEPS, "name", "title", "scenario"}:
        heading = [_flat(known[key], name, line) for key in ("name", "title", "scenario") if known.get(key)]
        steps = [f"{key.capitalize()} {_flat(known[key], name, line)}" for key in ("given", "when") if known.get(key)]
        context = "; ".join([*filter(None, [label]), *heading, *steps])
        outcomes = [part for key in ("then", "and") for part in _several(known.get(key))]
        return [Found(_flat(part, name, line), context, line) for part in outcomes or [""]]
    if len(known) == 1 and next(iter(known)) in _TEXTS:
        return [Found(_flat(value, name, line), label, line) for value in known.values()]
    # A ": " inside an unquoted criterion makes YAML read it as a mapping; the parts are joined again.
    parts = [_pair(key, value, name, line) for key, value in item.items() if own is None or str(key).lower() != "id"]
    return [Found("; ".join(parts), label, line)]


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _pair(key: Any, value: Any, name: str, line: int) -> str:
    return f"{key}:" if value is None else f"{key}: {_flat(value, name, line)}"


def _flat(value: Any, name: str, line: int) -> str:
    """Text of a text or of a list of texts; LineError for anything deeper."""
    if isinstance(value, list) and not any(isinstance(member, dict | list) for member in value):
        return "; ".join(str(member) for member in value if member is not None)
    if isinstance(value, dict) and not any(isinstance(member, dict | list) for member in value.values()):
        return "; ".join(_pair(key, member, name, line) for key, member in value.items())
    if isinstance(value, dict | list):
        raise LineError(f"{name}:{line}: this criterion is a nested structure; write it as one text")
    return "" if value is None else str(value)


def _joined_pair(found: "re.Match[str]") -> str:
    """JSON writes a character beyond U+FFFF as two escapes, which YAML refuses."""
    if found[1] is None:
        return str(found[0])
    return chr(0x10000 + ((int(found[1], 16) - 0xD800) << 10) + int(found[2], 16) - 0xDC00)
