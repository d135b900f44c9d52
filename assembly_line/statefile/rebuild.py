"""Rebuilds a state file from a project's journals."""

import contextlib
import hashlib
import os

from assembly_line import paths
from assembly_line.errors import LineError
from assembly_line.statefile import document, layout, sides
from assembly_line.storage import follow, snapshot
from assembly_line.storage.journal import Damaged
from assembly_line.storage.vault import Vault
from assembly_line.system import clock, disk
from assembly_line.untrusted import inputs


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


def mend(root: str, relative: str, vault: Vault) -> str:
    """Set a state file aside that cannot be read, with both sides of a merge in its place; where it went, or ""."""
    try:
        document.check(root, relative, vault)
        return ""
    except LineError:
        path = disk.inside(root, relative)
        data = disk.read(path) or b""
        aside = set_aside(root, relative, data)
        with contextlib.suppress(LineError):
            if text := sides.united(inputs.decode(data, relative), relative):
                disk.write(path, text.encode())
        return aside


def set_aside(root: str, relative: str, data: bytes) -> str:
    """Move an unreadable file out of what is committed; its new path, which depends on its content only."""
    ignore = os.path.join(root, paths.BUNDLES, ".gitignore")
    if not os.path.exists(ignore):
        disk.write(disk.inside(root, f"{paths.BUNDLES}/.gitignore"), b"*\n", durable=False)
    aside = f"{paths.BUNDLES}/{os.path.basename(relative)}.unreadable-{hashlib.sha256(data).hexdigest()[:8]}"
    os.replace(disk.inside(root, relative), disk.inside(root, aside))
    return aside


def state_files(root: str) -> list[str]:
    """The state files that a project's journals name, sorted; Damaged when a journal cannot be trusted."""
    return sorted({follow.peek(root, task)[0].state_file for task in follow.known(root)} - {""})


def renew(root: str, relative: str, vault: Vault) -> tuple[int, str]:
    """Rebuild a state file under the project's lock: the number of tasks, and where an unreadable file went, or ""."""
    aside = mend(root, relative, vault)
    return rebuild(root, relative, vault), aside


def merging(root: str, vault: Vault) -> list[str]:
    """The state files that hold both sides of a merge."""
    folder = disk.inside(root, paths.PLANNING)
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    files = [f"{paths.PLANNING}/{name}" for name in names if document.is_name(name)]
    return [relative for relative in files if holds_sides(root, relative, vault)]


def holds_sides(root: str, relative: str, vault: Vault) -> bool:
    """Whether a state file holds both sides of a merge, as git leaves it."""
    path = disk.inside(root, relative)
    stamp = disk.stamp(path)
    if not stamp or stamp == vault.stamp_of(document.relative_key(relative)):
        return False
    return bool(sides.split((disk.read(path) or b"").decode("utf-8", "replace")))
