"""The text of a state file as this package lays it out: entries, head and statistics."""

import os
from typing import Any

from assembly_line import paths
from assembly_line.core.projection import STATUSES, project
from assembly_line.core.run import Run
from assembly_line.yamlio import writer

VERSION = "1.0"
TASKS = b"\ntasks:\n"
STATISTICS = b"\nstatistics:\n"
_STATUS = "\n    status: "

Blocks = dict[str, str]  # task -> the lines of its entry, as made by `block`


def block(task: str, run: Run, seq: int, head: str) -> str:
    """The lines of a task's entry, from its run and its last record's number and hash."""
    pointer = {"path": paths.journal(task), "events": seq, "head": head}
    return writer.dump({task: {**project(run), "journal": pointer}}, 2)


def fresh(relative: str, blocks: Blocks, now: str) -> bytes:
    """A new file with these entries."""
    head = {"version": VERSION, "type": kind(relative), "created_at": now, "updated_at": now}
    text = writer.dump({**head, "statistics": statistics(count(statuses(blocks)))})
    return f"{text}tasks:\n{''.join(blocks.values())}".encode()


def kind(relative: str) -> str:
    """project, feature or issue, by the file's name."""
    name = os.path.basename(relative)
    return next((word for word in ("feature", "issue") if name.startswith(f".{word}-")), "project")


def statuses(blocks: Blocks) -> dict[str, Any]:
    """Entries with their status only."""
    return {task: {"status": status_of(text)} for task, text in blocks.items()}


def status_of(text: str) -> str:
    """The status in the lines of an entry."""
    return text.partition(_STATUS)[2].partition("\n")[0]


def count(tasks: dict[str, Any]) -> dict[str, int]:
    """How many tasks have each status; an unknown one counts as pending."""
    counts: dict[str, int] = {}
    for entry in tasks.values():
        status = entry.get("status") if isinstance(entry, dict) else None
        name = status if status in STATUSES else "pending"
        counts[name] = counts.get(name, 0) + 1
    return counts


def statistics(counts: dict[str, int]) -> dict[str, int]:
    """The statistics of a state file, from the number of tasks by status."""
    return {"total": sum(counts.values()), **{name: counts.get(name, 0) for name in STATUSES}}
