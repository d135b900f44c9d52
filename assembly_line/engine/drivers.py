"""The client that drives a run, as it was when it took it: its process, its hooks' start, the project's settings."""

from typing import Any

from assembly_line.client import origin, settings
from assembly_line.core import witness
from assembly_line.engine.store import Store


def take(store: Store, lease: dict[str, Any]) -> None:
    """Note the client that takes the run with this lease; what its settings were before is compared first."""
    note_settings(store)
    noted = {"settings": settings.look(store.root), "stamps": settings.stamps(store.root), "run": store.run.number}
    store.vault.save_client(store.task, {**lease, **origin.start(lease["pid"])._asdict(), **noted})


def note_settings(store: Store) -> None:
    """Record the project's settings of the client that differ from those that the run was seen with last."""
    client = store.vault.client(store.task)
    if client.get("run") != store.run.number or client.get("stamps") == (now := settings.stamps(store.root)):
        return
    seen = settings.look(store.root)
    found = settings.differences(client.get("settings") or {}, seen)
    store.vault.save_client(store.task, {**client, "settings": seen, "stamps": now})
    if found:
        store.record(witness.settings_changed(found))
