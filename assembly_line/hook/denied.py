"""Records the tool calls that the client denied to the agent at work."""

from assembly_line.client import denials
from assembly_line.core import decide
from assembly_line.core.run import Run
from assembly_line.engine.store import Store
from assembly_line.untrusted import secrets, terminal


def note(store: Store, path: str) -> Run:
    """Record every denial in the transcript of the open dispatch's agent that is not recorded yet."""
    if store.run.open is None or not store.run.open.agent_id:
        return store.run
    agent = store.run.open.agent_id
    for item in denials.read(path):
        tool = terminal.one_line(item.tool, 60)
        target = terminal.one_line(secrets.redact(item.target[:4000]), 200)
        decision = decide.denied(store.run, agent, tool, f"{tool}: {target}" if target else tool, item.why, item.call)
        store.record(*decision.events)
    return store.run
