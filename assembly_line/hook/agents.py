"""SubagentStart and SubagentStop: bind an agent to its dispatch, take its report or send it back."""

import hashlib

from assembly_line import paths
from assembly_line.client import transcript
from assembly_line.core import decide, machine
from assembly_line.core.kinds import BUNDLING
from assembly_line.core.run import Event, Run
from assembly_line.engine import drive, run_files
from assembly_line.errors import LineError
from assembly_line.hook.current_run import Scene, scene
from assembly_line.hook.payload import Answer, Payload, block, context, text
from assembly_line.hook.turn import gate
from assembly_line.project import bundle, reports
from assembly_line.text import directive, messages


def started(payload: Payload) -> Answer:
    """Remember which agent works on the open dispatch, or which one is the nested relay."""
    agent, name = text(payload, "agent_id"), text(payload, "agent_type")
    with scene(payload) as found:
        if found is None or not agent:
            return {}
        held = found.store
        if held.run.relay == machine.PENDING and name.endswith(":orchestrator"):
            held.record(Event("lease_taken", {"session": held.run.session, "relay": agent}))
        else:
            drive.take(held, decide.agent_started(held.run, agent, name))
    return {}


def stopped(payload: Payload) -> Answer:
    """Take the report of the open dispatch's agent; hold a nested relay as the Stop gate holds the main session."""
    agent = text(payload, "agent_id")
    with scene(payload) as found:
        if found is None or not agent:
            return {}
        run = found.store.run
        if agent == run.relay:
            return gate(found, payload)
        if run.stage in machine.TERMINAL or run.open is None or run.open.agent_id != agent:
            return {}
        return _ended(found, payload)


def _ended(found: Scene, payload: Payload) -> Answer:
    held, run = found.store, found.store.run
    assert run.open is not None
    message, path = text(payload, "last_assistant_message"), text(payload, "agent_transcript_path")
    key = _key(run.open.id, path, message)
    if run.open.rejection_key == key:
        # The same report again, or the same event: the client writes the transcript a moment after it calls the hook.
        transcript.settle()
        key = _key(run.open.id, path, message)
    if run.open.rejection_key == key:
        return block(messages.rejected(run.open.rejection))
    report, errors = _report(run, held.root, message)
    served, tokens = transcript.usage(path)
    try:
        tree = _tree(found)
    except LineError as error:
        drive.take(held, decide.died(run, str(error), "environment", key))
        return {"systemMessage": f"assembly-line: {error}"}
    changed = run_files.changed_since(held, run.open.tree, tree)
    end = decide.Ending(run.open.agent_id, report, errors, key, tree, served, tokens, changed)
    decision = decide.ended(run, end)
    drive.take(held, decision)
    return block(messages.rejected(decision.refusal)) if decision.refusal else {}


def _key(dispatch: str, path: str, message: str) -> str:
    """The name of a delivery; the transcript's length tells a repeated message from a repeated event."""
    return hashlib.sha256(f"{dispatch}\0{transcript.size(path)}\0{message}".encode("utf-8", "replace")).hexdigest()[:24]


def _report(run: Run, root: str, message: str) -> tuple[dict[str, object], tuple[str, ...]]:
    assert run.open is not None
    kind = run.station(run.open.station).kind
    report, errors = reports.parse(message, kind)
    if kind == BUNDLING and not errors and report.get("status") != "blocked":
        lacking = bundle.missing(root, run.task)
        errors = tuple(f"{paths.bundle(run.task)}/{name} is missing or empty" for name in lacking)
    return report, errors


def _tree(found: Scene) -> str:
    run = found.store.run
    if run.open is None or not run.open.tree:
        return ""
    digest = run_files.sources(found.store)
    if run.open.tree.startswith("git:") and not digest.startswith("git:"):
        raise LineError(
            "git failed, so that it is not known whether the sources changed; look at git status and the disk"
        )
    return digest


def woken(found: Scene, payload: Payload, task: str, status: str) -> Answer:
    """The notification that a background agent is over: the next directive, and a death if it left no report."""
    run = found.store.run
    if run.open is not None and run.open.agent_id == task:
        drive.take(found.store, decide.died(run, f"the background agent ended without a report ({status})"))
    now = found.store.run
    return context(text(payload, "hook_event_name"), directive.render(now), directive.progress(now))
