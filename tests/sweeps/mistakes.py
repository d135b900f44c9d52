"""Mistakes in the code that writes, each of which the sweep for power failures must find."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from assembly_line.core.evolve import evolve
from assembly_line.core.run import Event, Run
from assembly_line.engine import salvage, store
from assembly_line.storage import journal
from assembly_line.storage.vault import Vault
from assembly_line.system import clock, disk
from tests.sweeps.failing_disk import Op


def _os() -> Any:
    """What stands in for the module `os` in `disk` while the calls are written down."""
    return vars(disk)["os"]


def _unsynced(_: object) -> None:
    pass


def _no_sync(original: Callable[..., None]) -> Callable[..., None]:
    def write(path: str, data: bytes, mode: int = 0o644, *, durable: bool = True) -> None:
        with mock.patch.object(disk, "_sync", _unsynced):
            original(path, data, mode, durable=durable)

    return write


def _in_place(path: str, data: bytes, mode: int = 0o644, *, durable: bool = True) -> None:
    disk._make_folder(os.path.dirname(path), durable)
    descriptor = _os().open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    disk._write_all(descriptor, data)
    disk._sync(descriptor)
    _os().close(descriptor)


def _state_first(original: Callable[..., Run]) -> Callable[..., Run]:
    def record(self: store.Store, *given: Event) -> Run:
        kept = self.run, self.seq, self.head
        for event in given:
            self.run, self.seq = evolve(self.run, event, clock.utc_now()), self.seq + 1
        self._lags = True
        self.show()
        self.run, self.seq, self.head = kept
        return original(self, *given)

    return record


def _early_ack(original: Callable[..., None]) -> Callable[..., None]:
    def append(path: str, data: bytes, *, durable: bool = True) -> None:
        def sync(descriptor: int) -> None:
            _os().ops.append(Op("ack", "", at=data.count(b"\n") + _lines(path)))
            os_sync(descriptor)

        os_sync = disk._sync
        with mock.patch.object(disk, "_sync", sync):
            original(path, data, durable=durable)

    return append


def _lines(path: str) -> int:
    return Path(path).read_bytes().count(b"\n") - 1


def _mirror_first(root: str, relative: str, task: str, vault: Vault) -> salvage.Salvaged:
    kept, path = disk.read(vault.mirror(task)), disk.inside(root, relative)
    data = disk.read(path) or b""
    if kept and kept != data:
        disk.write(path, kept)
    return salvage.Salvaged(kept or data)


def _no_repair(original: Callable[..., Any]) -> Callable[..., Any]:
    def parse(data: bytes, name: str, task: str) -> Any:
        records, torn = original(data, name, task)
        if torn is not None:
            raise journal.Damaged(f"{name}: torn")
        return records, torn

    return parse


def _loose_folder(folder: str, durable: bool) -> None:
    _os().makedirs(folder, exist_ok=True)


def mutants() -> dict[str, tuple[Any, str, Any, bool]]:
    """Each mistake: object, name, replacement, and whether it is in the recovery instead of in the writing."""
    append, write, record, parse = disk.append, disk.write, store.Store.record, journal.parse
    return {
        "journal not synced": (
            disk,
            "append",
            lambda path, data, durable=True: append(path, data, durable=False),
            False,
        ),
        "no sync before the rename": (disk, "write", _no_sync(write), False),
        "folders not synced": (disk, "_sync_folder", _unsynced, False),
        "new folders not synced": (disk, "_make_folder", _loose_folder, False),
        "written in place": (disk, "write", _in_place, False),
        "state before the journal": (store.Store, "record", _state_first(record), False),
        "acknowledged before the sync": (disk, "append", _early_ack(append), False),
        "mirror trusted over the journal": (salvage, "sound", _mirror_first, True),
        "torn line not repaired": (journal, "parse", _no_repair(parse), True),
    }
