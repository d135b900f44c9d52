"""PreToolUse, PostToolUse and PostToolUseFailure: passes each tool call to its gate."""

from functools import partial

from assembly_line.core import decide, machine, policy
from assembly_line.hook import agent_gate, file_guard
from assembly_line.hook.current_run import open_run
from assembly_line.hook.payload import Answer, Payload, context, deny, text
from assembly_line.text import directive, messages


def before(payload: Payload) -> Answer:
    """Deny every tool call that the caller may not make."""
    answer = _gated(payload)
    if answer is not None or text(payload, "tool_name") not in policy.CALLERS:
        return answer or {}
    from assembly_line.hook import unled  # late, as every tool call imports this module

    if not unled.is_of_line(payload):
        return {}
    answer = _gated(payload) if unled.has_run(payload) else None
    return unled.called(payload) if answer is None else answer


def _gated(payload: Payload) -> Answer | None:
    """The answer of the run that the session drives; None when it has nothing to say to this call."""
    is_agent = text(payload, "tool_name") in policy.CALLERS
    with open_run(payload, agent_gate.looks if is_agent else None) as current:
        if current is not None:
            store = current.store
            if is_agent and current.is_active:
                return agent_gate.before(current, payload)
            caller = text(payload, "agent_id")
            if not is_agent or policy.is_at_work(store.run, caller) or policy.is_stopped(store.run, caller):
                return file_guard.before(store, payload)
            if policy.is_key(text(payload, "tool_input", "prompt")):
                refusal = deny(f"Refused: no agent is due.\n{directive.render(store.run)}")
                # A relay that goes on after its run stalled would not end by itself.
                is_over = store.run.stage == machine.STALLED and not caller
                return {**refusal, "continue": False, "stopReason": messages.outcome(store.run)} if is_over else refusal
    return None


def after(payload: Payload) -> Answer:
    """Give the relay its next directive, or record what an agent ran."""
    is_command = text(payload, "tool_name") == "Bash"
    agent = text(payload, "agent_id")
    looks = partial(decide.is_compared, agent_id=agent) if is_command and agent else None
    with open_run(payload, looks) as current:
        if current is None:
            return {}
        if text(payload, "tool_name") in policy.CALLERS:
            answer = agent_gate.after(current, payload)
        else:
            answer = file_guard.after(current.store, payload)
        if current.restored and not answer:
            return context(text(payload, "hook_event_name"), messages.tamper_note(current.restored))
        return answer
