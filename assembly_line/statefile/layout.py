"""The text of a state file as this package lays it out: a head, and an entry for each task.

It is laid out for merges: what can be computed (counts, the last change) is not in it, no two entries share a line, as
each names its task, and an entry's last line never changes. So git's union of two sides is a valid file.
"""

import os

from assembly_line import paths
from assembly_line.core.projection import STATUSES, project
from assembly_line.core.run import Run
from assembly_line.yamlio import writer

VERSION = "1.0"
TASKS = b"\ntasks:\n"
COMPUTED = ("updated_at", "statistics")  # members that earlier releases wrote

Blocks = dict[str, str]  # task -> the lines of its entry, as made by `block`


def block(task: str, run: Run, seq: int, head: str) -> str:
    """The lines of a task's entry, from its run and its last record's number and hash."""
    pointer = {"events": seq, "head": head, "path": paths.journal(task)}
    return marked(task, {**project(run), "journal": pointer})


def marked(task: str, entry: object) -> str:
    """The lines of an entry, each with the task's id, so that no two entries have a line in common."""
    first, *lines = writer.dump({task: entry}, 2).splitlines()
    return "".join((f"{first}\n", *(f"{line}  # {task}\n" for line in lines)))


def fresh(relative: str, blocks: Blocks, created_at: str) -> bytes:
    """A new file with these entries."""
    head = writer.dump({"version": VERSION, "type": kind(relative), "created_at": created_at})
    return f"{head}tasks:\n{''.join(blocks.values())}".encode()


def kind(relative: str) -> str:
    """project, feature or issue, by the file's name."""
    name = os.path.basename(relative)
    return next((word for word in ("feature", "issue") if name.startswith(f".{word}-")), "project")


def computed(statistics: object) -> bool:
    """Whether statistics are those that earlier releases wrote, and not another tool's."""
    return isinstance(statistics, dict) and set(statistics) == {"total", *STATUSES}
