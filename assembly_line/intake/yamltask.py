"""Reads a task's definition in YAML or JSON: one mapping with an id, a title and acceptance criteria."""

import re
from typing import Any

from assembly_line.errors import LineError
from assembly_line.intake.draft import PROSE, Draft, Item, branch, dependencies, field, shorten
from assembly_line.untrusted import terminal
from assembly_line.yamlio.reader import Lines, load_yaml

KEYS = ("acceptance_criteria", "acceptance", "acceptanceCriteria", "definition_of_done")
CONSTRAINTS = (
    *("constraints", "non_goals", "nonGoals", "scope", "out_of_scope", "outOfScope"),
    *("technical_notes", "technicalNotes", "notes", "context", "background"),
)
_WORDS = re.compile("_|(?<=[a-z])(?=[A-Z])")
_STEPS = ("given", "when", "then", "and")
_TEXTS = ("text", "criterion", "description", "statement")
_ID_FIELD = re.compile(r"^(?:\{\s*|[ \t]*)[\"']?id[\"']?[ \t]*:[ \t]*[\"']?([\w.-]+)", re.MULTILINE)
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]*)?(?=\S)")
_JSON_PAIR = re.compile(r"\\\\|\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def declared_id(text: str, name: str) -> str:
    """The id that a text declares, found without parsing it; "" when there is none."""
    match = _ID_FIELD.search(text)
    return match[1] if match else ""


def read(text: str, name: str, task: str = "") -> Draft:
    """The definition in YAML or JSON text; LineError "name:line: …" when it is invalid."""
    lines: Lines = {}
    if name.lower().endswith(".json"):
        text = _JSON_PAIR.sub(_joined_pair, text)
    data = load_yaml(text, name, strings=True, lines=lines)
    if data is None:
        raise LineError(f"{name}: is empty; write id, title and acceptance_criteria")
    criteria = read_criteria(data, text, name, lines) if isinstance(data, dict) else ()
    if isinstance(data, list) or (isinstance(data, dict) and not criteria and _is_list(data)):
        raise LineError(f"{name}: is a list of tasks, which is not supported; give each task its own file")
    if not isinstance(data, dict):
        raise LineError(f"{name}: is a single text, not a task; write id, title and acceptance_criteria")
    description = data.get("description") or data.get("objective") or data.get("summary")
    return Draft(
        id=field(data, name, lines, "id"),
        id_line=lines.get(("id",), 1),
        title=field(data, name, lines, "title", "name"),
        type=field(data, name, lines, "type").lower(),
        description=shorten(description, PROSE) if isinstance(description, str) else "",
        criteria=criteria,
        dependencies=dependencies(data),
        track=field(data, name, lines, "track"),
        constraints=shorten(constraints(data), PROSE),
        branch=branch(data),
    )


def constraints(data: dict[str, Any]) -> str:
    """What the keys of CONSTRAINTS say, each under its own heading."""
    parts = []
    for key in CONSTRAINTS:
        value = data.get(key)
        rows = [f"- {_listed(item)}" for item in value] if isinstance(value, list) else [_listed(value)]
        if any(row.strip("- ") for row in rows):
            parts.append("\n".join([f"### {_WORDS.sub(' ', key).capitalize()}", *rows]))
    return "\n\n".join(parts)


def _listed(value: Any) -> str:
    """A text, or a mapping's members in one line; "" for anything deeper."""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_listed(member)}" for key, member in value.items() if _listed(member))
    return "" if value is None or isinstance(value, list) else str(value).strip()


def read_criteria(data: dict[str, Any], text: str, name: str, lines: Lines) -> tuple[Item, ...]:
    """The criteria under the first of KEYS that has any; LineError for an unsupported shape."""
    source = text.split("\n")
    for key in KEYS:
        value = data.get(key)
        if isinstance(value, str) and value.strip():
            return tuple(_from_text(value, source, lines[(key,)]))
        if isinstance(value, list) and value:
            for index, member in enumerate(value):
                line = lines[(key, index)]
                _check_uncut(member, "".join(source[line - 1 : line]), name, line)
            return tuple(
                item for index, member in enumerate(value) for item in _from_member(member, (key, index), name, lines)
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
    """LineError when YAML read " #12" in unquoted text as a comment and silently cut the criterion off."""
    if not isinstance(item, str) or "#" not in row:
        return
    if cut := re.match(r"\s*-\s+" + re.escape(item) + r"\s+(#\w[^\s]*)", row):
        raise LineError(f"{name}:{line}: YAML cuts this criterion off at {cut[1][:40]}; quote the text")


def _from_text(value: str, source: list[str], start: int) -> list[Item]:
    """A text is one criterion; in a block of "- " lines, each line is one."""
    rows = value.strip("\n").split("\n")
    first = next((index for index, row in enumerate(rows) if _ITEM.match(row)), None)
    if first is None:
        return [Item(value, "", start)]
    context = " ".join(rows[:first]).strip(" :")
    texts: list[str] = []
    for row in rows[first:]:
        marker = _ITEM.match(row)
        if marker and not (texts and row[0] in " \t"):  # an indented item belongs to the one above
            texts.append(row[marker.end() :])
        else:
            texts[-1] += " " + (row[marker.end() :] if marker else row.strip())
    items, line = [], start
    for text in texts:
        near = range(line - 1, min(len(source), line + 50))
        line = next((index + 1 for index in near if text[:30].strip() in source[index]), line)
        items.append(Item(text, context, line))
    return items


def _from_member(member: Any, path: tuple[Any, ...], name: str, lines: Lines) -> list[Item]:
    line = lines[path]
    if not isinstance(member, dict):
        return [Item(_flat(member, name, line), "", line)]
    known = {str(key).lower(): value for key, value in member.items()}
    own = known.pop("id", None)
    label = own if isinstance(own, str) else ""
    if "then" in known and set(known) <= {*_STEPS, "name", "title", "scenario"}:
        heading = [_flat(known[key], name, line) for key in ("name", "title", "scenario") if known.get(key)]
        steps = [f"{key.capitalize()} {_flat(known[key], name, line)}" for key in ("given", "when") if known.get(key)]
        context = "; ".join([*filter(None, [label]), *heading, *steps])
        outcomes = [part for key in ("then", "and") for part in _several(known.get(key))]
        return [Item(_flat(part, name, line), context, line) for part in outcomes or [""]]
    if len(known) == 1 and next(iter(known)) in _TEXTS:
        return [Item(_flat(value, name, line), label, line) for value in known.values()]
    # A ": " in an unquoted criterion makes YAML read it as a mapping; its parts are joined again.
    parts = [_pair(key, value, name, line) for key, value in member.items() if own is None or str(key).lower() != "id"]
    return [Item("; ".join(parts), label, line)]


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _pair(key: Any, value: Any, name: str, line: int) -> str:
    return f"{key}:" if value is None else f"{key}: {_flat(value, name, line)}"


def _flat(value: Any, name: str, line: int) -> str:
    """A text, or a list or mapping of texts, as one text; LineError for anything deeper."""
    if isinstance(value, list) and not any(isinstance(member, dict | list) for member in value):
        return "; ".join(str(member) for member in value if member is not None)
    if isinstance(value, dict) and not any(isinstance(member, dict | list) for member in value.values()):
        return "; ".join(_pair(key, member, name, line) for key, member in value.items())
    if isinstance(value, dict | list):
        raise LineError(f"{name}:{line}: this criterion is a nested structure; write it as a single text")
    return "" if value is None else str(value)


def _joined_pair(match: "re.Match[str]") -> str:
    """The character that JSON writes as two escapes, which YAML refuses."""
    if match[1] is None:
        return str(match[0])
    return chr(0x10000 + ((int(match[1], 16) - 0xD800) << 10) + int(match[2], 16) - 0xDC00)
