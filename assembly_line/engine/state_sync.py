"""Whether the state file shows what this machine wrote, and its repair when it does not."""

import os
from typing import Any

from assembly_line.core.projection import plain, project
from assembly_line.engine.store import Store
from assembly_line.errors import LineError
from assembly_line.statefile import document, rebuild
from assembly_line.storage import journal
from assembly_line.system import disk


def check(held: Store) -> bool:
    """Whether the state file still shows what this machine wrote; if not, it is written anew and False is given."""
    relative = held.run.state_file
    disk.clear(held.root, relative)
    stamp = disk.stamp(os.path.join(held.root, relative))
    name = document.relative_key(relative)
    ours = stamp == held.vault.stamp_of(name)
    if stamp and ours and held.current and held.vault.seen(held.task) == held.vault.writers(name):
        return True
    held.show()
    shown = _is_shown(held)
    lags = not shown and not held.current and (ours or _was_shown(held))  # behind a writer that died
    if not shown:
        _rewrite(held)
    held.current = True
    return shown or lags


def _is_shown(held: Store) -> bool:
    relative = held.run.state_file
    try:
        tasks = document.load(held.root, relative).get("tasks", {})
    except Exception:
        tasks = {}
    shown = tasks.get(held.task)
    if isinstance(shown, dict) and _fits(held, shown):
        document.adopt(held.root, relative, held.vault, len(tasks))
        held._saw()
        return True
    return False


def _was_shown(held: Store) -> bool:
    """Whether the state file shows the run as it once was, or not yet: nobody tampered with it."""
    try:
        shown = document.load(held.root, held.run.state_file)["tasks"].get(held.task)
        records = held.records()[: shown["journal"]["events"]] if shown else []
        then = project(journal.replay(records, held.relative))
        return not shown or all(shown.get(name) == value for name, value in plain(then).items())
    except (LineError, KeyError, TypeError):
        return False


def _fits(held: Store, shown: dict[str, Any]) -> bool:
    wanted = project(held.run)
    return all(shown.get(name) == value for name, value in plain(wanted).items())


def _rewrite(held: Store) -> None:
    """Write every task's entry again, into what the file held when the run began if it is gone or unreadable."""
    relative = held.run.state_file
    try:
        whole = bool(document.load(held.root, relative))
    except LineError:
        rebuild.set_aside(held.root, relative)
        whole = False
    kept = held.vault.kept(document.relative_key(relative))
    if not whole and kept:
        disk.write(disk.inside(held.root, relative), kept)
    rebuild.rebuild(held.root, relative, held.vault)


def keep(held: Store) -> None:
    """Remember the state file as it is, for the entries in it that no journal can give again."""
    relative = held.run.state_file
    data = disk.read(disk.inside(held.root, relative))
    if data:
        held.vault.keep(document.relative_key(relative), data)
