"""The text of a state file: entry, head and figures, as this package lays them out."""

import os
from typing import Any

from assembly_line import disk, paths, yamlout
from assembly_line.core.projection import STATUSES, project
from assembly_line.core.run import Run

VERSION = "1.0"
TASKS = b"\ntasks:\n"
STATISTICS = b"\nstatistics:\n"
_UPDATED = b"\nupdated_at:"
_STATUS = "\n    status: "

Blocks = dict[str, str]  # by task: the lines of its entry, as `block` gives them


def block(task: str, run: Run, seq: int, head: str) -> str:
    """The lines of a task's entry, from its run and its last record's number and hash."""
    pointer = {"path": paths.journal(task), "events": seq, "head": head}
    return yamlout.dump({task: {**project(run), "journal": pointer}}, 2)


def fresh(relative: str, blocks: Blocks, now: str) -> bytes:
    """A file of these entries alone."""
    head = {"version": VERSION, "type": kind(relative), "created_at": now, "updated_at": now}
    text = yamlout.dump({**head, "statistics": statistics(count(statuses(blocks)))})
    return f"{text}tasks:\n{''.join(blocks.values())}".encode()


def kind(relative: str) -> str:
    """project, feature or issue, as the file's name says."""
    name = os.path.basename(relative)
    return next((word for word in ("feature", "issue") if name.startswith(f".{word}-")), "project")


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
    total = yamlout.dump({"statistics": statistics(counts)})
    time = f" {yamlout.scalar(now)}".encode()
    return b"".join((before, _UPDATED, time, feed, after, b"\n", total.encode(), b"tasks:\n"))


def spliced(data: bytes, task: str, new: str, now: str) -> disk.Parts | None:
    """A known file with one entry replaced, without parsing the rest; None when that cannot be done with certainty."""
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
