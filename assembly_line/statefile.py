"""The state file: where every task stands, written by replacing one task's lines and leaving all others alone."""

import os
import re

from assembly_line import disk, paths, yamlout
from assembly_line.core.named import Any
from assembly_line.core.projection import STATUSES
from assembly_line.errors import LineError
from assembly_line.vault import Vault

VERSION = "1.0"
MAX_BYTES = 64 * 1024 * 1024
NAME = re.compile(r"\.(project|(feature|issue)-[A-Za-z0-9._-]+)-state\.yaml\Z")
_STATUS = re.compile(rb"^    status: (\w+)$", re.MULTILINE)
_COUNT = re.compile(rb"^  (\w+): (\d+)$", re.MULTILINE)
_TASKS = b"\ntasks:\n"
# What a splice relies on: ids in column 2 and their members from column 4 on; statistics just before the tasks.
_FIRST = re.compile(rb"(?: *(?:#.*)?\n)*  [^ #\n]")
_ODD = re.compile(rb"\n(?:| |   )[^ #\n]")
_STATISTICS = re.compile(rb"(?:  \w+: \d+\n)*  \w+: \d+")


Entries = dict[str, dict[str, Any]]  # by task


def update(root: str, relative: str, entries: Entries, now: str, vault: Vault) -> None:
    """Put entries of tasks into the state file; everything else in it survives byte for byte.

    A file as this machine last wrote it is spliced as text; any other is read as YAML first. LineError when
    the file cannot be understood.
    """
    path = disk.inside(root, relative)
    data = disk.read(path)
    known = data is not None and bool(stamp := disk.stamp(path)) and vault.stamp_of(relative_key(relative)) == stamp
    after = None
    if data is None:
        after = _fresh(relative, entries, now)
    elif known and len(entries) == 1:
        ((task, entry),) = entries.items()
        after = _splice(data, task, entry, now)
    if after is None:
        after = _edited(data or b"", relative, entries, now)
    disk.write(path, after)
    noted = disk.stamp(path) if _is_ours(after) else []
    vault.note_stamp(relative_key(relative), noted, foreign=data is not None and not known)


def check(root: str, relative: str, vault: Vault) -> None:
    """LineError when the state file cannot be understood; one that this machine wrote last needs no look."""
    stamp = disk.stamp(disk.inside(root, relative))
    if not stamp or stamp != vault.stamp_of(relative_key(relative)):
        load(root, relative)


def adopt(root: str, relative: str, vault: Vault) -> None:
    """Take a file that somebody else wrote for known, if it has the layout that a splice relies on."""
    path = disk.inside(root, relative)
    stamp = disk.stamp(path)
    if stamp != vault.stamp_of(relative_key(relative)) and _is_ours(disk.read(path) or b""):
        vault.note_stamp(relative_key(relative), stamp, foreign=True)


def relative_key(relative: str) -> str:
    """A file name for the stamp of a state file."""
    return re.sub(r"[^A-Za-z0-9.-]", "_", relative)


def load(root: str, relative: str) -> dict[str, Any]:
    """The state file's content with `tasks` as a mapping; {} when there is no file; LineError when it is not one."""
    from assembly_line import textguard

    data = disk.read(disk.inside(root, relative))
    if data is None:
        return {}
    return _whole(textguard.decode(data, relative), relative)


def is_place(relative: str) -> bool:
    """Whether a state file may be at a path from the project's root; the one that a journal names may be forged."""
    folder, name = os.path.split(relative)
    return folder == paths.PLANNING and bool(NAME.fullmatch(name))


def kind(relative: str) -> str:
    """project, feature or issue, as the file's name says."""
    name = os.path.basename(relative)
    return next((word for word in ("feature", "issue") if name.startswith(f".{word}-")), "project")


def _fresh(relative: str, entries: Entries, now: str) -> bytes:
    head = {"version": VERSION, "type": kind(relative), "created_at": now, "updated_at": now}
    text = yamlout.dump({**head, "statistics": _statistics(_count(entries))})
    return f"{text}tasks:\n{yamlout.dump(entries, 2)}".encode()


def _count(tasks: dict[str, Any]) -> dict[str, int]:
    """How many tasks have each status; what has none of ours counts as pending."""
    counts: dict[str, int] = {}
    for entry in tasks.values():
        status = entry.get("status") if isinstance(entry, dict) else None
        name = status if status in STATUSES else "pending"
        counts[name] = counts.get(name, 0) + 1
    return counts


def _statistics(counts: dict[str, int]) -> dict[str, int]:
    return {"total": sum(counts.values()), **{name: counts.get(name, 0) for name in STATUSES}}


def _is_ours(data: bytes) -> bool:
    """Whether the text has the layout that `_splice` relies on."""
    head, found, body = data.partition(_TASKS)
    top, _, figures = head.partition(b"\nstatistics:\n")
    return (
        bool(found)
        and bool(_STATISTICS.fullmatch(figures))
        and top.count(b"\nupdated_at:") == 1
        and body.endswith(b"\n")
        and bool(_FIRST.match(body))
        and not _ODD.search(body)
    )


def _edited(data: bytes, relative: str, entries: Entries, now: str) -> bytes:
    """The file with blocks replaced where the YAML parser finds them, and the head brought up to date."""
    from assembly_line import textguard, yamledit

    text = textguard.decode(data, relative)
    before = _whole(text, relative)
    tasks = before["tasks"]
    defaults = {"version": VERSION, "type": kind(relative), "created_at": now}
    head = {**defaults, "updated_at": now, "statistics": _statistics(_count({**tasks, **entries}))}
    after = yamledit.edit(text, head, keep=frozenset(defaults), within="tasks", entries=entries)
    _check_kept(before, after, relative, entries)
    return after.encode()


def _check_kept(before: dict[str, Any], after: str, relative: str, entries: Entries) -> None:
    """LineError when a text does not hold what a file held before, besides the entries and the head."""
    ours = {"updated_at", "statistics", "tasks"}
    try:
        found = _whole(after, relative)
        same = all(found.get(name) == value for name, value in before.items() if name not in ours)
        wanted = {**before["tasks"], **entries}
        same &= list(found["tasks"]) == list(wanted)
        same &= all(found["tasks"][name] == value for name, value in wanted.items() if name not in entries)
    except LineError:
        same = False
    if not same:
        raise LineError(f"{relative}: cannot be added to as it is laid out; write one member a line, as a block")


def _whole(text: str, relative: str) -> dict[str, Any]:
    from assembly_line import textguard

    found = textguard.load_yaml(text, relative) if text.strip() else None
    found = {} if found is None else found
    if not isinstance(found, dict):
        raise LineError(f"{relative}:1: a mapping is expected at the top; restore the file or move it away")
    tasks = found.get("tasks") or {}
    if not isinstance(tasks, dict):
        raise LineError(f"{relative}: tasks must be a mapping of ids; choose another file with --state")
    return {**found, "tasks": tasks}


def _splice(data: bytes, task: str, entry: dict[str, Any], now: str) -> bytes | None:
    """The file with one block replaced, without parsing the rest; None when that cannot be done with certainty."""
    head, _, body = data.partition(_TASKS)
    key = f"  {yamlout.scalar(task)}:\n".encode()
    start = 0 if body.startswith(key) else body.find(b"\n" + key) + 1
    at = start > 0 or body.startswith(key)
    end = _block_end(body, start + len(key)) if at else len(body)
    start = start if at else end
    old = _STATUS.search(body, start, end)
    if _spelled(body, task.encode()) != at or bool(old) != at:
        return None  # the id in another spelling, or more than once
    counts = {name.decode(): int(number) for name, number in _COUNT.findall(head.partition(b"\nstatistics:\n")[2])}
    counts.pop("total", None)
    if old:
        was = old[1].decode() if old[1].decode() in STATUSES else "pending"
        counts[was] = counts.get(was, 1) - 1
    counts[entry["status"]] = counts.get(entry["status"], 0) + 1
    top, _, _ = head.partition(b"\nstatistics:\n")
    top = re.sub(rb"^updated_at:.*$", f"updated_at: {yamlout.scalar(now)}".encode(), top, count=1, flags=re.MULTILINE)
    rest = yamlout.dump({"statistics": _statistics(counts)}).encode().rstrip(b"\n")
    return b"".join((top, b"\n", rest, _TASKS, body[:start], yamlout.dump({task: entry}, 2).encode(), body[end:]))


def _spelled(body: bytes, task: bytes) -> int:
    """How often a task's id stands as a key, in whatever spelling."""
    count, place = 0, body.find(task)
    while place >= 0:
        before = body[body.rfind(b"\n", 0, place) + 1 : place]
        after = body[place + len(task) : place + len(task) + 80].lstrip(b"'\"").lstrip(b" \t")
        count += not before.strip(b" \t'\"") and after.startswith(b":")
        place = body.find(task, place + len(task))
    return count


def _block_end(body: bytes, start: int) -> int:
    """Where the next entry, comment or top-level key begins."""
    position = start
    while position < len(body):
        line_end = body.find(b"\n", position) + 1 or len(body)
        if not body.startswith(b"    ", position):
            return position
        position = line_end
    return position
