"""Reads a project's state files for the check: their form, their counts, and the entries of each task."""

import os
import re
from typing import Any, NamedTuple

from assembly_line import paths, schemas
from assembly_line.check.finding import Finding, refused
from assembly_line.check.journals import Shown
from assembly_line.core.projection import STATUSES
from assembly_line.errors import LineError
from assembly_line.statefile import document
from assembly_line.system import disk
from assembly_line.untrusted import inputs, terminal
from assembly_line.yamlio.reader import load_yaml

# Members that only this tool writes: an entry with one of them claims to be ours.
_OURS = ("stage", "compliance_result")
_KEY = re.compile(r"^ +[\"']?([A-Za-z0-9][A-Za-z0-9._-]*)[\"']?:\s*(?:\{.*)?$")


class Claim(NamedTuple):
    """A task that a state file calls completed without naming a journal."""

    task: str
    file: str
    line: int


class States(NamedTuple):
    """What all state files say."""

    shown: dict[str, list[Shown]]  # entries with a journal, by task
    claims: list[Claim]
    findings: list[Finding]
    files: int  # how many


def files(root: str) -> list[str]:
    """The state files of a project, from its root; LineError when their folder leads out of it."""
    folder = disk.inside(root, paths.PLANNING)
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [f"{paths.PLANNING}/{name}" for name in names if document.is_name(name)]


def read(root: str) -> States:
    """All state files; what is wrong with a file is a finding, and the others are read all the same."""
    found = States({}, [], [], 0)
    try:
        names = files(root)
    except (LineError, OSError) as error:
        return found._replace(findings=[refused(paths.PLANNING, "state", error)])
    for relative in names:
        try:
            data = inputs.read_bytes(disk.inside(root, relative), document.MAX_BYTES, relative)
            _take(inputs.decode(data, relative), relative, found)
        except Exception as error:  # hostile content must be a finding, never a traceback
            found.findings.append(refused(relative, "state", error))
    return found._replace(files=len(names))


def parse(text: str, relative: str) -> dict[str, Any]:
    """A state file's content with `tasks` as a mapping of texts; LineError when it is none."""
    found = load_yaml(text, relative)
    if not isinstance(found, dict):
        raise LineError(f"{relative}:1: a mapping is expected at the top; restore it from git")
    tasks = found.get("tasks")
    if not isinstance(tasks, dict) or not all(isinstance(name, str) for name in tasks):
        raise LineError(f"{relative}: tasks must be a mapping of ids; restore it from git")
    return found


def _take(text: str, relative: str, into: States) -> None:
    content = parse(text, relative)
    tasks: dict[str, Any] = content["tasks"]
    lines = _lines(text)
    for fault in schemas.faults("state", {**content, "tasks": {}}):
        into.findings.append(Finding(relative, 0, "schema", fault))
    for task, entry in tasks.items():
        line = lines.get(task, 0)
        if not isinstance(entry, dict):
            continue
        if "journal" in entry:
            into.shown.setdefault(task, []).append(Shown(relative, line, entry))
        elif any(name in entry for name in _OURS):
            what = f"{task} has no journal member, so nothing supports what it says; restore the file from git"
            into.findings.append(Finding(relative, line, "state", what))
        elif entry.get("status") == "completed":
            into.claims.append(Claim(task, relative, line))
    if wrong := _miscounted(content.get("statistics"), tasks):
        what = f"statistics: {wrong}; bin/assembly-line rebuild counts again"
        into.findings.append(Finding(relative, 0, "statistics", what))


def _miscounted(statistics: Any, tasks: dict[str, Any]) -> str:
    """How the counts differ from the entries; "" when they fit or are somebody else's."""
    if not isinstance(statistics, dict) or set(statistics) != {"total", *STATUSES}:
        return ""
    counts = dict.fromkeys(STATUSES, 0)
    for entry in tasks.values():
        status = entry.get("status") if isinstance(entry, dict) else None
        if status not in STATUSES:
            return ""  # a foreign word; the file's writer decides where to count it
        counts[status] += 1
    wanted = {"total": len(tasks), **counts}
    wrong = [name for name in wanted if statistics[name] != wanted[name]]
    given = {name: terminal.clean(str(statistics[name]), 20) for name in wrong}
    return ", ".join(f"{name} is {given[name]} instead of {wanted[name]}" for name in wrong)


def _lines(text: str) -> dict[str, int]:
    """The line of each task's key: the first line after `tasks:` that holds nothing but that key."""
    lines: dict[str, int] = {}
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("tasks:"):
            inside = True
        elif inside and (match := _KEY.match(line)):
            lines.setdefault(match[1], number)
    return lines
