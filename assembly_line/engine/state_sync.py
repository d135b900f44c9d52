"""Checks that the state file shows what this machine wrote, and repairs it."""

import os
from typing import Any

from assembly_line import paths
from assembly_line.core import identity
from assembly_line.core.projection import plain, project, worded_alike
from assembly_line.core.run import Run
from assembly_line.engine.store import Store
from assembly_line.errors import LineError
from assembly_line.statefile import document, rebuild
from assembly_line.storage import journal
from assembly_line.storage.vault import Vault
from assembly_line.system import disk, lock
from assembly_line.text import messages


def check(store: Store) -> bool:
    """Whether the state file shows what this machine wrote; one that somebody else changed is rewritten."""
    relative = store.run.state_file
    disk.clear(store.root, relative)
    stamp = disk.stamp(os.path.join(store.root, relative))
    name = document.relative_key(relative)
    is_ours = stamp == store.vault.stamp_of(name)
    if stamp and is_ours and store.is_noted():
        return True
    if rebuild.holds_sides(store.root, relative, store.vault):  # what git leaves is nobody's tampering
        _rewrite(store)
        store.note_shown()
        return True
    store.show()
    if _is_current(store):
        return True
    is_behind = store.repairs.crashed and (is_ours or _was_shown(store))  # the last writer died before this file
    _rewrite(store)
    store.note_shown()
    return is_behind


def is_gits(store: Store) -> bool:
    """Whether git or a person's cleaning up, no edit, gave the state file its content; asked between sessions."""
    from assembly_line.system import git  # late, as few hooks ask git

    relative = store.run.state_file
    path = os.path.join(store.root, relative)
    stamp = disk.stamp(path)
    if stamp and stamp == store.vault.stamp_of(document.relative_key(relative)):
        return False
    if store.repairs.how in (identity.TAKE, identity.RETURN) or store.is_elsewhere or not stamp:
        return True
    return os.path.isfile(path) and git.committed(store.root, relative) == disk.read(path)


def _is_current(store: Store) -> bool:
    relative = store.run.state_file
    try:
        tasks = document.load(store.root, relative).get("tasks", {})
    except Exception:
        tasks = {}
    entry = tasks.get(store.task)
    if isinstance(entry, dict) and _shows(entry, store.run):
        if any(entry.get(name) != value for name, value in plain(project(store.run)).items()):
            store.show(again=True)  # only the wording differs, which is always this release's
            return True
        document.adopt(store.root, relative, store.vault, len(tasks))
        store.note_shown()
        return True
    return False


def _was_shown(store: Store) -> bool:
    """Whether the state file shows the run at an earlier record or not at all, so that nobody tampered with it."""
    try:
        entry = document.load(store.root, store.run.state_file)["tasks"].get(store.task)
        records = store.records()[: entry["journal"]["events"]] if entry else []
        return not entry or _shows(entry, journal.replay(records, store.relative))
    except (LineError, KeyError, TypeError):
        return False


def _shows(entry: dict[str, Any], run: Run) -> bool:
    wanted = project(run)
    return all(worded_alike(entry.get(name)) == worded_alike(wanted[name]) for name in wanted)


def _rewrite(store: Store) -> None:
    """Rewrite every task's entry; a file that is gone or unreadable starts from the backup of the run's start."""
    relative = store.run.state_file
    rebuild.mend(store.root, relative, store.vault)
    path = disk.inside(store.root, relative)
    backup = store.vault.kept(document.relative_key(relative))
    if backup and not os.path.exists(path):
        disk.write(path, backup)
    rebuild.rebuild(store.root, relative, store.vault)


def unite(root: str, vault: Vault) -> str:
    """Rebuild the state files that hold both sides of a merge; a line that says so, or ""."""
    said = []
    if rebuild.merging(root, vault):
        with lock.hold(disk.inside(root, paths.LOCK)):
            for relative in rebuild.merging(root, vault):
                said.append(messages.united(relative, *rebuild.renew(root, relative, vault)))
    return " ".join(said)


def back_up(store: Store) -> None:
    """Keep a copy of the state file, for its entries that have no journal to be rebuilt from."""
    relative = store.run.state_file
    data = disk.read(disk.inside(store.root, relative))
    if data:
        store.vault.keep(document.relative_key(relative), data)
