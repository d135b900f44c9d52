"""Finds the run that a hook's session is in."""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from assembly_line.client import marker
from assembly_line.core import machine
from assembly_line.engine import drive, store
from assembly_line.engine.store import Store
from assembly_line.hook.payload import Payload, text
from assembly_line.storage.vault import Vault, data_folder


class Scene(NamedTuple):
    """The store of the session's run, and what was found tampered with and put back."""

    store: Store
    undone: tuple[str, ...]

    @property
    def gated(self) -> bool:
        """Whether the run is going and this session drives it."""
        return self.store.run.stage in machine.ACTIVE


@contextlib.contextmanager
def scene(payload: Payload) -> Iterator[Scene | None]:
    """The run that the payload's session drives, under the lock, or None; undoes tampering first."""
    session = text(payload, "session_id")
    marked = marker.read(data_folder(), session) if session else None
    if marked is None:
        yield None
        return
    root, task = marked
    vault = Vault(root)
    with store.opened(root, task, vault) as held:
        if held.run.number == 0:
            marker.take(vault.data, session)
            yield None
            return
        undone = drive.guard(held)
        if held.run.session == session or held.run.stage not in machine.ACTIVE:
            drive.finish(held)
        if held.run.session != session and held.run.stage in machine.ACTIVE:
            marker.take(vault.data, session)
            yield None
            return
        yield Scene(held, undone)
