"""What lies under the engine's paths but was not written by it: these paths are no sources, so nobody judges them."""

import posixpath

from assembly_line import paths
from assembly_line.check import limits
from assembly_line.check.finding import Finding, Pair
from assembly_line.check.history import Before
from assembly_line.check.objects import Repository
from assembly_line.errors import LineError
from assembly_line.sources import ignored
from assembly_line.statefile import document
from assembly_line.untrusted import inputs, terminal

_PLAIN = "100644"
_REPORTS = ("-summary.md", "-failure.md")


def check(repository: Repository, before: Before | None, tasks: set[str]) -> Pair:
    """Findings for foreign files in HEAD, notes for such as the base commit has already; `tasks` have a journal."""
    findings: list[Finding] = []
    notes: list[Finding] = []
    for file in repository.files("HEAD", *ignored.FOLDERS) or ():
        if not ignored.is_own(file.path):
            continue
        what = _fault(file.path, file.mode, tasks)
        if what:
            name = terminal.clean(file.path, 300)
            item = Finding(name, 0, "foreign", f"{what}; remove it with: git rm --cached {name}, or put it elsewhere")
            is_old = before is None or file.path in before.names
            (notes if is_old else findings).append(item)
    return _few(findings), _few(notes)


def _few(found: list[Finding]) -> list[Finding]:
    more = len(found) - limits.FOREIGN
    return [*found[: limits.FOREIGN], Finding(paths.PLANNING, 0, "foreign", f"and {more} more")] if more > 0 else found


def _fault(path: str, mode: str, tasks: set[str]) -> str:
    folder, name = posixpath.split(path)
    if folder == paths.JOURNALS and name.endswith(".jsonl"):
        is_known = _is_id(name.removesuffix(".jsonl"))
    elif folder == paths.PLANNING:
        is_known = document.is_name(name)
    elif folder == paths.SUMMARIES and name.endswith(_REPORTS):
        task = name[: -len(_REPORTS[0])]
        if _is_id(task) and task not in tasks:
            return f"is named like a report of the engine, but {terminal.clean(task, 80)} has no journal"
        is_known = _is_id(task)
    else:
        is_known = False
    if not is_known:
        return "is none of the engine's files, and nobody judges what lies here"
    return "" if mode == _PLAIN else f"is no plain file (mode {mode})"


def _is_id(name: str) -> bool:
    try:
        return bool(inputs.check_id(name))
    except LineError:
        return False
