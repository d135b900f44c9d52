"""What changed in the sources: while an agent worked, and by the task as a whole."""

import os
from collections.abc import Iterable
from typing import NamedTuple

from assembly_line.core import leftovers, times
from assembly_line.core.run import Dispatch
from assembly_line.engine.store import Store
from assembly_line.errors import LineError
from assembly_line.sources.ignored import is_cached, is_own
from assembly_line.sources.tree import Change, Sources

_UNKNOWN = ("a file outside git",)
_NAMED = 100  # by-products that are listed one by one; more are folded into the folders that hold nothing else


class Changed(NamedTuple):
    """What changed since a dispatch began."""

    tree: str  # the sources now, without what was left; "" when unknown
    files: tuple[str, ...] = ()  # sources
    left: tuple[str, ...] = ()  # by-products of the commands of one who only looks, and caches
    ignored: tuple[str, ...] = ()  # files that the agent wrote or that were there, and that git ignores by now


def since_dispatch(store: Store, commands: Iterable[str]) -> Changed:
    """What changed while the open dispatch's agent worked; `commands` are those that it ran.

    LineError when git fails, so that it cannot be told.
    """
    run, opened = store.run, store.run.open
    if opened is None or not opened.tree:
        return Changed("")
    found, changes = _compared(store, opened, commands)
    sources = store.sources
    caches = tuple(path for path in sources.caches if path not in {*run.left, *run.there, *found.left})[:_NAMED]
    away = {item.path for item in changes if item.status == "D"} | {*opened.wrote}
    ignored = sources.ignored(path for path in sorted(away) if not is_own(path) and not is_cached(path))
    return found._replace(left=found.left + caches, ignored=ignored[:_NAMED])


def _compared(store: Store, opened: Dispatch, commands: Iterable[str]) -> tuple[Changed, tuple[Change, ...]]:
    """What changed, sorted into sources and by-products, and all that differs."""
    run, sources = store.run, store.sources
    makes = run.kind_of(opened.station).makes
    back = _given_back(store, opened) if makes else ()
    if back:
        sources = Sources(store.root, store.vault, tuple(path for path in run.left if path not in back), run.wrote)
    tree = sources.digest
    if opened.tree.startswith("git:") and not tree.startswith("git:"):
        raise LineError("git failed, so changes to the sources cannot be detected; check git status and the disk")
    if tree == opened.tree:
        return Changed(tree), ()
    changes = sources.changes_since(opened.tree)
    if changes is None:
        return Changed(tree, _UNKNOWN), ()
    files = tuple(item.path for item in changes)
    if makes:
        return Changed(tree, files), changes
    untracked = sources.untracked(files, run.head if tree.startswith("git:") else opened.tree)
    new = {item.path for item in changes if item.status == "A"}
    found = leftovers.by_products(run, opened, untracked, new, commands)
    left = leftovers.folded(found, sources.names_in(opened.tree)) if len(found) > _NAMED else found
    if not found:
        return Changed(tree, files), changes
    others = tuple(path for path in files if path not in set(found))
    return Changed(sources.digest_without(left), others, left), changes


def _given_back(store: Store, opened: Dispatch) -> tuple[str, ...]:
    """The files left behind before that a maker changed again, which makes them sources."""
    begun = times.seconds(opened.at) if opened.at else 0.0
    loose = (path for path in store.run.left if not is_cached(path))
    return tuple(path for path in loose if _modified(os.path.join(store.root, path)) > begun)


def _modified(path: str) -> float:
    try:
        return os.stat(path, follow_symlinks=False).st_mtime if os.path.isfile(path) else 0.0
    except (OSError, ValueError):
        return 0.0


def by_task(store: Store) -> tuple[Change, ...] | None:
    """What differs from the sources as the run found them; None when git cannot tell.

    Where another machine began the run, its tree is not here: then from the commit that the run began on.
    """
    run, sources = store.run, store.sources
    begin = base(store)
    found = sources.changes_between(begin, run.verdict_tree or sources.digest)
    if found is None or begin == run.baseline:
        return found
    return tuple(item for item in found if item.path not in run.dirty or item.path in run.own_files)


def base(store: Store) -> str:
    """The tree that the task's changes are told from."""
    run, sources = store.run, store.sources
    return run.baseline if sources.knows(run.baseline) or not run.head else sources.tree_of(run.head)
