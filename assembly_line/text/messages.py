"""What a person, the relay or an agent is told: one place for every answer that is not a directive."""

from typing import Any

from assembly_line import paths
from assembly_line.core import machine
from assembly_line.core.projection import status
from assembly_line.core.recovery import remedy
from assembly_line.core.run import Run
from assembly_line.core.times import between, duration
from assembly_line.untrusted import terminal

REASON = 160  # bytes of an error that an answer repeats
RUN_USAGE = "usage: /task-run TASK-XXX [--restart] [--state FILE]"
STATE_USAGE = (
    "--state {given}: a file in docs/planning named .project-state.yaml, .feature-NAME-state.yaml or "
    ".issue-NAME-state.yaml is expected"
)


def ended(run: Run) -> str:
    """What /task-run says of a run that is over."""
    again = f"/task-run {run.task} --restart runs it again"
    if run.stage == machine.COMPLETED:
        how = f"iterations: {run.iteration}, tier {run.tier}, summary {run.summary}"
        return f"{run.task} is completed already ({how}). Nothing was run; {again}."
    why = f": {cut(run.error.message, REASON)}" if run.error.message else ""
    told = f", see {paths.failure(run.task)}" if run.stage == machine.FAILED else ""
    return f"{run.task} {run.stage}{why}{told}. Nothing was run; {again}."


def leased(task: str, lease: dict[str, Any]) -> str:
    """Another live session drives the task."""
    return (
        f"{task} is being run by session {lease['session']} (process {lease['pid']} on {lease['host']}, since "
        f"{lease['taken_at']}). To take it over, type /task-pause {task} here, then /task-run {task}"
    )


def state_kept(run: Run) -> str:
    """Another state file is asked for than the one that the run was started with."""
    return f"the run of {run.task} is kept in {run.state_file}; leave --state out, or add --restart to begin anew"


def blueprint_changed(run: Run) -> str:
    """The blueprint is not the one the run was started with."""
    return (
        f"{run.blueprint}: changed since the run of {run.task} began; put it back, or type "
        f"/task-run {run.task} --restart to run the new text"
    )


def resumed(before: Run, now: Run) -> str:
    """One sentence: where a resumed run goes on."""
    done = [name for name in now.planned if name not in now.plan]
    kept = f"; already done in this iteration and not repeated: {', '.join(done)}" if done else ""
    was = f" after it was {before.stage}" if before.stage in machine.HELD else ""
    iteration = f", iteration {now.iteration}" if now.iteration else ""
    return f"Resumed {now.task}{was} at {now.stage}{iteration}{kept}."


def cut(text: str, room: int) -> str:
    """Foreign text as one printable line of at most `room` bytes."""
    whole = terminal.one_line(text, 1000).encode("utf-8", "replace")
    if len(whole) <= room:
        return whole.decode()
    return whole[: room - 3].decode("utf-8", "ignore") + "…" if room > 3 else ""


def nothing_to_end(run: Run, kind: str) -> str:
    """A pause or abort of a run that is not going; `kind` is the event, paused or aborted."""
    return f"{run.task} is {status(run)}; there is nothing to {'pause' if kind == machine.PAUSED else 'abort'}."


def stopped(run: Run) -> str:
    """A run was paused or aborted."""
    busy = f" {run.open.station} is still at work; its report will be kept." if run.open else ""
    left = " The work tree is as the agents left it." if run.stage == machine.ABORTED else ""
    was = f"{run.task} is {run.stage} (was in {run.error.stage}, iteration {run.iteration})"
    return f"{was}.{busy}{left} {_upper(remedy(run))}."


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def outcome(run: Run, room: int = REASON) -> str:
    """What the relay repeats to the human of an ended or held run: result, cost and every file.

    `room` is how many bytes the reason may take; below 0 the list of files is left out too.
    """
    took = f", {duration(between(run.started_at, run.ended_at))}" if run.ended_at else ""
    count = f"{len(run.met)} of {len(run.criteria)} criteria met"
    turns = f"{run.iteration} iteration{'' if run.iteration == 1 else 's'}"
    reason = cut(run.error.message, room)
    why = f" Reason: {reason}." if reason and run.stage != machine.COMPLETED else ""
    todo = f" {_upper(remedy(run))}." if run.stage != machine.COMPLETED else ""
    made = ", ".join(files(run)) if room >= 0 else f"see /task-status {run.task}"
    if run.stage == machine.COMPLETED:
        todo = " The changed sources are listed in the summary."
    return f"{run.task} {run.stage}: {count}, {turns}, {run.tier}{took}.{why} Files: {made}.{todo}"


def files(run: Run) -> list[str]:
    """Every file of a run that a person may want to read, from the project's root; they need not exist."""
    found = [run.summary, run.state_file, paths.journal(run.task)]
    if run.stage == machine.FAILED:
        found.append(paths.failure(run.task))
    if run.stage != machine.COMPLETED or run.settings.keep_bundle:
        found.append(f"{paths.bundle(run.task)}/")
    return [file for file in found if file]


def taken(dispatch: str) -> str:
    """What the main session reads in place of an agent's report."""
    return f"The engine has the report of {dispatch}."


def tamper_note(files: tuple[str, ...]) -> str:
    """Protected files were changed by somebody else than the engine."""
    return f"Changed and put back, as only the engine writes it: {', '.join(files)}. This is recorded."


def rejected(errors: str) -> str:
    """A report is sent back to the agent that wrote it."""
    return f"The report was not accepted: {errors}. Answer again with the whole block, corrected, last in the message."
