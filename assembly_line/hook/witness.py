"""Believes an event only if the client sent it: by how its hook was started, and by the client's transcripts."""

import os
import time

from assembly_line.client import lease, marker, origin, traces
from assembly_line.client.denials import path_of
from assembly_line.core import witness
from assembly_line.core.witness import Trace
from assembly_line.engine import drivers
from assembly_line.engine.store import Store, opened
from assembly_line.errors import LineError
from assembly_line.hook.payload import Payload, text
from assembly_line.storage.vault import Vault, data_folder
from assembly_line.text import messages
from assembly_line.untrusted import secrets, terminal

PATIENCE = 4.0  # seconds for which a transcript may be late; less than others wait for the lock
_PAUSE = 0.05


def check(store: Store, payload: Payload) -> None:
    """LineError, after it was noted, for an event that the client which drives the run did not send."""
    drivers.note_settings(store)
    if why := _stranger(store.vault, store.task, payload):
        _note(store, payload, why)
        raise LineError(messages.not_from_the_client(store.run, why))


def command(payload: Payload) -> str:
    """Why a task command with this session's id was not typed in its client, after it was noted; "" if it was."""
    session = text(payload, "session_id")
    marked = marker.read(data_folder(), session) if session else None
    if marked is None:
        return ""
    root, task = marked
    vault = Vault(root)
    why = _stranger(vault, task, payload)
    if not why:
        return ""
    with opened(root, task, vault) as store:
        _note(store, payload, why)
        return messages.not_from_the_client(store.run, why)


def _stranger(vault: Vault, task: str, payload: Payload) -> str:
    """Why an event is not the client's that drives a task's run, by how this hook was started; "" if it is."""
    session, client = text(payload, "session_id"), vault.client(task)
    if client.get("session") != session:
        return ""  # of a session that lost the run: nothing that it says counts any more
    now, alive = origin.start(client["pid"]), lease.alive(client)
    if not alive and (own := lease.own(session))["pid"] != client["pid"] and origin.is_below(own["pid"]):
        vault.save_client(task, {**client, **own, **origin.start(own["pid"])._asdict()})  # it goes on in another client
        return ""
    return witness.stranger(text(payload, "hook_event_name"), origin.of(client), now, alive)


def _note(store: Store, payload: Payload, why: str) -> None:
    named = text(payload, "tool_name") or text(payload, "command_name")
    what = f"{text(payload, 'hook_event_name')} {secrets.redact(terminal.one_line(named, 60))}".strip()
    store.record(*witness.forged(store.run, what, why))


def trace(store: Store, payload: Payload) -> tuple[Trace, str]:
    """What the transcripts show of the agent at work, once they show all of it, and where its own one is."""
    run = store.run
    assert run.open is not None
    session = _session(store, payload)
    own = path_of(session, run.open.agent_id)
    relay = path_of(session, run.relay) if run.relay else session
    deadline = time.monotonic() + PATIENCE
    while True:
        found = traces.read(own, relay, run.open.call)
        if not witness.doubt(run, run.open, found) or time.monotonic() > deadline:
            return found, own
        time.sleep(_PAUSE)


def _session(store: Store, payload: Payload) -> str:
    """The transcript of the session that relays: the one it took the run with, or another one in the same place."""
    named, taken = text(payload, "transcript_path"), store.vault.client(store.task).get("transcript") or ""
    is_beside = os.path.dirname(named) == os.path.dirname(taken) and os.path.basename(named).startswith(
        text(payload, "session_id") + "."
    )
    return named if is_beside or not taken else taken
