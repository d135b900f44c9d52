"""Checks the process that a journal records: repeats the engine's audit and verifies each judgement's evidence."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from assembly_line.check.finding import Finding
from assembly_line.core import verdict
from assembly_line.core.audit import findings as audit
from assembly_line.core.events import KINDS, line
from assembly_line.core.machine import COMPLETED
from assembly_line.core.run import Run
from assembly_line.core.timeline import Entry, tell
from assembly_line.storage.journal import Record
from assembly_line.system import disk
from assembly_line.untrusted import inputs, terminal

MAX_ITERATIONS = 5
MAX_BLUEPRINT = 1 << 20  # bytes


class Moment(NamedTuple):
    """A record with the run before it."""

    record: Record
    before: Run


def check(run: Run, records: list[Record], moments: list[Moment], file: str) -> list[Finding]:
    """The faults of the last run's process; `records` are that run's. Steps that are not due yet are not missing."""
    findings = [
        Finding(file, moment.record.seq, "evidence", what)
        for moment in moments
        if moment.record.run == run.number
        for what in _unproven(moment.record, moment.before)
    ]
    if run.iteration > MAX_ITERATIONS:
        what = f"{run.iteration} iterations; at most {MAX_ITERATIONS} are allowed"
        findings.append(Finding(file, 0, "process", what))
    if run.stage != COMPLETED:
        return findings
    entries = tuple(Entry(record.ts, record.kind, record.data) for record in records)
    for item in audit(run, tell(entries), entries):
        findings.append(Finding(file, 0, "process", f"{item['category']}: {item['item']}; {item['action']}"))
    if run.verdict != "PASS":
        findings.append(Finding(file, 0, "process", "completed without a PASS verdict; restore the journal from git"))
    if run.compliance != "PASS":
        what = "completed without a compliance PASS; restore the journal from git"
        findings.append(Finding(file, 0, "process", what))
    if not run.closed:
        what = f"completed, but its files are not final; /task-run {run.task} finishes them"
        findings.append(Finding(file, 0, "process", what))
    return findings


def _unproven(record: Record, before: Run) -> Iterable[str]:
    data, opened = record.data, before.open
    if record.kind == "completed":
        if data["tree"] != before.verdict_tree:
            yield "completed on sources other than those the verdict judged"
        if before.compliance_tree and data["tree"] != before.compliance_tree:
            yield "completed on sources other than those of the compliance judgement"
        return
    if opened is None or opened.id != data["dispatch"] or opened.station != data["station"]:
        yield f"{record.kind} of {data['dispatch']}, which was not open"
        return
    if not opened.agent_id:
        yield f"{record.kind} of {opened.id}, whose start no hook saw"
    if record.kind == "verdict_given":
        if data["result"] == "PASS" and data["tree"] != opened.tree and not data.get("left"):
            yield f"sources changed while {opened.station} was at work"
        if data["result"] == "PASS" and data["verdict"]["result"] != "PASS":
            yield "recorded as PASS, but the report says FAIL"
        yield from verdict.faults(before, opened, data["verdict"])


def notes(root: str, run: Run, records: list[Record], file: str) -> list[Finding]:
    """What a reader should know about the last run, though it breaks no rule."""
    findings = _blueprint(root, run)
    for record in records:
        if KINDS[record.kind].remark(record.data):
            what = terminal.clean(line(record.kind, record.data, run), 300)
            findings.append(Finding(file, record.seq, record.kind, what))
    return findings


def _blueprint(root: str, run: Run) -> list[Finding]:
    try:
        data = inputs.read_bytes(disk.inside(root, run.blueprint), MAX_BLUEPRINT)
    except Exception:  # gone or unreadable: the run has its own copy
        return []
    if hashlib.sha256(data).hexdigest() == run.blueprint_sha:
        return []
    what = f"the blueprint of {run.task} has changed since its run began"
    return [Finding(terminal.clean(run.blueprint, 300), 0, "blueprint", what)]
