"""Decides how a dispatch ends: its report counts, is sent back, or the dispatch is lost; or a person is needed."""

import re
from typing import Any, NamedTuple

from assembly_line.core import routing
from assembly_line.core.decide import Decision, some
from assembly_line.core.dispatches import words_of
from assembly_line.core.machine import ACTIVE, TERMINAL
from assembly_line.core.run import Dispatch, Event, Gap, Run

_LIMIT = re.compile(r"stopped at its (\d{1,6})-turn limit")  # what the client says of such an agent
_SENT_BACK = 6  # reports of one dispatch, however much better each is; the client stops asking after eight


class Ending(NamedTuple):
    """How an agent ended: its parsed report, and what the hook observed."""

    agent_id: str
    report: dict[str, Any]  # body of the one top-level key; {} when malformed
    errors: tuple[str, ...]  # in the report, or in the files that go with it
    key: str  # identifies this delivery
    tree: str  # digest of the sources now; "" when unknown
    served: str  # the model that answered; "" when unknown
    tokens: dict[str, int]
    changed: tuple[str, ...] = ()  # sources that differ from the dispatch's tree
    left: tuple[str, ...] = ()  # by-products of a judge's commands, which are no part of `tree`
    said: str = ""  # its last message, shortened
    beside: str = ""  # who else is at work in this work tree, as a person is told
    ignored: tuple[str, ...] = ()  # files that it wrote, or that were sources, and that git ignores by now


def ended(run: Run, end: Ending) -> Decision:
    """Accept an agent's report, send it back, or record that the dispatch failed."""
    current = run.open
    if current is None or current.agent_id != end.agent_id or end.key in run.keys:
        return Decision()
    kind = run.kind_of(current.station)
    errors = end.errors
    if kind.event == "verdict_given" and not errors:
        from assembly_line.core import verdict  # late, as few hooks take a verdict

        errors = verdict.faults(run, current, end.report)
    errors += _unnamed(run, current.station, end.report)
    common: dict[str, Any] = {
        "dispatch": current.id,
        "station": current.station,
        "served": end.served,
        "tokens": end.tokens,
        **({"ignored": list(end.ignored)} if end.ignored else {}),
    }
    if current.denied:
        message = f"{current.station} was denied {current.denied}"
        data = {**common, "reason": "permission", "message": message, "said": end.said}
        return _hold(run, Event("agent_failed", data, key=end.key), "permission", message)
    if errors:
        if current.rejections < run.settings.rejections and current.sent_back < _SENT_BACK:
            data = {"dispatch": current.id, "errors": list(errors), "key": end.key}
            return Decision((Event("report_rejected", data, key=end.key),), "; ".join(errors))
        message = f"{current.station} gave no valid report: {errors[0]}"
        return Decision(_lost(run, {**common, "reason": kind.lost, "message": message, "said": end.said}, end.key))
    if kind.event == "verdict_given":
        return Decision(_judged(run, end, common))
    if kind.event == "compliance_judged":
        data = {**common, "result": end.report["result"], "violations": end.report["violations"], "tree": end.tree}
        return Decision((Event("compliance_judged", _with(data, left=end.left), key=end.key),))
    if end.report["status"] == "blocked":
        return _hold(run, _reported(run, end, common), "blocked", words_of(end.report))
    return Decision((_reported(run, end, common),))


def _unnamed(run: Run, station: str, report: dict[str, Any]) -> tuple[str, ...]:
    """The reviewer's own open issues that its new review does not name, so that they would be lost."""
    if "review" not in report:
        return ()
    named = {item["id"] for item in report["review"]["issues"]}
    mine = (item.id for item in run.issues if (item.station, item.status) == (station, "open"))
    return tuple(
        f"issue {name} was left open by your last review; repeat it with its status now"
        for name in mine
        if name not in named
    )


def _reported(run: Run, end: Ending, common: dict[str, Any]) -> Event:
    """The report with the files that changed meanwhile: its own, or those of others where the station makes nothing."""
    whose = "files" if run.kind_of(common["station"]).makes else "outside"
    members = {"tree": end.tree, whose: some(end.changed), "left": list(end.left)}
    return Event("reported", _with({**common, "report": end.report}, **members), end.key)


def _with(data: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The data with those of the members that are not empty."""
    return {**data, **{name: value for name, value in members.items() if value}}


def _hold(run: Run, event: Event, reason: str, message: str) -> Decision:
    """End the dispatch and pause the run until a person has done what its agent cannot do; it is then called again."""
    pause = Event("paused", {"reason": reason, "message": message})
    return Decision((event, pause) if run.stage in ACTIVE else (event,))


def _judged(run: Run, end: Ending, common: dict[str, Any]) -> tuple[Event, ...]:
    """The verdict; or that it is void, as the sources changed under it; or, at the second time, a gap for that."""
    if not end.changed:
        return (_verdict_event(run, end, common, ()),)
    again = [path for path in end.changed if path in run.voided]
    if again:
        return (_verdict_event(run, end, common, routing.tree_gaps(run, again)),)
    names = ", ".join(end.changed[:5])
    message = f"the verdict is void, as sources changed while {common['station']} was at work: {names}{_beside(end)}"
    gaps = routing.gaps_of(run, end.report["criteria"])
    data = {**common, "message": message, "files": some(end.changed), "verdict": end.report, "gaps": gaps}
    return _given_up(run, Event("judgement_void", data, key=end.key), "tree_changed", message)


def _beside(end: Ending) -> str:
    return f"; {end.beside}, which may have changed them" if end.beside else ""


def _verdict_event(run: Run, end: Ending, common: dict[str, Any], more: tuple[Gap, ...]) -> Event:
    gaps: tuple[Gap, ...] = (*routing.gaps_of(run, end.report["criteria"]), *more)
    result = "FAIL" if more else end.report["result"]
    if result == "FAIL" and not gaps:
        reason = end.report["runtime_verification"].get("reason", "") or "the runtime verification failed"
        gaps = (Gap("runtime", reason, "", routing.default_station(run).name),)
    if result == "PASS" and routing.blocking_issues(run):
        result, gaps = "FAIL", routing.review_gaps(run)
    regressions = [gap.criterion for gap in gaps if gap.criterion in run.ever_met]
    judged = {"verdict": end.report, "result": result, "gaps": gaps, "regressions": regressions, "tree": end.tree}
    data = _with({**common, **judged}, left=list(end.left), checks=_seen(run))
    return Event("verdict_given", data, key=end.key)


def _seen(run: Run) -> list[str]:
    """The run's checks that this judge was seen to run with success."""
    from assembly_line.core import checks  # late, as few hooks take a verdict

    return list(checks.seen(run, run.open)) if run.open is not None else []


def why_lost(dispatch: Dispatch, error: str = "", kind: str = "", said: str = "") -> str:
    """Why a dispatch has no report, as it was seen.

    `error`: the client's, of the Agent call. `kind`: of the agent that the client started. `said`: what it gave back.
    """
    if dispatch.doubt:
        return f"its report was not taken, as {dispatch.doubt}"
    if error:
        return error
    if kind not in ("", dispatch.agent):
        return f"the client started an agent of type {kind} in place of {dispatch.agent}"
    if limit := _LIMIT.search(said):
        return f"it stopped at its limit of {limit[1]} turns without a report"
    if said.startswith("API Error"):
        return " ".join(said.split())[:500]
    if not dispatch.agent_id:
        return "no start of its agent was seen, and no report"
    return "it ended without a report, and the client names no reason"


def unwitnessed(run: Run, why: str, kept: bool) -> Decision:
    """Leave the end of the agent at work out, which the client's transcripts do not show; ask for them if none is kept.

    The dispatch stays open, so that an agent that is still at work can end as it should.
    """
    if run.open is None:
        return Decision()
    if not kept:
        message = f"{why}, and without one nobody can tell who did the work of {run.open.id}"
        data = {"dispatch": run.open.id, "station": run.open.station, "reason": "transcript", "message": message}
        return _hold(run, Event("agent_failed", data), "transcript", message)
    if run.open.doubt == why:  # noted when its end came
        return Decision((), why)
    return Decision((Event("forged", {"what": f"the end of {run.open.id}", "why": why, "end": run.open.id}),), why)


def died(run: Run, message: str, reason: str = "agent", key: str = "") -> Decision:
    """Record that the open dispatch's agent ended without a report: API error, turn limit, or killed session."""
    if run.open is None or run.stage in TERMINAL or (key and key in run.keys):
        return Decision()
    data = {"dispatch": run.open.id, "station": run.open.station, "reason": reason, "message": message}
    if run.open.denied and reason == "agent":
        denied = {**data, "reason": "permission", "message": f"{run.open.station} was denied {run.open.denied}"}
        return _hold(run, Event("agent_failed", denied, key=key), "permission", denied["message"])
    return Decision(_lost(run, data, key))


def elsewhere(run: Run, folder: str, key: str = "") -> Decision:
    """Record that the agent works in another folder than the project; calling it again would not change that."""
    if run.open is None or run.stage in TERMINAL or (key and key in run.keys):
        return Decision()
    name = run.open.station
    message = f"{name} works in {folder}, not in the project, so nothing that it does there is in the project"
    data = {"dispatch": run.open.id, "station": name, "reason": "elsewhere", "message": message}
    return _hold(run, Event("agent_failed", data, key=key), "elsewhere", message)


def _lost(run: Run, data: dict[str, Any], key: str) -> tuple[Event, ...]:
    lost = Event("agent_failed", data, key=key)
    if data["reason"] == "interrupted":  # does not count against the retries
        return (lost,)
    message = f"{data['station']} failed {run.deaths + 1} times in a row; last: {data['message']}"
    return _given_up(run, lost, data["reason"], message)


def _given_up(run: Run, event: Event, reason: str, message: str) -> tuple[Event, ...]:
    """The event that ends a dispatch, and the run's failure when its station was called often enough."""
    if run.deaths < run.settings.retries or run.stage not in ACTIVE:
        return (event,)
    return (event, Event("failed", {"reason": reason, "message": message}))
