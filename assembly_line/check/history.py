"""Compares a project with a commit: journals only grow, and newly completed tasks have their records."""

import hashlib
import os
import tempfile
from typing import NamedTuple

from assembly_line import paths
from assembly_line.check import states
from assembly_line.check.finding import Finding
from assembly_line.check.journals import MAX_BYTES, Passed
from assembly_line.errors import LineError
from assembly_line.sources import ignored
from assembly_line.statefile import document
from assembly_line.system import disk, git
from assembly_line.untrusted import inputs, terminal

_TIMEOUT = 120  # seconds for one git call
MAX_COMMITS = 50  # newest commits searched for a verdict's tree


class Before(NamedTuple):
    """The project at the commit."""

    commit: str
    journals: dict[str, tuple[int, str]]  # by path: size in bytes, git's object id
    completed: frozenset[str]  # tasks that a state file called completed


class UsageError(LineError):
    """The commit cannot be used for a comparison; the caller must fix the call, not the project."""


def at(root: str, ref: str) -> Before:
    """The project at the merge base of `ref` and HEAD; UsageError when there is none."""
    shown = terminal.clean(ref, 100)
    tip = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if tip is None:
        raise UsageError(f"--base {shown}: no such commit in this repository; fetch it, with its history")
    base = _git(root, "merge-base", tip.decode().strip(), "HEAD")
    if base is None:
        raise UsageError(f"--base {shown}: shares no history with HEAD; fetch the whole history (fetch-depth: 0)")
    commit = base.decode().strip()
    listed = _git(root, "ls-tree", "-r", "-l", "-z", commit, "--", f"{paths.PLANNING}/")
    if listed is None:
        raise UsageError(f"--base {shown}: its files cannot be listed; fetch the whole history")
    journals, completed = {}, set()
    for row in listed.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        facts, _, path = row.partition("\t")
        _, kind, object_id, size = facts.split()
        folder, name = os.path.split(path)
        if kind == "blob" and folder == paths.JOURNALS and name.endswith(".jsonl"):
            journals[path] = (int(size), object_id)
        elif kind == "blob" and folder == paths.PLANNING and document.is_name(name):
            completed |= _completed(_git(root, "cat-file", "blob", object_id), path)
    return Before(commit, journals, frozenset(completed))


def _completed(data: bytes | None, path: str) -> set[str]:
    try:
        tasks = states.parse(inputs.decode(data or b"", path), path)["tasks"]
    except Exception:  # an unreadable file proves nothing
        return set()
    return {task for task, entry in tasks.items() if isinstance(entry, dict) and entry.get("status") == "completed"}


def grown(root: str, before: Before, only: tuple[str, ...]) -> list[Finding]:
    """Findings for journals that are not the earlier ones with records appended."""
    findings = []
    for path, (size, object_id) in before.journals.items():
        task = os.path.basename(path)[:-6]
        if only and task not in only:
            continue
        name = terminal.clean(path, 300)
        try:
            whole = disk.inside(root, path)
            if not os.path.lexists(whole):
                what = f"was deleted since {before.commit[:12]}; restore it from git"
                findings.append(Finding(name, 0, "history", what))
                continue
            data = inputs.read_bytes(whole, MAX_BYTES, name)
        except LineError:
            continue  # the check of the journal itself reports the fault
        if not _is_blob(data[:size], size, object_id):
            what = f"does not start with its content at {before.commit[:12]}; records may only be appended"
            findings.append(Finding(name, 0, "history", f"{what}; restore it from git"))
    return findings


def unsupported(claims: list[states.Claim], before: Before | None) -> tuple[list[Finding], list[Finding]]:
    """Tasks that a state file calls completed without a journal: a finding if that is new, else a note."""
    findings, notes = [], []
    for item in claims:
        if before is not None and item.task not in before.completed:
            what = f"{item.task} was marked completed without any record of a run; run it with /task-run {item.task}"
            findings.append(Finding(item.file, item.line, "unsupported", what))
        else:
            what = f"{item.task} is marked completed, but no recorded run supports it"
            notes.append(Finding(item.file, item.line, "unsupported", what))
    return findings, notes


def sources(root: str, before: Before, passed: list[Passed]) -> tuple[list[Finding], list[Finding]]:
    """Whether the sources that a verdict judged are those that were committed, for tasks completed since.

    Git can show that for the task that was completed last, if its run began on the sources of a known commit, which
    proves that trees are computed the same way here. Any other case is a note.
    """
    fresh = sorted((item for item in passed if item.task not in before.completed), key=lambda item: item.ended_at)
    known = _trees(root, before.commit) if fresh else set()
    findings, notes = [], []
    for item in fresh:
        file = paths.journal(item.task)
        if item.judged.removeprefix("git:") in known:
            continue
        if item is fresh[-1] and item.baseline.removeprefix("git:") in known and _is_committed(root, file):
            what = f"no commit since {before.commit[:12]} has the validated sources; validate what was committed"
            findings.append(Finding(file, 0, "sources", f"{item.task}: {what}: /task-run {item.task} --restart"))
        else:
            what = "git cannot show whether the committed sources are the validated ones"
            notes.append(Finding(file, 0, "sources", f"{item.task}: {what}"))
    return findings, notes


def _is_committed(root: str, relative: str) -> bool:
    """Whether HEAD has the file as it is in the work tree; until then no commit can have its sources."""
    return _git(root, "cat-file", "blob", f"HEAD:./{relative}") == disk.read(disk.inside(root, relative))


def _trees(root: str, base: str) -> set[str]:
    """The trees of `base` and the commits since, as a run on their sources would name them."""
    listed = _git(root, "rev-list", f"--max-count={MAX_COMMITS}", f"{base}..HEAD")
    commits = [base, *(listed or b"").decode().split()]
    objects = (_git(root, "rev-parse", "--path-format=absolute", "--git-path", "objects") or b"").decode().strip()
    trees = set()
    with tempfile.TemporaryDirectory() as scratch:
        isolated = {
            "GIT_INDEX_FILE": os.path.join(scratch, "index"),
            "GIT_OBJECT_DIRECTORY": os.path.join(scratch, "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects,
        }
        os.mkdir(os.path.join(scratch, "objects"))
        for commit in commits:
            if _git(root, "read-tree", commit, overrides=isolated) is None:
                continue
            names = (_git(root, "ls-files", "-z", overrides=isolated) or b"").decode("utf-8", "surrogateescape")
            own = [f":(top,literal){name}" for name in names.split("\0") if ignored.is_own(name)]
            _git(root, "rm", "-r", "-f", "-q", "--cached", "--ignore-unmatch", "--", *own, overrides=isolated)
            trees.add(_git(root, "write-tree", overrides=isolated))
    return {tree.decode().strip() for tree in trees if tree}


def _is_blob(data: bytes, size: int, object_id: str) -> bool:
    """Whether the bytes are the content of a git blob; its id is enough to tell."""
    digest = hashlib.sha256 if len(object_id) == 64 else hashlib.sha1
    return len(data) == size and digest(b"blob %d\0" % size + data).hexdigest() == object_id


def _git(root: str, *words: str, overrides: dict[str, str] | None = None) -> bytes | None:
    variables = git.environment() | {
        "LC_ALL": "C",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        **(overrides or {}),
    }
    return git.run(root, list(words), variables, _TIMEOUT)
