"""Judges an agent whose end no hook saw, because the hook was killed, starved or switched off: by its last words."""

from assembly_line.client import denials, transcript
from assembly_line.core import decide, ends, policy
from assembly_line.engine import drive
from assembly_line.engine.store import Store
from assembly_line.hook.payload import Payload, text
from assembly_line.project import reports


def settle(store: Store, payload: Payload, agent: str = "") -> None:
    """Take the report of the open dispatch's agent, which is over, from its transcript; without one it stays open."""
    run = store.run
    if run.open is not None and agent:
        run = drive.apply(store, decide.agent_started(run, agent, run.open.agent))
    if run.open is None or not run.open.agent_id:
        return
    from assembly_line.hook import agent_end  # late, as few ends are missed

    path = denials.path_of(text(payload, "transcript_path"), run.open.agent_id)
    said = transcript.last_words(path)
    if said and not reports.parse(said, run.station(run.open.station).kind)[1]:
        end = {"agent_id": run.open.agent_id, "agent_transcript_path": path, "last_assistant_message": said}
        agent_end.judge(store, {**payload, "cwd": "", **end}, late=True)


def settle_before(store: Store, payload: Payload) -> None:
    """The same before another Agent call, when the client has the result of the open dispatch's call."""
    run, call = store.run, text(payload, "tool_use_id")
    if run.open is None or run.open.call == call or text(payload, "agent_id") != run.relay:
        return
    path = text(payload, "transcript_path")
    if not transcript.has_result(denials.path_of(path, run.relay) if run.relay else path, run.open.call):
        return
    settle(store, payload)
    run = store.run
    if run.open is None:
        return
    if run.open.agent_id:
        drive.apply(store, policy.call_returned(run, policy.Returned(run.open.call, run.open.agent)))
    else:
        drive.apply(store, ends.died(run, "its call came to nothing before its agent began", "interrupted"))
