"""Every answer to a person, the relay or an agent that is not a directive."""

from typing import Any

from assembly_line import paths
from assembly_line.core import machine, times
from assembly_line.core.projection import status
from assembly_line.core.recovery import remedy
from assembly_line.core.run import Run
from assembly_line.untrusted import terminal

REASON = 160  # bytes of an error message quoted in an answer
RUN_USAGE = "usage: /task-run TASK-XXX [--restart] [--state FILE]"
STATE_USAGE = (
    "--state {given}: expected a file in docs/planning named .project-state.yaml, .feature-NAME-state.yaml or "
    ".issue-NAME-state.yaml"
)


def ended(run: Run) -> str:
    """The answer of /task-run for a run that is over."""
    again = f"/task-run {run.task} --restart runs it again"
    if run.stage == machine.COMPLETED:
        result = f"iterations: {run.iteration}, tier {run.tier}, summary {run.summary}"
        return f"{run.task} is already completed ({result}). Nothing was run; {again}."
    why = f": {cut(run.error.message, REASON)}" if run.error.message else ""
    report = f"; see {paths.failure(run.task)}" if run.stage == machine.FAILED else ""
    return f"{run.task} {run.stage}{why}{report}. Nothing was run; {again}."


def no_run(task: str) -> str:
    """The task was never run in this project."""
    return f"no run of {task} in this project; /task-run {task} starts one"


def leased(task: str, lease: dict[str, Any]) -> str:
    """Another live session drives the task."""
    return (
        f"{task} is being run by session {lease['session']} (process {lease['pid']} on {lease['host']}, since "
        f"{lease['taken_at']}). To take it over, type /task-pause {task} here, then /task-run {task}"
    )


def state_kept(run: Run) -> str:
    """/task-run names a state file other than the one that the run was started with."""
    return f"the run of {run.task} uses {run.state_file}; omit --state, or add --restart to start over"


def blueprint_changed(run: Run) -> str:
    """The blueprint is not the one the run was started with."""
    return (
        f"{run.blueprint}: changed since the run of {run.task} began; restore it, or type "
        f"/task-run {run.task} --restart to run the new text"
    )


def resumed(before: Run, now: Run) -> str:
    """One sentence: where a run resumes."""
    done = [name for name in now.planned if name not in now.plan]
    skipped = f"; already done in this iteration and not repeated: {', '.join(done)}" if done else ""
    was = f" after it was {before.stage}" if before.stage in machine.HELD else ""
    iteration = f", iteration {now.iteration}" if now.iteration else ""
    return f"Resumed {now.task}{was} at {now.stage}{iteration}{skipped}."


def cut(text: str, limit: int) -> str:
    """Untrusted text as one printable line of at most `limit` bytes."""
    whole = terminal.one_line(text, 1000).encode("utf-8", "replace")
    if len(whole) <= limit:
        return whole.decode()
    return whole[: limit - 3].decode("utf-8", "ignore") + "…" if limit > 3 else ""


def nothing_to_end(run: Run, kind: str) -> str:
    """A pause or abort of a run that is not active; `kind` is the event, paused or aborted."""
    return f"{run.task} is {status(run)}; there is nothing to {'pause' if kind == machine.PAUSED else 'abort'}."


def stopped(run: Run) -> str:
    """A run was paused or aborted."""
    busy = f" {run.open.station} is still at work; its report will be kept." if run.open else ""
    tree = " The work tree is as the agents left it." if run.stage == machine.ABORTED else ""
    stage = f"{run.task} is {run.stage} (was in {run.error.stage}, iteration {run.iteration})"
    return f"{stage}.{busy}{tree} {_upper(remedy(run))}."


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def outcome(run: Run, limit: int = REASON) -> str:
    """What the relay tells the human about an ended or held run: result, duration and files.

    `limit` is the size of the reason in bytes; below 0 the list of files is left out too.
    """
    took = f", {times.duration(times.between(run.started_at, run.ended_at))}" if run.ended_at else ""
    count = f"{len(run.met)} of {len(run.criteria)} criteria met"
    turns = f"{run.iteration} iteration{'' if run.iteration == 1 else 's'}"
    reason = cut(run.error.message, limit)
    why = f" Reason: {reason}." if reason and run.stage != machine.COMPLETED else ""
    todo = f" {_upper(remedy(run))}." if run.stage != machine.COMPLETED else ""
    listed = ", ".join(files(run)) if limit >= 0 else f"see /task-status {run.task}"
    if run.stage == machine.COMPLETED:
        todo = " The changed sources are listed in the summary."
    return f"{run.task} {run.stage}: {count}, {turns}, {run.tier}{took}.{why} Files: {listed}.{todo}"


def files(run: Run) -> list[str]:
    """The files of a run that a person may want to read, relative to the project's root; they need not exist."""
    listed = [run.summary, run.state_file, paths.journal(run.task)]
    if run.stage == machine.FAILED:
        listed.append(paths.failure(run.task))
    if run.stage != machine.COMPLETED or run.settings.keep_bundle:
        listed.append(f"{paths.bundle(run.task)}/")
    return [file for file in listed if file]


def taken(dispatch: str) -> str:
    """What the main session reads in place of an agent's report."""
    return f"The engine has the report of {dispatch}."


def tamper_note(files: tuple[str, ...]) -> str:
    """Something other than the engine changed protected files."""
    return f"Restored after a change, as only the engine writes these files: {', '.join(files)}. This is recorded."


def rejected(errors: str) -> str:
    """A report is sent back to the agent that wrote it."""
    return f"The report was rejected: {errors}. Answer again with the whole corrected block at the end of the message."
