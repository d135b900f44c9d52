"""Rebuilds a state file from a project's journals."""

import contextlib
import hashlib
import os

from assembly_line import paths
from assembly_line.errors import LineError
from assembly_line.statefile import document, layout
from assembly_line.storage import follow, snapshot
from assembly_line.storage.journal import Damaged
from assembly_line.storage.vault import Vault
from assembly_line.system import clock, disk


def _read(root: str, task: str) -> tuple[str, str]:
    """A task's state file and the lines of its entry there, from its journal."""
    run, records = follow.peek(root, task)
    if not records:
        raise Damaged(f"{paths.journal(task)}:1: empty journal; restore the file from git, or remove it")
    return run.state_file, layout.block(task, run, records[-1].seq, records[-1].h)


def rebuild(root: str, state_file: str, vault: Vault) -> int:
    """Rewrite the entries of a state file's tasks from their journals, as far as those are valid; how many."""
    folder, blocks = disk.inside(root, paths.JOURNALS), {}
    for task in follow.known(root):
        with contextlib.suppress(Damaged):  # its entry stays as it is; `check` reports the journal
            stamp = disk.stamp(os.path.join(folder, f"{task}.jsonl"))  # a link in its place has another
            target, block = snapshot.load_block(vault, task, stamp) or _read(root, task)
            if target == state_file:
                blocks[task] = block
    if blocks:
        document.update(root, state_file, blocks, clock.utc_now(), vault)
    return len(blocks)


def set_aside(root: str, relative: str) -> str:
    """Rename an unreadable file so that nothing in it is lost; its new path, which depends on its content only."""
    path = disk.inside(root, relative)
    aside = f"{relative}.unreadable-{hashlib.sha256(disk.read(path) or b'').hexdigest()[:8]}"
    os.rename(path, os.path.join(root, aside))
    return aside


def state_files(root: str) -> list[str]:
    """The state files that a project's journals name, sorted; Damaged when a journal cannot be trusted."""
    return sorted({follow.peek(root, task)[0].state_file for task in follow.known(root)} - {""})


def renew(root: str, relative: str, vault: Vault) -> tuple[int, str]:
    """Rebuild a state file under the project's lock: the number of tasks, and where an unreadable file went, or ""."""
    aside = ""
    try:
        document.check(root, relative, vault)
    except LineError:
        aside = set_aside(root, relative)
    return rebuild(root, relative, vault), aside
