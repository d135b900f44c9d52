"""Reads a project's journals without taking its lock: whole and verified, or as they grow."""

import json
import os
from typing import NamedTuple

from assembly_line import paths
from assembly_line.core import times
from assembly_line.core.evolve import evolve
from assembly_line.core.run import Run
from assembly_line.errors import LineError
from assembly_line.storage import journal
from assembly_line.storage.journal import Damaged, Record
from assembly_line.system import disk


class Step(NamedTuple):
    """A record and the run after it."""

    record: Record
    run: Run


def known(root: str) -> list[str]:
    """The tasks that have a journal, sorted."""
    folder = os.path.join(root, paths.JOURNALS)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted(name[:-6] for name in names if name.endswith(".jsonl"))


def peek(root: str, task: str) -> tuple[Run, list[Record]]:
    """A task's run and records, verified; Damaged when the journal cannot be trusted."""
    relative = paths.journal(task)
    records, torn = journal.parse(disk.read(disk.inside(root, relative)) or b"", relative, task)
    if torn is not None:
        raise Damaged(f"{relative}:{len(records) + 1}: the last line is cut off; /task-run {task} repairs it")
    return journal.replay(records, relative), records


def standing(root: str, task: str) -> tuple[Run | None, int]:
    """A task's run while another process may be appending, and how many records it has; Damaged as for `peek`."""
    relative = paths.journal(task)
    records, _ = journal.parse(disk.read(disk.inside(root, relative)) or b"", relative, task)
    return journal.replay(records, relative) if records else None, len(records)


def _check_form(record: Record) -> None:
    """TypeError or ValueError when a record has not the form that a display relies on."""
    times.seconds(record.ts)
    if not isinstance(record.data, dict):
        raise TypeError("data is no object")


def last(root: str, task: str) -> Record | None:
    """The last whole record of a task's journal as it stands there, not verified; None without any."""
    try:
        with open(disk.inside(root, paths.journal(task)), "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 2 * journal.MAX_LINE))
            lines = file.read().splitlines(keepends=True)
        value = json.loads(next((line for line in reversed(lines) if line.endswith(b"\n")), b""))
        record = Record(**{name: value[name] for name in Record._fields})
        _check_form(record)
    except (OSError, LineError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return record


class Follower:
    """Follows one task's journal for display as it grows; nothing is verified, and unreadable lines are skipped."""

    def __init__(self, root: str, task: str) -> None:
        self.seq = 0  # of the last record returned
        self._path = os.path.join(root, paths.journal(task))
        self._run = Run()
        self._offset = 0  # bytes read

    def fresh(self) -> list[Step]:
        """The steps since the last call; a line still being written is left for the next call."""
        steps = []
        for line in self._lines():
            try:
                value = json.loads(line)
                record = Record(**{name: value[name] for name in Record._fields})
                run = evolve(self._run, record.event, record.ts)
                _check_form(record)
                is_new = record.seq > self.seq
            except (ValueError, KeyError, TypeError, AttributeError, IndexError, LineError):
                continue
            self._run = run
            if is_new:
                self.seq = record.seq
                steps.append(Step(record, self._run))
        return steps

    def _lines(self) -> list[bytes]:
        try:
            with open(self._path, "rb") as file:
                if file.seek(0, os.SEEK_END) < self._offset:  # restored from a copy: read again, return what is new
                    self._run, self._offset = Run(), 0
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.splitlines()
