"""UserPromptExpansion and UserPromptSubmit: the task commands, and the notification that an agent is done."""

from assembly_line.core import policy
from assembly_line.engine import commands, status
from assembly_line.errors import LineError
from assembly_line.hook.agents import background_ended
from assembly_line.hook.current_run import open_run
from assembly_line.hook.payload import Answer, Payload, block, context, text
from assembly_line.hook.relay import root_of
from assembly_line.text import directive

PREFIX = "assembly-line:task-"


def expand(payload: Payload) -> Answer:
    """Execute a task command; only a run with work to do reaches the model."""
    name = text(payload, "command_name").removeprefix(PREFIX)
    root, arguments, session = root_of(payload), text(payload, "command_args"), text(payload, "session_id")
    try:
        if name == "run":
            answer = commands.run(root, session, arguments, transcript_path=text(payload, "transcript_path"))
            if answer.has_work:
                return context("UserPromptExpansion", answer.text, answer.shown)
            return block(answer.text)
        if name == "status":
            return block(status.answer(root, arguments))
        if name in ("pause", "abort"):
            return block(commands.end(root, session, arguments, {"pause": "paused", "abort": "aborted"}[name]).text)
    except LineError as error:
        return block(str(error))
    return {}


def submitted(payload: Payload) -> Answer:
    """Give the relay its directive when the background agent that it waits for is over."""
    prompt = text(payload, "prompt")
    if not prompt.lstrip().startswith("<task-notification>"):
        return {}
    task, state = _tagged(prompt, "task-id"), _tagged(prompt, "status")
    with open_run(payload) as current:
        if current is None or not task:
            return {}
        run = current.store.run
        if run.relay:
            if task != run.relay or not current.is_active:
                return {}
            run = current.store.record(*policy.relay_ended(run))
            return context("UserPromptSubmit", directive.render(run), directive.progress(run))
        if task not in {item.agent_id for item in (run.open, run.last) if item is not None}:
            return {}
        return background_ended(current.store, payload, task, state or "unknown")


def _tagged(prompt: str, tag: str) -> str:
    """The text of the first element with this tag, or ""."""
    content, end, _ = prompt.partition(f"<{tag}>")[2].partition(f"</{tag}>")
    return content.strip() if end else ""
