"""Reads a project's state files for the check: schema, counts, and the entries of each task."""

import os
import re
from typing import Any, NamedTuple

from assembly_line import paths, schemas
from assembly_line.check import limits
from assembly_line.check.finding import Finding, refused
from assembly_line.check.journals import Shown
from assembly_line.core.projection import STATUSES
from assembly_line.errors import LineError
from assembly_line.statefile import document, sides
from assembly_line.system import disk
from assembly_line.untrusted import inputs, terminal
from assembly_line.yamlio.reader import load_yaml

_OURS = ("stage", "compliance_result")  # members that only the engine writes
_REBUILD = "bin/assembly-line rebuild writes it anew from the journals"
_KEY = re.compile(r"^ +[\"']?([A-Za-z0-9][A-Za-z0-9._-]*)[\"']?:\s*(?:\{.*)?$")


class Claim(NamedTuple):
    """A task that a state file calls completed without naming a journal."""

    task: str
    file: str
    line: int


class States(NamedTuple):
    """The content of all state files."""

    shown: dict[str, list[Shown]]  # entries with a journal, by task
    claims: list[Claim]
    findings: list[Finding]
    files: int  # number of them


def files(root: str) -> list[str]:
    """The state files of a project, relative to its root; LineError when their folder leads out of it."""
    folder = disk.inside(root, paths.PLANNING)
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [f"{paths.PLANNING}/{name}" for name in names if document.is_name(name)]


def read(root: str) -> States:
    """All state files; a bad file is a finding, and the others are still read."""
    states = States({}, [], [], 0)
    try:
        names = files(root)
    except (LineError, OSError) as error:
        return states._replace(findings=[refused(paths.PLANNING, "state", error)])
    room = limits.STATES
    for relative in names:
        try:
            data = inputs.read_bytes(disk.inside(root, relative), room, relative)
            room -= len(data)
            _sort_entries(inputs.decode(data, relative), relative, states)
        except Exception as error:  # hostile content must be a finding, never a traceback
            fault = refused(relative, "state", error)
            what = f"{fault.message.rpartition('; ')[0] or fault.message}; {_REBUILD}"
            states.findings.append(fault._replace(message=what))
    return states._replace(files=len(names))


def parse(text: str, relative: str) -> dict[str, Any]:
    """A state file's content, `tasks` being a mapping with text keys; LineError when it is not one."""
    content = load_yaml(text, relative)
    if not isinstance(content, dict):
        raise LineError(f"{relative}:1: expected a mapping at the top level; restore it from git")
    tasks = content.get("tasks")
    if not isinstance(tasks, dict) or not all(isinstance(name, str) for name in tasks):
        raise LineError(f"{relative}: tasks must be a mapping of ids; restore it from git")
    return content


def _sort_entries(text: str, relative: str, into: States) -> None:
    if both := sides.split(text):
        what = "holds both sides of a merge; run bin/assembly-line rebuild, then commit the file"
        into.findings.append(Finding(relative, sides.line(text), "state", what))
        text = both[0]
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
            what = f"{task} has no journal member, so nothing supports the entry; restore the file from git"
            into.findings.append(Finding(relative, line, "state", what))
        elif entry.get("status") == "completed":
            into.claims.append(Claim(task, relative, line))
    if wrong := _miscounted(content.get("statistics"), tasks):
        what = f"statistics: {wrong}; bin/assembly-line rebuild recounts them"
        into.findings.append(Finding(relative, 0, "statistics", what))


def _miscounted(statistics: Any, tasks: dict[str, Any]) -> str:
    """How the counts differ from the entries; "" when they match or are another tool's."""
    if not isinstance(statistics, dict) or set(statistics) != {"total", *STATUSES}:
        return ""
    counts = dict.fromkeys(STATUSES, 0)
    for entry in tasks.values():
        status = entry.get("status") if isinstance(entry, dict) else None
        if status not in STATUSES:
            return ""  # another tool's status, which that tool counts
        counts[status] += 1
    expected = {"total": len(tasks), **counts}
    wrong = [name for name in expected if statistics[name] != expected[name]]
    actual = {name: terminal.clean(str(statistics[name]), 20) for name in wrong}
    return ", ".join(f"{name} is {actual[name]} instead of {expected[name]}" for name in wrong)


def _lines(text: str) -> dict[str, int]:
    """The line of each task's key: the first line after `tasks:` with nothing but that key."""
    lines: dict[str, int] = {}
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("tasks:"):
            inside = True
        elif inside and (match := _KEY.match(line)):
            lines.setdefault(match[1], number)
    return lines
