"""Which repository and branch a work tree has, read from the files of git, as most callers come at every agent."""

import os
from collections.abc import Iterable

from assembly_line.sources import repository
from assembly_line.system import git

_ASKED = 200  # files; a command line is not endless
_LOOKED_AT = 20  # commits of other branches, the newest ones


def folder(root: str) -> str:
    """git's own folder for the work tree that holds a folder, "" without one; linked worktrees have one each."""
    place = git.place(root)
    return place.own if place is not None else ""


def branch(root: str) -> str | None:
    """The branch that is checked out, "" for none; None outside a repository."""
    where = folder(root)
    if not where:
        return None
    try:
        with open(os.path.join(where, "HEAD"), "rb") as file:
            head = os.fsdecode(file.read(4096)).strip()
    except OSError:
        head = ""
    name = head.removeprefix("ref: refs/heads/")
    if name != head and name != ".invalid":  # the file says nothing where git keeps references in tables
        return name
    return "" if head and not head.strip("0123456789abcdef") else repository.branch(root)


def is_elsewhere(root: str, relative: str, data: bytes) -> bool:
    """Whether a commit that is not in the history of the one checked out holds a file with just these bytes."""
    variables = git.environment()
    found = git.run(root, ["rev-list", f"-{_LOOKED_AT}", "--all", "--not", "HEAD", "--", relative], variables) or b""
    commits = found.decode().split()
    return any(git.run(root, ["show", f"{commit}:./{relative}"], variables) == data for commit in commits)


def shows(root: str, commit: str, paths: Iterable[str]) -> bool:
    """Whether any of some files is not as it was in a commit; True where git cannot tell."""
    asked = sorted(paths)[:_ASKED]
    words = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", "--end-of-options", commit, "--"]
    found = git.run(root, ["--literal-pathspecs", "-c", "core.quotePath=false", *words], git.environment())
    where = repository.find(root)
    if found is None or where is None or not asked:
        return True
    known = set(os.fsdecode(found).split("\0"))
    tracked = [path for path in asked if where.inside(path) in known]
    if any(path not in tracked and os.path.lexists(os.path.join(root, path)) for path in asked):
        return True
    differ = ["--literal-pathspecs", "diff", "--name-only", "--no-ext-diff", commit, "--", *tracked]
    return bool(tracked) and git.run(root, differ, git.environment()) != b""
