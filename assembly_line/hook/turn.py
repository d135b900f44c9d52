"""SessionStart, Stop, StopFailure and SessionEnd: tracks who drives the run, and gates the end of the turn."""

from typing import Any

from assembly_line.client import lease, transcript
from assembly_line.core import ends, machine, policy
from assembly_line.engine import drive
from assembly_line.engine.store import Store
from assembly_line.hook.current_run import open_run
from assembly_line.hook.payload import Answer, Payload, block, context, text
from assembly_line.text import directive, elsewhere, messages
from assembly_line.untrusted import secrets


def started(payload: Payload) -> Answer:
    """Give the directive again to a session that still drives a run."""
    answer = _started(payload)
    if answer is not None:
        return answer
    from assembly_line.hook import unled  # late, as few sessions start after one that drove a run

    answer = _started(payload) if unled.has_run(payload) else None
    return unled.started(payload) if answer is None else answer


def _started(payload: Payload) -> Answer | None:
    """The answer of the run that the session drives; None without one."""
    with open_run(payload) as current:
        if current is None:
            return None
        return _goes_on(current.store, payload) if current.is_active else {}


def _goes_on(store: Store, payload: Payload) -> Answer:
    source, saved = text(payload, "source"), store.vault.lease(store.task)
    if source in policy.NEW_CLIENT:
        mine = lease.own(text(payload, "session_id"))
        if lease.alive(saved) and saved.get("pid") != mine["pid"]:  # a second client of the same session
            line = elsewhere.leased(store.task, saved)
            return context("SessionStart", f"{line}. Do nothing for it here.", line)
        store.vault.save_lease(store.task, {**mine, "transcript": text(payload, "transcript_path")})
    run = drive.apply(store, policy.session_started(store.run, source))
    return context("SessionStart", directive.render(run), directive.progress(run))


def stop(payload: Payload) -> Answer:
    """Gate the end of the main session's turn, and release a run that is over or held."""
    with open_run(payload) as current:
        if current is None:
            return {}
        store = current.store
        if policy.may_release(store.run) and not _running(payload) & set(store.run.stopped):
            drive.release(store, text(payload, "session_id"), store.run.stage)
        return {} if store.run.relay or not current.is_active else gate(store, payload)


def gate(store: Store, payload: Payload) -> Answer:
    """Block the end of the relay's turn with the directive, or report a run that stalled."""
    if store.run.stage not in machine.ACTIVE or _is_busy(store, payload):
        return {}
    if store.run.open is not None:  # its end was missed, or it never was
        from assembly_line.hook import late  # late, as above

        late.settle(store, payload)
    run = drive.apply(store, policy.end_of_turn(store.run, _key(store, payload)))
    if run.stage == machine.STALLED:
        drive.release(store, text(payload, "session_id"), "stalled")
        return {"systemMessage": messages.outcome(run)}
    return block(directive.render(run))


def _key(store: Store, payload: Payload) -> str:
    """The key of an end of turn, from the transcript's length, which a repeated delivery does not change."""
    path = text(payload, "agent_transcript_path") or text(payload, "transcript_path")
    agent, size = text(payload, "agent_id"), transcript.size(path)
    if not size:
        return f"stop:{store.seq}"  # without a transcript every delivery counts
    if f"stop:{agent}:{size}" in store.run.keys:
        transcript.wait_for_flush()
    return f"stop:{agent}:{transcript.size(path)}"


def _is_busy(store: Store, payload: Payload) -> bool:
    """Whether the open dispatch's agent, or any agent while its id is unknown, still runs in the background."""
    running = _running(payload) - {text(payload, "agent_id")}
    dispatch = store.run.open
    return dispatch is not None and bool(running) and (not dispatch.agent_id or dispatch.agent_id in running)


def _running(payload: Payload) -> set[str]:
    """The agents that run in the background."""
    tasks: Any = payload.get("background_tasks")
    tasks = [item for item in tasks if isinstance(item, dict)] if isinstance(tasks, list) else []
    return {item["id"] for item in tasks if item.get("status") == "running" and isinstance(item.get("id"), str)}


def failed(payload: Payload) -> Answer:
    """Record an API error of the agent at work; at one of the relay itself, release the run."""
    with open_run(payload) as current:
        if current is not None:
            store, agent = current.store, text(payload, "agent_id")
            error = secrets.redact((text(payload, "last_assistant_message") or text(payload, "error"))[:20_000])[:500]
            if policy.is_at_work(store.run, agent):
                drive.apply(store, ends.died(store.run, error or "API error"))
            elif agent == store.run.relay:
                drive.release(store, text(payload, "session_id"), f"API error: {error}")
    return {}


def ended(payload: Payload) -> Answer:
    """Release the run of a session that is over."""
    with open_run(payload) as current:
        if current is not None:
            drive.release(current.store, text(payload, "session_id"), text(payload, "reason") or "session ended")
    return {}
