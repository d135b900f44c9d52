"""Who else is at work in the same work tree: other runs with a live session, and other clients."""

from assembly_line.client import lease
from assembly_line.core import machine
from assembly_line.engine.store import Store
from assembly_line.storage import follow
from assembly_line.storage.journal import Damaged


def run_of(store: Store, session: str) -> str:
    """The task that another live session runs here, or ""."""
    for task, held in store.vault.leases().items():
        if task != store.task and held.get("session") != session and lease.alive(held) and _is_active(store.root, task):
            return task
    return ""


def _is_active(root: str, task: str) -> bool:
    try:
        return follow.peek(root, task)[0].stage in machine.ACTIVE
    except Damaged:
        return True


def named(store: Store) -> str:
    """Who else is at work here, as a person is told it; "" for nobody."""
    own = store.vault.lease(store.task)
    other = run_of(store, own.get("session", ""))
    if other:
        return f"{other} is being run here too, by session {store.vault.lease(other)['session']}"
    clients = lease.clients_beside(own, store.root)
    return f"another client (process {clients[0]}) works in this folder" if clients else ""
