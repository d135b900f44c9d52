"""Gates all tool calls but Agent calls, and records the commands that are evidence."""

import os

from assembly_line.core import decide, machine, policy, shell
from assembly_line.engine import drive, protected
from assembly_line.engine.store import Store
from assembly_line.hook.payload import Answer, Payload, deny, text
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
    store.record(*decision.events)
    if not decision.refusal:
        store.record(*decide.wrote(store.run, caller, _written(store.root, path, payload)))
        return {}
    reminder = f"\n{directive.render(store.run)}" if caller == store.run.relay else ""
    return deny(f"Refused: {decision.refusal}.{reminder}")


def _written(root: str, path: str, payload: Payload) -> list[str]:
    """The files that a call writes on purpose, from the project's root."""
    named = [path] if path else shell.targets(text(payload, "tool_input", "command"))
    folder = text(payload, "cwd") or root
    real = [os.path.relpath(os.path.realpath(os.path.join(folder, name)), os.path.realpath(root)) for name in named]
    return [secrets.redact(name.replace(os.sep, "/")) for name in real if name != "."]


def _shown(root: str, path: str) -> str:
    """A path as the journal may show it: relative to the project's root, or only the name outside it."""
    relative = os.path.relpath(os.path.join(root, path), root)
    return os.path.basename(path) if relative.startswith("..") else relative


def after(store: Store, payload: Payload) -> Answer:
    """Record a command of an agent whose commands are evidence, and whether it succeeded."""
    agent = text(payload, "agent_id")
    if text(payload, "tool_name") != "Bash" or not decide.gives_evidence(store.run, agent):
        return {}
    response = payload.get("tool_response")
    plain = isinstance(response, dict) and not response.keys() & {"returnCodeInterpretation", "backgroundTaskId"}
    ok = text(payload, "hook_event_name") == "PostToolUse" and plain and not (response or {}).get("interrupted")
    command = secrets.redact(text(payload, "tool_input", "command"))[:4000]
    drive.apply(store, decide.command_ran(store.run, agent, command, ok, text(payload, "tool_use_id")))
    return {}
