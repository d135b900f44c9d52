"""Takes every step of a run once more: what the engine's rules do not call for was written by something else."""

from collections.abc import Callable, Iterable
from typing import Any

from assembly_line.core import next_step, routing
from assembly_line.core.kinds import KINDS
from assembly_line.core.run import Event, Run
from assembly_line.project import reports
from assembly_line.storage.journal import Record, canonical

FIRST_RULES = 3  # runs of earlier releases took other steps
Data = dict[str, Any]


def faults(record: Record, before: Run) -> Iterable[str]:
    """What is wrong with a record after the run that it follows; nothing for a run of an earlier release."""
    rule = _RULES.get(record.kind)
    if rule is not None and before.rules >= FIRST_RULES:
        yield from rule(record, before)


def _step(record: Record, before: Run) -> Iterable[str]:
    due = next_step.advance(before)
    if not isinstance(due, Event) or due.kind != record.kind:
        yield f"{record.kind} is recorded where the rules call for {_named(due)}"
    elif canonical(due.data) != canonical(record.data):
        yield f"{record.kind} is recorded with other content than the rules give it"


def _named(due: Event | str | None) -> str:
    return due.kind if isinstance(due, Event) else due or "an agent"


def _dispatched(record: Record, before: Run) -> Iterable[str]:
    due, data = next_step.expected(before), record.data
    if due is None:
        yield f"{data['dispatch']} was called where no agent was due"
        return
    told = [data[name] for name in ("dispatch", "station", "agent", "iteration", "tier", "model")]
    if told != list(due[:6]):
        called = f"{data['dispatch']} {data['station']} at {data['tier']} ({data['model']})"
        yield f"{called} was called where {due.id} {due.station} at {due.tier} ({due.model}) was due"
    if not before.session:
        yield f"{data['dispatch']} was called while no session drove the run"


def _started(record: Record, before: Run) -> Iterable[str]:
    if before.open is None or before.open.id != record.data["dispatch"] or before.open.agent_id:
        yield f"agent {record.data['dispatch']} started, which was not waited for"


def _ran(record: Record, before: Run) -> Iterable[str]:
    opened = before.open
    if opened is None or opened.id != record.data["dispatch"] or not opened.agent_id:
        yield f"a command of {record.data['dispatch']}, which was not at work"
    elif not before.kind_of(opened.station).evidence:
        yield f"a command of {opened.station}, whose commands are no evidence"


def _reported(record: Record, before: Run) -> Iterable[str]:
    data = record.data
    kind = before.station(data["station"]).kind
    if KINDS[kind].event != record.kind:
        yield f"{data['station']} ended with {record.kind} instead of {KINDS[kind].event}"
        return
    yield from (f"{data['dispatch']}: {fault}" for fault in reports.faults(kind, _body(record)))
    if record.kind == "verdict_given" and data["result"] == "PASS" and (issues := routing.blocking_issues(before)):
        yield f"PASS while {issues[0].station} left {issues[0].id} open"


def _body(record: Record) -> Data:
    if record.kind == "compliance_judged":
        return {"result": record.data["result"], "violations": record.data["violations"]}
    body: Data = record.data["verdict" if record.kind == "verdict_given" else "report"]
    return body


_RULES: dict[str, Callable[[Record, Run], Iterable[str]]] = {
    **dict.fromkeys(("iteration_started", "stations_done", "passed", "mending_started", "unchanged"), _step),
    "dispatched": _dispatched,
    "agent_started": _started,
    "command_ran": _ran,
    **dict.fromkeys(("reported", "verdict_given", "compliance_judged"), _reported),
}
