"""Whether the state file shows what this machine wrote, and its repair when it does not."""

import os
from typing import Any

from assembly_line.core.projection import plain, project
from assembly_line.engine.store import Store
from assembly_line.errors import LineError
from assembly_line.statefile import document, rebuild
from assembly_line.storage import journal
from assembly_line.system import disk


def check(store: Store) -> bool:
    """Whether the state file still shows what this machine wrote; if not, it is written anew and False is given."""
    relative = store.run.state_file
    disk.clear(store.root, relative)
    stamp = disk.stamp(os.path.join(store.root, relative))
    name = document.relative_key(relative)
    ours = stamp == store.vault.stamp_of(name)
    if stamp and ours and store.is_noted():
        return True
    store.show()
    shown = _is_shown(store)
    lags = not shown and store.repairs.crashed and (ours or _was_shown(store))  # behind a writer that died
    if not shown:
        _rewrite(store)
        store.note_shown()
    return shown or lags


def _is_shown(store: Store) -> bool:
    relative = store.run.state_file
    try:
        tasks = document.load(store.root, relative).get("tasks", {})
    except Exception:
        tasks = {}
    shown = tasks.get(store.task)
    if isinstance(shown, dict) and _fits(store, shown):
        document.adopt(store.root, relative, store.vault, len(tasks))
        store.note_shown()
        return True
    return False


def _was_shown(store: Store) -> bool:
    """Whether the state file shows the run as it once was, or not yet: nobody tampered with it."""
    try:
        shown = document.load(store.root, store.run.state_file)["tasks"].get(store.task)
        records = store.records()[: shown["journal"]["events"]] if shown else []
        then = project(journal.replay(records, store.relative))
        return not shown or all(shown.get(name) == value for name, value in plain(then).items())
    except (LineError, KeyError, TypeError):
        return False


def _fits(store: Store, shown: dict[str, Any]) -> bool:
    wanted = project(store.run)
    return all(shown.get(name) == value for name, value in plain(wanted).items())


def _rewrite(store: Store) -> None:
    """Write every task's entry again, into what the file store when the run began if it is gone or unreadable."""
    relative = store.run.state_file
    try:
        whole = bool(document.load(store.root, relative))
    except LineError:
        rebuild.set_aside(store.root, relative)
        whole = False
    kept = store.vault.kept(document.relative_key(relative))
    if not whole and kept:
        disk.write(disk.inside(store.root, relative), kept)
    rebuild.rebuild(store.root, relative, store.vault)


def keep(store: Store) -> None:
    """Remember the state file as it is, for the entries in it that no journal can give again."""
    relative = store.run.state_file
    data = disk.read(disk.inside(store.root, relative))
    if data:
        store.vault.keep(document.relative_key(relative), data)
