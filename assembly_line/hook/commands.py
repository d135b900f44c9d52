"""UserPromptExpansion: the task commands that a person types."""

from assembly_line.engine import commands, status
from assembly_line.errors import LineError
from assembly_line.hook.payload import Answer, Payload, block, context, text
from assembly_line.hook.relay import misplaced, permission_refusal, refusal, root_of

GIVEN = ("run", "pause", "abort")  # by a person only
PREFIX = "assembly-line:task-"


def expand(payload: Payload) -> Answer:
    """Execute a task command; only a run with work to do reaches the model."""
    name = text(payload, "command_name").removeprefix(PREFIX)
    root, arguments, session = root_of(payload), text(payload, "command_args"), text(payload, "session_id")
    try:
        if refused := misplaced(payload, name == "run") or (refusal(payload) if name in GIVEN else ""):
            return block(refused)
        if name == "run":
            refused = permission_refusal(payload, arguments)
            if refused:
                return block(refused)
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
