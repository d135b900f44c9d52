"""Gates Agent calls: only the dispatch that the directive names is allowed, with its own prompt."""

from typing import Any

from assembly_line.core import decide, machine, policy
from assembly_line.core.kinds import COMPLIANCE
from assembly_line.core.next_step import expected
from assembly_line.core.run import Event, Run
from assembly_line.core.times import between
from assembly_line.engine import drive
from assembly_line.engine.store import Store
from assembly_line.hook import late, relay
from assembly_line.hook.current_run import Current
from assembly_line.hook.payload import Answer, Payload, allow, context, deny, text
from assembly_line.system import clock
from assembly_line.text import directive, messages
from assembly_line.untrusted import secrets, terminal

KNOWN = ("subagent_type", "description", "prompt", "model", "run_in_background")  # what a call may have


def before(current: Current, payload: Payload) -> Answer:
    """Allow the due dispatch, with its input rewritten; deny every other call with the directive."""
    store = current.store
    late.settle_before(store, payload)
    value = payload.get("tool_input")
    tool_input: dict[str, Any] = value if isinstance(value, dict) else {}
    call = decide.Call(
        text(payload, "tool_use_id"),
        text(payload, "tool_input", "subagent_type"),
        text(payload, "tool_input", "prompt"),
        secrets.redact(text(payload, "tool_input", "model")),
        text(payload, "agent_id"),
        between(store.run.driven_since, clock.utc_now()) / 60 if store.run.settings.budget_minutes else 0.0,
        _others(tool_input),
    )
    drive.note_branch(store)
    tree = _tree(store)
    decision = decide.dispatch(store.run, call, tree, _outside(store, tree))
    run = drive.apply(store, decision)
    if decision.refusal or run.open is None:
        return deny(f"Refused: {decision.refusal}.\n{directive.render(run)}")
    return allow(
        {
            "subagent_type": run.open.agent,
            "description": directive.description(run, run.open),
            "prompt": _prompt(store),
            "model": run.open.model,
            "run_in_background": False,
        }
    )


def _others(tool_input: dict[str, Any]) -> tuple[str, ...]:
    """The members of a call's input that no directive has, as `isolation`; the client adds empty ones by itself."""
    named = [terminal.one_line(secrets.redact(str(name)), 40) for name in tool_input if name not in KNOWN]
    asks = ["run_in_background"] if tool_input.get("run_in_background") else []
    return tuple(sorted(named)[: decide.FILES] + asks)


def looks(run: Run) -> bool:
    """Whether the sources matter to an Agent call: a station is due; outside git, one that judges."""
    due = expected(run)
    return due is not None and run.open is None and (bool(run.baseline) or run.kind_of(due.station).judges)


def _tree(store: Store) -> str:
    """The sources' digest when a station is due; what was written so far is no matter of its commands."""
    if not looks(store.run):
        return ""
    store.sources.touched()
    return store.sources.digest


def _outside(store: Store, tree: str) -> tuple[str, ...]:
    """The files that changed since the last dispatch ended, so that no agent of the run changed them."""
    before = store.run.tree
    changes = store.sources.changes_since(before) if tree and before and tree != before else ()
    return tuple(item.path for item in changes or ())


def _prompt(store: Store) -> str:
    from assembly_line.text import prompt  # late, as only an allowed call needs it

    run = store.run
    assert run.open is not None
    station = run.station(run.open.station)
    if not run.kind_of(station.name).shown and station.kind != COMPLIANCE:
        return prompt.render(run, run.open)
    from assembly_line.engine import briefing  # late, as few hooks need it

    return prompt.render(run, run.open, briefing.extra(store))


def after(current: Current, payload: Payload) -> Answer:
    """Give the caller the next directive when its Agent call is over or runs in the background."""
    store, run = current.store, current.store.run
    event, call = text(payload, "hook_event_name"), text(payload, "tool_use_id")
    agent = text(payload, "tool_input", "subagent_type")
    in_background = text(payload, "tool_response", "status") == "async_launched"
    if text(payload, "agent_id") != run.relay:
        if agent != relay.ORCHESTRATOR or in_background or not current.is_active:
            return {}
        run = store.record(*policy.relay_ended(run))  # the nested relay ended before the run did
        return context(event, directive.render(run), directive.progress(run))
    if in_background and run.open is not None and run.open.call == call:
        return _launched(store, payload)
    if run.open is not None and run.open.call == call:  # lost: no SubagentStop has read its transcript
        from assembly_line.client import denials  # late, as few agents are lost
        from assembly_line.hook import denied, written  # late, as above

        late.settle(store, payload, text(payload, "tool_response", "agentId"))
        run = store.run
    if run.open is not None and run.open.call == call:
        path = denials.path_of(text(payload, "transcript_path"), run.open.agent_id)
        denied.note(store, path)
        run = written.note(store, path)
    error = secrets.redact(text(payload, "error")[:20_000])[:500]
    returned = policy.Returned(call, agent, error, text(payload, "tool_response", "agentType"), _said(payload))
    drive.apply(store, policy.call_returned(run, returned))
    _record_model(store, payload)
    shown = directive.progress(store.run, store.latest_end())
    return context(event, directive.render(store.run), shown, _without_report(run, payload))


def _said(payload: Payload) -> str:
    """What the agent gave back to the relay, shortened."""
    response = payload.get("tool_response")
    content = response.get("content") if isinstance(response, dict) else None
    parts = content if isinstance(content, list) else []
    texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
    return secrets.redact("\n".join(texts)[:20_000])[:1000]


def _launched(store: Store, payload: Payload) -> Answer:
    run = store.run
    assert run.open is not None
    run = drive.apply(store, decide.agent_started(run, text(payload, "tool_response", "agentId"), run.open.agent))
    if run.relay:  # ending a nested relay's turn would end the relay
        return context(text(payload, "hook_event_name"), directive.render(run))
    return {"continue": False, "stopReason": directive.progress(run)}


def _record_model(store: Store, payload: Payload) -> None:
    last = store.run.last
    model = text(payload, "tool_response", "resolvedModel")
    if last is not None and model and not last.served and last.call == text(payload, "tool_use_id"):
        store.record(Event("served", {"dispatch": last.id, "model": model}))


def _without_report(run: Run, payload: Payload) -> Payload | None:
    """The Agent call's result without the report, which every later request of the relay would repeat."""
    if text(payload, "tool_response", "status") != "completed" or run.deaths or run.stage == machine.ABORTED:
        return None
    if run.last is None or run.last.call != text(payload, "tool_use_id"):
        return None
    # The client presents this as the subagent's words, so it is no directive; a result of another shape is ignored.
    content = [{"type": "text", "text": messages.taken(run.last.id)}]
    return {**payload["tool_response"], "content": content, "canContinueAgent": False}  # SendMessage is refused
