"""Turns a signal and a run into events, or into a refusal."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from assembly_line.core import routing
from assembly_line.core.machine import ACTIVE, STALLED, TERMINAL
from assembly_line.core.next_step import expected
from assembly_line.core.run import Command, Event, Gap, Run

FILES = 200  # named in one event at most
_SENT_BACK = 6  # reports of one dispatch, however much better each is; the client stops asking after eight


class Decision(NamedTuple):
    """The events to record, and the reason for a refusal if there is one."""

    events: tuple[Event, ...] = ()
    refusal: str = ""


class Call(NamedTuple):
    """An Agent call that the client wants to make."""

    id: str  # tool_use_id
    agent: str
    prompt: str
    model: str  # the one asked for, or ""
    caller: str  # agent id of the caller; "" for the main session
    minutes: float = 0.0  # since this session took the run


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


def dispatch(run: Run, call: Call, tree: str, outside: tuple[str, ...] = ()) -> Decision:
    """Allow the one Agent call that the directive names; refuse every other.

    `tree`: the sources' digest now. `outside`: files that changed since the last dispatch ended.
    """
    if run.open is not None and call.id and (run.open.call, run.open.agent) == (call.id, call.agent):
        return Decision()
    if run.open is not None:
        return _refused(run, f"{run.open.station} is at work as {run.open.id}; one agent at a time", call)
    due = expected(run)
    if due is None:
        return _refused(run, f"no agent is due in stage {run.stage}", call)
    if call.caller != run.relay:
        return _refused(run, "only the session that relays the directives may call agents", call)
    if call.agent != due.agent:
        return _refused(run, f"{due.agent} is due, not {call.agent}", call)
    if due.id not in call.prompt.split():
        return _refused(run, f"the prompt must be {due.id}", call)
    spent = _spent(run, call)
    if spent:
        return Decision((Event("paused", {"reason": "budget", "message": spent}, key=call.id),), spent)
    data: dict[str, Any] = {
        "dispatch": due.id,
        "station": due.station,
        "agent": due.agent,
        "iteration": due.iteration,
        "tier": due.tier,
        "model": due.model,
        "call": call.id,
        "tree": tree,
        "why": due.why,
    }
    if call.model and call.model != due.model:
        data["asked_model"] = call.model
    if outside:
        data["outside"] = list(outside[:FILES])
    return Decision((Event("dispatched", data),))


def _spent(run: Run, call: Call) -> str:
    """The budget that is used up, or ""."""
    limits = run.settings
    if limits.budget_tokens and run.tokens >= limits.budget_tokens:
        return f"the budget of {limits.budget_tokens} tokens is used up ({run.tokens})"
    if limits.budget_minutes and call.minutes >= limits.budget_minutes:
        return f"the budget of {limits.budget_minutes} minutes is used up"
    return ""


def _refused(run: Run, why: str, call: Call) -> Decision:
    if call.id and call.id in run.keys:  # a repeated delivery
        return Decision((), why)
    data = {"what": f"Agent call of {call.agent or 'no agent'}", "why": why}
    return Decision((Event("refused", data, key=call.id),), why)


def agent_started(run: Run, agent_id: str, agent: str) -> Decision:
    """Bind a started agent to the open dispatch; ignore any other agent."""
    if run.open is None or run.open.agent_id or agent != run.open.agent:
        return Decision()
    return Decision((Event("agent_started", {"dispatch": run.open.id, "agent_id": agent_id}),))


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
    common: dict[str, Any] = {
        "dispatch": current.id,
        "station": current.station,
        "served": end.served,
        "tokens": end.tokens,
    }
    if current.denied:
        return _hold(run, "permission", f"{current.station} was denied {current.denied}", end, common)
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
        return _hold(run, "blocked", _words(end.report), end, common)
    return Decision((_reported(end, common),))


def _reported(end: Ending, common: dict[str, Any]) -> Event:
    return Event("reported", _with({**common, "report": end.report}, tree=end.tree, files=end.changed[:FILES]), end.key)


def _with(data: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The data with those of the members that are not empty."""
    return {**data, **{name: value for name, value in members.items() if value}}


def _words(report: dict[str, Any]) -> str:
    return "; ".join([" ".join(report["summary"].split()), *report.get("concerns", ())])


def _hold(run: Run, reason: str, message: str, end: Ending, common: dict[str, Any]) -> Decision:
    """End the dispatch and pause the run until a person has done what its agent cannot do; it is then called again."""
    if reason == "blocked":
        event = _reported(end, common)
    else:
        event = Event("agent_failed", {**common, "reason": reason, "message": message, "said": end.said}, key=end.key)
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
    message = f"the verdict is void, as sources changed while {common['station']} was at work: {names}"
    gaps = routing.gaps_of(run, end.report["criteria"])
    data = {**common, "message": message, "files": list(end.changed[:FILES]), "verdict": end.report, "gaps": gaps}
    return _given_up(run, Event("judgement_void", data, key=end.key), "tree_changed", message)


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
    return Event("verdict_given", _with({**common, **judged}, left=list(end.left)), key=end.key)


def died(run: Run, message: str, reason: str = "agent", key: str = "") -> Decision:
    """Record that the open dispatch's agent ended without a report: API error, turn limit, or killed session."""
    if run.open is None or run.stage in TERMINAL or (key and key in run.keys):
        return Decision()
    data = {"dispatch": run.open.id, "station": run.open.station, "reason": reason, "message": message}
    return Decision(_lost(run, data, key))


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


def wrote(run: Run, agent_id: str, paths: Iterable[str]) -> tuple[Event, ...]:
    """Note the files that the agent at work writes on purpose, each once."""
    if run.open is None or not agent_id or run.open.agent_id != agent_id:
        return ()
    new = [path for path in dict.fromkeys(paths) if path not in run.wrote or path in run.left]
    return tuple(Event("wrote", {"dispatch": run.open.id, "path": path}) for path in new[:FILES])


def gives_evidence(run: Run, agent_id: str) -> bool:
    """Whether this agent's commands are evidence: it is the validator or tester at work."""
    return run.open is not None and run.open.agent_id == agent_id and run.kind_of(run.open.station).evidence


def command_ran(run: Run, agent_id: str, command: Command, call: str) -> Decision:
    """Record a command of the validator or the tester, and how it ended."""
    if run.open is None or call in run.keys or not gives_evidence(run, agent_id):
        return Decision()
    data: dict[str, Any] = {"dispatch": run.open.id, "command": command.text, "ok": command.ok}
    data |= {"status": command.status} if command.status is not None else {}
    data |= {"empty": True} if command.empty else {}
    return Decision((Event("command_ran", data, key=call),))


def denied(run: Run, agent_id: str, tool: str, what: str, why: str, key: str) -> Decision:
    """Record a tool call that the client denied to the agent at work for want of permission."""
    if run.open is None or run.open.agent_id != agent_id or (key and key in run.keys):
        return Decision()
    data = {"dispatch": run.open.id, "station": run.open.station, "tool": tool, "what": what, "why": why}
    return Decision((Event("denied", data, key=key),))


def stop(run: Run, key: str) -> Decision:
    """Block the end of the relay's turn while there is work; stall the run when blocking does not help."""
    if run.stage not in ACTIVE or key in run.keys:
        return Decision()
    if run.blocks >= run.settings.stop_blocks:
        message = f"the session ended its turn {run.blocks + 1} times without following the directive"
        return Decision((Event(STALLED, {"reason": "stalled", "message": message}, key=key),))
    return Decision((Event("stop_blocked", {"count": run.blocks + 1}, key=key),), "the run is not finished")
