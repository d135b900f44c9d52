"""Compares a project with a commit: journals only grow, and newly completed tasks have their records."""

import os
from typing import NamedTuple

from assembly_line import paths
from assembly_line.check import limits, states
from assembly_line.check.finding import Finding
from assembly_line.check.objects import Repository, is_blob
from assembly_line.errors import LineError
from assembly_line.project import config
from assembly_line.project.config import Config
from assembly_line.sources import ignored
from assembly_line.statefile import document
from assembly_line.system import disk
from assembly_line.untrusted import inputs, terminal


class Before(NamedTuple):
    """The project at the commit."""

    commit: str
    head: str  # the commit that is checked
    journals: dict[str, tuple[int, str]]  # by path: size in bytes, git's object id
    completed: frozenset[str]  # tasks that a state file called completed
    names: frozenset[str]  # all files below the engine's folders
    options: Config  # as configured there

    def size(self, task: str) -> int:
        """The bytes of a task's journal that it has already."""
        return self.journals.get(paths.journal(task), (0, ""))[0]


class UsageError(LineError):
    """The commit cannot be used for a comparison; the caller must fix the call, not the project."""


def at(repository: Repository, ref: str) -> Before:
    """The project at the merge base of `ref` and HEAD; UsageError when there is none."""
    shown = terminal.clean(ref, 100)
    if not ref.strip():
        raise UsageError("--base is empty; name the commit that the change is based on, such as origin/main")
    tip, head = repository.commit(ref), repository.commit("HEAD")
    if not tip:
        raise UsageError(f"--base {shown}: no such commit in this repository; fetch it, with its history")
    commit = repository.line("merge-base", tip, "HEAD")
    if not commit or not head:
        raise UsageError(f"--base {shown}: shares no history with HEAD; fetch the whole history (fetch-depth: 0)")
    listed = repository.files(commit, *ignored.FOLDERS)
    if listed is None:
        raise UsageError(f"--base {shown}: its files cannot be listed; fetch the whole history")
    journals, completed = {}, set()
    for file in listed:
        folder, name = os.path.split(file.path)
        if folder == paths.JOURNALS and name.endswith(".jsonl"):
            journals[file.path] = (file.size, file.id)
        elif folder == paths.PLANNING and document.is_name(name):
            completed |= _completed(repository.blob(commit, file.path, document.MAX_BYTES), file.path)
    names = frozenset(file.path for file in listed)
    return Before(commit, head, journals, frozenset(completed), names, _options(repository, commit))


def _options(repository: Repository, commit: str) -> Config:
    try:
        return config.parse(repository.blob(commit, config.FILE, config.MAX_BYTES))
    except LineError:
        return Config()  # no run can have begun with it, and a change that mends it must pass


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
        remedy = f"put it back with: git checkout {before.commit[:12]} -- {name}"
        try:
            whole = disk.inside(root, path)
            if not os.path.lexists(whole):
                what = f"was deleted since {before.commit[:12]}, and records stay, also when their work is reverted"
                findings.append(Finding(name, 0, "history", f"{what}; {remedy}"))
                continue
            data = inputs.read_bytes(whole, limits.JOURNAL, name)
        except LineError:
            continue  # the check of the journal itself reports the fault
        if not is_blob(data[:size], object_id):
            what = f"does not start with its content at {before.commit[:12]}; records may only be appended"
            findings.append(Finding(name, 0, "history", f"{what}; {remedy}, and run the task again if it was run"))
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
