"""Edits a state file that somebody else wrote: read as YAML, and refused when that would change more than is meant."""

from typing import Any

from assembly_line import textguard, yamledit
from assembly_line.errors import LineError
from assembly_line.statetext import VERSION, Blocks, count, kind, statistics, statuses


def edited(data: bytes, relative: str, blocks: Blocks, now: str) -> tuple[bytes, int]:
    """The file with blocks replaced where the YAML parser finds them and its head up to date; and how many tasks."""
    text = textguard.decode(data, relative)
    before = whole(text, relative)
    tasks = before["tasks"]
    defaults = {"version": VERSION, "type": kind(relative), "created_at": now}
    head = {**defaults, "updated_at": now, "statistics": statistics(count({**tasks, **statuses(blocks)}))}
    after = yamledit.edit(text, head, keep=frozenset(defaults), within="tasks", blocks=blocks)
    _check_kept(before, after, relative, blocks)
    return after.encode(), len({**tasks, **blocks})


def whole(text: str, relative: str) -> dict[str, Any]:
    """The content of a state file's text with `tasks` as a mapping; LineError when it is none."""
    found = textguard.load_yaml(text, relative) if text.strip() else None
    found = {} if found is None else found
    if not isinstance(found, dict):
        raise LineError(f"{relative}:1: a mapping is expected at the top; restore the file or move it away")
    tasks = found.get("tasks") or {}
    if not isinstance(tasks, dict):
        raise LineError(f"{relative}: tasks must be a mapping of ids; choose another file with --state")
    return {**found, "tasks": tasks}


def _check_kept(before: dict[str, Any], after: str, relative: str, blocks: Blocks) -> None:
    """LineError when a text does not hold what a file held before, besides the entries and the head."""
    ours = {"updated_at", "statistics", "tasks"}
    try:
        found = whole(after, relative)
        same = all(found.get(name) == value for name, value in before.items() if name not in ours)
        wanted = {**before["tasks"], **blocks}
        same &= list(found["tasks"]) == list(wanted)
        same &= all(found["tasks"].get(name) == value for name, value in wanted.items() if name not in blocks)
    except LineError:
        same = False
    if not same:
        raise LineError(f"{relative}: cannot be added to as it is laid out; write one member a line, as a block")
