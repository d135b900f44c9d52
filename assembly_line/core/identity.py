"""Decides what belongs together: a path's records and the work tree that stands there now, a journal and its tree."""

from typing import NamedTuple

from assembly_line.core.run import Run

# What is done with a journal that is not the one that this machine wrote last.
TAKE = "take"  # the one in the work tree counts: git gave it, or there is none and the task is new
RETURN = "return"  # this machine's own is put back; nobody is blamed
RESTORE = "restore"  # the same, recorded as tampering
REFUSE = "refuse"  # a person must say which one counts


class Marks(NamedTuple):
    """The ids by which a work tree is known: what this machine remembers of the path, and what stands there now."""

    known: str  # the vault's; "" before its first use, and in vaults of earlier releases
    project: str  # of the file in the project; "" for none
    repository: str | None  # of the file in the repository's folder, "" for none; None outside a repository
    noted: bool = False  # the repository's folder was marked when the vault last looked
    used: bool = False  # the project has working files of the engine
    inhabited: bool = False  # the client of a live run works in this very folder


def is_same(marks: Marks) -> bool:
    """Whether the work tree is still the one that the vault's content belongs to.

    `git clean` takes only the project's mark, a new repository, clone or worktree brings neither.
    """
    if marks.inhabited:
        return True
    if not marks.known:
        return marks.used
    if marks.repository is not None and (marks.noted or marks.repository):
        return marks.repository == marks.known
    return marks.project == marks.known


def may_be_taken(*, signed: bool, committed: bool, leased: bool) -> bool:
    """Whether a journal counts in a new work tree at a path where this machine knew another run of its task.

    A session may have taken that run and never given it back (`leased`): whoever removes the marks of a work tree to
    have a forged journal believed is no clone.
    """
    return signed or (committed and not leased)


class Found(NamedTuple):
    """A journal that differs from what this machine wrote last, and what is known about it."""

    missing: bool
    driven: bool  # a live session drives a run here
    leased: bool  # a session took the run and never gave it back, such as one that was killed
    moved: bool  # another branch is checked out than the run knows
    committed: bool  # the last commit holds just this; where it is missing, an earlier commit held one
    merging: bool  # git is in the middle of a merge, rebase or pick
    ours: bool  # this machine signed every record of it
    elsewhere: bool  # a commit of another branch holds what this machine wrote
    gone: bool  # the run changed sources, and nothing of that is here


def made(run: Run) -> tuple[str, ...]:
    """The files by which the work of a run is known; () where it left the sources as they were."""
    last = run.verdict_tree or run.tree
    return tuple(sorted(run.own_files)) if last != run.baseline else ()


def journal_of(found: Found) -> str:
    """What to do about such a journal: TAKE, RETURN, RESTORE or REFUSE."""
    if found.driven:
        return RETURN if found.moved else RESTORE
    is_free = found.moved or found.elsewhere or not found.leased
    if found.missing:  # a checkout takes away only what git holds
        return TAKE if found.gone or (found.committed and is_free) else RETURN
    if found.moved:
        return TAKE if found.committed or found.ours or found.merging else REFUSE
    if found.committed:
        return TAKE if is_free else RETURN
    if found.merging:
        return RETURN if found.leased else TAKE
    return RESTORE
