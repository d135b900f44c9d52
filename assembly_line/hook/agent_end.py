"""The end of the dispatch's agent: accept its report, or send it back."""

import hashlib
import os

from assembly_line.client import traces, transcript
from assembly_line.core import ends
from assembly_line.core.kinds import COMPLIANCE
from assembly_line.core.run import Event, Run
from assembly_line.core.witness import doubt, unseen_commands
from assembly_line.engine import changed, drive, neighbours
from assembly_line.engine.store import Store
from assembly_line.errors import LineError
from assembly_line.hook import denied, place, witness, written
from assembly_line.hook.payload import Answer, Payload, block, text
from assembly_line.project import bundle, reports
from assembly_line.text import messages
from assembly_line.untrusted import secrets

_SAID = 1000  # characters of a last message that are kept for a dispatch without a valid report


def judge(store: Store, payload: Payload, late: bool = False) -> Answer:
    """Judge how the agent at work ended; `late`: it is over, so that a report cannot be sent back any more."""
    run = store.run
    assert run.open is not None
    message = text(payload, "last_assistant_message")
    seen, path = witness.trace(store, payload)
    why = doubt(run, run.open, seen)
    if why and late:
        return {}
    if why:
        what = f"the end of {run.open.id}"
        drive.apply(store, ends.unwitnessed(run, why, seen.kept))
        return {"systemMessage": messages.not_from_the_client(run, why, what)}
    key = _key(run.open.id, path, message)
    if run.open.rejection_key == key:
        # Only the transcript tells a repeated report from a repeated event, and the client may still be writing it.
        transcript.wait_for_flush()
        key = _key(run.open.id, path, message)
    if run.open.rejection_key == key:
        return block(messages.rejected(run.open.rejection))
    if folder := place.elsewhere(store.root, text(payload, "cwd")):
        drive.apply(store, ends.elsewhere(run, folder, key))
        return {}
    if run.has_witnesses and run.kind_of(run.open.station).evidence:
        store.record(*unseen_commands(run.open, traces.results(path)))
    denied.note(store, path)
    drive.note_branch(store)
    run = written.note(store, path)
    assert run.open is not None
    report, errors = _report(run, store.root, message, path)
    served, tokens = transcript.usage(path)
    try:
        now = changed.since_dispatch(store, _commands(run, path))
    except LineError as error:
        drive.apply(store, ends.died(run, str(error), "environment", key))
        return {"systemMessage": f"assembly-line: {error}"}
    said = secrets.redact(message[:20_000])[:_SAID]
    beside = neighbours.named(store) if now.files and run.kind_of(run.open.station).judges else ""
    end = ends.Ending(
        run.open.agent_id, report, errors, key, now.tree, served, tokens, now.files, now.left, said, beside, now.ignored
    )
    decision = ends.ended(run, end)
    if late:
        if decision.refusal or not decision.events:
            return {}
        what = f"no hook saw the end of {run.open.id}; its report was read from its transcript"
        store.record(Event("repaired", {"what": what}))
    drive.apply(store, decision)
    return block(messages.rejected(decision.refusal)) if decision.refusal else {}


def _key(dispatch: str, path: str, message: str) -> str:
    """The key of a delivery; the transcript's length tells a repeated message from a repeated event."""
    return hashlib.sha256(f"{dispatch}\0{transcript.size(path)}\0{message}".encode("utf-8", "replace")).hexdigest()[:24]


def _report(run: Run, root: str, message: str, path: str) -> tuple[dict[str, object], tuple[str, ...]]:
    """The report in an agent's last message, and its faults together with those of what it had to write or read."""
    assert run.open is not None
    station = run.station(run.open.station)
    report, errors = reports.parse(message, station.kind)
    if report.get("status") == "blocked":
        return report, errors
    owed = [file for file in bundle.owed(run.task, station) if not bundle.is_filled(os.path.join(root, file))]
    errors += tuple(f"{file} is missing or empty; write it, as other agents read it" for file in owed)
    if station.kind == COMPLIANCE and not _has_read(path, root, bundle.records(run)):
        errors += (f"nothing was read of {bundle.log_path(run.task)}; judge the process by its records",)
    return report, errors


def _has_read(path: str, root: str, files: tuple[str, ...]) -> bool:
    """Whether an agent named one of these files in a tool call; one that answers at once has no transcript yet."""
    if not (os.path.isfile(path) and transcript.names_one(path, root, files)):
        transcript.wait_for_flush()
    return transcript.names_one(path, root, files)


def _commands(run: Run, path: str) -> list[str]:
    """What the agent at work ran: as the hooks saw it where that is evidence, else by its transcript."""
    if run.open is None or not run.kind_of(run.open.station).runs:
        return []
    if run.kind_of(run.open.station).evidence:
        return [command.text for command in run.open.commands]
    return [command for _, command in transcript.commands(path)]
