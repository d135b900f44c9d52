"""The answer of /task-status: the status of every task in the project, or one task in detail."""

from assembly_line.core.machine import ACTIVE
from assembly_line.core.projection import status
from assembly_line.core.recovery import remedy
from assembly_line.core.run import Run
from assembly_line.errors import LineError
from assembly_line.storage import follow
from assembly_line.text.directive import where
from assembly_line.text.messages import files, no_run, outcome
from assembly_line.untrusted import inputs, terminal


def render(root: str, arguments: str = "") -> str:
    """The text for no argument (all tasks) or one id; LineError when that task has no run."""
    words = arguments.split()
    tasks = follow.known(root)
    if not words:
        return "\n".join(_line(root, task) for task in tasks) or "No task has been run in this project yet."
    inputs.check_id(words[0])
    if words[0] not in tasks:
        raise LineError(no_run(words[0]))
    return _detail(follow.peek(root, words[0])[0])


def _line(root: str, task: str) -> str:
    try:
        run = follow.peek(root, task)[0]
    except LineError as error:
        return f"{task}: {error}"
    met = f"{len(run.met)}/{len(run.criteria)} criteria"
    iteration = f"iteration {run.iteration} ({run.tier})" if run.iteration else ""
    stage = run.stage if run.stage in ACTIVE else ""
    return "  ".join(part for part in (task, status(run), stage, iteration, met, terminal.clean(run.title, 60)) if part)


def _detail(run: Run) -> str:
    lines = [f"{run.task}: {terminal.clean(run.title, 100)}", where(run)]
    for item in run.history:
        gaps = "; ".join(f"{gap.criterion}: {terminal.clean(gap.gap, 120)}" for gap in item.gaps)
        met = f"{item.met}/{item.total} met{'; ' + gaps if gaps else ''}"
        lines.append(f"  iteration {item.iteration} ({item.tier}): {item.result}, {met}")
    if run.open is not None:
        lines.append(f"At work: {run.open.station} ({run.open.model}), dispatch {run.open.id}.")
    if run.error.kind:
        lines.append(f"Last error ({run.error.kind}, in {run.error.stage}): {terminal.clean(run.error.message, 300)}")
        lines.append(f"What to do: {remedy(run)}")
    lines.append(f"Files: {', '.join(files(run))}." if run.error.kind or run.stage in ACTIVE else outcome(run))
    return "\n".join(lines)
