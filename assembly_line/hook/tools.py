"""PreToolUse, PostToolUse and PostToolUseFailure: each call to the gate that it belongs to."""

from assembly_line.core import policy
from assembly_line.hook import agent_gate, file_guard, relay
from assembly_line.hook.current_run import current
from assembly_line.hook.payload import Answer, Payload, context, deny, text
from assembly_line.text import directive, messages


def before(payload: Payload) -> Answer:
    """Deny every tool call that the run's directive does not allow to its caller."""
    is_agent = text(payload, "tool_name") in agent_gate.TOOLS
    with current(payload) as found:
        if found is not None:
            if is_agent and found.gated:
                return agent_gate.before(found, payload)
            at_work = policy.is_at_work(found.store.run, text(payload, "agent_id"))
            if not is_agent or at_work:
                return file_guard.before(found.store, payload)
            if policy.stray_dispatch(found.store.run, text(payload, "tool_input", "prompt")):
                return deny(f"Refused: no agent is due.\n{directive.render(found.store.run)}")
    if is_agent and text(payload, "tool_input", "subagent_type") == relay.ORCHESTRATOR:
        return relay.nested_run(payload)
    return {}


def after(payload: Payload) -> Answer:
    """Give the relay its next directive, or remember what an agent ran."""
    with current(payload) as found:
        if found is None:
            return {}
        if text(payload, "tool_name") in agent_gate.TOOLS:
            answer = agent_gate.after(found, payload)
        else:
            answer = file_guard.after(found.store, payload)
        if found.restored and not answer:
            return context(text(payload, "hook_event_name"), messages.tamper_note(found.restored))
        return answer
