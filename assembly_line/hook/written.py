"""Tells which files an agent writes on purpose: with a tool that writes, or as a target that its commands name."""

import os
from collections.abc import Iterable

from assembly_line.client import transcript
from assembly_line.core import decide, leftovers
from assembly_line.core.run import Run
from assembly_line.core.targets import targets
from assembly_line.engine.store import Store
from assembly_line.sources import repository
from assembly_line.untrusted import secrets


def note(store: Store, path: str) -> Run:
    """Record what the commands in the transcript of the open dispatch's agent write.

    The launcher starts no Python for most of them. Of those who run the project's commands, a file counts only if it
    is like the run's sources: a module, but not the log of a test run.
    """
    run = store.run
    if run.open is None or run.kind_of(run.open.station).judges:
        return run
    for folder, command in transcript.commands(path):
        names = inside(store.root, folder, targets(command))
        if run.kind_of(run.open.station).runs:
            names = [name for name in names if leftovers.is_like_a_source(store.run, name)]
        store.record(*decide.wrote(store.run, run.open.agent_id, names))
    return store.run


def inside(root: str, folder: str, names: Iterable[str]) -> list[str]:
    """Paths as named in a folder, from the project's root; only those in the project or the repository around it."""
    top = os.path.realpath(root)
    real = [os.path.realpath(os.path.join(folder or root, name)) for name in names if "\0" not in name]
    written = [os.path.relpath(name, top).replace(os.sep, "/") for name in real]
    return [secrets.redact(name) for name in written if not name.startswith("..") or _is_beside(root, name)]


def _is_beside(root: str, name: str) -> bool:
    """Whether a path outside the project is in the repository that holds it."""
    where = repository.find(root)
    return where is not None and bool(where.inside(name))
