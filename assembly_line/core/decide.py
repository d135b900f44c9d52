"""Turns a signal and a run into events, or into a refusal."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from assembly_line.core.machine import ACTIVE, STALLED
from assembly_line.core.next_step import expected
from assembly_line.core.run import Command, Event, Run

REFUSALS = 12  # in a row, after which a run is stalled
FILES, BYTES = 200, 40_000  # of paths that are named in one event at most


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
    members: tuple[str, ...] = ()  # other members of its input that are not empty


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
    if dropped := [*(["prompt"] if call.prompt.strip() != due.id else []), *call.members]:
        data["dropped"] = dropped
    if outside:
        data["outside"] = some(outside)
    return Decision((Event("dispatched", data),))


def some(paths: Iterable[str]) -> list[str]:
    """The first paths, as many as an event may name."""
    named: list[str] = []
    room = BYTES
    for path in paths:
        room -= len(path.encode("utf-8", "replace"))
        if room < 0 or len(named) == FILES:
            break
        named.append(path)
    return named


def _spent(run: Run, call: Call) -> str:
    """The budget that is used up, or ""."""
    limits = run.settings
    if limits.budget_tokens and run.tokens >= limits.budget_tokens:
        return f"the budget of {limits.budget_tokens} tokens is used up ({run.tokens})"
    if limits.budget_minutes and call.minutes >= limits.budget_minutes:
        return f"the budget of {limits.budget_minutes} minutes is used up"
    return ""


def _refused(run: Run, why: str, call: Call) -> Decision:
    return refused(run, f"Agent call of {call.agent or 'no agent'}", why, call.id)


def refused(run: Run, what: str, why: str, key: str) -> Decision:
    """Refuse a call; the run is stalled after a dozen in a row in which nothing else was done."""
    if key and key in run.keys:  # a repeated delivery
        return Decision((), why)
    events: tuple[Event, ...] = (Event("refused", {"what": what, "why": why}, key=key),)
    if run.stage in ACTIVE and run.refusals + 1 >= REFUSALS:
        message = f"{run.refusals + 1} calls in a row were refused while nothing else was done; the last: {what}: {why}"
        events += (Event(STALLED, {"reason": "refused", "message": message}),)
    return Decision(events, why)


def agent_started(run: Run, agent_id: str, agent: str) -> Decision:
    """Bind a started agent to the open dispatch; ignore any other agent."""
    if run.open is None or run.open.agent_id or agent != run.open.agent:
        return Decision()
    return Decision((Event("agent_started", {"dispatch": run.open.id, "agent_id": agent_id}),))


def wrote(run: Run, agent_id: str, paths: Iterable[str]) -> tuple[Event, ...]:
    """Note the files that the agent at work writes on purpose, each once; what only looks makes no sources."""
    if run.open is None or not agent_id or run.open.agent_id != agent_id or only_looks(run):
        return ()
    new = [path for path in dict.fromkeys(paths) if path not in run.open.wrote]
    return tuple(Event("wrote", {"dispatch": run.open.id, "path": path}) for path in new[:FILES])


def only_looks(run: Run) -> bool:
    """Whether the station at work makes nothing of its own."""
    return run.worker is not None and (run.worker.judges or run.worker.form == "review")


def gives_evidence(run: Run, agent_id: str) -> bool:
    """Whether this agent's commands are evidence: it is the validator or tester at work."""
    return run.open is not None and run.open.agent_id == agent_id and run.kind_of(run.open.station).evidence


def is_compared(run: Run, agent_id: str) -> bool:
    """Whether the sources are looked at after each command of this agent, as it judges them."""
    return run.has_witnesses and gives_evidence(run, agent_id) and run.worker is not None and run.worker.judges


def command_ran(run: Run, agent_id: str, command: Command, call: str) -> Decision:
    """Record a command of the validator or the tester, and how it ended."""
    if run.open is None or call in run.keys or not gives_evidence(run, agent_id):
        return Decision()
    data: dict[str, Any] = {"dispatch": run.open.id, "command": command.text, "ok": command.ok}
    data |= {"status": command.status} if command.status is not None else {}
    data |= {"empty": True} if command.empty else {}
    data |= {"on": command.on} if command.on else {}
    data |= {"call": call} if call else {}
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
