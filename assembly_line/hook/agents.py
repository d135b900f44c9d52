"""SubagentStart and SubagentStop: bind an agent to its dispatch, and accept its report or send it back."""

import hashlib

from assembly_line import paths
from assembly_line.client import transcript
from assembly_line.core import decide, machine, policy
from assembly_line.core.kinds import BUNDLING
from assembly_line.core.run import Run
from assembly_line.engine import drive
from assembly_line.engine.store import Store
from assembly_line.errors import LineError
from assembly_line.hook.current_run import open_run
from assembly_line.hook.payload import Answer, Payload, block, text
from assembly_line.hook.turn import gate
from assembly_line.project import bundle, reports
from assembly_line.text import messages


def started(payload: Payload) -> Answer:
    """Record which agent works on the open dispatch, or which one is the nested relay."""
    agent, name = text(payload, "agent_id"), text(payload, "agent_type")
    with open_run(payload) as current:
        if current is not None and agent:
            drive.apply(current.store, policy.agent_started(current.store.run, agent, name))
    return {}


def stopped(payload: Payload) -> Answer:
    """Judge the report of the open dispatch's agent; gate a nested relay's end of turn like the main session's."""
    agent = text(payload, "agent_id")
    with open_run(payload) as current:
        if current is None or not agent:
            return {}
        run = current.store.run
        if agent == run.relay:
            return gate(current.store, payload)
        if run.stage in machine.TERMINAL or run.open is None or run.open.agent_id != agent:
            return {}
        return _ended(current.store, payload)


def _ended(store: Store, payload: Payload) -> Answer:
    run = store.run
    assert run.open is not None
    message, path = text(payload, "last_assistant_message"), text(payload, "agent_transcript_path")
    key = _key(run.open.id, path, message)
    if run.open.rejection_key == key:
        # Only the transcript tells a repeated report from a repeated event, and the client may still be writing it.
        transcript.wait_for_flush()
        key = _key(run.open.id, path, message)
    if run.open.rejection_key == key:
        return block(messages.rejected(run.open.rejection))
    report, errors = _report(run, store.root, message)
    served, tokens = transcript.usage(path)
    try:
        tree = _tree(store)
    except LineError as error:
        drive.apply(store, decide.died(run, str(error), "environment", key))
        return {"systemMessage": f"assembly-line: {error}"}
    changed = tuple(item.path for item in store.sources.changes_since(run.open.tree) or ()) if tree else ()
    end = decide.Ending(run.open.agent_id, report, errors, key, tree, served, tokens, changed)
    decision = decide.ended(run, end)
    drive.apply(store, decision)
    return block(messages.rejected(decision.refusal)) if decision.refusal else {}


def _key(dispatch: str, path: str, message: str) -> str:
    """The key of a delivery; the transcript's length tells a repeated message from a repeated event."""
    return hashlib.sha256(f"{dispatch}\0{transcript.size(path)}\0{message}".encode("utf-8", "replace")).hexdigest()[:24]


def _report(run: Run, root: str, message: str) -> tuple[dict[str, object], tuple[str, ...]]:
    assert run.open is not None
    kind = run.station(run.open.station).kind
    report, errors = reports.parse(message, kind)
    if kind == BUNDLING and not errors and report.get("status") != "blocked":
        missing = bundle.missing(root, run.task)
        errors = tuple(f"{paths.bundle(run.task)}/{name} is missing or empty" for name in missing)
    return report, errors


def _tree(store: Store) -> str:
    run = store.run
    if run.open is None or not run.open.tree:
        return ""
    digest = store.sources.digest
    if run.open.tree.startswith("git:") and not digest.startswith("git:"):
        raise LineError("git failed, so changes to the sources cannot be detected; check git status and the disk")
    return digest
