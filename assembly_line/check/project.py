"""The whole check of a project: its state files, its journals, and both against the git history."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import NamedTuple

from assembly_line import paths
from assembly_line.check import foreign, history, limits, states
from assembly_line.check.demanded import Demands
from assembly_line.check.finding import Finding, Result, refused
from assembly_line.check.journals import Checked, Shown, check
from assembly_line.check.landing import Landing
from assembly_line.check.objects import Repository
from assembly_line.errors import LineError
from assembly_line.system import disk

SHARED = 16 * 1024 * 1024  # bytes of journals above which several processes share the work
_CHUNK = 64  # tasks per process at a time
Work = tuple[str, tuple[Shown, ...]]


def check_project(root: str, base: str | None = None, only: tuple[str, ...] = ()) -> Result:
    """The faults of a project's records, or of some tasks'; UsageError for a bad base."""
    repository = Repository(root)
    before = history.at(repository, base) if base is not None else None
    state = states.read(root)
    found = Found(list(state.findings), [])
    try:
        journals = _journals(root)
    except (LineError, OSError) as error:
        journals = []
        found.findings.append(refused(paths.JOURNALS, "journal", error))
    tasks = [task for task in sorted({*journals, *state.shown}) if not only or task in only]
    if before is not None and (large := _new_bytes(root, before, tasks)) > limits.CHANGE:
        what = f"the change brings {large >> 20} MB of records, over {limits.CHANGE >> 20}; split it"
        return Result((Finding(paths.JOURNALS, 0, "journal", what),), (), len(journals), state.files)
    work = [(task, tuple(state.shown.get(task, ()))) for task in tasks]
    agents: dict[str, str] = {}
    checked = []
    for item in _checked(root, work):
        found.add(item.findings, item.notes)
        found.add(_copied(item, agents))
        checked.append(item)
    claims = [claim for claim in state.claims if not only or claim.task in only]
    found.add(*history.unsupported(claims, before))
    found.add(*foreign.check(repository, before, set(journals)))
    if before is not None:
        found.add(history.grown(root, before, only))
        _compare(root, repository, before, checked, found)
    known = {*tasks, *(claim.task for claim in claims)}
    for task in only:
        if task not in known:
            what = f"{task} has neither a journal nor an entry"
            found.findings.append(Finding(paths.journal(task), 0, "unknown", what))
    findings, notes = (tuple(dict.fromkeys(items)) for items in found)
    return Result(findings, notes, len(journals), state.files)


class Found(NamedTuple):
    """The findings and the notes so far."""

    findings: list[Finding]
    notes: list[Finding]

    def add(self, findings: Iterable[Finding], notes: Iterable[Finding] = ()) -> None:
        self.findings.extend(findings)
        self.notes.extend(notes)


def _compare(root: str, repository: Repository, before: history.Before, checked: list[Checked], found: Found) -> None:
    """Add what the change shows when it is compared with the base commit."""
    fresh = [item for item in checked if item.began is not None and item.began.size > before.size(item.task)]
    if len(fresh) > limits.RUNS:
        what = f"the change brings {len(fresh)} runs, over {limits.RUNS}; split it"
        found.findings.append(Finding(paths.JOURNALS, 0, "demanded", what))
        return
    demands = Demands(root, repository, before)
    for item in checked:
        if item.began is None:
            continue
        try:
            found.add(*demands.check(item.began))
        except Exception as error:  # hostile content must be a finding, never a traceback
            found.findings.append(refused(paths.journal(item.task), "demanded", error))
    passed = [item.passed for item in checked if item.passed is not None]
    found.add(*Landing(root, repository, before, passed).check())


def _journals(root: str) -> list[str]:
    """The tasks that have a file in the journal folder, sorted."""
    folder = disk.inside(root, paths.JOURNALS)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted(name[:-6] for name in names if name.endswith(".jsonl"))


def _checked(root: str, work: list[Work]) -> Iterator[Checked]:
    """The results task by task, in order; several processes work when there is much to read."""
    if _bytes(root, work) < SHARED or (os.cpu_count() or 1) < 2:
        yield from (check(root, *item) for item in work)
        return
    with ProcessPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        rest = iter(work)
        chunks = iter(lambda: list(islice(rest, _CHUNK)), [])
        for chunk in pool.map(_check_all, [(root, chunk) for chunk in chunks]):
            yield from chunk


def _check_all(share: tuple[str, list[Work]]) -> list[Checked]:
    root, work = share
    return [check(root, *item) for item in work]


def _bytes(root: str, work: list[Work]) -> int:
    return sum(_size(root, task) for task, _ in work)


def _size(root: str, task: str) -> int:
    try:
        return os.lstat(os.path.join(root, paths.JOURNALS, f"{task}.jsonl")).st_size
    except (OSError, ValueError):  # the check reports what is not a file name
        return 0


def _new_bytes(root: str, before: history.Before, tasks: list[str]) -> int:
    """The bytes of the journals that are not as they were."""
    return sum(size for task in tasks if (size := _size(root, task)) != before.size(task))


def _copied(item: Checked, agents: dict[str, str]) -> list[Finding]:
    """A finding when an agent's id is in a second journal: an agent works for one task only."""
    for agent in item.agents:
        other = agents.setdefault(agent, item.task)
        if other != item.task:
            what = f"an agent of {other} appears here too, so records were copied; restore the file from git"
            return [Finding(paths.journal(item.task), 0, "copied", what)]
    return []
