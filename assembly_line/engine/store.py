"""The store: one task's journal, its run and its entry in the state file, under the project's lock."""

import contextlib
import os
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING, NamedTuple

from assembly_line import paths
from assembly_line.client import marker
from assembly_line.core import identity, times
from assembly_line.core.events import ALL, KINDS, REPORTS
from assembly_line.core.evolve import evolve
from assembly_line.core.projection import project
from assembly_line.core.run import Event, Run
from assembly_line.engine import salvage, work_tree
from assembly_line.statefile import document, layout
from assembly_line.storage import journal, mirror, snapshot
from assembly_line.storage.journal import GENESIS, Damaged, Record
from assembly_line.storage.vault import Vault
from assembly_line.system import clock, disk, lock
from assembly_line.untrusted import secrets

if TYPE_CHECKING:
    from assembly_line.sources.tree import Sources


class Repairs(NamedTuple):
    """What opening a store repaired."""

    restored: tuple[str, ...] = ()  # files that somebody else had changed
    cut_at: int | None = None  # the byte at which a torn last line was cut off
    crashed: bool = False  # the last writer died before it finished
    how: str = ""  # what was done with a journal that is not what this machine wrote, by core/identity.py


class Store:
    """A task's records on disk; use it inside `opened`, which holds the lock."""

    def __init__(self, root: str, task: str, vault: Vault, tree: str, sources: "Sources | None" = None) -> None:
        self.root = root
        self.task = task
        self.vault = vault
        self.tree = tree  # the work tree's id
        self.relative = paths.journal(task)
        if vault.knows(task):
            disk.clear(root, self.relative)
        self._path = disk.inside(root, self.relative)
        self._key = vault.key()
        self._stamp = disk.stamp(self._path)  # of the journal that the snapshot was taken from, or []
        self._lags = False  # the state file does not show the newest records yet
        self._is_suspect = False  # the journal differs from its mirror, so that no snapshot may be taken of it
        self._sources = sources
        saved = snapshot.load(vault, task, self._stamp)
        self.run, self.seq, self.head = saved or (Run(), 0, GENESIS)
        self.repairs = Repairs() if saved else self._replay()

    @property
    def is_elsewhere(self) -> bool:
        """Whether the run belongs to another work tree, such as that of a clone or a copy."""
        return self.run.work_tree not in ("", self.tree)

    @property
    def sources(self) -> "Sources":
        """The project's sources without the run's by-products, examined once while the store is open."""
        return self.sources_without(self.run.left, self.run.wrote)

    def sources_without(self, left: tuple[str, ...], wrote: tuple[str, ...]) -> "Sources":
        """The project's sources without some by-products, but with what was written on purpose."""
        from assembly_line.sources.tree import Sources  # late, as few hooks need git

        if self._sources is None or not self._sources.are_of(left, wrote):
            self._sources = Sources(self.root, self.vault, left, wrote)
        return self._sources

    def look_again(self) -> None:
        """Examine the sources anew when they are next asked for, as the engine itself has changed them."""
        self._sources = None

    def _replay(self) -> Repairs:
        """Replay the whole journal, after repairing what a crash or somebody else did to it."""
        self._stamp = []
        data, how = salvage.sound(self.root, self.relative, self.task, self.vault)
        for name in (paths.PLANNING, paths.SUMMARIES):
            disk.sweep(os.path.join(self.root, name))
        for name in ("kept", os.path.join("files", self.task)):
            disk.sweep(os.path.join(self.vault.folder, name))
        records, torn = journal.parse(data, self.relative, self.task)
        if torn is not None:
            disk.write(os.path.join(self.vault.folder, f"{self.task}.torn"), torn.tail)
            disk.truncate(self._path, torn.offset)
        self.run = journal.replay(records, self.relative)
        if self.run.number and not document.is_place(self.run.state_file):
            raise Damaged(f"{self.relative}:1: names no valid state file; restore the file from git or from a backup")
        if records:
            self.seq, self.head = records[-1].seq, records[-1].h
        if data:
            self.vault.note_seen(self.task, -1)  # so that the state file is compared with the run
            disk.write(self.vault.mirror(self.task), data[: torn.offset] if torn else data, durable=False)
        restored = (self.relative,) if how == identity.RESTORE else ()
        return Repairs(restored, torn.offset if torn else None, bool(data), how)

    def record(self, *events: Event) -> Run:
        """Append events durably; the run after them."""
        if not events:
            return self.run
        before, run, seq, head = self.run, self.run, self.seq, self.head
        ts = times.following(run.at, clock.utc_now())
        lines = []
        for event in map(_redacted, events):
            run = evolve(run, event, ts)
            seq += 1
            record, line = journal.seal(event, ts, self.task, run, seq, head, self._key)
            head = record.h
            lines.append(line)
        for line in lines:  # one at a time, so that only the last line can be torn
            disk.append(self._path, line)
        self.run, self.seq, self.head = run, seq, head
        disk.append(self.vault.mirror(self.task), b"".join(lines), durable=False)
        holder = run.session or before.session  # whose agents may still be at work after an abort
        if holder and marker.flags(before) != marker.flags(run):
            marker.write(self.vault.data, holder, self.root, run)
        self._lags = self._lags or before.number != run.number or project(before) != project(run)
        return run

    def show(self, again: bool = False) -> None:
        """Bring the task's entry of the state file up to date, once for all that a hook records, or `again`."""
        if self._lags or again:
            document.update(self.root, self.run.state_file, {self.task: self._block()}, clock.utc_now(), self.vault)
            self.note_shown()
            self._lags = False

    def note_shown(self) -> None:
        """Note that the state file's present content has the right entry, until a foreign writer changes it."""
        self.vault.note_seen(self.task, self.vault.writers(document.relative_key(self.run.state_file)))

    def is_noted(self) -> bool:
        """Whether the entry was right after the state file's last foreign writer."""
        return self.vault.seen(self.task) == self.vault.writers(document.relative_key(self.run.state_file))

    def remember(self) -> None:
        """Save the snapshot, last of all: if it is missing, the next writer repairs what this one left undone."""
        stamp = disk.stamp(self._path)
        if self.seq and stamp != self._stamp and not self._is_suspect:
            snapshot.save(self.vault, self.task, stamp, self.run, self.seq, self.head, self._block())

    def records(self, kinds: Container[str] = ALL, run: int = 0) -> list[Record]:
        """The records of these kinds, of one run or all; Damaged when somebody else changed the journal meanwhile."""
        data = disk.read(self._path) or b""
        copy = self.vault.mirror(self.task)
        if data != disk.read(copy):
            snapshot.forget(self.vault, self.task)  # so that the next hook verifies every line, and restores it
            self._is_suspect = True
            torn, mirrored = journal.parse(data, self.relative, self.task)[1], mirror.mirrored(copy, self.task)
            if torn is not None or (mirrored and mirror.vouched(mirrored, data, self._key) != data):
                raise Damaged(f"{self.relative}: changed while being read; the next hook restores it")
        return journal.recall(data, kinds, run)

    def latest_end(self) -> Record | None:
        """The record of the last dispatch that ended, if it is within the journal's last lines."""
        with open(self._path, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - journal.MAX_LINE))
            tail = file.read().partition(b"\n")[2]
        return next(reversed(journal.recall(tail, {*REPORTS, "agent_failed"}, self.run.number)), None)

    def _block(self) -> str:
        return layout.block(self.task, self.run, self.seq, self.head)


def _redacted(event: Event) -> Event:
    """The event with foreign text redacted; reports and commands were redacted where they came in."""
    return event._replace(data=secrets.redact_all(event.data)) if KINDS[event.kind].spoken else event


@contextlib.contextmanager
def opened(
    root: str, task: str, vault: Vault, *, driven: bool = True, sources: "Sources | None" = None
) -> Iterator[Store]:
    """A task's store under the project's lock; Damaged or LineError when its files cannot be trusted.

    `driven`: for the hooks of the session that drives the run, whose work tree it is. `sources` are those that were
    examined before, as that may take long and nobody shall wait for the lock meanwhile.
    """
    ignore = os.path.join(root, paths.BUNDLES, ".gitignore")
    if vault.knows(task):
        disk.clear(root, paths.LOCK)
    with lock.hold(disk.inside(root, paths.LOCK)):
        tree = work_tree.settle(root, vault, driven=driven)
        disk.sweep(vault.folder)
        if not os.path.exists(ignore):
            disk.sweep(os.path.dirname(ignore))
            disk.write(ignore, b"*\n", durable=False)
        store = Store(root, task, vault, tree, sources)
        try:
            yield store
        finally:
            store.show()
        store.remember()
