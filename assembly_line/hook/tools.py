"""PreToolUse, PostToolUse and PostToolUseFailure: passes each tool call to its gate."""

from assembly_line.core import policy
from assembly_line.hook import agent_gate, file_guard, relay
from assembly_line.hook.current_run import open_run
from assembly_line.hook.payload import Answer, Payload, context, deny, text
from assembly_line.text import directive, messages


def before(payload: Payload) -> Answer:
    """Deny every tool call that the caller may not make."""
    is_agent = text(payload, "tool_name") in agent_gate.TOOLS
    with open_run(payload) as current:
        if current is not None:
            store = current.store
            if is_agent and current.is_active:
                return agent_gate.before(current, payload)
            caller = text(payload, "agent_id")
            if not is_agent or policy.is_at_work(store.run, caller) or policy.is_stopped(store.run, caller):
                return file_guard.before(store, payload)
            if policy.stray_dispatch(store.run, text(payload, "tool_input", "prompt")):
                return deny(f"Refused: no agent is due.\n{directive.render(store.run)}")
    if is_agent and text(payload, "tool_input", "subagent_type") == relay.ORCHESTRATOR:
        return relay.nested_run(payload)
    return {}


def after(payload: Payload) -> Answer:
    """Give the relay its next directive, or record what an agent ran."""
    with open_run(payload) as current:
        if current is None:
            return {}
        if text(payload, "tool_name") in agent_gate.TOOLS:
            answer = agent_gate.after(current, payload)
        else:
            answer = file_guard.after(current.store, payload)
        if current.restored and not answer:
            return context(text(payload, "hook_event_name"), messages.tamper_note(current.restored))
        return answer
