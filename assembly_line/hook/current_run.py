"""Finds the run that a hook's session is in, and opens it under the lock."""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from assembly_line.client import marker
from assembly_line.core import machine, policy
from assembly_line.engine import drive
from assembly_line.engine.store import Store, opened
from assembly_line.hook.payload import Payload, text
from assembly_line.storage.vault import Vault, data_folder


class Current(NamedTuple):
    """The store of the session's run, and what was found tampered with and restored."""

    store: Store
    restored: tuple[str, ...]

    @property
    def gated(self) -> bool:
        """Whether the run is going and this session drives it."""
        return self.store.run.stage in machine.ACTIVE


@contextlib.contextmanager
def current(payload: Payload) -> Iterator[Current | None]:
    """The run that the payload's session drives, under the lock, or None; undoes tampering first."""
    session = text(payload, "session_id")
    marked = marker.read(data_folder(), session) if session else None
    if marked is None:
        yield None
        return
    root, task = marked
    vault = Vault(root)
    with opened(root, task, vault) as store:
        restored = drive.record_repairs(store) if store.run.number else ()
        if policy.drives(store.run, session):
            drive.finish(store)
        if not policy.drives(store.run, session):
            marker.take(vault.data, session)
            yield None
            return
        yield Current(store, restored)
