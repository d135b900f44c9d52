"""SubagentStart and SubagentStop: bind an agent to its dispatch, and judge its end."""

from assembly_line.core import decide, machine, policy
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


def stopped(payload: Payload) -> Answer:
    """Judge the report of the open dispatch's agent; gate a nested relay's end of turn like the main session's."""
    from assembly_line.hook import agent_end, turn  # late, as the start of an agent needs neither

    agent = text(payload, "agent_id")
    with open_run(payload, lambda run: run.open is not None and agent in ("", run.open.agent_id)) as current:
        if current is None or not agent:
            return {}
        run = current.store.run
        if agent == run.relay:
            return turn.gate(current.store, payload)
        if run.open is not None and not run.open.agent_id:  # the hook at its start did not end
            run = drive.apply(current.store, decide.agent_started(run, agent, text(payload, "agent_type")))
        if run.stage in machine.TERMINAL or run.open is None or run.open.agent_id != agent:
            return {}
        return agent_end.judge(current.store, payload)
