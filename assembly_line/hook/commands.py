"""UserPromptExpansion and UserPromptSubmit: what a person types, and the notification that an agent is done."""

from assembly_line.core import policy
from assembly_line.engine import commands
from assembly_line.errors import LineError
from assembly_line.hook.agents import woken
from assembly_line.hook.current_run import current
from assembly_line.hook.payload import Answer, Payload, block, context, text
from assembly_line.hook.relay import root_of
from assembly_line.text import directive, status

PREFIX = "assembly-line:task-"


def expand(payload: Payload) -> Answer:
    """Carry out a task command; only a run with work to do reaches the model."""
    name = text(payload, "command_name").removeprefix(PREFIX)
    root, arguments, who = root_of(payload), text(payload, "command_args"), text(payload, "session_id")
    try:
        if name == "run":
            answer = commands.run(root, who, arguments, transcript_path=text(payload, "transcript_path"))
            if answer.has_work:
                return context("UserPromptExpansion", answer.text, answer.shown)
            return block(answer.text)
        if name == "status":
            return block(status.render(root, arguments))
        if name in ("pause", "abort"):
            return block(commands.end(root, who, arguments, {"pause": "paused", "abort": "aborted"}[name]).text)
    except LineError as error:
        return block(str(error))
    return {}


def submitted(payload: Payload) -> Answer:
    """Wake the relay when the background agent that it waits for is over."""
    prompt = text(payload, "prompt")
    if not prompt.lstrip().startswith("<task-notification>"):
        return {}
    task, state = _tagged(prompt, "task-id"), _tagged(prompt, "status")
    with current(payload) as found:
        if found is None or not task:
            return {}
        run = found.store.run
        if run.relay:
            if task != run.relay or not found.gated:
                return {}
            run = found.store.record(*policy.relay_ended(run))
            return context("UserPromptSubmit", directive.render(run), directive.progress(run))
        ours = {item.agent_id for item in (run.open, run.last) if item is not None}
        if task not in ours:
            return {}
        return woken(found.store, payload, task, state or "unknown")


def _tagged(prompt: str, tag: str) -> str:
    """The text of the first element of a name, or ""."""
    found, end, _ = prompt.partition(f"<{tag}>")[2].partition(f"</{tag}>")
    return found.strip() if end else ""
