"""How long the plugin's data folder keeps what: tidied at the start of a run, before anything is looked at.

What is removed here can be made again, or belongs to a project that is gone.
"""

import contextlib
import os
import time
from collections.abc import Iterator

from assembly_line.client import lease
from assembly_line.storage.vault import Vault, parsed
from assembly_line.system import disk

_DAY = 24 * 3600
GONE = 30 * _DAY  # what is remembered of a project whose folder is gone, or of one that another took the place of
OLD = 180 * _DAY  # what an earlier release remembered without the project's path
MARKED = 30 * _DAY  # the marker of a session that did nothing
COPIES = 64 * 1024 * 1024  # bytes of copies of a project's files, for differences that are shown


def tidy(vault: Vault) -> None:
    """Keep others out of the data folder, and remove what nobody needs any more."""
    with contextlib.suppress(OSError):
        os.chmod(vault.data, 0o700)
    now = time.time()
    for path, age in _aged(os.path.join(vault.data, "projects"), now):
        if path != vault.folder and age > _kept(path):
            disk.remove_tree(path)
    for path, age in _aged(os.path.join(vault.data, "sessions"), now):
        if age > MARKED:
            disk.remove_tree(path)
    if _size(os.path.join(vault.folder, "git")) > COPIES and not any(map(lease.alive, vault.leases().values())):
        disk.remove_tree(os.path.join(vault.folder, "git"))


def _kept(folder: str) -> float:
    """The seconds for which a project's folder of this name is kept after its last change."""
    if folder.endswith(".earlier"):
        return GONE
    root = parsed(disk.read(os.path.join(folder, "tree.json")) or b"").get("root")
    if not isinstance(root, str):
        return OLD
    return float("inf") if os.path.isdir(root) else GONE


def _aged(folder: str, now: float) -> Iterator[tuple[str, float]]:
    """What is in a folder, each with the seconds since it was changed."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            with contextlib.suppress(OSError):
                yield entry.path, now - entry.stat(follow_symlinks=False).st_mtime


def _size(folder: str) -> int:
    size = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(where, name)).st_size
    return size
