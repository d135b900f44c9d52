"""SessionStart, Stop, StopFailure and SessionEnd: who drives the run, and that the turn does not end before it."""

from typing import Any

from assembly_line.client import transcript
from assembly_line.core import decide, machine
from assembly_line.engine import drive
from assembly_line.engine.store import Store
from assembly_line.hook.current_run import Scene, scene
from assembly_line.hook.payload import Answer, Payload, block, context, text
from assembly_line.text import directive, messages
from assembly_line.untrusted import secrets


def begun(payload: Payload) -> Answer:
    """Give the directive again to a session that still drives a run."""
    with scene(payload) as found:
        if found is None or not found.gated:
            return {}
        held = found.store
        if text(payload, "source") in ("resume", "startup") and held.run.open is not None:
            lost = f"the client ended while {held.run.open.station} was at work"
            drive.take(held, decide.died(held.run, lost, "interrupted"))
        drive.proceed(held)
        return context("SessionStart", directive.render(held.run), directive.progress(held.run))


def stop(payload: Payload) -> Answer:
    """Hold the relay's turn while there is work that nobody does."""
    with scene(payload) as found:
        if found is None:
            return {}
        held = found.store
        if held.run.stage not in machine.ACTIVE:
            if held.run.open is None or held.run.stage in machine.TERMINAL:
                drive.release(held, text(payload, "session_id"), held.run.stage)
            return {}
        return {} if held.run.relay else gate(found, payload)


def gate(found: Scene, payload: Payload) -> Answer:
    """Block the end of the relay's turn with the directive, or give up loudly after enough blocks."""
    held = found.store
    if held.run.stage not in machine.ACTIVE or _busy(found, payload):
        return {}
    if held.run.open is not None:
        drive.take(held, decide.died(held.run, f"{held.run.open.station} is no longer running and left no report"))
    run = drive.take(held, decide.stop(held.run, _key(held, payload)))
    if run.stage in machine.ACTIVE:
        return block(directive.render(run))
    if run.stage == machine.STALLED:
        drive.release(held, text(payload, "session_id"), "stalled")
        return {"systemMessage": messages.outcome(run)}
    return block(directive.render(run))


def _key(held: Store, payload: Payload) -> str:
    """The name of an end of turn: by the transcript's length, which the same event delivered again leaves as it was."""
    path = text(payload, "agent_transcript_path") or text(payload, "transcript_path")
    agent, size = text(payload, "agent_id"), transcript.size(path)
    if not size:
        return f"stop:{held.seq}"  # the client keeps none: every delivery counts
    if f"stop:{agent}:{size}" in held.run.keys:
        transcript.settle()
    return f"stop:{agent}:{transcript.size(path)}"


def _busy(found: Scene, payload: Payload) -> bool:
    """Whether the open dispatch's agent, or any that is not known yet, still runs in the background."""
    tasks: Any = payload.get("background_tasks")
    running = [item for item in tasks if isinstance(item, dict)] if isinstance(tasks, list) else []
    mine = text(payload, "agent_id")
    names = {item.get("id") for item in running if item.get("status") == "running" and item.get("id") != mine}
    opened = found.store.run.open
    return opened is not None and bool(names) and (not opened.agent_id or opened.agent_id in names)


def failed(payload: Payload) -> Answer:
    """An API error: of the agent at work, or of the relay itself."""
    with scene(payload) as found:
        if found is None:
            return {}
        held, agent = found.store, text(payload, "agent_id")
        said = secrets.redact((text(payload, "last_assistant_message") or text(payload, "error"))[:20_000])[:500]
        if agent and held.run.open is not None and held.run.open.agent_id == agent:
            drive.take(held, decide.died(held.run, said or "API error"))
        elif agent == held.run.relay:
            drive.release(held, text(payload, "session_id"), f"API error: {said}")
    return {}


def ended(payload: Payload) -> Answer:
    """The session is over: it drives nothing any more, and the run stays where it is."""
    with scene(payload) as found:
        if found is not None:
            drive.release(found.store, text(payload, "session_id"), text(payload, "reason") or "session ended")
    return {}
