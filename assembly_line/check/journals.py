"""Checks one task: its journal's chain and replay, its state entries, its reports, and the process it records."""

from typing import Any, NamedTuple

from assembly_line import paths, schemas
from assembly_line.check import course, limits, papers, plausible, process
from assembly_line.check.finding import Finding, refused
from assembly_line.check.passed import Began, Passed
from assembly_line.core.events import KINDS
from assembly_line.core.machine import COMPLETED, TERMINAL
from assembly_line.core.projection import plain, project, worded_alike
from assembly_line.core.run import Run
from assembly_line.sources import tree
from assembly_line.storage import journal
from assembly_line.storage.journal import Record
from assembly_line.system import disk
from assembly_line.untrusted import inputs, terminal

_OPTIONAL = ("track", "working")  # members that an entry has only while the run has them
_HEAD: dict[str, Any] = {"version": "", "type": "project", "created_at": None}


class Shown(NamedTuple):
    """A task's entry in a state file."""

    file: str
    line: int
    entry: dict[str, Any]


class Checked(NamedTuple):
    """The result of checking one task."""

    task: str
    findings: list[Finding]
    notes: list[Finding]
    agents: tuple[str, ...] = ()  # ids of the agents that worked for the task
    passed: Passed | None = None  # of a completed task
    began: Began | None = None


def check(root: str, task: str, shown: tuple[Shown, ...]) -> Checked:
    """Everything that one task's own files show; never raises for their content."""
    relative = paths.journal(task)
    try:
        return _check(root, task, shown, relative)
    except Exception as error:  # hostile content must be a finding, never a traceback
        return Checked(task, [refused(relative, "journal", error)], [])


def _check(root: str, task: str, shown: tuple[Shown, ...], relative: str) -> Checked:
    inputs.check_id(task)
    data = inputs.read_bytes(disk.inside(root, relative), limits.JOURNAL, relative)
    records, torn = journal.parse(data, relative, task)
    findings: list[Finding] = []
    if torn is not None:
        what = f"the last line is truncated or not a record; /task-run {task} sets it aside"
        findings.append(Finding(relative, len(records) + 1, "journal", what))
    if not records:
        empty = Finding(relative, 0, "journal", "contains no records; restore it from git")
        return Checked(task, findings or [empty], [])
    if len(records) > limits.RECORDS:
        what = f"holds {len(records)} records, over {limits.RECORDS}; a run has some hundreds, so restore it from git"
        return Checked(task, [Finding(relative, 0, "journal", what)], [])
    run, at, moments, faults = _replay(records, relative, {_events(item.entry) for item in shown})
    if run.task != task:
        findings.append(Finding(relative, 1, "journal", f"records a run of {run.task}, expected {task}"))
    for item in shown:
        findings += _entry(task, item, records, at, run)
    if not any(item.file == run.state_file for item in shown):
        what = f"{task} has a journal but no entry here; bin/assembly-line rebuild writes it"
        findings.append(Finding(run.state_file, 0, "state", what))
    own = [record for record in records if record.run == run.number]
    findings += papers.check(root, run)
    findings += [Finding(relative, record.seq, "evidence", what) for record, what in faults if record.run == run.number]
    findings += process.check(run, own, moments, relative)
    findings += [Finding(relative, seq, code, what) for seq, code, what in plausible.faults(run, own)]
    notes = process.notes(root, run, own, relative)
    passed = _passed(run, own, data) if run.stage == COMPLETED else None
    return Checked(task, findings, notes, _agents(records), passed, _began(run, own, data))


def _size(data: bytes, lines: int) -> int:
    return sum(len(line) for line in data.splitlines(keepends=True)[:lines])


def _began(run: Run, own: list[Record], data: bytes) -> Began:
    return Began(run.task, own[0].seq, _size(data, own[0].seq), own[0].data)


def _passed(run: Run, own: list[Record], data: bytes) -> Passed:
    """The sources that a completed run rests on."""
    end = next(record for record in reversed(own) if record.kind == COMPLETED)
    on = (run.baseline, *(record.data["tree"] for record in own if record.kind == "dispatched"))
    judged, rest = tree.plain(run.verdict_tree), tree.plain(end.data.get("rest", ""))
    return Passed(run.task, judged, rest, frozenset(map(tree.plain, on)), run.left, _size(data, end.seq))


def _replay(
    records: list[Record], relative: str, numbers: set[int]
) -> tuple[Run, dict[int, Run], list[process.Moment], list[tuple[Record, str]]]:
    """The run after all records, those after the numbered ones, the moments that need evidence, and wrong steps."""
    run, at, moments, faults = Run(), {}, [], []
    for record, after in journal.steps(records, relative):
        if record.seq in numbers:
            at[record.seq] = after
        if KINDS[record.kind].proven:
            moments.append(process.Moment(record, run))
        faults += [(record, what) for what in course.faults(record, run)]
        run = after
    return run, at, moments, faults


def _events(entry: dict[str, Any]) -> int:
    pointer = entry.get("journal")
    events = pointer.get("events") if isinstance(pointer, dict) else None
    return events if isinstance(events, int) else 0


def _entry(task: str, item: Shown, records: list[Record], at: dict[int, Run], last: Run) -> list[Finding]:
    """The faults of one entry, given the runs that the journal leads to."""
    faults = schemas.faults("state", {**_HEAD, "tasks": {task: item.entry}})
    pointer, events = item.entry.get("journal"), _events(item.entry)
    if faults or not isinstance(pointer, dict):
        return [Finding(item.file, item.line, "schema", what) for what in faults]

    def fault(what: str) -> list[Finding]:
        remedy = "restore the file, or write it from the journal with bin/assembly-line rebuild"
        return [Finding(item.file, item.line, "state", f"{task}: {what}; {remedy}")]

    if pointer["path"] != paths.journal(task):
        return fault(f"journal.path is {pointer['path']}, expected {paths.journal(task)}")
    if events not in at:
        return fault(f"is based on {events} records, but the journal has {len(records)}")
    if pointer["head"] != records[events - 1].h:
        return fault(f"journal.head is not the hash of record {events}")
    if differing := differences(item.entry, at[events]):
        return fault("; ".join(differing[:5]))
    if item.file == last.state_file and differences(item.entry, last):
        return fault(f"is as of record {events}, but later records change it")
    if item.file != last.state_file and at[events].stage not in TERMINAL:
        return fault(f"the task has since been run with {last.state_file}")
    return []


def differences(entry: dict[str, Any], run: Run) -> list[str]:
    """How an entry's members differ from the run; the wording of remedies may differ."""
    expected = plain(project(run))
    names = [*expected, *(name for name in _OPTIONAL if name in entry and name not in expected)]
    return [
        f"{name} is {_shown(entry.get(name))}, but the journal says {_shown(expected.get(name))}"
        for name in names
        if worded_alike(entry.get(name)) != worded_alike(expected.get(name)) or (name in expected) != (name in entry)
    ]


def _shown(value: Any) -> str:
    return terminal.clean(str(value), 60) if isinstance(value, str | int | float) or value is None else "other content"


def _agents(records: list[Record]) -> tuple[str, ...]:
    return tuple(record.data["agent_id"] for record in records if record.kind == "agent_started")
