"""Finds out which journal counts, where the one in the work tree is not what this machine wrote last."""

import os
from typing import NamedTuple

from assembly_line.client import lease
from assembly_line.core import identity, machine
from assembly_line.core.run import Run
from assembly_line.storage import journal, mirror
from assembly_line.storage.journal import Damaged
from assembly_line.storage.vault import Vault
from assembly_line.system import disk


class Salvaged(NamedTuple):
    """The journal that counts, now on disk too."""

    data: bytes
    how: str = ""  # TAKE, RETURN or RESTORE where it was not what this machine wrote last


def sound(root: str, relative: str, task: str, vault: Vault) -> Salvaged:
    """The journal's trusted bytes; Damaged when a person must say which ones count."""
    path, copy = disk.inside(root, relative), vault.mirror(task)
    data, kept = disk.read(path) or b"", mirror.mirrored(copy, task)
    trusted = mirror.vouched(kept, data, vault.key()) if kept else data
    if trusted == data:
        if data and not kept:
            _check_former(root, relative, task, data, vault)
        return Salvaged(data)
    run = journal.replay(journal.parse(kept, copy, task)[0], copy)
    found = _found(root, relative, run, data, kept, vault)
    how = identity.journal_of(found)
    if how == identity.TAKE:
        if os.path.exists(copy):
            os.replace(copy, f"{copy}.earlier")  # the only one, where a person cleaned the project
        return Salvaged(data, how)
    if how == identity.REFUSE:
        raise _unknown(relative, copy)
    if not found.missing:
        disk.write(os.path.join(vault.folder, f"{task}.tampered"), data)
    disk.write(path, trusted)
    return Salvaged(trusted, how)


def _check_former(root: str, relative: str, task: str, data: bytes, vault: Vault) -> None:
    """Damaged when a journal that this machine never wrote stands where it wrote another one of the task."""
    former = vault.former
    if not former.knows(task):
        return
    from assembly_line.system import git  # late: only in a new work tree

    if not identity.may_be_taken(
        signed=mirror.is_signed(data, vault.key()),
        committed=git.committed(root, relative) == data,
        leased=bool(former.lease(task)),
    ):
        raise _unknown(relative, former.mirror(task))


def _unknown(relative: str, copy: str) -> Damaged:
    remedy = f"commit it if it is yours, or restore it from git, or remove it; what this machine wrote is in {copy}"
    return Damaged(f"{relative}: this machine did not write it, nor does the last commit hold it; {remedy}")


def _found(root: str, relative: str, run: Run, data: bytes, kept: bytes, vault: Vault) -> identity.Found:
    from assembly_line.sources import checkout  # late: only for a journal that is not the mirror's
    from assembly_line.system import git  # late, as above

    missing = not os.path.lexists(os.path.join(root, relative))
    live = [task for task, item in vault.leases().items() if lease.alive(item)]
    branch = checkout.branch(root)
    committed = git.committed(root, relative)
    return identity.Found(
        missing=missing,
        driven=bool(live),
        leased=bool(vault.lease(run.task)),
        moved=branch is not None and bool(run.branch or run.head) and branch != run.branch,
        committed=committed is None and git.remembered(root, relative) if missing else committed == data,
        merging=git.merging(root),
        ours=mirror.is_signed(data, vault.key()),
        elsewhere=checkout.is_elsewhere(root, relative, kept),
        gone=missing and not _is_here(root, run, vault),
    )


def missing_work(root: str, run: Run) -> tuple[str, ...]:
    """The sources by which a run's work is known, where nothing of them is in the work tree; () if unknown.

    They are compared with the commit that the run began on.
    """
    from assembly_line.sources import checkout, ignored  # late, as few journals are gone

    files = tuple(path for path in identity.made(run) if not ignored.is_own(path)) if run.head else ()
    return () if not files or checkout.shows(root, run.head, files) else files


def _is_here(root: str, run: Run, vault: Vault) -> bool:
    """The same, and outside git by the sources of a completed run's verdict as a whole."""
    if run.head:
        return not missing_work(root, run)
    if run.stage != machine.COMPLETED or not run.verdict_tree.startswith("walk:"):
        return True
    from assembly_line.sources.tree import Sources  # late, as few journals are gone

    return Sources(root, vault, run.left).digest == run.verdict_tree
