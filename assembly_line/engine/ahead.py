"""Examines the sources before the lock is taken, so that no hook waits for another one that reads a large project."""

import os
from collections.abc import Callable

from assembly_line import paths
from assembly_line.core.run import Run
from assembly_line.sources.tree import Sources
from assembly_line.storage import snapshot
from assembly_line.storage.vault import Vault
from assembly_line.system import disk


def of_run(root: str, task: str, vault: Vault, looks: Callable[[Run], bool]) -> Sources | None:
    """The sources as the run in its last state wants them; None if it does not look at them now, or is unknown.

    Under the lock they are examined again only if the run has other by-products by then.
    """
    saved = snapshot.load(vault, task, disk.stamp(os.path.join(root, paths.journal(task))))
    if saved is None or not looks(saved[0]):
        return None
    return examined(Sources(root, vault, saved[0].left, saved[0].wrote))


def examined(sources: Sources) -> Sources:
    """The sources, after a look at them."""
    sources.digest  # noqa: B018
    return sources
