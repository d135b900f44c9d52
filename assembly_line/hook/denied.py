"""Records the tool calls that the client denied to the agent at work."""

import os

from assembly_line.client import denials
from assembly_line.core import decide, policy
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
        why = item.why if _is_inside(store.root, item) else "it lies outside the project"
        decision = decide.denied(store.run, agent, tool, f"{tool}: {target}" if target else tool, why, item.call)
        store.record(*decision.events)
    return store.run


def _is_inside(root: str, item: denials.Denial) -> bool:
    """Whether a call is about the project; a file beside it is no file that the task needs."""
    if item.tool not in policy.WRITERS or not item.target:
        return True
    top = os.path.realpath(root)
    return os.path.realpath(os.path.join(top, item.target)).startswith(top + os.sep)
