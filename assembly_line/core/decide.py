"""Decides: what a signal from outside means for a run, as events or as a refusal."""

from typing import Any, NamedTuple

from assembly_line.core import routing, verdict
from assembly_line.core.machine import ACTIVE, STALLED, TERMINAL
from assembly_line.core.next_step import expected
from assembly_line.core.run import Event, Gap, Run


class Decision(NamedTuple):
    """The events to record, and why the client is refused, if it is."""

    events: tuple[Event, ...] = ()
    refusal: str = ""


class Call(NamedTuple):
    """An Agent call that the client wants to make."""

    id: str  # tool_use_id
    agent: str
    prompt: str
    model: str  # as the caller asked; "" when it did not
    caller: str  # agent id of the caller; "" for the main session
    minutes: float = 0.0  # since this session took the run


class Ending(NamedTuple):
    """How an agent ended: its parsed report, and what was observed from outside."""

    agent_id: str
    report: dict[str, Any]  # body of the one top-level key; {} when malformed
    errors: tuple[str, ...]  # what is wrong with the report or with the files it owes
    key: str  # names this delivery
    tree: str  # digest of the sources now; "" where the station may change them
    served: str  # the model that answered; "" when unknown
    tokens: dict[str, int]
    changed: tuple[str, ...] = ()  # files that differ from the tree that the dispatch began with


def dispatch(run: Run, call: Call, tree: str) -> Decision:
    """Let through the one Agent call that the directive names; refuse every other."""
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
    data = {
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
    return Decision((Event("dispatched", data),))


def _spent(run: Run, call: Call) -> str:
    """Which budget is used up, or ""."""
    limits = run.settings
    if limits.budget_tokens and run.tokens >= limits.budget_tokens:
        return f"the budget of {limits.budget_tokens} tokens is used up ({run.tokens})"
    if limits.budget_minutes and call.minutes >= limits.budget_minutes:
        return f"the budget of {limits.budget_minutes} minutes is used up"
    return ""


def _refused(run: Run, why: str, call: Call) -> Decision:
    if call.id and call.id in run.keys:  # the same call, delivered again
        return Decision((), why)
    data = {"what": f"Agent call of {call.agent or 'no agent'}", "why": why}
    return Decision((Event("refused", data, key=call.id),), why)


def agent_started(run: Run, agent_id: str, agent: str) -> Decision:
    """Bind a started agent to the open dispatch; anything else that starts is none of ours."""
    if run.open is None or run.open.agent_id or agent != run.open.agent:
        return Decision()
    return Decision((Event("agent_started", {"dispatch": run.open.id, "agent_id": agent_id}),))


def ended(run: Run, end: Ending) -> Decision:
    """Take an agent's report, send it back, or give the dispatch up."""
    opened = run.open
    if opened is None or opened.agent_id != end.agent_id or end.key in run.keys:
        return Decision()
    kind = run.kind_of(opened.station)
    errors = end.errors
    if kind.event == "verdict_given" and not errors:
        errors = verdict.faults(run, opened, end.report)
    seen: dict[str, Any] = {
        "dispatch": opened.id,
        "station": opened.station,
        "served": end.served,
        "tokens": end.tokens,
    }
    if errors:
        if opened.rejections < run.settings.rejections:
            data = {"dispatch": opened.id, "errors": list(errors), "key": end.key}
            return Decision((Event("report_rejected", data, key=end.key),), "; ".join(errors))
        lost = {
            **seen,
            "reason": kind.lost,
            "message": f"{opened.station} gave no valid report: {errors[0]}",
        }
        return Decision(_lost(run, lost, end.key))
    if kind.judges and end.tree != opened.tree:
        which = f": {', '.join(end.changed[:5])}" if end.changed else ""
        what = f"sources changed while {opened.station} was at work{which}; git-ignore what its commands leave behind"
        lost = {**seen, "reason": "tree_changed", "message": what}
        return Decision(_lost(run, lost, end.key))
    if kind.event == "verdict_given":
        return Decision((_verdict_event(run, end, seen),))
    if kind.event == "compliance_judged":
        data = {**seen, "result": end.report["result"], "violations": end.report["violations"], "tree": end.tree}
        return Decision((Event("compliance_judged", data, key=end.key),))
    return Decision((Event("reported", {**seen, "report": end.report}, key=end.key),))


def _verdict_event(run: Run, end: Ending, seen: dict[str, Any]) -> Event:
    gaps: tuple[Gap, ...] = routing.gaps_of(run, end.report["criteria"])
    result = end.report["result"]
    if result == "FAIL" and not gaps:
        reason = end.report["runtime_verification"].get("reason", "") or "the runtime verification failed"
        gaps = (Gap("runtime", reason, "", routing.default_station(run).name),)
    if result == "PASS" and routing.blocking_issues(run):
        result, gaps = "FAIL", routing.review_gaps(run)
    regressions = [gap.criterion for gap in gaps if gap.criterion in run.ever_met]
    data = {**seen, "verdict": end.report, "result": result, "gaps": gaps, "regressions": regressions, "tree": end.tree}
    return Event("verdict_given", data, key=end.key)


def died(run: Run, message: str, reason: str = "agent", key: str = "") -> Decision:
    """The agent of the open dispatch ended without a report: API error, turn limit, or killed with its session."""
    if run.open is None or run.stage in TERMINAL or (key and key in run.keys):
        return Decision()
    data = {"dispatch": run.open.id, "station": run.open.station, "reason": reason, "message": message}
    return Decision(_lost(run, data, key))


def _lost(run: Run, data: dict[str, Any], key: str) -> tuple[Event, ...]:
    lost = Event("agent_failed", data, key=key)
    # An interrupted session is nobody's fault and does not wear out the retries.
    if data["reason"] == "interrupted" or run.deaths < run.settings.retries or run.stage not in ACTIVE:
        return (lost,)
    message = f"{data['station']} failed {run.deaths + 1} times in a row; last: {data['message']}"
    return (lost, Event("failed", {"reason": data["reason"], "message": message}))


def listens(run: Run, agent_id: str) -> bool:
    """Whether the commands of this agent are evidence: it is the validator or the tester at work."""
    opened = run.open
    return opened is not None and opened.agent_id == agent_id and run.kind_of(opened.station).evidence


def command_ran(run: Run, agent_id: str, command: str, ok: bool, call: str) -> Decision:
    """Remember a command of the validator or the tester, and whether it succeeded."""
    opened = run.open
    if opened is None or call in run.keys or not listens(run, agent_id):
        return Decision()
    data = {"dispatch": opened.id, "command": command, "ok": ok}
    return Decision((Event("command_ran", data, key=call),))


def stop(run: Run, key: str) -> Decision:
    """The relay wants to end its turn: block it while there is work, give up loudly when blocking does not help."""
    if run.stage not in ACTIVE or key in run.keys:
        return Decision()
    if run.blocks >= run.settings.stop_blocks:
        message = f"the session ended its turn {run.blocks + 1} times without taking up the directive"
        return Decision((Event(STALLED, {"reason": "stalled", "message": message}, key=key),))
    return Decision((Event("stop_blocked", {"count": run.blocks + 1}, key=key),), "the run is not finished")
