"""A session that drives no run: calls of the line's agents, and starts of a session that drove one before."""

from assembly_line.client import transcript
from assembly_line.core import policy
from assembly_line.engine import lost
from assembly_line.hook import relay
from assembly_line.hook.payload import Answer, Payload, context, deny, text
from assembly_line.text import messages

LINE = "assembly-line:"


def is_of_line(payload: Payload) -> bool:
    """Whether an Agent call is one of the line: to its agents, or with nothing but a dispatch's key."""
    kind, prompt = text(payload, "tool_input", "subagent_type"), text(payload, "tool_input", "prompt")
    return kind.startswith(LINE) or policy.is_key(prompt)


def has_run(payload: Payload) -> bool:
    """Whether the session has the run back that its marker was lost for."""
    session, path = text(payload, "session_id"), text(payload, "transcript_path")
    return lost.take_back(relay.root_of(payload), session, path, text(payload, "tool_use_id"))


def called(payload: Payload) -> Answer:
    """Refuse an Agent call of the line from a session that drives no run; one to the orchestrator may begin one."""
    kind = text(payload, "tool_input", "subagent_type")
    if kind == relay.ORCHESTRATOR:
        return relay.nested_run(payload)
    live = [item.run for item in lost.live(relay.root_of(payload))]
    if not live and not kind.startswith(LINE):
        return {}  # no run whose key the prompt could be
    return deny(f"Refused: {messages.unled(live)}.")


def started(payload: Payload) -> Answer:
    """Say in one line how to go on with a run that the session drove, or that its history tells of."""
    source, path = text(payload, "source"), text(payload, "transcript_path")
    for item in lost.live(relay.root_of(payload)):
        # The history of a fork is not written yet when it starts, and that of a cleared session is another file.
        may_be_here = source == "fork" or (source == "clear" and item.released == "clear")
        if not item.is_driven and (may_be_here or transcript.tells_of(path, item.run.task)):
            line = messages.left(item.run)
            return context("SessionStart", f"{line} Earlier directives no longer count: tell the person this.", line)
    return {}
