"""The store: one task's journal, its run, and the state file that shows it, used under the project's lock."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from typing import Any

from assembly_line import disk, journal, marker, statefile
from assembly_line.core.evolve import evolve
from assembly_line.core.projection import project
from assembly_line.core.run import Event, Run
from assembly_line.errors import LineError
from assembly_line.journal import GENESIS, Damaged, Record
from assembly_line.vault import Vault

PLANNING = "docs/planning"
JOURNALS = f"{PLANNING}/journal"
STATE_FILE = f"{PLANNING}/.project-state.yaml"
SUMMARIES = "docs/tasks"
LOCK = ".task_bundles/.lock"
# Events whose data holds words from outside.
_SPOKEN = (
    "run_started",
    "refused",
    "report_rejected",
    "agent_failed",
    "failed",
    "paused",
    "lease_released",
    "unwatched",
)


def utc_now() -> str:
    """The present time, ISO 8601 UTC with milliseconds."""
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"


def journal_path(task: str) -> str:
    """A task's journal, from the project's root."""
    return f"{JOURNALS}/{task}.jsonl"


class Store:
    """A task's record on disk; use inside `opened`, which holds the lock."""

    def __init__(self, root: str, task: str, vault: Vault) -> None:
        self.root = root
        self.task = task
        self.vault = vault
        self.relative = journal_path(task)
        if vault.knows(task):
            disk.clear(root, self.relative)
        self.path = disk.inside(root, self.relative)
        self.key = vault.key()
        self.run, self.seq, self.head = Run(), 0, GENESIS
        self.undone: tuple[str, ...] = ()
        self.repaired = ""
        self.unfinished = False  # the last writer died before it came to its end
        self.current = True  # the state file shows the run
        self._load()

    def _load(self) -> None:
        self._known: list[int] = []  # stamp of the journal that the snapshot was taken from
        kept = self.vault.load_run(self.task, disk.stamp(self.path))
        if kept is not None:
            self.run, self.seq, self.head = kept
            self._known = disk.stamp(self.path)
            return
        data = self._against_mirror(disk.read(self.path) or b"")
        self.unfinished, self.current = bool(data), not data
        ours = [os.path.join(self.vault.folder, name) for name in ("", "kept", os.path.join("files", self.task))]
        for folder in (os.path.join(self.root, PLANNING), os.path.join(self.root, SUMMARIES), *ours):
            disk.sweep(folder)
        records, torn = self._parse(data)
        self.run = journal.replay(records, self.relative)
        if self.run.number and not statefile.is_place(self.run.state_file):
            raise Damaged(f"{self.relative}:1: its state file is none; restore the file from git or from a backup")
        if records:
            self.seq, self.head = records[-1].seq, records[-1].h
        if torn is not None:
            self.repaired = f"the last line was cut off at byte {torn.offset} and set aside"
        if data:
            mirrored = data[: torn.offset] if torn else data
            disk.write(self.vault.mirror(self.task), mirrored, durable=False)

    def _parse(self, data: bytes) -> tuple[list[Record], journal.Torn | None]:
        records, torn = journal.parse(data, self.relative, self.task)
        if torn is not None:
            aside = os.path.join(self.vault.folder, f"{self.task}.torn")
            disk.write(aside, torn.tail)
            disk.truncate(self.path, torn.offset)
        return records, torn

    def _against_mirror(self, data: bytes) -> bytes:
        """The journal's bytes, put back from the mirror when they are not what this machine wrote."""
        kept = self._mirrored()
        sound = self._vouched(kept, data) if kept else data
        if sound == data:
            return data
        if not self.vault.lease(self.task):
            if self._checked_out(data):
                disk.remove(self.vault.mirror(self.task))
                return data
            if self._is_merging():
                return data
        disk.write(os.path.join(self.vault.folder, f"{self.task}.tampered"), data)
        disk.write(self.path, sound)
        self.undone = (self.relative,)
        return sound

    def _mirrored(self) -> bytes:
        """The sound part of the mirror, which is not synced and may have suffered in a power failure."""
        kept = disk.read(self.vault.mirror(self.task)) or b""
        try:
            torn = journal.parse(kept, self.vault.mirror(self.task), self.task)[1]
        except Damaged:
            return b""
        return kept[: torn.offset] if torn else kept

    def _checked_out(self, data: bytes) -> bool:
        """Whether git, not somebody's hand, made the journal what it is: outside a run it may follow a branch."""
        from assembly_line import tree

        committed = tree.committed(self.root, self.relative)
        if os.path.lexists(self.path):
            return committed == data
        return committed is None and tree.remembered(self.root, self.relative)

    def _is_merging(self) -> bool:
        from assembly_line import tree

        return tree.merging(self.root)

    def _vouched(self, kept: bytes, data: bytes) -> bytes:
        """The journal as this machine wrote it: the mirror, and lines that go on from it with our signature.

        A crash may have come before the mirror; the line that it tore, which is the last, is the parser's to repair.
        """
        if not data.startswith(kept):
            return kept
        sound, head = kept, json.loads(kept.splitlines()[-1])["h"]
        for line in data[len(kept) :].splitlines(keepends=True):
            try:
                found = json.loads(line)
                if found["prev"] != head or found["mac"] != journal.mac_of(found["h"], self.key):
                    return sound
                head = found["h"]
            except (ValueError, KeyError, TypeError):
                return data if data.endswith(line) and len(sound) + len(line) == len(data) else sound
            sound += line
        return sound

    def record(self, *events: Event) -> Run:
        """Append events durably, then show them in the state file; the run after them."""
        if not events:
            return self.run
        before, run, seq, head = self.run, self.run, self.seq, self.head
        ts = utc_now()
        lines = []
        for event in map(_redacted, events):
            run = evolve(run, event, ts)
            seq += 1
            record, line = journal.seal(event, ts, self.task, run, seq, head, self.key)
            head = record.h
            lines.append(line)
        for line in lines:  # one by one: only the last line can ever be torn
            disk.append(self.path, line)
        self.run, self.seq, self.head = run, seq, head
        disk.append(self.vault.mirror(self.task), b"".join(lines), durable=False)
        if run.session and marker.words(before) != marker.words(run):
            marker.put(self.vault.data, run.session, self.root, run)
        if before.number != run.number or project(before) != project(run):
            self.show()
        return run

    def show(self) -> None:
        """Write the task's entry of the state file."""
        if self.run.number:
            statefile.update(self.root, self.run.state_file, {self.task: self.entry()}, utc_now(), self.vault)
            self._saw()

    def _saw(self) -> None:
        """The entry is right in the file as it is now; who writes the file later must be looked at again."""
        self.vault.note_seen(self.task, self.vault.writers(statefile.relative_key(self.run.state_file)))

    def entry(self) -> dict[str, Any]:
        """The task's entry of the state file."""
        return {**project(self.run), "journal": self._pointer()}

    def _pointer(self) -> dict[str, Any]:
        return {"path": self.relative, "events": self.seq, "head": self.head}

    def remember(self) -> None:
        """Take the snapshot, last of all: without it the next writer looks for what this one left undone."""
        stamp = disk.stamp(self.path)
        if self.seq and stamp != self._known:
            self.vault.save_run(self.task, stamp, self.run, self.seq, self.head)

    def check_shown(self) -> bool:
        """Whether the state file still shows what this machine wrote; if not, it is written anew and False is given."""
        relative = self.run.state_file
        disk.clear(self.root, relative)
        stamp = disk.stamp(os.path.join(self.root, relative))
        name = statefile.relative_key(relative)
        ours = stamp == self.vault.stamp_of(name)
        if stamp and ours and self.current and self.vault.seen(self.task) == self.vault.writers(name):
            return True
        shown = self._is_shown()
        lags = not shown and not self.current and (ours or self._was_shown())  # behind a writer that died
        if not shown:
            self._rewrite()
        self.current = True
        return shown or lags

    def _is_shown(self) -> bool:
        relative = self.run.state_file
        try:
            shown = statefile.load(self.root, relative).get("tasks", {}).get(self.task)
        except Exception:
            shown = None
        if isinstance(shown, dict) and self._fits(shown):
            statefile.adopt(self.root, relative, self.vault)
            self._saw()
            return True
        return False

    def _was_shown(self) -> bool:
        """Whether the state file shows the run as it once was, or not yet: nobody tampered with it."""
        try:
            shown = statefile.load(self.root, self.run.state_file)["tasks"].get(self.task)
            records = self.records()[: shown["journal"]["events"]] if shown else []
            then = project(journal.replay(records, self.relative))
            return not shown or all(shown.get(name) == value for name, value in _plain(then).items())
        except (LineError, KeyError, TypeError):
            return False

    def _fits(self, shown: dict[str, Any]) -> bool:
        wanted = project(self.run)
        return all(shown.get(name) == value for name, value in _plain(wanted).items())

    def _rewrite(self) -> None:
        """Write every task's entry again, into what the file held when the run began if it is gone or unreadable."""
        relative = self.run.state_file
        try:
            whole = bool(statefile.load(self.root, relative))
        except LineError:
            set_aside(self.root, relative)
            whole = False
        kept = self.vault.kept(statefile.relative_key(relative))
        if not whole and kept:
            disk.write(disk.inside(self.root, relative), kept)
        rebuild(self.root, relative, self.vault)

    def keep_state(self) -> None:
        """Remember the state file as it is, for the entries in it that no journal can give again."""
        relative = self.run.state_file
        data = disk.read(disk.inside(self.root, relative))
        if data:
            self.vault.keep(statefile.relative_key(relative), data)

    def records(self) -> list[Record]:
        """Every record of the task, verified."""
        return journal.parse(disk.read(self.path) or b"", self.relative, self.task)[0]


def _redacted(event: Event) -> Event:
    """The event without secrets in what was said; reports and commands were redacted where they came in."""
    if event.kind not in _SPOKEN and "asked_model" not in event.data:
        return event
    from assembly_line import redact

    return event._replace(data=redact.tree(event.data))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


@contextlib.contextmanager
def opened(root: str, task: str, vault: Vault) -> Iterator[Store]:
    """A task's store under the project's lock; Damaged or LineError when it cannot be believed."""
    ignore = os.path.join(root, ".task_bundles", ".gitignore")
    if vault.knows(task):
        disk.clear(root, LOCK)
    with disk.lock(disk.inside(root, LOCK)):
        if not os.path.exists(ignore):
            disk.write(ignore, b"*\n", durable=False)
        held = Store(root, task, vault)
        yield held
        held.remember()


def known_tasks(root: str) -> list[str]:
    """The tasks that have a journal, sorted."""
    folder = os.path.join(root, JOURNALS)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted(name[:-6] for name in names if name.endswith(".jsonl"))


def peek(root: str, task: str) -> tuple[Run, list[Record]]:
    """A task's run and records, read only; Damaged when the journal cannot be believed."""
    relative = journal_path(task)
    records, torn = journal.parse(disk.read(disk.inside(root, relative)) or b"", relative, task)
    if torn is not None:
        raise Damaged(f"{relative}:{len(records) + 1}: the last line is cut off; /task-run {task} repairs it")
    return journal.replay(records, relative), records


def _read(root: str, task: str) -> tuple[Run, int, str]:
    """A task's run, and its last record's number and hash, from its journal."""
    run, records = peek(root, task)
    return run, records[-1].seq, records[-1].h


def rebuild(root: str, state_file: str, vault: Vault) -> int:
    """Write every task of a state file whose journal is sound into it anew; how many."""
    entries = {}
    for task in known_tasks(root):
        with contextlib.suppress(Damaged):  # its entry stays as it is, and the check of the project names the journal
            run, seq, head = vault.load_run(task, disk.stamp(disk.inside(root, journal_path(task)))) or _read(
                root, task
            )
            if run.state_file == state_file:
                pointer = {"path": journal_path(task), "events": seq, "head": head}
                entries[task] = {**project(run), "journal": pointer}
    if entries:
        statefile.update(root, state_file, entries, utc_now(), vault)
    return len(entries)


def set_aside(root: str, relative: str) -> str:
    """Rename a file that cannot be read, so that nothing in it is lost; its new path."""
    aside = f"{relative}.unreadable-{int(time.time())}"
    os.rename(disk.inside(root, relative), os.path.join(root, aside))
    return aside
