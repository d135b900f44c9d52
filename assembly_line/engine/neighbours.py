"""Who else is at work in the same checkout: other runs with a live session, and other clients."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from assembly_line.client import lease
from assembly_line.core import machine
from assembly_line.engine.store import Store
from assembly_line.storage import follow
from assembly_line.storage.journal import Damaged


class Neighbour(NamedTuple):
    """A run that another live session drives."""

    task: str
    lease: dict[str, Any]
    folder: str = ""  # of its project, if that is another one of the same repository


def run_of(store: Store, session: str) -> Neighbour | None:
    """A run that another live session drives in this checkout; the digest of a repository is that of all its files."""
    return next((item for item in _live(store, session) if item.task != store.task or item.folder), None)


def _live(store: Store, session: str) -> Iterable[Neighbour]:
    for vault in (store.vault, *store.vault.beside()):
        root = store.root if vault is store.vault else vault.tree()["root"]
        for task, held in vault.leases().items():
            if held.get("session") != session and lease.alive(held) and _is_active(root, task):
                yield Neighbour(task, held, "" if vault is store.vault else root)


def _is_active(root: str, task: str) -> bool:
    try:
        return follow.peek(root, task)[0].stage in machine.ACTIVE
    except Damaged:
        return True


def named(store: Store) -> str:
    """Who else is at work here, as a person is told it; "" for nobody."""
    own = store.vault.lease(store.task)
    other = run_of(store, own.get("session", ""))
    if other is not None:
        where = f"in {other.folder}" if other.folder else "here too"
        return f"{other.task} is being run {where}, by session {other.lease['session']}"
    clients = lease.clients_beside(own, store.root)
    return f"another client (process {clients[0]}) works in this folder" if clients else ""
