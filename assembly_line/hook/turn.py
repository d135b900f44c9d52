"""SessionStart, Stop, StopFailure and SessionEnd: who drives the run, and that the turn does not end before it."""

from typing import Any

from assembly_line.client import transcript
from assembly_line.core import decide, machine, policy
from assembly_line.engine import drive
from assembly_line.engine.store import Store
from assembly_line.hook.current_run import current
from assembly_line.hook.payload import Answer, Payload, block, context, text
from assembly_line.text import directive, messages
from assembly_line.untrusted import secrets


def begun(payload: Payload) -> Answer:
    """Give the directive again to a session that still drives a run."""
    with current(payload) as found:
        if found is None or not found.gated:
            return {}
        run = drive.take(found.store, policy.session_started(found.store.run, text(payload, "source")))
        return context("SessionStart", directive.render(run), directive.progress(run))


def stop(payload: Payload) -> Answer:
    """Hold the relay's turn while there is work that nobody does."""
    with current(payload) as found:
        if found is None:
            return {}
        store = found.store
        if policy.is_let_go(store.run):
            drive.release(store, text(payload, "session_id"), store.run.stage)
        return {} if store.run.relay or not found.gated else gate(store, payload)


def gate(store: Store, payload: Payload) -> Answer:
    """Block the end of the relay's turn with the directive, or give up loudly after enough blocks."""
    if store.run.stage not in machine.ACTIVE or _is_busy(store, payload):
        return {}
    run = drive.take(store, policy.end_of_turn(store.run, _key(store, payload)))
    if run.stage == machine.STALLED:
        drive.release(store, text(payload, "session_id"), "stalled")
        return {"systemMessage": messages.outcome(run)}
    return block(directive.render(run))


def _key(store: Store, payload: Payload) -> str:
    """The name of an end of turn: by the transcript's length, which the same event delivered again leaves as it was."""
    path = text(payload, "agent_transcript_path") or text(payload, "transcript_path")
    agent, size = text(payload, "agent_id"), transcript.size(path)
    if not size:
        return f"stop:{store.seq}"  # the client keeps none: every delivery counts
    if f"stop:{agent}:{size}" in store.run.keys:
        transcript.settle()
    return f"stop:{agent}:{transcript.size(path)}"


def _is_busy(store: Store, payload: Payload) -> bool:
    """Whether the open dispatch's agent, or any that is not known yet, still runs in the background."""
    tasks: Any = payload.get("background_tasks")
    running = [item for item in tasks if isinstance(item, dict)] if isinstance(tasks, list) else []
    mine = text(payload, "agent_id")
    names = {item.get("id") for item in running if item.get("status") == "running" and item.get("id") != mine}
    opened = store.run.open
    return opened is not None and bool(names) and (not opened.agent_id or opened.agent_id in names)


def failed(payload: Payload) -> Answer:
    """An API error: of the agent at work, or of the relay itself."""
    with current(payload) as found:
        if found is not None:
            agent = text(payload, "agent_id")
            said = secrets.redact((text(payload, "last_assistant_message") or text(payload, "error"))[:20_000])[:500]
            if policy.is_at_work(found.store.run, agent):
                drive.take(found.store, decide.died(found.store.run, said or "API error"))
            elif agent == found.store.run.relay:
                drive.release(found.store, text(payload, "session_id"), f"API error: {said}")
    return {}


def ended(payload: Payload) -> Answer:
    """The session is over: it drives nothing any more, and the run stays where it is."""
    with current(payload) as found:
        if found is not None:
            drive.release(found.store, text(payload, "session_id"), text(payload, "reason") or "session ended")
    return {}
