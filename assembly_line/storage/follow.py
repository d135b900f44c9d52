"""Follows a task's journal while something else writes it."""

import os

from assembly_line import paths
from assembly_line.core.run import Run
from assembly_line.errors import LineError
from assembly_line.storage import journal
from assembly_line.storage.journal import Damaged, Record
from assembly_line.system import disk


class Watch:
    """One task of one project; a line that is being written just now is left for the next look."""

    def __init__(self, root: str, task: str) -> None:
        self.root = root
        self.task = task
        self.relative = paths.journal(task)
        self._stamp: list[int] = []
        self._records: list[Record] = []
        self._told = 0

    def records(self) -> list[Record]:
        """All records; Damaged when they cannot be believed."""
        stamp = disk.stamp(os.path.join(self.root, self.relative))
        if stamp != self._stamp:
            data = disk.read(disk.inside(self.root, self.relative)) or b""
            self._records, _ = journal.parse(data, self.relative, self.task)
            self._stamp = stamp
        return self._records

    def fresh(self) -> list[Record]:
        """The records since the last call; none while the journal cannot be believed."""
        try:
            found = self.records()[self._told :]
        except LineError:
            return []
        self._told += len(found)
        return found

    def run(self) -> Run | None:
        """The run that the records lead to, or None before there is one; Damaged when they cannot be believed."""
        found = self.records()
        return journal.replay(found, self.relative) if found else None


def known(root: str) -> list[str]:
    """The tasks that have a journal, sorted."""
    folder = os.path.join(root, paths.JOURNALS)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted(name[:-6] for name in names if name.endswith(".jsonl"))


def peek(root: str, task: str) -> tuple[Run, list[Record]]:
    """A task's run and records, read only; Damaged when the journal cannot be believed."""
    relative = paths.journal(task)
    records, torn = journal.parse(disk.read(disk.inside(root, relative)) or b"", relative, task)
    if torn is not None:
        raise Damaged(f"{relative}:{len(records) + 1}: the last line is cut off; /task-run {task} repairs it")
    return journal.replay(records, relative), records
