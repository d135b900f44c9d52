"""UserPromptExpansion and UserPromptSubmit: what a person types, and the notification that an agent is done."""

import os
import re

from assembly_line.core import machine
from assembly_line.errors import LineError
from assembly_line.hook.agents import woken
from assembly_line.hook.held import scene
from assembly_line.hook.payload import Answer, Payload, allow, block, context, deny, text
from assembly_line.hook.tools import hand_over
from assembly_line.text import directive

_TASK = re.compile(r"<task-id>\s*([^<\s]+)\s*</task-id>")
_STATUS = re.compile(r"<status>\s*(\w+)\s*</status>")
PREFIX = "assembly-line:task-"


def root_of(payload: Payload) -> str:
    """The project's root: the folder that the client was started in."""
    return os.path.abspath(os.environ.get("CLAUDE_PROJECT_DIR") or text(payload, "cwd") or os.getcwd())


def expand(payload: Payload) -> Answer:
    """Carry out a task command; only a run that goes on reaches the model."""
    from assembly_line import session
    from assembly_line.text import status

    name = text(payload, "command_name").removeprefix(PREFIX)
    root, arguments, who = root_of(payload), text(payload, "command_args"), text(payload, "session_id")
    try:
        if name == "run":
            answer = session.run(root, who, arguments, transcript=text(payload, "transcript_path"))
            if answer.goes_on:
                return context("UserPromptExpansion", answer.text, answer.shown)
            return block(answer.text)
        if name == "status":
            return block(status.render(root, arguments))
        if name in ("pause", "abort"):
            return block(session.end(root, who, arguments, {"pause": "paused", "abort": "aborted"}[name]).text)
    except LineError as error:
        return block(str(error))
    return {}


def submitted(payload: Payload) -> Answer:
    """Wake the relay when the background agent that it waits for is over."""
    prompt = text(payload, "prompt")
    if not prompt.lstrip().startswith("<task-notification>"):
        return {}
    task, state = _TASK.search(prompt), _STATUS.search(prompt)
    with scene(payload) as found:
        if found is None or task is None:
            return {}
        run = found.store.run
        if run.relay:
            if task[1] != run.relay or not found.gated:
                return {}
            run = hand_over(found)
            return context("UserPromptSubmit", directive.render(run), directive.progress(run))
        ours = {item.agent_id for item in (run.open, run.last) if item is not None}
        if task[1] not in ours:
            return {}
        return woken(found, payload, task[1], state[1] if state else "unknown")


def nested_run(payload: Payload) -> Answer:
    """An Agent call to the orchestrator: it becomes the relay of the task that its prompt names."""
    from assembly_line import session

    prompt = text(payload, "tool_input", "prompt")
    words = re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]*[0-9][A-Za-z0-9._-]*", prompt)
    if not words:
        return deny("Refused: the prompt must name one task, such as TASK-008.")
    arguments = words[0].rstrip(".") + (" --restart" if "--restart" in prompt else "")
    try:
        answer = session.run(
            root_of(payload), text(payload, "session_id"), arguments, machine.PENDING, text(payload, "transcript_path")
        )
    except LineError as error:
        return deny(f"Refused: {error}.")
    if not answer.goes_on:
        return deny(answer.text)
    return allow({**payload["tool_input"], "prompt": answer.text})
