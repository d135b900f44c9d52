"""The store: one task's journal, its run, and the state file that shows it, used under the project's lock."""

import contextlib
import os
from collections.abc import Container, Iterator

from assembly_line import paths
from assembly_line.client import marker
from assembly_line.core.events import ALL, KINDS
from assembly_line.core.evolve import evolve
from assembly_line.core.projection import project
from assembly_line.core.run import Event, Run
from assembly_line.statefile import document, layout
from assembly_line.storage import journal
from assembly_line.storage import mirror as mirrors
from assembly_line.storage.journal import GENESIS, Damaged, Record
from assembly_line.storage.vault import Vault
from assembly_line.system import clock, disk, lock
from assembly_line.untrusted import secrets


class Store:
    """A task's record on disk; use inside `opened`, which holds the lock."""

    def __init__(self, root: str, task: str, vault: Vault) -> None:
        self.root = root
        self.task = task
        self.vault = vault
        self.relative = paths.journal(task)
        if vault.knows(task):
            disk.clear(root, self.relative)
        self.path = disk.inside(root, self.relative)
        self.key = vault.key()
        self.run, self.seq, self.head = Run(), 0, GENESIS
        self.undone: tuple[str, ...] = ()
        self.repaired = ""
        self.unfinished = False  # the last writer died before it came to its end
        self.current = True  # the state file shows the run as it was when it was read
        self.behind = False  # the journal has gone on since
        self.doubted = False  # the journal is not the mirror's, so that no snapshot may be taken of it
        self.tree = ""  # the digest of the sources; taken once a hook
        self._load()

    def _load(self) -> None:
        self._known: list[int] = []  # stamp of the journal that the snapshot was taken from
        kept = self.vault.load_run(self.task, disk.stamp(self.path))
        if kept is not None:
            self.run, self.seq, self.head = kept
            self._known = disk.stamp(self.path)
            return
        data, put_back = mirrors.sound(self.root, self.relative, self.task, self.vault)
        self.undone = (self.relative,) if put_back else ()
        self.unfinished, self.current = bool(data), not data
        ours = [os.path.join(self.vault.folder, name) for name in ("kept", os.path.join("files", self.task))]
        for folder in (os.path.join(self.root, paths.PLANNING), os.path.join(self.root, paths.SUMMARIES), *ours):
            disk.sweep(folder)
        records, torn = self._parse(data)
        self.run = journal.replay(records, self.relative)
        if self.run.number and not document.is_place(self.run.state_file):
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

    def record(self, *events: Event) -> Run:
        """Append events durably, then show them in the state file; the run after them."""
        if not events:
            return self.run
        before, run, seq, head = self.run, self.run, self.seq, self.head
        ts = clock.utc_now()
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
        self.behind = self.behind or before.number != run.number or project(before) != project(run)
        return run

    def show(self) -> None:
        """Bring the task's entry of the state file up to date; once for all that a hook records."""
        if self.behind:
            document.update(self.root, self.run.state_file, {self.task: self._block()}, clock.utc_now(), self.vault)
            self._saw()
            self.behind = False

    def _saw(self) -> None:
        """The entry is right in the file as it is now; who writes the file later must be looked at again."""
        self.vault.note_seen(self.task, self.vault.writers(document.relative_key(self.run.state_file)))

    def _block(self) -> str:
        return layout.block(self.task, self.run, self.seq, self.head)

    def remember(self) -> None:
        """Take the snapshot, last of all: without it the next writer looks for what this one left undone."""
        stamp = disk.stamp(self.path)
        if self.seq and stamp != self._known and not self.doubted:
            self.vault.save_run(self.task, stamp, self.run, self.seq, self.head, self._block())

    def records(self, kinds: Container[str] = ALL, run: int = 0) -> list[Record]:
        """The records of these kinds, of one run or all; Damaged when somebody changed the journal meanwhile."""
        data = disk.read(self.path) or b""
        mirror = self.vault.mirror(self.task)
        if data != disk.read(mirror):
            self.vault.forget(self.task)  # so that the next hook looks at every line, and puts back what was changed
            self.doubted = True
            whole, kept = journal.parse(data, self.relative, self.task)[1] is None, mirrors.mirrored(mirror, self.task)
            if not whole or (kept and mirrors.vouched(kept, data, self.key) != data):
                raise Damaged(f"{self.relative}: was changed just now; the next hook puts it back")
        return journal.recall(data, kinds, run)


def _redacted(event: Event) -> Event:
    """The event without secrets in what was said; reports and commands were redacted where they came in."""
    if not KINDS[event.kind].spoken:
        return event
    return event._replace(data=secrets.redact_all(event.data))


@contextlib.contextmanager
def opened(root: str, task: str, vault: Vault) -> Iterator[Store]:
    """A task's store under the project's lock; Damaged or LineError when it cannot be believed."""
    ignore = os.path.join(root, paths.BUNDLES, ".gitignore")
    if vault.knows(task):
        disk.clear(root, paths.LOCK)
    with lock.hold(disk.inside(root, paths.LOCK)):
        disk.sweep(vault.folder)
        if not os.path.exists(ignore):
            disk.sweep(os.path.dirname(ignore))
            disk.write(ignore, b"*\n", durable=False)
        held = Store(root, task, vault)
        try:
            yield held
        finally:
            held.show()
        held.remember()
