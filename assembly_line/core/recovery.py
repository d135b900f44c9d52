"""The kinds of failure: how the engine responds to each, and what a person can do."""

from typing import NamedTuple

from assembly_line.core.machine import ABORTED, COMPLETED, FAILED, HELD
from assembly_line.core.run import Run


class Recovery(NamedTuple):
    """How the engine recovers from a kind of failure."""

    response: str  # what the engine does, and how often
    resumable: bool  # whether a run that failed this way can resume at its station
    cause: str  # what a person looks at first


KINDS = {
    "agent": Recovery("calls the agent again, up to twice", True, "the error named above"),
    "report": Recovery(
        "sends the report back up to twice, then calls the agent again, up to twice", True, "the agent's file"
    ),
    "bundle": Recovery(
        "sends the bundler back up to twice, then calls it again, up to twice", True, "the bundler's file"
    ),
    "blocked": Recovery("pauses with the agent's words", True, "the agent's words"),
    "permission": Recovery("pauses before the next agent", True, "the client's permissions"),
    "elsewhere": Recovery(
        "pauses, as the agent would work there again",
        True,
        "what gives the agent its folder: `isolation` in its file, a hook for worktrees, the folder of the session",
    ),
    "transcript": Recovery("pauses before the next agent", True, "the client's transcripts"),
    "forged": Recovery("pauses before the run is completed", True, "who wrote to the journal or spoke to the hooks"),
    "validation": Recovery("reruns the responsible stations, up to five iterations", False, "the gaps in the report"),
    "compliance": Recovery("fixes the violations, up to twice", True, "the violations in the report"),
    "tree_changed": Recovery(
        "validates again, up to three times", True, "what writes the files named above, and let git ignore by-products"
    ),
    "environment": Recovery("refuses the step and keeps what is recorded", True, "disk, permissions, git"),
    "tampering": Recovery(
        "restores the files and records the change, every time", True, "who writes the engine's files"
    ),
    "interrupted": Recovery("calls the agent again when the task is resumed", True, "why the client ended"),
    "stalled": Recovery("blocks the end of the turn three times, then allows it", True, "the session's last messages"),
    "refused": Recovery("stalls after a dozen refused calls in a row", True, "what was refused, in the journal"),
    "budget": Recovery("pauses before the next agent", True, "budget in assembly-line.yaml"),
    "human": Recovery("waits", True, "nothing"),
    "restart": Recovery("starts over", False, "nothing"),
}


# What a person does about a pause that asks for something.
_ASKS = {
    "blocked": "do what the agent asks for, then /task-run {task} -- YOUR ANSWER resumes and hands it your words",
    "permission": "allow the call (the client's --allowedTools or permissions.allow), then /task-run {task} resumes",
    "forged": "look at who wrote to the journal or spoke to the hooks, then /task-run {task} --restart starts over",
    "transcript": (
        "start the client so that it keeps its transcripts: without --no-session-persistence and "
        "CLAUDE_CODE_SKIP_PROMPT_HISTORY, and with cleanupPeriodDays above 0; then /task-run {task} resumes"
    ),
}


def resumable(run: Run) -> bool:
    """Whether /task-run resumes a held or failed run instead of asking for --restart."""
    recovery = KINDS.get(run.error.kind)
    return run.stage in HELD or (run.stage == FAILED and recovery is not None and recovery.resumable)


def remedy(run: Run) -> str:
    """What a person can do about the run in its present stage, with the commands to type."""
    if run.stage == COMPLETED:
        return f"nothing to do; /task-run {run.task} --restart runs it again"
    if run.stage in HELD and run.error.kind in _ASKS:
        todo = _ASKS[run.error.kind].format(task=run.task)
        return f"{todo}; --restart starts over, /task-abort {run.task} cancels it"
    if resumable(run):
        look = "" if run.error.kind == "human" else f"look at {KINDS[run.error.kind].cause}, then "
        abort = f", /task-abort {run.task} cancels it" if run.stage in HELD else ""
        return f"{look}/task-run {run.task} resumes, --restart starts over{abort}"
    if run.stage in (FAILED, ABORTED):
        cause = KINDS[run.error.kind].cause if run.error.kind in KINDS else "the report"
        look = "" if run.stage == ABORTED else f"look at {cause}, then "
        return f"{look}/task-run {run.task} --restart starts over"
    return "nothing to do; the run continues"
