"""Where tasks stand: a line for each, or one in detail."""

from assembly_line.core import lives
from assembly_line.core.machine import ACTIVE
from assembly_line.core.projection import status
from assembly_line.core.run import Run
from assembly_line.errors import LineError
from assembly_line.text.directive import where
from assembly_line.text.messages import WORDS, cut, files, outcome, todo
from assembly_line.untrusted import terminal


def overview(runs: dict[str, Run | LineError]) -> str:
    """A line for every task, by its run or by why that cannot be read."""
    return "\n".join(_line(task, run) for task, run in runs.items()) or "No task has been run in this project yet."


def _line(task: str, run: Run | LineError) -> str:
    if isinstance(run, LineError):
        return f"{task}: {run}"
    met = f"{len(run.met)}/{len(run.criteria)} criteria"
    iteration = f"iteration {run.iteration} ({run.tier})" if run.iteration else ""
    stage = run.stage if run.stage in ACTIVE else ""
    return "  ".join(part for part in (task, status(run), stage, iteration, met, terminal.clean(run.title, 60)) if part)


def detail(run: Run) -> str:
    """One task with its iterations, its last error and its files."""
    lines = [f"{run.task}: {terminal.clean(run.title, 100)}", where(run)]
    for item in run.history:
        gaps = "; ".join(f"{gap.criterion}: {terminal.clean(gap.gap, 120)}" for gap in item.gaps)
        met = f"{item.met}/{item.total} met{'; ' + gaps if gaps else ''}"
        lines.append(f"  iteration {item.iteration} ({item.tier}): {item.result}, {met}")
    for gap in lives.returned(run.history):
        lines.append(f"Same gap {gap.times} times: {gap.criterion}: {cut(gap.gap, 120)}")
    for issue in lives.open_issues(run):
        lines.append(f"Open {issue.severity} issue {issue.id} of {issue.station}: {cut(issue.title, 120)}")
    lines += [f"Concern of {station}: {cut(text, 120)}" for station, text in run.concerns]
    if run.open is not None:
        lines.append(f"At work: {run.open.station} ({run.open.model}), dispatch {run.open.id}.")
    if run.error.kind:
        lines.append(f"Last error ({run.error.kind}, in {run.error.stage}): {cut(run.error.message, WORDS)}")
        lines.append(f"What to do: {todo(run)}")
    lines.append(f"Files: {', '.join(files(run))}." if run.error.kind or run.stage in ACTIVE else outcome(run))
    return "\n".join(lines)
