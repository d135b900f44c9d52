"""The nested orchestrator: an agent called as the relay in place of the main session."""

import os
import re

from assembly_line.core import machine
from assembly_line.errors import LineError
from assembly_line.hook import place
from assembly_line.hook.payload import Answer, Payload, allow, deny, text
from assembly_line.text import messages

ORCHESTRATOR = "assembly-line:orchestrator"
CHOSEN = ("description", "model", "run_in_background")  # what a session may choose about its relay


def root_of(payload: Payload) -> str:
    """The project's root: the folder that the client was started in."""
    return os.path.abspath(os.environ.get("CLAUDE_PROJECT_DIR") or text(payload, "cwd") or os.getcwd())


def permission_refusal(payload: Payload, arguments: str) -> str:
    """Why no run can work in the permission mode of this session, or ""; LineError for bad arguments."""
    from assembly_line.client import permissions  # late, as every tool call imports this module and few start a run
    from assembly_line.engine import request  # late, as above

    asked = request.parse(arguments)
    words = f"{asked.task}{' --restart' if asked.restart else ''}"
    return permissions.refusal(text(payload, "permission_mode"), words, permissions.known(root_of(payload)))


def misplaced(payload: Payload, starts: bool = False) -> str:
    """Why the client is in the wrong folder for a command, or ""; `starts`: for one that sends agents to work."""
    root = root_of(payload)
    if top := place.above(root):
        return messages.below(root, top)
    folder = place.elsewhere(root, text(payload, "cwd")) if starts else ""
    return messages.elsewhere(root, folder) if folder else ""


def refusal(payload: Payload) -> str:
    """Why nobody may start, pause or abort a run from here, or "": an agent's own client is no person."""
    from assembly_line.client import kin  # late, as every tool call imports this module and few start a run
    from assembly_line.hook import witness  # late, as above
    from assembly_line.storage.vault import Vault  # late, as above

    holder = kin.within(Vault(root_of(payload)).holders(), text(payload, "session_id"))
    return messages.within(holder) if holder else witness.command(payload)


def nested_run(payload: Payload) -> Answer:
    """Start or resume the task that an orchestrator's prompt names, with that agent as the relay."""
    from assembly_line.engine import commands  # late, as every tool call imports this module and few start a run

    prompt = text(payload, "tool_input", "prompt")
    words = re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]*[0-9][A-Za-z0-9._-]*", prompt)
    if not words:
        return deny("Refused: the prompt must name one task, such as TASK-008.")
    arguments = words[0].rstrip(".") + (" --restart" if "--restart" in prompt else "")
    try:
        refused = refusal(payload) or misplaced(payload, True) or permission_refusal(payload, arguments)
        if refused:
            return deny(f"Refused: {refused}")
        answer = commands.run(
            root_of(payload), text(payload, "session_id"), arguments, machine.PENDING, text(payload, "transcript_path")
        )
    except LineError as error:
        return deny(f"Refused: {error}.")
    if not answer.has_work:
        return deny(answer.text)
    given = payload["tool_input"]
    chosen = {name: given[name] for name in CHOSEN if name in given}
    return allow({"subagent_type": ORCHESTRATOR, **chosen, "prompt": answer.text})
