"""SubagentStart: bind an agent to its dispatch."""

from assembly_line.core import policy
from assembly_line.engine import drive
from assembly_line.hook import place
from assembly_line.hook.current_run import open_run
from assembly_line.hook.payload import Answer, Payload, text


def started(payload: Payload) -> Answer:
    """Record which agent works on the open dispatch, or which one is the nested relay."""
    agent, name = text(payload, "agent_id"), text(payload, "agent_type")
    with open_run(payload) as current:
        if current is not None and agent:
            where = place.elsewhere(current.store.root, text(payload, "cwd"))
            drive.apply(current.store, policy.agent_started(current.store.run, agent, name, where))
    return {}
