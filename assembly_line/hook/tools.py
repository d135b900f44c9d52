"""PreToolUse, PostToolUse and PostToolUseFailure: the gate for agents, the guard for files, the record of commands."""

import os
from typing import Any

from assembly_line.core import decide, machine
from assembly_line.core.kinds import COMPLIANCE
from assembly_line.core.next_step import expected
from assembly_line.core.run import Event, Run
from assembly_line.core.times import between
from assembly_line.engine import drive, effects, protected, run_files
from assembly_line.hook import relay
from assembly_line.hook.current_run import Scene, scene
from assembly_line.hook.payload import Answer, Payload, allow, context, deny, text
from assembly_line.system import clock
from assembly_line.text import directive, messages, prompt
from assembly_line.untrusted import secrets

AGENT_TOOLS = ("Agent", "Task")
WRITERS = {"Write": "file_path", "Edit": "file_path", "MultiEdit": "file_path", "NotebookEdit": "notebook_path"}
TALKERS = ("SendMessage", "AskUserQuestion", "Workflow")


def before(payload: Payload) -> Answer:
    """Deny every tool call that the run's directive does not allow to its caller."""
    tool = text(payload, "tool_name")
    with scene(payload) as found:
        if found is not None and found.gated:
            return _agent(found, payload) if tool in AGENT_TOOLS else _other(found, payload, tool)
        if found is not None and _at_work(found, payload):
            return _other(found, payload, tool)
        if found is not None and tool in AGENT_TOOLS and _is_dispatch(text(payload, "tool_input", "prompt")):
            return deny(f"Refused: no agent is due.\n{directive.render(found.store.run)}")
    if tool in AGENT_TOOLS and text(payload, "tool_input", "subagent_type") == relay.ORCHESTRATOR:
        return relay.nested_run(payload)
    return {}


def _is_dispatch(prompt: str) -> bool:
    """Whether a prompt is the name of a dispatch and nothing else, as a directive's is."""
    mark, _, number = prompt.strip().partition("-")
    return mark == "d" and len(number) >= 4 and number.isdigit()


def _at_work(found: Scene, payload: Payload) -> bool:
    """Whether the caller is the agent that goes on while its run is paused or stalled."""
    opened = found.store.run.open
    return opened is not None and bool(opened.agent_id) and opened.agent_id == text(payload, "agent_id")


def _agent(found: Scene, payload: Payload) -> Answer:
    held = found.store
    given = payload.get("tool_input")
    wanted: dict[str, Any] = given if isinstance(given, dict) else {}
    call = decide.Call(
        text(payload, "tool_use_id"),
        text(payload, "tool_input", "subagent_type"),
        text(payload, "tool_input", "prompt"),
        text(payload, "tool_input", "model"),
        text(payload, "agent_id"),
        between(held.run.driven_since, clock.utc_now()) / 60 if held.run.settings.budget_minutes else 0.0,
    )
    decision = decide.dispatch(held.run, call, _tree(found))
    run = drive.take(held, decision)
    if decision.refusal or run.open is None:
        return deny(f"Refused: {decision.refusal}.\n{directive.render(run)}")
    return allow({**wanted, "prompt": _prompt(found), "model": run.open.model, "run_in_background": False})


def _tree(found: Scene) -> str:
    """The sources' digest, where the station that is due must leave them alone."""
    due = expected(found.store.run)
    if due is None or not found.store.run.kind_of(due.station).judges:
        return ""
    return run_files.sources(found.store)


def _prompt(found: Scene) -> str:
    held = found.store
    run = held.run
    assert run.open is not None
    compliance = run.station(run.open.station).kind == COMPLIANCE
    return prompt.render(run, run.open, _audit(found) if compliance else ())


def _audit(found: Scene) -> tuple[dict[str, str], ...]:
    return effects.audit(found.store)


def _other(found: Scene, payload: Payload, tool: str) -> Answer:
    held, run = found.store, found.store.run
    caller = text(payload, "agent_id")
    if caller == run.relay:
        return _refuse(found, payload, tool, "the relay does no work of its own")
    if tool in TALKERS or (tool == "Skill" and "task-" in text(payload, "tool_input", "skill")):
        return _refuse(found, payload, tool, "agents of the line work alone")
    path = text(payload, "tool_input", WRITERS.get(tool, ""))
    if path and protected.is_protected(held.root, run, held.vault, path):
        return _refuse(found, payload, tool, f"only the engine writes {_shown(held.root, _redacted(path))}")
    if tool in WRITERS and _reads_only(run, caller):
        return _refuse(found, payload, tool, "this station only reads")
    return {}


def _shown(root: str, path: str) -> str:
    """A path as the journal may name it: from the project's root where it lies inside."""
    relative = os.path.relpath(os.path.join(root, path), root)
    return os.path.basename(path) if relative.startswith("..") else relative


def _reads_only(run: Run, caller: str) -> bool:
    if run.open is None or run.open.agent_id != caller:
        return False
    return run.kind_of(run.open.station).judges


def _refuse(found: Scene, payload: Payload, tool: str, why: str) -> Answer:
    call = text(payload, "tool_use_id")
    if call not in found.store.run.keys:
        who = text(payload, "agent_type") or "relay"
        found.store.record(Event("refused", {"what": f"{tool} by {who}", "why": why}, key=call))
    relay = text(payload, "agent_id") == found.store.run.relay
    return deny(f"Refused: {why}.\n{directive.render(found.store.run)}" if relay else f"Refused: {why}.")


def after(payload: Payload) -> Answer:
    """Give the relay its next directive, or remember what an agent ran."""
    tool = text(payload, "tool_name")
    with scene(payload) as found:
        if found is None:
            return {}
        answer = _agent_ended(found, payload) if tool in AGENT_TOOLS else _ran(found, payload)
        if found.undone and not answer:
            return context(text(payload, "hook_event_name"), messages.tamper_note(found.undone))
        return answer


def _agent_ended(found: Scene, payload: Payload) -> Answer:
    held, run = found.store, found.store.run
    event, call = text(payload, "hook_event_name"), text(payload, "tool_use_id")
    agent = text(payload, "tool_input", "subagent_type")
    launched = text(payload, "tool_response", "status") == "async_launched"
    if text(payload, "agent_id") != run.relay:
        if agent != relay.ORCHESTRATOR or launched or not found.gated:
            return {}
        run = relay.hand_over(found)  # the nested relay is over and the run is not
        return context(event, directive.render(run), directive.progress(run))
    if run.open is not None and run.open.call == call:
        if launched:
            return _launched(found, payload)
        said = text(payload, "error") or "it ended without a report (turn limit or API error)"
        drive.take(held, decide.died(run, _redacted(said[:20_000])[:500]))
    elif call not in run.keys and (run.last is None or run.last.call != call):
        held.record(Event("unwatched", {"calls": [call], "agents": [agent]}, key=call))
    _note_model(found, payload)
    return context(event, directive.render(held.run), directive.progress(held.run), _handed_over(run, payload))


def _handed_over(run: Run, payload: Payload) -> Payload | None:
    """The Agent call's result without the report that the engine took, which each later request would send again."""
    if text(payload, "tool_response", "status") != "completed" or run.deaths or run.stage == machine.ABORTED:
        return None
    if run.last is None or run.last.call != text(payload, "tool_use_id"):
        return None
    # The client words this as a subagent's, which a directive must not be, and keeps its own if the shape does not fit.
    said = {"type": "text", "text": messages.taken(run.last.id)}
    return {**payload["tool_response"], "content": [said], "canContinueAgent": False}  # SendMessage is refused


def _launched(found: Scene, payload: Payload) -> Answer:
    run = found.store.run
    assert run.open is not None
    started = decide.agent_started(run, text(payload, "tool_response", "agentId"), run.open.agent)
    run = drive.take(found.store, started)
    if run.relay:  # to end a nested relay's turn would end the relay
        return context(text(payload, "hook_event_name"), directive.render(run))
    return {"continue": False, "stopReason": directive.progress(run)}


def _note_model(found: Scene, payload: Payload) -> None:
    last = found.store.run.last
    model = text(payload, "tool_response", "resolvedModel")
    if last is not None and model and not last.served and last.call == text(payload, "tool_use_id"):
        found.store.record(Event("served", {"dispatch": last.id, "model": model}))


def _ran(found: Scene, payload: Payload) -> Answer:
    if text(payload, "tool_name") != "Bash" or not decide.listens(found.store.run, text(payload, "agent_id")):
        return {}
    response = payload.get("tool_response")
    plain = isinstance(response, dict) and not response.keys() & {"returnCodeInterpretation", "backgroundTaskId"}
    ok = text(payload, "hook_event_name") == "PostToolUse" and plain and not (response or {}).get("interrupted")
    command = _redacted(text(payload, "tool_input", "command"))[:4000]
    decision = decide.command_ran(found.store.run, text(payload, "agent_id"), command, ok, text(payload, "tool_use_id"))
    drive.take(found.store, decision)
    return {}


def _redacted(said: str) -> str:
    return secrets.redact(said)
