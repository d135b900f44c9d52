"""Believes an event only if the client sent it: by how its hook was started, and by the client's transcripts."""

import os
import time
from typing import NoReturn

from assembly_line.client import lease, origin, traces
from assembly_line.client.denials import path_of
from assembly_line.core import witness
from assembly_line.core.witness import Trace
from assembly_line.engine import drivers
from assembly_line.engine.store import Store
from assembly_line.errors import LineError
from assembly_line.hook.payload import Payload, text
from assembly_line.text import messages

PATIENCE = 4.0  # seconds for which a transcript may be late; less than others wait for the lock
_PAUSE = 0.05


def check(store: Store, payload: Payload) -> None:
    """LineError, after it was noted, for an event that the client which drives the run did not send."""
    event, session = text(payload, "hook_event_name"), text(payload, "session_id")
    drivers.note_settings(store)
    client = store.vault.client(store.task)
    if client.get("session") != session:
        # That of a session that lost the run says nothing that counts; the one that drives it is always known.
        if witness.is_known(store.run, session):
            why = f"nothing is known of the client that drives the run; /task-run {store.task} mends it"
            _refuse(store, payload, why)
        return
    now, alive = origin.start(client["pid"]), lease.alive(client)
    if not alive and (own := lease.own(session))["pid"] != client["pid"] and origin.is_below(own["pid"]):
        client = {**client, **own, **origin.start(own["pid"])._asdict()}  # the session goes on in another client
        store.vault.save_client(store.task, client)
        return
    why = witness.stranger(event, origin.of(client), now, alive)
    if why:
        _refuse(store, payload, why)


def _refuse(store: Store, payload: Payload, why: str) -> NoReturn:
    what = f"{text(payload, 'hook_event_name')} {text(payload, 'tool_name')}".strip()
    store.record(*witness.forged(store.run, what, why))
    raise LineError(messages.not_from_the_client(store.run, why))


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
