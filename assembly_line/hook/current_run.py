"""Finds the run that a hook's session drives, and opens it under the lock."""

import contextlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from assembly_line.client import marker
from assembly_line.core import machine, policy
from assembly_line.core.run import Run
from assembly_line.engine import drive
from assembly_line.engine.store import Store, opened
from assembly_line.hook import witness
from assembly_line.hook.payload import Payload, text
from assembly_line.storage.vault import Vault, data_folder


class Current(NamedTuple):
    """The store of the session's run, and the files that were restored after tampering."""

    store: Store
    restored: tuple[str, ...]

    @property
    def is_active(self) -> bool:
        """Whether the run is active, so that the gates apply."""
        return self.store.run.stage in machine.ACTIVE


@contextlib.contextmanager
def open_run(payload: Payload, looks: Callable[[Run], bool] | None = None) -> Iterator[Current | None]:
    """Open the run of the payload's session under the lock, or yield None; undoes tampering first.

    `looks` tells of a run whether this hook is going to look at its sources.
    """
    session = text(payload, "session_id")
    marked = marker.read(data_folder(), session) if session else None
    if marked is None:
        yield None
        return
    root, task = marked
    vault = Vault(root)
    sources = None
    if looks is not None:
        from assembly_line.engine import ahead  # late, as few hooks need git

        sources = ahead.of_run(root, task, vault, looks)
    with opened(root, task, vault, sources=sources) as store:
        if store.is_elsewhere:
            marker.remove(vault.data, session)
            yield None
            return
        restored = drive.record_repairs(store) if store.run.number else ()
        if policy.drives(store.run, session):
            drive.recover(store)
        stopped = policy.is_stopped(store.run, text(payload, "agent_id"))  # also when its task runs again elsewhere
        if not stopped and not policy.drives(store.run, session):
            marker.remove(vault.data, session)
            yield None
            return
        witness.check(store, payload)
        yield Current(store, restored)
