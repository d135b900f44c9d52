"""Agent calls, before and after: only the dispatch that the directive names goes through, with its prompt."""

from typing import Any

from assembly_line.core import decide, machine, policy
from assembly_line.core.kinds import COMPLIANCE
from assembly_line.core.next_step import expected
from assembly_line.core.run import Event, Run
from assembly_line.core.times import between
from assembly_line.engine import drive
from assembly_line.engine.store import Store
from assembly_line.hook import relay
from assembly_line.hook.current_run import Current
from assembly_line.hook.payload import Answer, Payload, allow, context, deny, text
from assembly_line.system import clock
from assembly_line.text import directive, messages, prompt
from assembly_line.untrusted import secrets

TOOLS = ("Agent", "Task")


def before(found: Current, payload: Payload) -> Answer:
    """Let the due dispatch through, its input rewritten; deny every other call with the directive."""
    store = found.store
    given = payload.get("tool_input")
    wanted: dict[str, Any] = given if isinstance(given, dict) else {}
    call = decide.Call(
        text(payload, "tool_use_id"),
        text(payload, "tool_input", "subagent_type"),
        text(payload, "tool_input", "prompt"),
        text(payload, "tool_input", "model"),
        text(payload, "agent_id"),
        between(store.run.driven_since, clock.utc_now()) / 60 if store.run.settings.budget_minutes else 0.0,
    )
    decision = decide.dispatch(store.run, call, _tree(store))
    run = drive.take(store, decision)
    if decision.refusal or run.open is None:
        return deny(f"Refused: {decision.refusal}.\n{directive.render(run)}")
    return allow({**wanted, "prompt": _prompt(store), "model": run.open.model, "run_in_background": False})


def _tree(store: Store) -> str:
    """The sources' digest, where the station that is due must leave them alone."""
    due = expected(store.run)
    return store.sources.digest if due is not None and store.run.kind_of(due.station).judges else ""


def _prompt(store: Store) -> str:
    run = store.run
    assert run.open is not None
    if run.station(run.open.station).kind != COMPLIANCE:
        return prompt.render(run, run.open)
    from assembly_line.engine import effects  # late, as few hooks audit

    return prompt.render(run, run.open, effects.audit(store))


def after(found: Current, payload: Payload) -> Answer:
    """An Agent call is over or runs in the background: give its caller the next directive."""
    store, run = found.store, found.store.run
    event, call = text(payload, "hook_event_name"), text(payload, "tool_use_id")
    agent = text(payload, "tool_input", "subagent_type")
    launched = text(payload, "tool_response", "status") == "async_launched"
    if text(payload, "agent_id") != run.relay:
        if agent != relay.ORCHESTRATOR or launched or not found.gated:
            return {}
        run = store.record(*policy.relay_ended(run))  # the nested relay is over and the run is not
        return context(event, directive.render(run), directive.progress(run))
    if launched and run.open is not None and run.open.call == call:
        return _launched(store, payload)
    error = secrets.redact(text(payload, "error")[:20_000])[:500]
    drive.take(store, policy.call_returned(run, policy.Returned(call, agent, error)))
    _note_model(store, payload)
    shown = directive.progress(store.run, store.latest_end())
    return context(event, directive.render(store.run), shown, _handed_over(run, payload))


def _launched(store: Store, payload: Payload) -> Answer:
    run = store.run
    assert run.open is not None
    run = drive.take(store, decide.agent_started(run, text(payload, "tool_response", "agentId"), run.open.agent))
    if run.relay:  # to end a nested relay's turn would end the relay
        return context(text(payload, "hook_event_name"), directive.render(run))
    return {"continue": False, "stopReason": directive.progress(run)}


def _note_model(store: Store, payload: Payload) -> None:
    last = store.run.last
    model = text(payload, "tool_response", "resolvedModel")
    if last is not None and model and not last.served and last.call == text(payload, "tool_use_id"):
        store.record(Event("served", {"dispatch": last.id, "model": model}))


def _handed_over(run: Run, payload: Payload) -> Payload | None:
    """The Agent call's result without the report that the engine took, which each later request would send again."""
    if text(payload, "tool_response", "status") != "completed" or run.deaths or run.stage == machine.ABORTED:
        return None
    if run.last is None or run.last.call != text(payload, "tool_use_id"):
        return None
    # The client words this as a subagent's, which a directive must not be, and keeps its own if the shape does not fit.
    said = {"type": "text", "text": messages.taken(run.last.id)}
    return {**payload["tool_response"], "content": [said], "canContinueAgent": False}  # SendMessage is refused
