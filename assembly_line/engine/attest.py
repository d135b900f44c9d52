"""Looks, before a run is completed, for each of its dispatches in the transcripts of the sessions that drove it."""

import os

from assembly_line.client import traces
from assembly_line.client.denials import path_of
from assembly_line.core import witness
from assembly_line.core.events import REPORTS
from assembly_line.core.run import Event
from assembly_line.engine.store import Store

_KINDS = frozenset({"lease_taken", "dispatched", "agent_started", *REPORTS})


def doubts(store: Store) -> tuple[Event, ...]:
    """The events that hold the run; () when every transcript that is still here shows what it must.

    A session of another machine, or one whose transcript the client has removed since, shows nothing and is believed.
    """
    taken = store.vault.client(store.task).get("transcript") or ""
    if not store.run.has_witnesses or not taken:
        return ()
    records = store.records(_KINDS, store.run.number)
    ended = witness.ended_calls((item.kind, item.data) for item in records)
    known: dict[str, frozenset[str] | None] = {}
    found = {}
    for item in ended:
        session = os.path.join(os.path.dirname(taken), f"{item.session}.jsonl")
        relay = path_of(session, item.relay) if item.relay else session
        if relay not in known:
            known[relay] = traces.calls(relay)
        held = known[relay]
        if held is not None and item.call not in held:
            found[item.dispatch] = f"the transcript of session {item.session} holds no Agent call {item.call}"
        elif held is not None and item.agent and not traces.is_answered(path_of(session, item.agent)):
            found[item.dispatch] = "the transcript of its agent shows no model that answered it"
    return witness.unattested(store.run, found)
