"""The whole check of a project: every state file, every journal one at a time, and what git knows of before."""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice

from assembly_line import paths
from assembly_line.check import history, states
from assembly_line.check.finding import Finding, Result, refused
from assembly_line.check.journals import Checked, Shown, check
from assembly_line.errors import LineError
from assembly_line.system import disk

SHARED = 16 * 1024 * 1024  # bytes of journals from which on several processes share the work
_CHUNK = 64  # tasks that a process takes at a time
Work = tuple[str, tuple[Shown, ...]]


def check_project(root: str, base: str = "", only: tuple[str, ...] = ()) -> Result:
    """Everything that is wrong with a project's records, or with those of some tasks; UsageError for a bad base."""
    before = history.at(root, base) if base else None
    told = states.read(root)
    found = list(told.findings)
    try:
        journals = _journals(root)
    except (LineError, OSError) as error:
        journals = []
        found.append(refused(paths.JOURNALS, "journal", error))
    tasks = [task for task in sorted({*journals, *told.shown}) if not only or task in only]
    work = [(task, tuple(told.shown.get(task, ()))) for task in tasks]
    notes: list[Finding] = []
    agents: dict[str, str] = {}
    passed = []
    for item in _checked(root, work):
        found += item.findings
        notes += item.notes
        found += _copied(item, agents)
        if item.passed is not None:
            passed.append(item.passed)
    claims = [claim for claim in told.claims if not only or claim.task in only]
    more = [history.unsupported(claims, before)]
    if before is not None:
        found += history.grown(root, before, only)
        more.append(history.sources(root, before, passed))
    for problems, remarks in more:
        found += problems
        notes += remarks
    known = {*tasks, *(claim.task for claim in claims)}
    for task in only:
        if task not in known:
            found.append(Finding(paths.journal(task), 0, "unknown", f"{task} has neither a journal nor an entry"))
    return Result(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(notes)), len(journals), told.files)


def _journals(root: str) -> list[str]:
    """The names before .jsonl in the journal folder, sorted."""
    folder = disk.inside(root, paths.JOURNALS)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return sorted(name[:-6] for name in names if name.endswith(".jsonl"))


def _checked(root: str, work: list[Work]) -> Iterator[Checked]:
    """The tasks checked one after the other, in their order; in several processes when there is much to read."""
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
    total = 0
    for task, _ in work:
        with contextlib.suppress(OSError, ValueError):  # a name that is no file name is for the check to refuse
            total += os.lstat(os.path.join(root, paths.JOURNALS, f"{task}.jsonl")).st_size
    return total


def _copied(item: Checked, agents: dict[str, str]) -> list[Finding]:
    """An agent works for one task only: its id in a second journal shows that records were copied."""
    for agent in item.agents:
        other = agents.setdefault(agent, item.task)
        if other != item.task:
            what = f"an agent of {other} appears here too, so records were copied; restore the file from git"
            return [Finding(paths.journal(item.task), 0, "copied", what)]
    return []
