"""All tasks of a project that have a journal: their runs, and the state file made from them."""

import contextlib
import hashlib
import os

from assembly_line import clock, disk, journal, paths, statefile, statetext
from assembly_line.core.run import Run
from assembly_line.errors import LineError
from assembly_line.journal import Damaged, Record
from assembly_line.vault import Vault


def known(root: str) -> list[str]:
    """The tasks that have a journal, sorted."""
    folder = os.path.join(root, paths.JOURNALS)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted(name[:-6] for name in names if name.endswith(".jsonl"))


def peek(root: str, task: str) -> tuple[Run, list[Record]]:
    """A task's run and records, read only; Damaged when the journal cannot be believed."""
    relative = paths.journal(task)
    records, torn = journal.parse(disk.read(disk.inside(root, relative)) or b"", relative, task)
    if torn is not None:
        raise Damaged(f"{relative}:{len(records) + 1}: the last line is cut off; /task-run {task} repairs it")
    return journal.replay(records, relative), records


def _read(root: str, task: str) -> tuple[str, str]:
    """A task's state file and the lines of its entry there, from its journal."""
    run, records = peek(root, task)
    if not records:
        raise Damaged(f"{paths.journal(task)}:1: is empty; restore the file from git, or remove it")
    return run.state_file, statetext.block(task, run, records[-1].seq, records[-1].h)


def rebuild(root: str, state_file: str, vault: Vault) -> int:
    """Write every task of a state file whose journal is sound into it anew; how many."""
    folder, blocks = disk.inside(root, paths.JOURNALS), {}
    for task in known(root):
        with contextlib.suppress(Damaged):  # its entry stays as it is, and the check of the project names the journal
            stamp = disk.stamp(os.path.join(folder, f"{task}.jsonl"))  # a link in its place has another
            shown_in, block = vault.load_block(task, stamp) or _read(root, task)
            if shown_in == state_file:
                blocks[task] = block
    if blocks:
        statefile.update(root, state_file, blocks, clock.utc_now(), vault)
    return len(blocks)


def set_aside(root: str, relative: str) -> str:
    """Rename a file that cannot be read, so that nothing in it is lost; its new path, the same for the same content."""
    path = disk.inside(root, relative)
    aside = f"{relative}.unreadable-{hashlib.sha256(disk.read(path) or b'').hexdigest()[:8]}"
    os.rename(path, os.path.join(root, aside))
    return aside


def state_files(root: str) -> list[str]:
    """The state files that the journals of a project name, sorted; Damaged when a journal cannot be believed."""
    return sorted({peek(root, task)[0].state_file for task in known(root)} - {""})


def renew(root: str, relative: str, vault: Vault) -> tuple[int, str]:
    """Rebuild a state file under the project's lock: how many tasks, and where an unreadable one was put, or ""."""
    aside = ""
    try:
        statefile.check(root, relative, vault)
    except LineError:
        aside = set_aside(root, relative)
    return rebuild(root, relative, vault), aside
