"""Records the tool calls that the client denied to the agent at work."""

import os

from assembly_line.client import denials, permissions
from assembly_line.core import decide, policy
from assembly_line.core.changes import NOBODY
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
        why = _why(store.root, store.run, item)
        decision = decide.denied(store.run, agent, tool, f"{tool}: {target}" if target else tool, why, item.call)
        store.record(*decision.events)
    return store.run


def _why(root: str, run: Run, item: denials.Denial) -> str:
    """Why a call was denied; one that no station needs for its work is told apart, so that no run waits for it."""
    if item.why != NOBODY:
        return item.why
    top = os.path.realpath(root)
    if item.tool in policy.WRITERS and item.target:
        is_inside = os.path.realpath(os.path.join(top, item.target)).startswith(top + os.sep)
        return item.why if is_inside else "the file lies outside the project"
    if item.tool == "Bash" and "Bash" in permissions.known(root).allowed and not _shows_nothing(run):
        return "no rule allows this command, though rules allow others"
    return item.why


def _shows_nothing(run: Run) -> bool:
    """Whether the agent at work owes commands as evidence and could run none, so that no other one replaced it."""
    return run.open is not None and run.kind_of(run.open.station).evidence and not run.open.commands
