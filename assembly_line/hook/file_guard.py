"""Gates all tool calls but Agent calls, and records the commands that are evidence."""

import os

from assembly_line.core import decide, machine, policy
from assembly_line.core.run import Command
from assembly_line.engine import drive, protected
from assembly_line.engine.store import Store
from assembly_line.hook.payload import Answer, Payload, context, deny, text
from assembly_line.text import directive
from assembly_line.untrusted import secrets


def before(store: Store, payload: Payload) -> Answer:
    """Deny what the caller may not do; a denied relay gets its directive again."""
    tool, caller = text(payload, "tool_name"), text(payload, "agent_id")
    is_busy = policy.is_at_work(store.run, caller) or policy.is_stopped(store.run, caller)
    if store.run.stage not in machine.ACTIVE and not is_busy:
        return {}
    path = text(payload, "tool_input", policy.WRITERS.get(tool, ""))
    is_protected = bool(path) and protected.is_protected(store.root, store.run, store.vault, path)
    call = policy.ToolCall(
        text(payload, "tool_use_id"),
        tool,
        caller,
        text(payload, "agent_type"),
        text(payload, "tool_input", "skill"),
        _shown(store.root, secrets.redact(path)) if is_protected else "",
    )
    decision = policy.tool_call(store.run, call)
    drive.apply(store, decision)
    if not decision.refusal:
        if path:
            from assembly_line.hook import written  # late, as most calls write nothing

            files = written.inside(store.root, text(payload, "cwd"), [path])
            store.record(*decide.wrote(store.run, caller, files))
        return {}
    reminder = f"\n{directive.render(store.run)}" if caller == store.run.relay else ""
    return deny(f"Refused: {decision.refusal}.{reminder}")


def _shown(root: str, path: str) -> str:
    """A path as the journal may show it: relative to the project's root, or only the name outside it."""
    relative = os.path.relpath(os.path.join(root, path), root)
    return os.path.basename(path) if relative.startswith("..") else relative


def after(store: Store, payload: Payload) -> Answer:
    """Record a command of an agent whose commands are evidence, and how it ended."""
    agent = text(payload, "agent_id")
    if text(payload, "tool_name") != "Bash" or not decide.gives_evidence(store.run, agent):
        return {}
    from assembly_line.client import bash  # late, as every tool call imports this module and few are evidence
    from assembly_line.core import evidence, shell  # late, as above

    typed = evidence.at_home(text(payload, "tool_input", "command"), store.root)
    end = bash.read(payload, typed)
    command = Command(secrets.redact(typed)[: shell.MAX_CHARS], end.ok, end.status, end.empty)
    if decide.is_compared(store.run, agent):
        from assembly_line.engine import compared  # late, as above

        command = command._replace(on=compared.since_command(store, command.text))
    drive.apply(store, decide.command_ran(store.run, agent, command, text(payload, "tool_use_id")))
    if not command.on:
        return {}
    from assembly_line.text import evidence as told  # late, as above

    return context(text(payload, "hook_event_name"), told.none_of(command.on))
