"""The state file: where every task stands, written by replacing one task's lines and leaving all others alone."""

import os

from assembly_line import disk, paths, yamlout
from assembly_line.core.named import Any
from assembly_line.core.projection import STATUSES, project
from assembly_line.core.run import Run
from assembly_line.errors import LineError
from assembly_line.vault import Vault

VERSION = "1.0"
MAX_BYTES = 64 * 1024 * 1024
TASKS = b"\ntasks:\n"
STATISTICS = b"\nstatistics:\n"
_UPDATED = b"\nupdated_at:"
_STATUS = "\n    status: "
_ID = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

Blocks = dict[str, str]  # by task: the lines of its entry, as `block` gives them


def block(task: str, run: Run, seq: int, head: str) -> str:
    """The lines of a task's entry, from its run and its last record's number and hash."""
    pointer = {"path": paths.journal(task), "events": seq, "head": head}
    return yamlout.dump({task: {**project(run), "journal": pointer}}, 2)


def update(root: str, relative: str, blocks: Blocks, now: str, vault: Vault) -> None:
    """Put entries of tasks into the state file; everything else in it survives byte for byte.

    A file as this machine last wrote it is spliced as text; any other is read as YAML first. LineError when
    the file cannot be understood.
    """
    path, name = disk.inside(root, relative), relative_key(relative)
    data = disk.read(path)
    known = data is not None and bool(stamp := disk.stamp(path)) and vault.stamp_of(name) == stamp
    parts: disk.Parts | None = None
    if data is None:
        parts = (_fresh(relative, blocks, now),)
    elif known:
        parts = _spliced(data, blocks, now)
    ours = parts is not None  # a splice keeps the layout
    if parts is None:
        from assembly_line import stateedit, statelayout

        text = stateedit.edited(data or b"", relative, blocks, now)
        parts, ours = (text,), statelayout.is_ours(text)
    disk.write(path, parts)
    vault.note_stamp(name, disk.stamp(path) if ours else [], foreign=data is not None and not known)


def check(root: str, relative: str, vault: Vault) -> None:
    """LineError when the state file cannot be understood; one that this machine wrote last needs no look."""
    stamp = disk.stamp(disk.inside(root, relative))
    if not stamp or stamp != vault.stamp_of(relative_key(relative)):
        load(root, relative)


def adopt(root: str, relative: str, vault: Vault) -> None:
    """Take a file that somebody else wrote for known, if it has the layout that a splice relies on."""
    from assembly_line import statelayout

    path = disk.inside(root, relative)
    stamp = disk.stamp(path)
    if stamp != vault.stamp_of(relative_key(relative)) and statelayout.is_ours(disk.read(path) or b""):
        vault.note_stamp(relative_key(relative), stamp, foreign=True)


def relative_key(relative: str) -> str:
    """A file name for the stamp of a state file."""
    return "".join(sign if sign in _ID and sign != "_" else "_" for sign in relative)


def load(root: str, relative: str) -> dict[str, Any]:
    """The state file's content with `tasks` as a mapping; {} when there is no file; LineError when it is not one."""
    from assembly_line import textguard

    data = disk.read(disk.inside(root, relative))
    if data is None:
        return {}
    return whole(textguard.decode(data, relative), relative)


def is_name(name: str) -> bool:
    """Whether a file of that name is a state file: of the project, or of a feature or an issue that it names."""
    middle = name.removeprefix(".").removesuffix("-state.yaml")
    what, dash, which = middle.partition("-")
    known = middle == "project" or (what in ("feature", "issue") and dash and which and not which.strip(_ID))
    return bool(known) and name == f".{middle}-state.yaml"


def is_place(relative: str) -> bool:
    """Whether a state file may be at a path from the project's root; the one that a journal names may be forged."""
    folder, name = os.path.split(relative)
    return folder == paths.PLANNING and is_name(name)


def kind(relative: str) -> str:
    """project, feature or issue, as the file's name says."""
    name = os.path.basename(relative)
    return next((word for word in ("feature", "issue") if name.startswith(f".{word}-")), "project")


def _fresh(relative: str, blocks: Blocks, now: str) -> bytes:
    head = {"version": VERSION, "type": kind(relative), "created_at": now, "updated_at": now}
    text = yamlout.dump({**head, "statistics": statistics(count(statuses(blocks)))})
    return f"{text}tasks:\n{''.join(blocks.values())}".encode()


def statuses(blocks: Blocks) -> dict[str, Any]:
    """Entries of which only the status is known."""
    return {task: {"status": status_of(text)} for task, text in blocks.items()}


def status_of(text: str) -> str:
    """The status that the lines of an entry begin with."""
    return text.partition(_STATUS)[2].partition("\n")[0]


def count(tasks: dict[str, Any]) -> dict[str, int]:
    """How many tasks have each status; what has none of ours counts as pending."""
    counts: dict[str, int] = {}
    for entry in tasks.values():
        status = entry.get("status") if isinstance(entry, dict) else None
        name = status if status in STATUSES else "pending"
        counts[name] = counts.get(name, 0) + 1
    return counts


def statistics(counts: dict[str, int]) -> dict[str, int]:
    """The figures of a state file, from the number of tasks by status."""
    return {"total": sum(counts.values()), **{name: counts.get(name, 0) for name in STATUSES}}


def whole(text: str, relative: str) -> dict[str, Any]:
    """The content of a state file's text with `tasks` as a mapping; LineError when it is none."""
    from assembly_line import textguard

    found = textguard.load_yaml(text, relative) if text.strip() else None
    found = {} if found is None else found
    if not isinstance(found, dict):
        raise LineError(f"{relative}:1: a mapping is expected at the top; restore the file or move it away")
    tasks = found.get("tasks") or {}
    if not isinstance(tasks, dict):
        raise LineError(f"{relative}: tasks must be a mapping of ids; choose another file with --state")
    return {**found, "tasks": tasks}


def _spliced(data: bytes, blocks: Blocks, now: str) -> disk.Parts | None:
    """A known file with blocks replaced, without parsing the rest; None when that cannot be done with certainty."""
    if len(blocks) == 1:
        ((task, new),) = blocks.items()
        return _splice(data, task, new, now)
    from assembly_line import statelayout

    return statelayout.splice(data, blocks, now)


def _splice(data: bytes, task: str, new: str, now: str) -> disk.Parts | None:
    tasks, key = data.find(TASKS) + len(TASKS), yamlout.scalar(task)
    start = data.rfind(f"\n  {key}:\n".encode(), tasks - 1) + 1
    end = _block_end(data, start) if start else len(data)
    if (not start or key != task) and _spelled(data, task.encode(), tasks) != bool(start):
        return None  # the id in another spelling
    counts = _figures(data, tasks)
    if start:
        was = status_of(data[start:end].decode())
        if not was.replace("_", "").isalnum():
            return None
        was = was if was in STATUSES else "pending"
        counts[was] = counts.get(was, 1) - 1
    status = status_of(new)
    counts[status] = counts.get(status, 0) + 1
    view = memoryview(data)
    return headed(data, counts, now), view[tasks : start or end], new.encode(), view[end:]


def _figures(data: bytes, tasks: int) -> dict[str, int]:
    """The statistics in the text before the tasks."""
    lines = data[data.find(STATISTICS) + len(STATISTICS) : tasks - len(TASKS)].decode().splitlines()
    counts = {name.strip(): int(number) for name, _, number in (line.partition(": ") for line in lines)}
    counts.pop("total", None)
    return counts


def headed(data: bytes, counts: dict[str, int], now: str) -> bytes:
    """What stands before the tasks of a known file, with other figures and another time."""
    before, _, rest = data[: data.find(STATISTICS)].partition(_UPDATED)
    _, feed, after = rest.partition(b"\n")
    figures = yamlout.dump({"statistics": statistics(counts)})
    time = f" {yamlout.scalar(now)}".encode()
    return b"".join((before, _UPDATED, time, feed, after, b"\n", figures.encode(), b"tasks:\n"))


def _spelled(data: bytes, task: bytes, start: int) -> int:
    """How often a task's id stands as a key, in whatever spelling."""
    count, place = 0, data.find(task, start)
    while place >= 0:
        before = data[data.rfind(b"\n", 0, place) + 1 : place]
        after = data[place + len(task) : place + len(task) + 80].lstrip(b"'\"").lstrip(b" \t")
        count += not before.strip(b" \t'\"") and after.startswith(b":")
        place = data.find(task, place + len(task))
    return count


def _block_end(data: bytes, start: int) -> int:
    """Where the lines of an entry end; 0, where none does, when a comment or a blank line stands between them."""
    place = end = data.find(b"\n", start) + 1
    while place < len(data):
        after = data.find(b"\n", place) + 1
        if data[place:after].lstrip(b" ")[:1] not in b"#\n":
            if not data.startswith(b"    ", place):
                break
            if end != place:
                return 0
            end = after
        place = after
    return end
