"""Every answer to a person, the relay or an agent that is not a directive."""

from collections.abc import Iterable
from typing import Any

from assembly_line import paths
from assembly_line.core import lives, machine, times
from assembly_line.core.projection import status
from assembly_line.core.recovery import remedy
from assembly_line.core.run import Issue, Run
from assembly_line.untrusted import terminal

REASON = 160  # bytes of an error message quoted in an answer
WORDS = 600  # bytes of what a person must read before answering: an agent's words, the reason of a failure
_POINT = 120  # bytes of an issue or a concern
_NAMED = 3  # issues, concerns or files named in an answer
RUN_USAGE = "usage: /task-run TASK-XXX [--restart] [--state FILE] [--together] [-- WORDS]"
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


def not_from_the_client(run: Run, why: str, what: str = "this event") -> str:
    """An event of a run, or what it tells, was not taken."""
    return (
        f"{what} was not taken, as {why}; only the client that drives {run.task} speaks for its agents. In that client "
        f"go on as before; in another one type /task-run {run.task} when it is free"
    )


def no_run(task: str) -> str:
    """The task was never run in this project."""
    return f"no run of {task} in this project; /task-run {task} starts one"


def asks_a_person(run: Run) -> str:
    """An Agent call asks for what only a person may ask for."""
    again = "" if run.stage in machine.HELD else " --restart"
    return (
        f"{run.task} is {status(run)}; only a person goes on with it or starts it over: they type "
        f"/task-run {run.task}{again}"
    )


def below(root: str, top: str) -> str:
    """A command in a client that was started below the project."""
    return f"this client was started in {root}, below the project {top}; start it in {top}, and type the command there"


def elsewhere(root: str, folder: str) -> str:
    """A run is asked for in a session that works in another folder than its project."""
    return (
        f"this session works in {folder}, not in its project {root}, and its agents would work there too; start a "
        "client in the folder that the task belongs to, and type the command there"
    )


def within(holder: dict[str, Any]) -> str:
    """A task command from a client that was started from within the session of a live run."""
    return (
        f"this client was started from within session {holder['session']}, which drives a run; only a person starts, "
        "pauses or aborts a run: they type the command in that session, or in a terminal of their own"
    )


def unled(live: Iterable[Run]) -> str:
    """An Agent call of the line from a session that drives no run."""
    tasks = [run.task for run in live]
    named = " or ".join(f"/task-run {task}" for task in tasks[:_NAMED]) or "/task-run TASK-XXX"
    what = "to go on with it" if len(tasks) == 1 else "to run a task"
    return f"this session drives no run, so it calls no agent of the line; a person types {named} {what}"


def left(run: Run) -> str:
    """A session starts that drove a run before, and drives it no longer."""
    return f"{run.task} stands at {run.stage} and no session drives it; /task-run {run.task} goes on with it."


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
    heard = "; your words go to " + now.answers[-1][0] if now.answers != before.answers and now.answers else ""
    return f"Resumed {now.task}{was} at {now.stage}{iteration}{skipped}{heard}."


def cut(text: str, limit: int) -> str:
    """Untrusted text as one printable line of at most `limit` bytes, cut at a word where it has words."""
    line = terminal.one_line(text, 1000)
    whole = line.encode("utf-8", "replace")
    if len(whole) <= limit:
        return whole.decode()
    if limit <= 3:
        return ""
    kept = whole[: limit - 3].decode("utf-8", "ignore")
    words = kept.rpartition(" ")[0].rstrip(" ,;:")
    return f"{words if 2 * len(words) > len(kept) else kept}…"


def nothing_to_end(run: Run, kind: str) -> str:
    """A pause or abort of a run that is not active; `kind` is the event, paused or aborted."""
    return f"{run.task} is {status(run)}; there is nothing to {'pause' if kind == machine.PAUSED else 'abort'}."


def united(relative: str, tasks: int, aside: str) -> str:
    """A state file that git could not merge was rebuilt."""
    old = f"; the old file is {aside}" if aside else ""
    return f"{relative} held both sides of a merge: {tasks} task(s) were written anew from their journals{old}."


def stopped(run: Run) -> str:
    """A run was paused or aborted."""
    busy = f" {run.open.station} is still at work; its report will be kept." if run.open else ""
    if run.stage == machine.ABORTED and run.stopped and run.last is not None:
        busy = f" {run.last.station} is still at work; until it ends it may write nothing and run nothing."
    tree = " The work tree is as the agents left it." if run.stage == machine.ABORTED else ""
    stage = f"{run.task} is {run.stage} (was in {run.error.stage}, iteration {run.iteration})"
    return f"{stage}.{busy}{tree} {_upper(remedy(run))}."


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def outcome(run: Run, limit: int = WORDS) -> str:
    """What the relay tells the human about an ended or held run: result, what is open, files and what to do.

    `limit` is the size in bytes of foreign words; below 0 the list of files is left out too.
    """
    listed = ", ".join(files(run)) if limit >= 0 else f"see /task-status {run.task}"
    done = run.stage == machine.COMPLETED
    rest = "The changed sources are listed in the summary." if done else f"{_upper(remedy(run))}."
    parts = [
        _result(run),
        "" if done else _why(run, limit),
        *(() if run.stage in machine.HELD else _open(run, limit)),
        f"Files: {listed}.",
        rest,
    ]
    return " ".join(part for part in parts if part)


def _result(run: Run) -> str:
    took = times.duration_of(run)
    count = f"{len(run.met)} of {len(run.criteria)} criteria met" if run.history else "not validated yet"
    turns = f"{run.iteration} iteration{'' if run.iteration == 1 else 's'}"
    time = f", {times.duration(took)}{' of work' if run.has_checks else ''}" if took or run.ended_at else ""
    return f"{run.task} {run.stage}: {count}, {turns}, {run.tier}{time}."


def _why(run: Run, limit: int) -> str:
    reason = cut(run.error.message, limit)
    if not reason:
        return ""
    end = "" if reason.endswith((".", "…", "!", "?")) else "."
    if run.stage in machine.HELD and run.error.kind == "blocked" and run.last is not None:
        return f"{_upper(run.last.station)} is blocked and says: {reason}{end}"
    return f"Reason: {reason}{end}"


def _open(run: Run, limit: int) -> Iterable[str]:
    """What a person must know besides the result: open issues, concerns, and files left behind."""
    issues = lives.open_issues(run)
    named = [f"{item.severity}, {item.station} {item.id}{_since(run, item)}: {item.title}" for item in issues]
    if run.failing:
        yield f"Tests failed in the last report of {', '.join(run.failing)}."
    for word, told in (("open issue", named), ("open concern", [f"{name}: {text}" for name, text in run.concerns])):
        if told:
            some = "; ".join(cut(item, min(limit, _POINT)).rstrip(".") for item in told[:_NAMED]) if limit > 0 else ""
            more = f"; {len(told) - _NAMED} more" if some and len(told) > _NAMED else ""
            line = f"{len(told)} {word}{'' if len(told) == 1 else 's'}{f': {some}{more}' if some else ''}"
            yield line if line.endswith("…") else f"{line}."
    if left := [path for path in run.left if path not in run.dirty]:
        some = ", ".join(cut(item, _POINT) for item in left[:_NAMED]) if limit > 0 else str(len(left))
        more = f" and {len(left) - _NAMED} more" if limit > 0 and len(left) > _NAMED else ""
        yield f"Left behind by commands: {some}{more}."


def _since(run: Run, item: Issue) -> str:
    """Whether an open issue's file was changed after its reviewer's report."""
    file = item.place.rpartition(":")[0] or item.place
    reports = [number for number, past in enumerate(run.past) if past.station == item.station]
    later = run.past[reports[-1] + 1 :] if reports else ()
    return " (its file was changed since)" if any(file in past.files for past in later) else ""


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
