"""Tells which files an agent writes on purpose: with a tool that writes, or as a target that its commands name."""

import os
import tempfile
from collections.abc import Iterable

from assembly_line.client import transcript
from assembly_line.core import decide
from assembly_line.core.run import Run
from assembly_line.core.targets import targets
from assembly_line.engine.store import Store
from assembly_line.untrusted import secrets


def note(store: Store, path: str) -> Run:
    """Record what the commands in the transcript of the open dispatch's agent write; a judge's own are evidence."""
    run = store.run
    if run.open is None or run.kind_of(run.open.station).judges:
        return run
    for folder, command in transcript.commands(path):
        store.record(*decide.wrote(store.run, run.open.agent_id, inside(store.root, folder, targets(command))))
    return store.run


def inside(root: str, folder: str, names: Iterable[str]) -> list[str]:
    """Paths as named in a folder, from the project's root and without scratch files."""
    top, scratch = os.path.realpath(root), os.path.realpath(tempfile.gettempdir())
    real = [os.path.realpath(os.path.join(folder or root, name)) for name in names if "\0" not in name]
    kept = [name for name in real if name.startswith(top + os.sep) or not name.startswith(scratch + os.sep)]
    return [secrets.redact(os.path.relpath(name, top).replace(os.sep, "/")) for name in kept]
