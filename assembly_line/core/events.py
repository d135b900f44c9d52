"""The kinds of events: one row per kind holds its wording, its display, its effect and its readers."""

from collections.abc import Callable
from typing import Any, NamedTuple

from assembly_line.core import changes, dispatches, wording
from assembly_line.core.run import Run
from assembly_line.core.wording import BAD, GOOD, ODD

Data = dict[str, Any]


class Kind(NamedTuple):
    """The properties of one kind of event."""

    line: Callable[[Data, Run], str]  # what happened, in one line, given the run after the event
    change: Callable[[Run, Data, str], Run] | None = None  # what it changes besides the stage
    tone: Callable[[Data], str] = lambda data: ""  # GOOD, BAD, ODD or ""
    note: bool = False  # allowed in any stage and moves nothing; all others are in the state machine's table
    quiet: bool = False  # in the log only, not in a live display
    incident: bool = False  # not as planned; listed in the failure report
    remark: Callable[[Data], bool] = lambda data: False  # noted in summary and check, though it breaks no rule
    work: bool = False  # part of the timeline: what was done, not merely tried
    spoken: bool = False  # its data holds foreign text that is not redacted yet
    member: str = ""  # the member of its data that holds an agent's report
    proven: bool = False  # depends on something recorded earlier


def _always(tone: str) -> Callable[[Data], str]:
    return lambda data: tone


def _always_noted(data: Data) -> bool:
    return True


def _is_more_than_permissions(data: Data) -> bool:
    """Whether settings changed in another way than by a person who allows or denies a call for good."""
    return any(members != ["permissions"] for members in data.get("members", {}).values())


KINDS: dict[str, Kind] = {
    # The course of a run.
    "run_started": Kind(
        lambda data, run: f"{data['title']} ({data['workflow']}, {len(data['criteria'])} criteria)",
        changes.run_started,
        spoken=True,
    ),
    "bundle_created": Kind(lambda data, run: f"bundle {data['path']}"),
    "agents_ready": Kind(wording.agents_ready),
    "iteration_started": Kind(
        lambda data, run: f"iteration {data['iteration']}: {', '.join(data['stations'])}", changes.iteration_started
    ),
    "stations_done": Kind(lambda data, run: "all stations have reported"),
    "passed": Kind(lambda data, run: f"{data['met']} criteria met"),
    "summary_written": Kind(lambda data, run: f"summary {data['path']}", changes.summary_written),
    "revalidation": Kind(
        lambda data, run: f"validating again: {data['why']}", changes.revalidation, _always(ODD), incident=True
    ),
    "fix_started": Kind(
        lambda data, run: f"fix round {data['round']}: {', '.join(data['stations']) or 'validation only'}",
        changes.fix_started,
        _always(ODD),
        work=True,
    ),
    "mending_started": Kind(
        lambda data, run: f"{', '.join(data['stations'])} first, as {data['why']}",
        changes.mending_started,
        _always(ODD),
        work=True,
    ),
    "unchanged": Kind(
        lambda data, run: "the fix round left the sources as they passed; the verdict stands",
        changes.unchanged,
        work=True,
    ),
    "papers_again": Kind(
        lambda data, run: f"papers rendered again for: {'; '.join(item['item'] for item in data['answers'])}",
        changes.papers_again,
        _always(ODD),
        work=True,
    ),
    # A dispatch and its end.
    "dispatched": Kind(
        wording.dispatched,
        dispatches.dispatched,
        work=True,
    ),
    "agent_started": Kind(
        lambda data, run: f"{data['dispatch']} is agent {data['agent_id']}",
        dispatches.agent_started,
        note=True,
        quiet=True,
    ),
    "wrote": Kind(lambda data, run: f"wrote {data['path']}", dispatches.wrote, note=True, quiet=True),
    "command_ran": Kind(
        lambda data, run: f"{wording.how(data)}: {data['command']}",
        dispatches.command_ran,
        note=True,
        work=True,
    ),
    "denied": Kind(
        lambda data, run: f"{data['what']} was denied by the client: {data['why']}",
        dispatches.denied,
        _always(ODD),
        note=True,
        incident=True,
        spoken=True,
    ),
    "report_rejected": Kind(
        lambda data, run: f"report sent back: {'; '.join(data['errors'])}",
        dispatches.report_rejected,
        _always(ODD),
        note=True,
        incident=True,
        spoken=True,
    ),
    "reported": Kind(
        wording.report,
        dispatches.reported,
        wording.reported,
        work=True,
        member="report",
        proven=True,
    ),
    "verdict_given": Kind(
        wording.verdict, dispatches.verdict_given, wording.judged, work=True, member="verdict", proven=True
    ),
    "judgement_void": Kind(
        wording.message,
        dispatches.judgement_void,
        _always(BAD),
        incident=True,
        work=True,
        spoken=True,
    ),
    "compliance_judged": Kind(
        wording.compliance, dispatches.compliance_judged, wording.judged, work=True, member="violations", proven=True
    ),
    "agent_failed": Kind(
        lambda data, run: f"lost: {data['message']}",
        dispatches.agent_failed,
        _always(BAD),
        incident=True,
        work=True,
        spoken=True,
    ),
    "served": Kind(
        lambda data, run: f"{data['dispatch']} served by {data['model']}",
        dispatches.served,
        note=True,
        quiet=True,
        work=True,
    ),
    # Ends, pauses and leases.
    "completed": Kind(wording.completed, changes.completed, _always(GOOD), proven=True),
    "failed": Kind(lambda data, run: f"{data['reason']}: {data['message']}", changes.failed, _always(BAD), spoken=True),
    "aborted": Kind(wording.message, changes.aborted, _always(ODD)),
    "paused": Kind(wording.message, changes.paused, _always(ODD), spoken=True),
    "stalled": Kind(wording.message, changes.paused, _always(BAD), incident=True),
    "answered": Kind(
        lambda data, run: f"to {data['station']}: {data['words']}",
        changes.answered,
        note=True,
        work=True,
        spoken=True,
    ),
    "resumed": Kind(lambda data, run: f"resumed by session {data['by']}", changes.resumed),
    "lease_taken": Kind(
        lambda data, run: f"session {data['session']} drives the run", changes.lease_taken, note=True, quiet=True
    ),
    "lease_released": Kind(
        lambda data, run: f"session {data['session']} released the run: {data['why']}",
        changes.lease_released,
        note=True,
        quiet=True,
        spoken=True,
    ),
    "closed": Kind(wording.closed, changes.closed, note=True, quiet=True),
    # Where the run is.
    "work_tree_changed": Kind(
        lambda data, run: "goes on in another work tree, with what is there",
        changes.work_tree_changed,
        _always(ODD),
        note=True,
        incident=True,
        remark=_always_noted,
    ),
    "branch_changed": Kind(wording.branch_changed, changes.branch_changed, _always(ODD), note=True, incident=True),
    "bundle_lost": Kind(wording.bundle_lost, changes.bundle_lost, _always(ODD), incident=True),
    # What did not go as planned.
    "refused": Kind(
        lambda data, run: f"refused {data['what']}: {data['why']}",
        None,
        _always(ODD),
        note=True,
        incident=True,
        spoken=True,
    ),
    "stop_blocked": Kind(
        lambda data, run: f"end of turn blocked, {wording.many(data['count'], 'time')} in a row",
        changes.stop_blocked,
        _always(ODD),
        note=True,
        incident=True,
    ),
    "tampered": Kind(
        lambda data, run: f"changed by something else and restored: {', '.join(data['files'])}",
        None,
        _always(BAD),
        note=True,
        incident=True,
        remark=_always_noted,
        work=True,
    ),
    "repaired": Kind(lambda data, run: str(data["what"]), None, _always(ODD), note=True, incident=True),
    "forged": Kind(
        lambda data, run: f"not taken, as it did not come from the client: {data['what']}: {data['why']}",
        dispatches.forged,
        _always(BAD),
        note=True,
        incident=True,
        remark=_always_noted,
    ),
    "settings_changed": Kind(
        wording.settings, None, _always(ODD), note=True, incident=True, remark=_is_more_than_permissions
    ),
    "unwatched": Kind(
        lambda data, run: f"the transcript shows Agent calls that no hook saw: {', '.join(data['agents'])}",
        None,
        _always(BAD),
        note=True,
        incident=True,
        remark=_always_noted,
        spoken=True,
    ),
}
ALL = frozenset(KINDS)
WORK = frozenset(name for name, kind in KINDS.items() if kind.work)
INCIDENTS = frozenset(name for name, kind in KINDS.items() if kind.incident)
REPORTS = {name: kind.member for name, kind in KINDS.items() if kind.member}


def line(kind: str, data: Data, run: Run) -> str:
    """The event in one line, unescaped; "" when its data is not what this version writes."""
    try:
        return KINDS[kind].line(data, run)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        return ""
